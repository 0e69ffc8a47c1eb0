/* digest.c - see digest.h. Most texts are short, and are their own eq; only
 * longer ones are hashed. */
#include "mql/probe.h"

#include <math.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

enum { SHORT = 8, TEXT_BITS = 62 };

static const uint64_t odd = 0x9e3779b97f4a7c15;

/* The highest byte of an eq. */
enum { INTEGER = 0x20, OTHER = 0x40 };
static const uint64_t hashed = UINT64_C(1) << 63;

static inline uint64_t
exact(uint64_t tag, uint64_t bits)
{
	return tag << 56 | bits;
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
load16(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return (uint64_t)b[0] << 8 | b[1];
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
	if (n >= 2)
		return load16(p) << 48 | load16(p + n - 2) << (64 - 8 * n);
	return n ? (uint64_t)(unsigned char)*p << 56 : 0;
}

static __attribute__((noinline)) uint64_t
hash_eq(const char *p, size_t n)
{
	return XXH3_64bits(p, n) | hashed;
}

static inline uint64_t
long_eq(const char *p, size_t n)
{
	uint64_t x;

	if (n > 2 * SHORT)
		return hash_eq(p, n);
	x = (load64(p) ^ load64(p + n - SHORT) * odd) * odd;
	return ((x ^ x >> 32) + n * odd) | hashed;
}

static inline uint64_t
text_ord(uint64_t first)
{
	return digest_least(DIGEST_TEXT) | first >> (64 - TEXT_BITS);
}

/* As an integer the greater the greater f is: of one that is negative all bits
 * are turned, of one that is not the sign. */
static inline uint64_t
number_ord(double f)
{
	int64_t bits;

	memcpy(&bits, &f, sizeof bits);
	bits ^= bits >> 63 | INT64_MIN;
	return digest_least(DIGEST_NUMBER) | (uint64_t)bits >> 1;
}

static inline void
number(struct digest *d, uint64_t eq, double f)
{
	d->eq = eq;
	d->ord = number_ord(f);
	d->len = 0;
}

/* Two integers that share a hash differ in their highest bit. */
static inline void
integer(struct digest *d, int64_t i)
{
	const int64_t limit = INT64_C(1) << 55;
	uint64_t u = (uint64_t)i;

	number(d, i >= -limit && i < limit ? exact(INTEGER, u << 8 >> 8) :
	       u | hashed, (double)i);
}

static inline void
other(struct digest *d, unsigned which, uint64_t ord)
{
	d->eq = exact(OTHER, which);
	d->ord = ord;
	d->len = 0;
}

static inline void
null(struct digest *d)
{
	other(d, 0, 0);
}

static inline void
boolean(struct digest *d, bool b)
{
	other(d, 1 + b, 1);
}

static inline void
real(struct digest *d, double f)
{
	const double limit = 0x1p63;
	double whole;
	uint64_t bits;

	if (f >= -limit && f < limit) {
		whole = (double)(int64_t)f; /* of -0.0 it is 0 */
		if (!(f < whole) && !(f > whole)) {
			integer(d, (int64_t)f);
			return;
		}
	} else if (isnan(f)) {
		other(d, 3, 1);
		return;
	}
	memcpy(&bits, &f, sizeof bits);
	number(d, bits | hashed, f);
}

static inline void
text(struct digest *d, const char *p, size_t n)
{
	uint64_t first = n >= SHORT ? load64(p) : head(p, n);

	d->eq = n >= SHORT ? long_eq(p, n) : exact(n + 1, first >> 8);
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
		other(d, 4, 1);
		return;
	case VALUE_NULL:
		break;
	}
	null(d);
}

/* --- fields of structs: schema.c reads the same ----------------------------------
 *
 * What takes a call is a function of its own, called last, so that the rest
 * has no use for a stack. */

static __attribute__((noinline)) uint64_t
make_text(struct digest *d, uint64_t *eq, const char *ptr, size_t n)
{
	if (ptr && n <= UINT32_MAX)
		text(d, ptr, n);
	else
		null(d);
	return *eq = d->eq;
}

static __attribute__((noinline)) uint64_t
make_text_to_nul(struct digest *d, uint64_t *eq, const char *z)
{
	size_t n = strlen(z);

	if (n > 2 * SHORT) /* for those there is a call */
		return make_text(d, eq, z, n);
	text(d, z, n);
	return *eq = d->eq;
}

static __attribute__((noinline)) uint64_t
make_text_within(struct digest *d, uint64_t *eq, const char *at, size_t size)
{
	return make_text(d, eq, at, strnlen(at, size));
}

static __attribute__((noinline)) uint64_t
make_of_value(struct probe *p, struct reader *r, unsigned slot)
{
	struct digest *d = &p->digest[slot];

	digest_of(reader_get(r, slot), d);
	return p->eq[slot] = d->eq;
}

static inline void
real_or_null(struct digest *d, double f)
{
	if (isfinite(f))
		real(d, f);
	else
		null(d);
}

/* The value of type T at an address that need not be aligned for it. */
#define AT(T) (*(T *)memcpy(&(T){ 0 }, at, sizeof(T)))

uint64_t
probe_make(struct probe *p, struct reader *r, unsigned slot)
{
	struct digest *d = &p->digest[slot];
	enum mql_type type;
	size_t size;
	const char *at = reader_place(r, slot, &type, &size);

	if (!at)
		return make_of_value(p, r, slot);
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
	case MQL_T_CHARS:
		return make_text_within(d, &p->eq[slot], at, size);
	case MQL_T_CSTR:
		if (AT(const char *))
			return make_text_to_nul(d, &p->eq[slot],
						AT(const char *));
		null(d);
		break;
	case MQL_T_TEXT: {
		struct mql_text t = AT(struct mql_text);

		return make_text(d, &p->eq[slot], t.ptr, t.len);
	}
	case MQL_T_JSON: case MQL_T_STRUCT: /* they have no place */
		__builtin_unreachable();
	}
	return p->eq[slot] = d->eq;
}

/* --- prefixes ---------------------------------------------------------------- */

static const uint8_t lengths[DIGEST_LENGTHS] = { 1, 2, 3, 4, 5, 6, 7, 12, 16,
						 24, 32, 48, 64 };

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
	struct digest d = { .ord = text_ord(head(s.ptr, s.len)) };

	return n <= DIGEST_BEGIN ? digest_begin(&d, (unsigned)n) :
				   ~long_eq(s.ptr, n) | hashed;
}

void
digest_prefix_range(struct str s, uint64_t *lo, uint64_t *hi)
{
	uint64_t first = head(s.ptr, s.len);
	uint64_t rest = s.len < SHORT ? UINT64_MAX >> 8 * s.len : 0;

	*lo = text_ord(first);
	*hi = text_ord(first | rest);
}
