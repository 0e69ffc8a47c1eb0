/* agg_percentile.c - quantiles within 1% of the value, in bounded memory.
 *
 * The answer is that of the nearest rank: of n values in ascending order the
 * ceil(q * n)-th. Up to FEW values are kept as they are, and the answer is
 * one of them. Beyond that only how many fell into which bucket:
 *
 *     bucket i   (GAMMA^(i-1), GAMMA^i]    GAMMA = (1 + 1%) / (1 - 1%)
 *
 * and a point inside the bucket is never further than 1% from any value in
 * it (DDSketch, Masson et al. 2019). Only buckets that hold something exist:
 * one absurd value costs one of them, not the precision of all the others.
 * Beyond MAX_BUCKETS (values all over 17 powers of ten) the lowest two become
 * one.
 *
 * What the counters are depends on the values alone, not on their order or on
 * how they were split: a merge gives the state that one pass would give. */
#include "mql/agg.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
	FEW         = 32,
	MAX_BUCKETS = 2048,
	FIRST       = 16,
	/* Keys ascend with the values: i + BIAS above zero, 0 for zero, the
	 * same with a minus below. i is between -37221 and 35490. */
	BIAS        = 40000,
	MAX_KEY     = 2 * BIAS,
};

static const double GAMMA = 1.01 / 0.99;
static const double LOG_GAMMA = 0.020000666706669435; /* log(1.01 / 0.99) */

/* --- buckets -------------------------------------------------------------- */

static int32_t
key_of(double x)
{
	int32_t key;

	if (!(x < 0) && !(x > 0))
		return 0;
	key = (int32_t)ceil(log(fabs(x)) / LOG_GAMMA) + BIAS;
	return x < 0 ? -key : key;
}

/* The point that is 1% from either end. */
static double
point_of(int32_t key)
{
	const int saved = errno; /* exp() tells when it leaves the doubles */
	const double power = exp((abs(key) - BIAS) * LOG_GAMMA);

	errno = saved;
	if (!key)
		return 0;
	return copysign(power * 2 / (GAMMA + 1), key);
}

static int
grow(struct agg_percentile *p)
{
	const uint32_t cap = p->cap ? 2 * p->cap : FIRST;
	struct agg_bucket *b = realloc(p->bucket, cap * sizeof *b);

	if (!b)
		return MQL_ENOMEM;
	p->bucket = b;
	p->cap = cap;
	return 0;
}

/* The first bucket that is not below key. */
static uint32_t
place(const struct agg_percentile *p, int32_t key)
{
	uint32_t lo = 0, hi = p->nbucket;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;
		if (p->bucket[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

/* Make room at *at: when there is none, the lowest goes into the next. */
static int
open_place(struct agg_percentile *p, uint32_t *at)
{
	struct agg_bucket *b;

	if (p->nbucket < MAX_BUCKETS) {
		if (p->nbucket == p->cap && grow(p))
			return MQL_ENOMEM;
		b = p->bucket + *at;
		memmove(b + 1, b, (p->nbucket++ - *at) * sizeof *b);
		b->count = 0;
		return 0;
	}
	b = p->bucket;
	const uint64_t lowest = b->count;
	--*at;
	memmove(b, b + 1, *at * sizeof *b);
	b[*at].count = 0;
	agg_add(&b->count, lowest);
	return 0;
}

static int
add_to_bucket(struct agg_percentile *p, int32_t key, uint64_t n)
{
	uint32_t at = place(p, key);
	const bool there = at < p->nbucket && p->bucket[at].key == key;
	/* Below the lowest of all that there may be: it belongs to that. */
	const bool below = !at && p->nbucket == MAX_BUCKETS;

	if (!there && !below) {
		if (open_place(p, &at))
			return MQL_ENOMEM;
		p->bucket[at].key = key;
	}
	agg_add(&p->bucket[at].count, n);
	return 0;
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
	int err = add_to_bucket(p, key_of(x), 1);

	if (err)
		return err;
	widen(p, x, x);
	agg_add(&p->n, 1);
	return 0;
}

static void
fini(struct agg_percentile *p)
{
	free(p->few);
	free(p->bucket);
	*p = (struct agg_percentile){ 0 };
}

/* From the values, and one more unless it is NULL, to buckets. */
static int
spread(struct agg_percentile *p, const struct value *more)
{
	struct agg_percentile q = { 0 };
	int err = 0;

	for (uint64_t i = 0; !err && i < p->n; i++)
		err = count_in(&q, value_number(&p->few[i]));
	if (!err && more)
		err = count_in(&q, value_number(more));
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
	if (p->n < FEW)
		return keep(p, v);
	if (p->few)
		return spread(p, v);
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
		err = spread(p, NULL);
	for (uint32_t i = 0; !err && i < f->nbucket; i++)
		err = add_to_bucket(p, f->bucket[i].key, f->bucket[i].count);
	if (err)
		return err;
	widen(p, f->min, f->max);
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

static double
nearest_bucket(const struct agg_percentile *p, uint64_t rank)
{
	uint64_t seen = 0;
	double x;

	if (rank == 1)
		return p->min;
	for (uint32_t i = 0; i < p->nbucket && rank < p->n; i++) {
		agg_add(&seen, p->bucket[i].count);
		if (seen < rank)
			continue;
		x = point_of(p->bucket[i].key);
		return x < p->min ? p->min : x > p->max ? p->max : x;
	}
	return p->max;
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
put_buckets(const struct agg_percentile *p, struct buf *out)
{
	int32_t before = -MAX_KEY;

	agg_put_double(out, p->min);
	agg_put_double(out, p->max);
	agg_put_count(out, p->nbucket);
	for (uint32_t i = 0; i < p->nbucket; i++) {
		const struct agg_bucket *b = &p->bucket[i];
		agg_put_count(out, (uint64_t)(b->key - before));
		agg_put_count(out, b->count);
		before = b->key;
	}
}

/* n values in buckets that ascend. */
static int
get_buckets(struct agg_percentile *p, uint64_t n, struct str *in)
{
	uint64_t buckets, step, count, total = 0;
	int32_t key = -MAX_KEY;
	int err = 0;

	if (agg_get_double(in, &p->min) || agg_get_double(in, &p->max) ||
	    !isfinite(p->min) || !isfinite(p->max) || p->min > p->max ||
	    agg_get_count(in, MAX_BUCKETS, &buckets))
		return MQL_EBADFRAME;
	for (; !err && buckets; buckets--) {
		if (agg_get_count(in, (uint64_t)(MAX_KEY - key), &step) ||
		    !step || agg_get_count(in, INT64_MAX, &count))
			return MQL_EBADFRAME;
		key += (int32_t)step;
		agg_add(&total, count);
		err = add_to_bucket(p, key, count);
	}
	p->n = n;
	return err ? err : total == n ? 0 : MQL_EBADFRAME;
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
	if (p->n <= FEW)
		put_few(p, out);
	else
		put_buckets(p, out);
}

int
agg_percentile_get(const struct aggregate_call *c, void *state,
		   struct str *in)
{
	struct agg_percentile *p = state;
	uint64_t n;

	(void)c;
	if (agg_get_count(in, INT64_MAX, &n))
		return MQL_EBADFRAME;
	return n <= FEW ? get_few(p, n, in) : get_buckets(p, n, in);
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
	return few * sizeof *p->few + p->cap * sizeof *p->bucket;
}
