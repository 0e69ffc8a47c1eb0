/* digest.h - a value as two numbers by which an index finds it.
 *
 *     eq    equal values have equal ones: 1 and 1.0, 0 and -0.0 too
 *     ord   what has an order keeps it: a < b gives ord(a) <= ord(b)
 *     text  and len: the bytes of a text; of all else len is 0
 *
 * What else two digests of one eq, or of one ord, say depends. The eqs of short
 * texts, of most integers and of null, true and false are those of nothing
 * else: they are exact (digest_exact()). All others are hashes, which are worth
 * a comparison: digest_same(). An ord is shared by near numbers, and by texts
 * that begin alike.
 *
 *     eq, its highest byte  n + 1  a text of n < 8 bytes: these
 *                           0x20   an integer of 56 bits
 *                           0x40   true and such
 *                           0x48+n the first n < 8 bytes of a text
 *                           0x80.. a hash
 *                           0      of none
 *
 *     ord  0                 null
 *          1                 has no order: booleans, arrays, objects, NaN
 *          [1 << 62, ...)    texts: their first bytes
 *          [1 << 63, ...)    numbers: as doubles
 *
 * Any thread. */
#ifndef MQL_DIGEST_H
#define MQL_DIGEST_H

#include <string.h>

#include "event/value.h"

struct digest {
	uint64_t    eq, ord;
	const char *text;
	uint32_t    len;
};

enum digest_class { /* ord >> 62, but for 3, which is a number, too */
	DIGEST_OTHER,
	DIGEST_TEXT,
	DIGEST_NUMBER,
};

void digest_of(const struct value *v, struct digest *d);

/* Does the same eq prove the same value? */
static inline bool
digest_exact(uint64_t eq)
{
	return !(eq >> 63);
}

/* Are they of equal values? Nulls, booleans, numbers and texts: of two numbers
 * with one hash ord tells which they are. */
static inline bool
digest_same(const struct digest *a, const struct digest *b)
{
	if (a->eq != b->eq)
		return false;
	return digest_exact(a->eq) ||
	       (a->ord == b->ord && a->len == b->len &&
		(!a->len || !memcmp(a->text, b->text, a->len)));
}

static inline enum digest_class
digest_class(uint64_t ord)
{
	return ord >> 63 ? DIGEST_NUMBER : (enum digest_class)(ord >> 62);
}

/* --- beginnings of texts ------------------------------------------------------ */

/* Prefixes are looked up by a few lengths only: the longest that is not above
 * len, as a number below DIGEST_LENGTHS; and its bytes. len > 0. */
enum { DIGEST_LENGTHS = 13, DIGEST_BEGIN = 7 };
unsigned digest_length(size_t len);
size_t digest_length_bytes(unsigned length);

/* The eq of a prefix of that length; s is at least as long. No eq of a value
 * is meant to be the same. */
uint64_t digest_prefix(struct str s, unsigned length);

/* The same of n <= DIGEST_BEGIN bytes: exact, when the text has so many. The
 * first such lengths are 1, 2, 3 ... */
static inline uint64_t
digest_begin(const struct digest *text, unsigned n)
{
	return text->ord << 2 >> (64 - 8 * n) | (uint64_t)(0x48 + n) << 56;
}

/* The low bits of a text's ord that are not of its first n bytes; and back. */
static inline unsigned
digest_begin_shift(unsigned n)
{
	return 62 - 8 * n;
}

static inline unsigned
digest_begin_bytes(unsigned shift)
{
	return (62 - shift) / 8;
}

/* Every text that begins with s has an ord from *lo to *hi. */
void digest_prefix_range(struct str s, uint64_t *lo, uint64_t *hi);

/* The least and the greatest ord of a class. */
static inline uint64_t
digest_least(enum digest_class c)
{
	return (uint64_t)c << 62;
}

static inline uint64_t
digest_greatest(enum digest_class c)
{
	return c == DIGEST_NUMBER ? UINT64_MAX : digest_least(c + 1) - 1;
}

#endif
