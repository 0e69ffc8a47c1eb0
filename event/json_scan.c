/* json_scan.c - the grammar of RFC 8259, and a fast way over strings.
 *
 * Bytes of 0x80 and above are passed as they are: whether they are good UTF-8
 * is for the reader of a row to judge. */
#include "event/json_scan.h"

#include <endian.h>

/* --- strings ------------------------------------------------------------------ */

#define EACH(byte) (UINT64_C(0x0101010101010101) * (byte))

/* The top bit of each byte that is a quote, a backslash or a control
 * character. Bytes above such a one may be marked in error, none below it. */
static inline uint64_t
special(uint64_t w)
{
	uint64_t quote = w ^ EACH('"'), slash = w ^ EACH('\\');

	return (((quote - EACH(1)) & ~quote) | ((slash - EACH(1)) & ~slash) |
		((w - EACH(' ')) & ~w)) & EACH(0x80);
}

static inline bool
is_special(unsigned char c)
{
	return c < ' ' || c == '"' || c == '\\';
}

static const char *
find_special(const char *p, const char *end)
{
	uint64_t w, found;

	for (; end - p >= 8; p += 8) {
		memcpy(&w, p, sizeof w);
		found = special(le64toh(w));
		if (found)
			return p + __builtin_ctzll(found) / 8;
	}
	while (p < end && !is_special((unsigned char)*p))
		p++;
	return p;
}

static bool
is_hex(unsigned char c)
{
	return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f');
}

bool
scan_escape(struct scan *s)
{
	if (!scan_take(s, '\\'))
		return false;
	unsigned char c = scan_peek(s);
	if (!c || !strchr("\"\\/bfnrtu", c))
		return false;
	s->p++;
	for (int i = 0; c == 'u' && i < 4; i++, s->p++)
		if (!is_hex(scan_peek(s)))
			return false;
	return true;
}

bool
scan_string(struct scan *s)
{
	if (!scan_take(s, '"'))
		return false;
	for (;;) {
		s->p = find_special(s->p, s->end);
		if (scan_take(s, '"'))
			return true;
		if (!scan_escape(s))
			return false;
	}
}

/* --- other scalars ---------------------------------------------------------- */

static bool
digits(struct scan *s)
{
	const char *beg = s->p;

	while (s->p < s->end && *s->p >= '0' && *s->p <= '9')
		s->p++;
	return s->p > beg;
}

static bool
scan_number(struct scan *s)
{
	scan_take(s, '-');
	if (!scan_take(s, '0') && !digits(s))
		return false;
	if (scan_take(s, '.') && !digits(s))
		return false;
	if (scan_take(s, 'e') || scan_take(s, 'E')) {
		if (!scan_take(s, '+'))
			scan_take(s, '-');
		return digits(s);
	}
	return true;
}

static bool
scan_word(struct scan *s, struct str word)
{
	if ((size_t)(s->end - s->p) < word.len ||
	    memcmp(s->p, word.ptr, word.len) != 0)
		return false;
	s->p += word.len;
	return true;
}

bool
scan_scalar(struct scan *s)
{
	switch (scan_peek(s)) {
	case '"':
		return scan_string(s);
	case 't':
		return scan_word(s, STR("true"));
	case 'f':
		return scan_word(s, STR("false"));
	case 'n':
		return scan_word(s, STR("null"));
	default:
		return scan_number(s);
	}
}

/* --- containers --------------------------------------------------------------- */

static inline bool
in_object(const struct scan *s)
{
	unsigned top = s->depth - 1;

	return s->object[top / 64] >> top % 64 & 1;
}

static inline bool
at_container(const struct scan *s)
{
	unsigned char c = scan_peek(s);

	return c == '{' || c == '[';
}

bool
scan_open(struct scan *s)
{
	uint64_t bit = UINT64_C(1) << s->depth % 64;

	if (!at_container(s) || s->depth == JSON_MAX_DEPTH)
		return false;
	if (*s->p == '{')
		s->object[s->depth / 64] |= bit;
	else
		s->object[s->depth / 64] &= ~bit;
	s->depth++;
	s->p++;
	scan_space(s);
	return true;
}

bool
scan_name(struct scan *s, struct str *name)
{
	const char *beg = s->p;

	if (!scan_string(s))
		return false;
	*name = (struct str){ beg, (size_t)(s->p - beg) };
	scan_space(s);
	if (!scan_take(s, ':'))
		return false;
	scan_space(s);
	return true;
}

bool
scan_comma(struct scan *s)
{
	scan_space(s);
	if (!scan_take(s, ','))
		return false;
	scan_space(s);
	return true;
}

bool
scan_close(struct scan *s)
{
	scan_space(s);
	if (!scan_take(s, in_object(s) ? '}' : ']'))
		return false;
	s->depth--;
	return true;
}

/* One turn is one scalar, or the beginning of a container, and then whatever
 * ends after it. */
static bool
skip(struct scan *s)
{
	const unsigned base = s->depth;
	struct str name;

	do {
		if (at_container(s)) {
			if (!scan_open(s))
				return false;
			if (!scan_close(s)) {
				if (in_object(s) && !scan_name(s, &name))
					return false;
				continue;
			}
		} else if (!scan_scalar(s)) {
			return false;
		}
		while (s->depth > base && !scan_comma(s))
			if (!scan_close(s))
				return false;
		if (s->depth > base && in_object(s) && !scan_name(s, &name))
			return false;
	} while (s->depth > base);
	return true;
}

/* All of it in one function and on a copy, so that p stays in a register: for
 * a whole event this takes a third off. */
__attribute__((flatten)) bool
scan_skip(struct scan *s)
{
	struct scan copy = *s;
	bool good = skip(&copy);

	*s = copy;
	return good;
}
