/* agg_percentile.c - quantiles within 1% of the value, in bounded memory.
 *
 * The answer is that of the nearest rank: of n values in ascending order the
 * ceil(q * n)-th. Up to FEW values are kept as they are, and the answer is
 * one of them. Beyond that only how many fell into which bucket:
 *
 *     bucket i   (GAMMA^(i-1), GAMMA^i]    GAMMA = (1 + 1%) / (1 - 1%)
 *
 * and a point inside the bucket is never further than 1% from any value in
 * it (DDSketch, Masson et al. 2019). Values below zero have buckets of their
 * own, by magnitude. Beyond MAX_BUCKETS, which span 17 powers of ten, those
 * nearest to zero become one.
 *
 * What the counters are depends on the values alone, not on their order or on
 * how they were split: a merge gives the state that one pass would give. */
#include "mql/agg.h"

#include <math.h>
#include <stdlib.h>

enum {
	FEW         = 32,
	MAX_BUCKETS = 2048,
	FIRST       = 64,
	/* Of the smallest and the largest double, and a little more. */
	MAX_INDEX   = 40000,
};

static const double GAMMA = 1.01 / 0.99;
static const double LOG_GAMMA = 0.020000666706669435; /* log(1.01 / 0.99) */

/* --- buckets -------------------------------------------------------------- */

static int32_t
index_of(double magnitude)
{
	return (int32_t)ceil(log(magnitude) / LOG_GAMMA);
}

/* The point that is 1% from either end. */
static double
point_of(int32_t index)
{
	return exp(index * LOG_GAMMA) * 2 / (GAMMA + 1);
}

static int
grow(struct agg_buckets *b, uint32_t n)
{
	uint32_t cap = b->cap ? b->cap : FIRST;
	uint64_t *count;

	if (n <= b->cap)
		return 0;
	while (cap < n)
		cap *= 2;
	count = realloc(b->count, cap * sizeof *count);
	if (!count)
		return MQL_ENOMEM;
	b->count = count;
	b->cap = cap;
	return 0;
}

/* Let them begin at lo and be n: what was below lo goes to the first. */
static void
move(struct agg_buckets *b, int32_t lo, uint32_t n)
{
	const uint32_t down = lo > b->lo ? (uint32_t)(lo - b->lo) : 0;
	const uint32_t up = lo < b->lo ? (uint32_t)(b->lo - lo) : 0;
	const uint32_t gone = down < b->n ? down : b->n;
	const uint32_t kept = b->n - gone;
	uint64_t below = 0;

	for (uint32_t i = 0; i < gone; i++)
		agg_add(&below, b->count[i]);
	memmove(b->count + up, b->count + gone, kept * sizeof *b->count);
	memset(b->count, 0, up * sizeof *b->count);
	memset(b->count + up + kept, 0, (n - up - kept) * sizeof *b->count);
	agg_add(&b->count[0], below);
	b->lo = lo;
	b->n = n;
}

/* Make room for buckets lo to hi. */
static int
stretch(struct agg_buckets *b, int32_t lo, int32_t hi)
{
	int err;

	if (b->n) {
		const int32_t last = b->lo + (int32_t)b->n - 1;
		lo = lo < b->lo ? lo : b->lo;
		hi = hi > last ? hi : last;
	} else {
		b->lo = lo;
	}
	if (hi - lo >= MAX_BUCKETS)
		lo = hi - MAX_BUCKETS + 1;
	if (b->n && lo == b->lo && hi - lo < (int32_t)b->n)
		return 0;
	err = grow(b, (uint32_t)(hi - lo + 1));
	if (!err)
		move(b, lo, (uint32_t)(hi - lo + 1));
	return err;
}

static void
add(struct agg_buckets *b, int32_t index, uint64_t n)
{
	agg_add(&b->count[index > b->lo ? index - b->lo : 0], n);
}

static int
merge_buckets(struct agg_buckets *b, const struct agg_buckets *from)
{
	int err;

	if (!from->n)
		return 0;
	err = stretch(b, from->lo, from->lo + (int32_t)from->n - 1);
	for (uint32_t i = 0; !err && i < from->n; i++)
		add(b, from->lo + (int32_t)i, from->count[i]);
	return err;
}

/* --- input ---------------------------------------------------------------- */

static void
widen(struct agg_percentile *p, double min, double max)
{
	if (!p->n || min < p->min)
		p->min = min;
	if (!p->n || max > p->max)
		p->max = max;
}

static int
count_in(struct agg_percentile *p, double x)
{
	struct agg_buckets *b = x > 0 ? &p->above : &p->below;

	if (x < 0 || x > 0) {
		const int32_t index = index_of(fabs(x));
		const int err = stretch(b, index, index);
		if (err)
			return err;
		add(b, index, 1);
	} else {
		agg_add(&p->zero, 1);
	}
	widen(p, x, x);
	agg_add(&p->n, 1);
	return 0;
}

static void
fini(struct agg_percentile *p)
{
	free(p->few);
	free(p->above.count);
	free(p->below.count);
	*p = (struct agg_percentile){ 0 };
}

/* From the values to buckets. */
static int
spread(struct agg_percentile *p)
{
	struct agg_percentile q = { 0 };
	int err = 0;

	for (uint64_t i = 0; !err && i < p->n; i++)
		err = count_in(&q, value_number(&p->few[i]));
	if (err) {
		fini(&q);
		return err;
	}
	fini(p);
	*p = q;
	return 0;
}

/* Capacity is the power of two that holds n. */
static int
keep(struct agg_percentile *p, const struct value *v)
{
	struct value *few = p->few;

	if (!(p->n & (p->n - 1))) {
		const size_t cap = p->n ? 2 * p->n : 1;
		few = realloc(few, cap * sizeof *few);
		if (!few)
			return MQL_ENOMEM;
		p->few = few;
	}
	few[p->n] = *v;
	few[p->n].raw = NULL;
	few[p->n++].nraw = 0;
	return 0;
}

static int
add_value(struct agg_percentile *p, const struct value *v)
{
	int err;

	if (p->n < FEW)
		return keep(p, v);
	if (p->few && (err = spread(p)))
		return err;
	return count_in(p, value_number(v));
}

int
agg_percentile_update(const struct aggregate_call *c, void *state,
		      const struct value *v, int64_t at)
{
	(void)c;
	(void)at;
	return agg_is_number(v) ? add_value(state, v) : 0;
}

int
agg_percentile_merge(const struct aggregate_call *c, void *state,
		     const void *from)
{
	const struct agg_percentile *f = from;
	struct agg_percentile *p = state;
	int err = 0;

	(void)c;
	for (uint64_t i = 0; f->few && !err && i < f->n; i++)
		err = add_value(p, &f->few[i]);
	if (err || f->few || !f->n)
		return err;
	if (p->few)
		err = spread(p);
	if (!err)
		err = merge_buckets(&p->above, &f->above);
	if (!err)
		err = merge_buckets(&p->below, &f->below);
	if (err)
		return err;
	widen(p, f->min, f->max);
	agg_add(&p->zero, f->zero);
	agg_add(&p->n, f->n);
	return 0;
}

/* --- results -------------------------------------------------------------- */

/* From 1 on. A product like 0.07 * 100, which is 7 and a little, is 7. */
static uint64_t
rank_of(double q, uint64_t n)
{
	const double rank = ceil(q * (double)n * (1 - 1e-12));

	if (!(rank > 1))
		return 1;
	return rank < (double)n ? (uint64_t)rank : n;
}

static int
ascending(const void *a, const void *b)
{
	int cmp = 0;

	value_order(a, b, &cmp);
	return cmp;
}

static struct value
nearest_of_few(const struct agg_percentile *p, uint64_t rank)
{
	struct value v[FEW];

	memcpy(v, p->few, p->n * sizeof *v);
	qsort(v, p->n, sizeof *v, ascending);
	return v[rank - 1];
}

/* From the largest magnitude below zero, over zero, up. */
static double
find_rank(const struct agg_percentile *p, uint64_t rank)
{
	const struct agg_buckets *b = &p->below;
	uint64_t seen = 0;

	for (uint32_t i = b->n; i-- > 0;) {
		agg_add(&seen, b->count[i]);
		if (seen >= rank)
			return -point_of(b->lo + (int32_t)i);
	}
	agg_add(&seen, p->zero);
	if (seen >= rank)
		return 0;
	b = &p->above;
	for (uint32_t i = 0; i < b->n; i++) {
		agg_add(&seen, b->count[i]);
		if (seen >= rank)
			return point_of(b->lo + (int32_t)i);
	}
	return p->max;
}

static double
nearest_bucket(const struct agg_percentile *p, uint64_t rank)
{
	double x;

	if (rank == 1)
		return p->min;
	if (rank == p->n)
		return p->max;
	x = find_rank(p, rank);
	return x < p->min ? p->min : x > p->max ? p->max : x;
}

struct value
agg_percentile_finish(const struct aggregate_call *c, const void *state,
		      int64_t span_ms, struct buf *scratch)
{
	const struct agg_percentile *p = state;
	uint64_t rank;

	(void)span_ms;
	(void)scratch;
	if (!p->n)
		return VALUE_NONE;
	rank = rank_of(c->q, p->n);
	if (p->few)
		return nearest_of_few(p, rank);
	return (struct value){ .type = VALUE_FLOAT,
			       .f = nearest_bucket(p, rank) };
}

/* --- the wire and the heap ------------------------------------------------ */

static void
put_buckets(const struct agg_buckets *b, struct buf *out)
{
	agg_put_count(out, b->n);
	if (b->n)
		agg_put_int(out, b->lo);
	for (uint32_t i = 0; i < b->n; i++)
		agg_put_count(out, b->count[i]);
}

static int
get_buckets(struct agg_buckets *b, struct str *in, uint64_t *total)
{
	uint64_t n;
	int64_t lo = 0;
	int err;

	if (agg_get_count(in, MAX_BUCKETS, &n) ||
	    (n && agg_get_int(in, &lo)) || n > in->len ||
	    lo < -MAX_INDEX || lo > MAX_INDEX)
		return MQL_EBADFRAME;
	if (!n)
		return 0;
	err = stretch(b, (int32_t)lo, (int32_t)lo + (int32_t)n - 1);
	for (uint64_t i = 0; !err && i < n; i++) {
		err = agg_get_count(in, INT64_MAX, &b->count[i]);
		agg_add(total, b->count[i]);
	}
	return err;
}

/* A number as it is: an integer or a double. */
static int
get_few(struct agg_percentile *p, uint64_t n, struct str *in)
{
	int err = 0;

	for (; n && !err; n--) {
		struct value v = { .type = VALUE_INT };
		uint64_t is_float;
		if (agg_get_count(in, true, &is_float) ||
		    (is_float ? agg_get_double(in, &v.f)
			      : agg_get_int(in, &v.i)))
			return MQL_EBADFRAME;
		v.type = is_float ? VALUE_FLOAT : VALUE_INT;
		err = agg_is_number(&v) ? keep(p, &v) : MQL_EBADFRAME;
	}
	return err;
}

static void
put_few(const struct agg_percentile *p, struct buf *out)
{
	for (uint64_t i = 0; i < p->n; i++) {
		const struct value *v = &p->few[i];
		agg_put_count(out, v->type == VALUE_FLOAT);
		if (v->type == VALUE_FLOAT)
			agg_put_double(out, v->f);
		else
			agg_put_int(out, v->i);
	}
}

void
agg_percentile_put(const struct aggregate_call *c, const void *state,
		   struct buf *out)
{
	const struct agg_percentile *p = state;

	(void)c;
	agg_put_count(out, p->n);
	if (p->n <= FEW) {
		put_few(p, out);
		return;
	}
	agg_put_count(out, p->zero);
	agg_put_double(out, p->min);
	agg_put_double(out, p->max);
	put_buckets(&p->below, out);
	put_buckets(&p->above, out);
}

int
agg_percentile_get(const struct aggregate_call *c, void *state,
		   struct str *in)
{
	struct agg_percentile *p = state;
	uint64_t n, total;
	int err;

	(void)c;
	if (agg_get_count(in, INT64_MAX, &n))
		return MQL_EBADFRAME;
	if (n <= FEW)
		return get_few(p, n, in);
	p->n = n;
	if (agg_get_count(in, INT64_MAX, &p->zero) ||
	    agg_get_double(in, &p->min) || agg_get_double(in, &p->max) ||
	    !isfinite(p->min) || !isfinite(p->max) || p->min > p->max)
		return MQL_EBADFRAME;
	total = p->zero;
	err = get_buckets(&p->below, in, &total);
	if (!err)
		err = get_buckets(&p->above, in, &total);
	return err ? err : total == n ? 0 : MQL_EBADFRAME;
}

void
agg_percentile_fini(const struct aggregate_call *c, void *state)
{
	(void)c;
	fini(state);
}

size_t
agg_percentile_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_percentile *p = state;
	size_t few = 0;

	(void)c;
	if (p->few)
		for (few = 1; few < p->n; few *= 2)
			;
	return few * sizeof *p->few +
	       (p->above.cap + p->below.cap) * sizeof *p->above.count;
}
