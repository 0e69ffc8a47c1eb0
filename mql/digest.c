/* digest.c - see digest.h. Short texts, which most are, are read as one
 * number; only longer ones are hashed in earnest. */
#include "mql/digest.h"

#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SHORT = 8, TEXT_BITS = 62 };

/* splitmix64's: every bit of x counts for every bit of the result. */
static inline uint64_t
mix(uint64_t x)
{
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
	x = (x ^ x >> 27) * 0x94d049bb133111eb;
	return x ^ x >> 31;
}

static uint64_t
load64(const char *p)
{
	uint64_t x;

	memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap64(x);
#endif
	return x;
}

static uint64_t
load32(const char *p)
{
	uint32_t x;

	memcpy(&x, p, sizeof x);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	x = __builtin_bswap32(x);
#endif
	return x;
}

static uint64_t
byte(const char *p, size_t i)
{
	return (uint64_t)(unsigned char)p[i] << (56 - 8 * i);
}

/* The first eight bytes, the first one highest, zeros where there is none.
 * Where two loads overlap they agree. */
static inline uint64_t
head(const char *p, size_t n)
{
	if (n >= SHORT)
		return load64(p);
	if (n >= 4)
		return load32(p) << 32 | load32(p + n - 4) << (64 - 8 * n);
	if (!n)
		return 0;
	return byte(p, 0) | byte(p, n / 2) | byte(p, n - 1);
}

static inline uint64_t
text_eq(uint64_t first, const char *p, size_t n)
{
	if (n > SHORT)
		return XXH3_64bits(p, n);
	return mix(first + n * 0x9e3779b97f4a7c15);
}

static uint64_t
text_ord(uint64_t first)
{
	return digest_least(DIGEST_TEXT) | first >> (64 - TEXT_BITS);
}

static uint64_t
number_ord(double f)
{
	uint64_t bits, sign = UINT64_C(1) << 63;

	f += 0.0; /* -0.0 is 0.0 */
	memcpy(&bits, &f, sizeof bits);
	bits = bits & sign ? ~bits : bits | sign;
	return digest_least(DIGEST_NUMBER) | bits >> 1;
}

static inline struct digest
integer(int64_t i)
{
	return (struct digest){ mix((uint64_t)i + 0x51ed270b),
				number_ord((double)i) };
}

static struct digest
real(double f)
{
	const double limit = 0x1p63;
	uint64_t bits;

	if (isnan(f))
		return (struct digest){ mix(0x4a4), 1 };
	if (f >= -limit && f < limit && !(f < trunc(f)) && !(f > trunc(f)))
		return integer((int64_t)f);
	memcpy(&bits, &f, sizeof bits);
	return (struct digest){ mix(~bits), number_ord(f) };
}

struct digest
digest_of(const struct value *v)
{
	uint64_t first;

	switch (v->type) {
	case VALUE_STR:
		first = head(v->ptr, v->len);
		return (struct digest){ text_eq(first, v->ptr, v->len),
					text_ord(first) };
	case VALUE_INT:
		return integer(v->i);
	case VALUE_FLOAT:
		return real(v->f);
	case VALUE_BOOL:
		return (struct digest){ mix(0xb001 + v->b), 1 };
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		return (struct digest){ mix(0xa88a), 1 };
	case VALUE_NULL:
		break;
	}
	return (struct digest){ mix(0xdead), 0 };
}

/* --- prefixes ---------------------------------------------------------------- */

static const uint8_t lengths[DIGEST_LENGTHS] = { 1, 2, 3, 4, 5, 6, 7, 8, 12,
						 16, 24, 32, 48, 64 };

unsigned
digest_length(size_t len)
{
	unsigned i = DIGEST_LENGTHS - 1;

	while (i && lengths[i] > len)
		i--;
	return i;
}

size_t
digest_length_bytes(unsigned length)
{
	return lengths[length];
}

uint64_t
digest_prefix(struct str s, unsigned length)
{
	size_t n = lengths[length];

	return mix(text_eq(head(s.ptr, n), s.ptr, n) + 1 + length);
}

void
digest_prefix_range(struct str s, uint64_t *lo, uint64_t *hi)
{
	uint64_t first = head(s.ptr, s.len);
	uint64_t rest = s.len < SHORT ? UINT64_MAX >> 8 * s.len : 0;

	*lo = text_ord(first);
	*hi = text_ord(first | rest);
}
