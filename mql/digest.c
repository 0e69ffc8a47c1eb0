/* digest.c - see digest.h. Short texts, which most are, are read as one
 * number; only longer ones are hashed in earnest. */
#include "mql/digest.h"

#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SHORT = DIGEST_SHORT, TEXT_BITS = 62 };

static const uint64_t odd = 0x9e3779b97f4a7c15;

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

static __attribute__((noinline)) uint64_t
long_eq(const char *p, size_t n)
{
	return XXH3_64bits(p, n);
}

static inline uint64_t
text_eq(uint64_t first, const char *p, size_t n)
{
	if (n > 2 * SHORT)
		return long_eq(p, n);
	if (n > SHORT)
		first = (first ^ load64(p + n - SHORT) * odd) * odd;
	return mix(first + n * odd);
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

static inline void
number(struct digest *d, uint64_t eq, double f)
{
	d->eq = mix(eq);
	d->ord = number_ord(f);
	d->len = 0;
}

static inline void
integer(struct digest *d, int64_t i)
{
	number(d, (uint64_t)i + 0x51ed270b, (double)i);
}

static inline void
other(struct digest *d, uint64_t eq, uint64_t ord)
{
	d->eq = mix(eq);
	d->ord = ord;
	d->len = 0;
}

static inline void
null(struct digest *d)
{
	other(d, 0xdead, 0);
}

static inline void
boolean(struct digest *d, bool b)
{
	other(d, 0xb001 + b, 1);
}

static inline void
real(struct digest *d, double f)
{
	const double limit = 0x1p63;
	double whole;
	uint64_t bits;

	if (f >= -limit && f < limit) {
		whole = (double)(int64_t)f;
		if (!(f < whole) && !(f > whole)) {
			integer(d, (int64_t)f);
			return;
		}
	} else if (isnan(f)) {
		other(d, 0x4a4, 1);
		return;
	}
	memcpy(&bits, &f, sizeof bits);
	number(d, ~bits, f);
}

static inline void
text(struct digest *d, const char *p, size_t n)
{
	uint64_t first = head(p, n);

	d->eq = text_eq(first, p, n);
	d->ord = text_ord(first);
	d->text = p;
	d->len = (uint32_t)n;
}

void
digest_of(const struct value *v, struct digest *d)
{
	switch (v->type) {
	case VALUE_STR:
		text(d, v->ptr, v->len);
		return;
	case VALUE_INT:
		integer(d, v->i);
		return;
	case VALUE_FLOAT:
		real(d, v->f);
		return;
	case VALUE_BOOL:
		boolean(d, v->b);
		return;
	case VALUE_ARRAY:
	case VALUE_OBJECT:
		other(d, 0xa88a, 1);
		return;
	case VALUE_NULL:
		break;
	}
	null(d);
}

/* --- fields of structs: schema.c reads the same ---------------------------------- */

/* The value of type T at an address that need not be aligned for it. */
#define AT(T) (*(T *)memcpy(&(T){ 0 }, at, sizeof(T)))

static inline void
text_or_null(struct digest *d, const char *p, size_t n)
{
	if (p && n <= UINT32_MAX)
		text(d, p, n);
	else
		null(d);
}

static inline void
real_or_null(struct digest *d, double f)
{
	if (isfinite(f))
		real(d, f);
	else
		null(d);
}

static inline void
field(struct digest *d, enum mql_type type, const char *at, size_t size)
{
	switch (type) {
	case MQL_T_BOOL: boolean(d, AT(uint8_t) != 0); break;
	case MQL_T_I8:   integer(d, AT(int8_t)); break;
	case MQL_T_I16:  integer(d, AT(int16_t)); break;
	case MQL_T_I32:  integer(d, AT(int32_t)); break;
	case MQL_T_I64:  integer(d, AT(int64_t)); break;
	case MQL_T_U8:   integer(d, AT(uint8_t)); break;
	case MQL_T_U16:  integer(d, AT(uint16_t)); break;
	case MQL_T_U32:  integer(d, AT(uint32_t)); break;
	case MQL_T_U64:
		if (AT(uint64_t) <= INT64_MAX)
			integer(d, AT(int64_t));
		else
			real(d, (double)AT(uint64_t));
		break;
	case MQL_T_F32:  real_or_null(d, (double)AT(float)); break;
	case MQL_T_F64:  real_or_null(d, AT(double)); break;
	case MQL_T_CHARS: text(d, at, strnlen(at, size)); break;
	case MQL_T_CSTR: {
		const char *z = AT(const char *);

		text_or_null(d, z, z ? strlen(z) : 0);
		break;
	}
	case MQL_T_TEXT: {
		struct mql_text t = AT(struct mql_text);

		text_or_null(d, t.ptr, t.len);
		break;
	}
	case MQL_T_JSON: case MQL_T_STRUCT: /* they have no place */
		null(d);
		break;
	}
}

void
digest_read(struct reader *r, unsigned slot, struct digest *d)
{
	enum mql_type type;
	size_t size;
	const char *at = reader_place(r, slot, &type, &size);

	if (at)
		field(d, type, at, size);
	else
		digest_of(reader_get(r, slot), d);
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
	uint64_t first = head(s.ptr, s.len < SHORT ? s.len : SHORT);

	if (n <= SHORT) /* of what is behind them nothing is left */
		return mix((first >> (64 - 8 * n)) + (n + 1) * odd);
	return text_eq(first, s.ptr, n) + 1;
}

void
digest_prefix_range(struct str s, uint64_t *lo, uint64_t *hi)
{
	uint64_t first = head(s.ptr, s.len);
	uint64_t rest = s.len < SHORT ? UINT64_MAX >> 8 * s.len : 0;

	*lo = text_ord(first);
	*hi = text_ord(first | rest);
}
