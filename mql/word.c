/* word.c - keywords, letters, and the distance between words. */
#include "mql/word.h"

#include "common/utf8.h"
#include "mql/grammar.h"

enum { LONGEST_KEYWORD = 8 }; /* eight bytes are compared as one number */

/* The byte of s at i; A to Z as small ones, in any locale: a Turkish host's
 * LIMIT is a limit, too. */
static unsigned char
lower(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.ptr[i];

	return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

bool
word_is_same(struct str a, struct str b)
{
	size_t i = 0;

	while (i < a.len && i < b.len && lower(a, i) == lower(b, i))
		i++;
	return i == a.len && i == b.len;
}

int
word_keyword(struct str s)
{
	static const struct {
		char word[LONGEST_KEYWORD + 1];
		int  token;
	} keywords[] = {
#define X(token, spelling) { spelling, T_##token },
		KEYWORDS(X)
#undef X
	};
	char word[LONGEST_KEYWORD] = "";

	if (s.len > LONGEST_KEYWORD)
		return 0;
	for (size_t i = 0; i < s.len; i++)
		word[i] = (char)lower(s, i);
	for (size_t i = 0; i < sizeof keywords / sizeof keywords[0]; i++)
		if (!memcmp(word, keywords[i].word, LONGEST_KEYWORD))
			return keywords[i].token;
	return 0;
}

/* The length of the letter that s begins with, or 0. As lex.l has it, and not
 * as <ctype.h>: a host's locale must not change the language. */
static size_t
letter(struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n = utf8_char(s);

	if (n == 1)
		return ((p[0] | 32) >= 'a' && (p[0] | 32) <= 'z') ||
		       p[0] == '_' || p[0] == '$';
	if (p[0] == 0xc2 || (p[0] == 0xe2 && p[1] < 0x82) ||
	    (p[0] == 0xe3 && p[1] < 0x81))
		return 0;
	return n;
}

bool
word_is_plain(struct str s)
{
	bool begin = true; /* of a part */
	size_t n;

	for (size_t i = 0; i < s.len; i += n) {
		n = letter((struct str){ s.ptr + i, s.len - i });
		if (n || (i && s.ptr[i] >= '0' && s.ptr[i] <= '9')) {
			n += !n;
			begin = false;
		} else if (s.ptr[i] == '.' && !begin) {
			n = 1;
			begin = true;
		} else {
			return false;
		}
	}
	return !begin && !word_keyword(s);
}

static bool
tails_match(struct str a, size_t i, struct str b, size_t j)
{
	while (i < a.len && j < b.len && lower(a, i) == lower(b, j)) {
		i++;
		j++;
	}
	return i == a.len && j == b.len;
}

bool
word_is_near(struct str a, struct str b)
{
	size_t i = 0;

	if (a.len < 2 || b.len < 2)
		return false;
	while (i < a.len && i < b.len && lower(a, i) == lower(b, i))
		i++;
	if (tails_match(a, i, b, i + 1) || tails_match(a, i + 1, b, i))
		return true;
	if (a.len != b.len)
		return false;
	if (tails_match(a, i + 1, b, i + 1))
		return a.len > 2;
	return i + 1 < a.len && lower(a, i) == lower(b, i + 1) &&
	       lower(a, i + 1) == lower(b, i) &&
	       tails_match(a, i + 2, b, i + 2);
}
