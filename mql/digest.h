/* digest.h - a value as two numbers by which an index finds it.
 *
 *     eq    equal values have equal ones: 1 and 1.0, 0 and -0.0 too
 *     ord   what has an order keeps it: a < b gives ord(a) <= ord(b)
 *
 * Neither proves anything but by being different: two texts may share an eq,
 * and two near numbers an ord. Who finds something by a digest asks the
 * program itself whether it is so.
 *
 *     ord  0                 null
 *          1                 has no order: booleans, arrays, objects, NaN
 *          [1 << 62, ...)    texts: their first bytes
 *          [1 << 63, ...)    numbers: as doubles
 *
 * Any thread. */
#ifndef MQL_DIGEST_H
#define MQL_DIGEST_H

#include "event/value.h"

struct digest {
	uint64_t eq, ord;
};

enum digest_class { /* ord >> 62, but for 3, which is a number, too */
	DIGEST_OTHER,
	DIGEST_TEXT,
	DIGEST_NUMBER,
};

enum { DIGEST_LENGTHS = 14 };

struct digest digest_of(const struct value *v);

static inline enum digest_class
digest_class(uint64_t ord)
{
	return ord >> 63 ? DIGEST_NUMBER : (enum digest_class)(ord >> 62);
}

/* Prefixes are looked up by a few lengths only: the longest that is not above
 * len, as a number below DIGEST_LENGTHS; and its bytes. len > 0. */
unsigned digest_length(size_t len);
size_t digest_length_bytes(unsigned length);

/* The eq of a prefix of that length; s is at least as long. No eq of a value
 * is meant to be the same. */
uint64_t digest_prefix(struct str s, unsigned length);

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
