/* agg_sum.c - sum and avg, without rounding on the way.
 *
 * Integers add up in 128 bits, floats in agg_exact: the parts of a sum may
 * come in any order and any split, and the last digit is the same. Nothing
 * but integers gives an integer, else the result is a float, rounded once. An
 * integer beyond 64 bits that came in with its digits is an integer too. */
#include "mql/agg.h"

#include <math.h>
#include <stdlib.h>

enum { MAX_DIGITS = 40 }; /* of 128 bits, and a sign */

static agg_int
whole_of(const struct agg_sum *s)
{
	__extension__ typedef unsigned __int128 wide;

	return (agg_int)((wide)s->hi << 64 | s->lo);
}

static void
set_whole(struct agg_sum *s, agg_int i)
{
	__extension__ typedef unsigned __int128 wide;

	s->lo = (uint64_t)i;
	s->hi = (uint64_t)((wide)i >> 64);
}

/* --- input ---------------------------------------------------------------- */

static int
reserve_exact(struct agg_sum *s)
{
	if (!s->exact)
		s->exact = calloc(1, sizeof(agg_exact));
	return s->exact ? 0 : MQL_ENOMEM;
}

/* What no longer fits in 128 bits goes on with the floats. */
static int
add_int(struct agg_sum *s, agg_int i)
{
	agg_int whole = whole_of(s);

	if (!__builtin_add_overflow(whole, i, &whole)) {
		set_whole(s, whole);
		return 0;
	}
	if (reserve_exact(s))
		return MQL_ENOMEM;
	agg_exact_add_int(s->exact, i);
	return 0;
}

/* The digits of a big integer; false when they are more than 128 bits. */
static bool
read_big(const struct value *v, agg_int *out)
{
	const bool minus = *v->raw == '-';

	*out = 0;
	for (uint32_t i = minus; i < v->nraw; i++) {
		const int digit = v->raw[i] - '0';
		if (__builtin_mul_overflow(*out, 10, out) ||
		    __builtin_add_overflow(*out, minus ? -digit : digit, out))
			return false;
	}
	return true;
}

/* As often as the weight says, where the product is too large to be one
 * number. */
static int
add_ints(struct agg_sum *s, agg_int i, uint64_t weight)
{
	agg_int all;

	if (!__builtin_mul_overflow(i, weight, &all))
		return add_int(s, all);
	if (reserve_exact(s))
		return MQL_ENOMEM;
	while (weight--)
		agg_exact_add_int(s->exact, i);
	return 0;
}

static void
add_doubles(struct agg_sum *s, double f, uint64_t weight)
{
	const double all = f * (double)weight; /* exact: a power of two */

	if (isfinite(all)) {
		agg_exact_add_double(s->exact, all);
		return;
	}
	while (weight--)
		agg_exact_add_double(s->exact, f);
}

static int
add_value(struct agg_sum *s, const struct value *v, uint64_t weight)
{
	agg_int big;

	if (v->type == VALUE_INT)
		return add_ints(s, v->i, weight);
	if (agg_is_big(v) && read_big(v, &big))
		return add_ints(s, big, weight);
	if (reserve_exact(s))
		return MQL_ENOMEM;
	add_doubles(s, v->f, weight);
	return 0;
}

int
agg_sum_update(const struct aggregate_call *c, void *state,
	       const struct value *v, int64_t at, uint64_t weight)
{
	struct agg_sum *s = state;
	int err;

	(void)c;
	(void)at;
	if (!agg_is_number(v))
		return 0;
	err = add_value(s, v, weight);
	if (!err)
		agg_add(&s->n, weight);
	return err;
}

int
agg_sum_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_sum *f = from;
	struct agg_sum *s = state;
	int err;

	(void)c;
	if (f->exact && reserve_exact(s))
		return MQL_ENOMEM;
	err = add_int(s, whole_of(f));
	if (err)
		return err;
	if (f->exact)
		agg_exact_merge(s->exact, f->exact);
	agg_add(&s->n, f->n);
	return 0;
}

/* --- results -------------------------------------------------------------- */

static double
total(const struct agg_sum *s)
{
	agg_exact sum = { 0 };

	if (s->exact)
		memcpy(sum, s->exact, sizeof sum);
	agg_exact_add_int(sum, whole_of(s));
	return agg_exact_round(sum);
}

/* Digits as the raw text of a float: so they are written out as they are. */
static struct value
big_value(agg_int i, struct buf *scratch)
{
	char text[MAX_DIGITS], *p = text + sizeof text;
	agg_int rest = i;
	uint8_t *to;
	size_t n;

	for (; rest; rest /= 10)
		*--p = (char)('0' + abs((int)(rest % 10)));
	if (i < 0)
		*--p = '-';
	n = (size_t)(text + sizeof text - p);
	to = buf_room(scratch, n);
	if (!to)
		return VALUE_NONE;
	memcpy(to, p, n);
	scratch->len += n;
	return (struct value){ .type = VALUE_FLOAT, .f = (double)i,
			       .raw = (char *)to, .nraw = (uint32_t)n };
}

struct value
agg_sum_finish(const struct aggregate_call *c, const void *state,
	       int64_t span_ms, struct buf *scratch)
{
	const struct agg_sum *s = state;
	const agg_int whole = whole_of(s);

	(void)c;
	(void)span_ms;
	if (!s->n)
		return VALUE_NONE;
	if (s->exact)
		return (struct value){ .type = VALUE_FLOAT, .f = total(s) };
	if (whole < INT64_MIN || whole > INT64_MAX)
		return big_value(whole, scratch);
	return (struct value){ .type = VALUE_INT, .i = (int64_t)whole };
}

struct value
agg_avg_finish(const struct aggregate_call *c, const void *state,
	       int64_t span_ms, struct buf *scratch)
{
	const struct agg_sum *s = state;

	(void)c;
	(void)span_ms;
	(void)scratch;
	if (!s->n)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_FLOAT,
			       .f = total(s) / (double)s->n };
}

/* --- the wire ------------------------------------------------------------- */

enum { NO_FLOATS, FLOATS, FLOATS_BELOW_ZERO };

/* The limbs that are more than zeros below or copies of the sign above: where
 * they begin, how many, what they are. */
static void
put_exact(const uint64_t *exact, struct buf *out)
{
	const bool minus = exact[AGG_EXACT_LIMBS - 1] >> 63;
	const uint64_t sign = minus ? UINT64_MAX : 0;
	unsigned first = 0, end = AGG_EXACT_LIMBS;

	while (end && exact[end - 1] == sign)
		end--;
	while (first < end && !exact[first])
		first++;
	buf_put_u8(out, minus ? FLOATS_BELOW_ZERO : FLOATS);
	buf_put_u8(out, (uint8_t)first);
	buf_put_u8(out, (uint8_t)(end - first));
	for (; first < end; first++)
		buf_put_u64(out, exact[first]);
}

void
agg_sum_put(const struct aggregate_call *c, const void *state,
	    struct buf *out)
{
	const struct agg_sum *s = state;

	(void)c;
	agg_put_count(out, s->n);
	buf_put_u64(out, s->lo);
	buf_put_u64(out, s->hi);
	if (s->exact)
		put_exact(s->exact, out);
	else
		buf_put_u8(out, NO_FLOATS);
}

static int
get_exact(struct agg_sum *s, bool minus, struct str *in)
{
	struct str b;
	unsigned i, end;

	if (agg_get_bytes(in, 2, &b))
		return MQL_EBADFRAME;
	i = (uint8_t)b.ptr[0];
	end = i + (uint8_t)b.ptr[1];
	if (end > AGG_EXACT_LIMBS)
		return MQL_EBADFRAME;
	if (reserve_exact(s))
		return MQL_ENOMEM;
	for (; i < end; i++)
		if (agg_get_u64(in, &s->exact[i]))
			return MQL_EBADFRAME;
	for (; minus && i < AGG_EXACT_LIMBS; i++)
		s->exact[i] = UINT64_MAX;
	return 0;
}

int
agg_sum_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_sum *s = state;
	uint64_t floats;

	(void)c;
	if (agg_get_count(in, INT64_MAX, &s->n) ||
	    agg_get_u64(in, &s->lo) || agg_get_u64(in, &s->hi) ||
	    agg_get_count(in, FLOATS_BELOW_ZERO, &floats))
		return MQL_EBADFRAME;
	if (floats == NO_FLOATS)
		return 0;
	return get_exact(s, floats == FLOATS_BELOW_ZERO, in);
}

/* --- the heap ------------------------------------------------------------- */

void
agg_sum_fini(const struct aggregate_call *c, void *state)
{
	struct agg_sum *s = state;

	free(s->exact);
	agg_init(c, s);
}

size_t
agg_sum_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_sum *s = state;

	(void)c;
	return s->exact ? sizeof(agg_exact) : 0;
}
