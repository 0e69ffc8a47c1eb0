/* like.c - two pointers and one place to go back to.
 *
 * A mismatch after a % takes up again one character later than the % last
 * tried; an earlier % never needs another try, so there is no recursion and
 * no exponential case. What is left, text times pattern, has a ceiling. */
#include "mql/like.h"

#include "mql/error.h"

/* A few milliseconds; plain patterns take one step a character. */
enum { MAX_STEPS = 1 << 22 };

/* Bytes in the character at s[i]; 1 for a byte that is no good UTF-8. */
static size_t
char_len(struct str s, size_t i)
{
	unsigned char c = (unsigned char)s.ptr[i];
	size_t n = c < 0xc2 || c > 0xf4 ? 1
		 : c < 0xe0		? 2
		 : c < 0xf0		? 3
					: 4;

	if (n > s.len - i)
		return 1;
	for (size_t k = 1; k < n; k++)
		if (((unsigned char)s.ptr[i + k] & 0xc0) != 0x80)
			return 1;
	return n;
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Try the element of the pattern at *p on the text at *t, and step over
 * both. Not for %. */
static bool
step(struct str text, struct str pattern, size_t *t, size_t *p, bool fold)
{
	if (*p == pattern.len || *t == text.len)
		return false;
	if (pattern.ptr[*p] == '_') {
		*p += 1;
		*t += char_len(text, *t);
		return true;
	}
	if (pattern.ptr[*p] == '\\' && *p + 1 < pattern.len)
		*p += 1;
	char a = text.ptr[(*t)++], b = pattern.ptr[(*p)++];
	return a == b || (fold && lower(a) == lower(b));
}

int
like_match(struct str text, struct str pattern, bool fold)
{
	size_t t = 0, p = 0;
	size_t after = 0, tried = 0; /* after the last %, and where it began */

	for (long steps = 0; t < text.len || p < pattern.len; steps++) {
		if (steps == MAX_STEPS)
			return MQL_ELIMIT;
		if (p < pattern.len && pattern.ptr[p] == '%') {
			after = ++p;
			tried = t;
			if (p == pattern.len)
				return 1;
		} else if (!step(text, pattern, &t, &p, fold)) {
			if (!after || tried == text.len)
				return 0;
			tried += char_len(text, tried);
			t = tried;
			p = after;
		}
	}
	return 1;
}
