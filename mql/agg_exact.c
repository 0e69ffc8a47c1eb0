/* agg_exact.c - doubles added without rounding, so that a sum is the same
 * whatever the order and however it was split: rounded once, at the end.
 *
 *      limb    34 ... 17        16 ... 0
 *      bit     above 1074 <--- 2^0 ---> 2^-1074 at bit 0
 *
 * (The idea is Kulisch's long accumulator.) */
#include "mql/agg.h"

#include <errno.h>
#include <math.h>

enum {
	LIMB     = 64,
	ONE      = 1074, /* the bit that stands for 1 */
	MANTISSA = 53,
};

/* sum += or -= bits, which begin at limb i; the carry goes up. */
static void
add_at(uint64_t *sum, unsigned i, const uint64_t *bits, unsigned n, bool minus)
{
	uint64_t carry = 0;

	for (unsigned k = 0; i < AGG_EXACT_LIMBS && (k < n || carry); i++) {
		const uint64_t b = k < n ? bits[k++] : 0;
		const uint64_t old = sum[i];
		if (minus) {
			sum[i] = old - b - carry;
			carry = old < b || (old == b && carry);
		} else {
			sum[i] = old + b + carry;
			carry = sum[i] < old || (sum[i] == old && carry);
		}
	}
}

void
agg_exact_add_double(uint64_t *sum, double f)
{
	int exponent;
	const double part = frexp(fabs(f), &exponent); /* 0.5 <= part < 1 */
	uint64_t whole = (uint64_t)ldexp(part, MANTISSA), bits[2];
	int at = exponent - MANTISSA + ONE;

	if (at < 0) { /* below the normal numbers: zeros go out */
		whole >>= -at;
		at = 0;
	}
	bits[0] = whole << at % LIMB;
	bits[1] = at % LIMB ? whole >> (LIMB - at % LIMB) : 0;
	add_at(sum, (unsigned)at / LIMB, bits, 2, signbit(f));
}

void
agg_exact_add_int(uint64_t *sum, agg_int i)
{
	__extension__ typedef unsigned __int128 wide;
	const unsigned shift = ONE % LIMB;
	const wide u = i < 0 ? -(wide)i : (wide)i;
	const uint64_t bits[3] = {
		(uint64_t)(u << shift),
		(uint64_t)(u << shift >> LIMB),
		(uint64_t)(u >> (2 * LIMB - shift)),
	};

	add_at(sum, ONE / LIMB, bits, 3, i < 0);
}

void
agg_exact_merge(uint64_t *sum, const uint64_t *from)
{
	add_at(sum, 0, from, AGG_EXACT_LIMBS, false);
}

/* 64 bits of a from bit `at` on. */
static uint64_t
window(const uint64_t *a, unsigned at)
{
	const unsigned i = at / LIMB, shift = at % LIMB;
	uint64_t w = a[i] >> shift;

	if (shift && i + 1 < AGG_EXACT_LIMBS)
		w |= a[i + 1] << (LIMB - shift);
	return w;
}

static bool
any_below(const uint64_t *a, unsigned at)
{
	for (unsigned i = 0; i < at / LIMB; i++)
		if (a[i])
			return true;
	return at % LIMB && a[at / LIMB] << (LIMB - at % LIMB);
}

double
agg_exact_round(const uint64_t *sum)
{
	const bool minus = sum[AGG_EXACT_LIMBS - 1] >> (LIMB - 1);
	const int saved = errno; /* ldexp() tells of an overflow */
	unsigned top = AGG_EXACT_LIMBS, at;
	agg_exact a = { 0 };
	uint64_t w;
	double f;

	add_at(a, 0, sum, AGG_EXACT_LIMBS, minus); /* its magnitude */
	while (top && !a[top - 1])
		top--;
	if (!top)
		return 0;
	/* The 64 bits from the highest down; the last of them stands for all
	 * that are left out, so that the one rounding knows of them. */
	at = top * LIMB - (unsigned)__builtin_clzll(a[top - 1]);
	at = at > LIMB ? at - LIMB : 0;
	w = window(a, at) | any_below(a, at);
	f = ldexp((double)w, (int)at - ONE);
	errno = saved;
	return minus ? -f : f;
}
