/* agg_percentile.c - quantiles: exact while the values are few, then within
 * 1% of the value, in bounded memory.
 *
 * The answer is that of the nearest rank: of n values in ascending order the
 * ceil(q * n)-th. Up to MAX_EXACT different values are kept, each with how
 * often it came, and the answer is one of them. Beyond that only how many
 * fell into which bucket:
 *
 *     bucket i   (GAMMA^(i-1), GAMMA^i]    GAMMA = (1 + 1%) / (1 - 1%)
 *
 * and a point inside the bucket is never further than 1% from any value in
 * it (DDSketch, Masson et al. 2019). Only buckets that hold something exist:
 * one absurd value costs one of them, not the precision of all the others.
 * Beyond MAX_BUCKETS (values all over 17 powers of ten) the lowest two become
 * one.
 *
 * What the state is depends on the values alone, not on their order or on how
 * they were split: a merge gives the state that one pass would give. For the
 * same reason 2.0 is the integer 2 here, and -0.0 is 0. */
#include "mql/agg_tally.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

enum {
	MAX_EXACT   = 1024,
	MAX_BUCKETS = 2048,
	/* Keys ascend with the values: i + BIAS above zero, 0 for zero, the
	 * same with a minus below. i is between -37221 and 35490. */
	BIAS        = 40000,
	MAX_KEY     = 2 * BIAS,
};

static const double GAMMA = 1.01 / 0.99;
static const double LOG_GAMMA = 0.020000666706669435; /* log(1.01 / 0.99) */

/* --- numbers -------------------------------------------------------------- */

/* The one form of a number: an integer if it is one of 64 bits. */
static struct value
number_of(double f)
{
	const double limit = 0x1p63;

	if (f >= -limit && f < limit && !(fabs(f - trunc(f)) > 0))
		return (struct value){ .type = VALUE_INT, .i = (int64_t)f };
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static struct value
plain(const struct value *v)
{
	if (v->type == VALUE_INT)
		return (struct value){ .type = VALUE_INT, .i = v->i };
	return number_of(v->f);
}

static int
compare(const struct value *a, const struct value *b)
{
	int cmp = 0;

	value_order(a, b, &cmp);
	return cmp;
}

/* The bits of a double, so that they ascend with it; and back. */
static int64_t
key_of_float(double f)
{
	int64_t bits;

	memcpy(&bits, &f, sizeof bits);
	return bits < 0 ? bits ^ INT64_MAX : bits;
}

static double
float_of_key(int64_t key)
{
	const int64_t bits = key < 0 ? key ^ INT64_MAX : key;
	double f;

	memcpy(&f, &bits, sizeof f);
	return f;
}

static int32_t
bucket_of(double x)
{
	int32_t key;

	if (!(x < 0) && !(x > 0))
		return 0;
	key = (int32_t)ceil(log(fabs(x)) / LOG_GAMMA) + BIAS;
	return x < 0 ? -key : key;
}

/* The point that is 1% from either end of the bucket. */
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

/* The integer next to point x of a bucket that is in it, too, and within 1%
 * of all the others; x when there is none. */
static double
whole_near(double x)
{
	const double slack = 1e-12; /* an end that is whole is not missed */
	const double one_percent = 0.01 + 10 * slack;
	const double point = fabs(x);
	const double low = ceil(point / 1.01 * (1 - slack));
	const double high = floor(point / 0.99 * (1 + slack));
	const double least = fmax(low, ceil(high * (1 - one_percent)));
	const double most = fmin(high, floor(low * (1 + one_percent)));

	if (least > most)
		return x;
	return copysign(fmin(fmax(round(point), least), most), x);
}

/* --- input ---------------------------------------------------------------- */

static void
fini(struct agg_percentile *p)
{
	free(p->whole.item);
	free(p->part.item);
	free(p->bucket.item);
	*p = (struct agg_percentile){ 0 };
}

static int
add_to_bucket(struct agg_percentile *p, int64_t key, uint64_t count)
{
	struct agg_tally *t = &p->bucket;
	const uint32_t at = agg_tally_place(t, key);
	int err = 0;

	if (agg_tally_is_at(t, at, key))
		agg_add(&t->item[at].count, count);
	else if (t->n < MAX_BUCKETS)
		err = agg_tally_insert(t, at, key, count);
	else if (at)
		agg_tally_squeeze_in(t, at, key, count);
	else /* it is the lowest, and goes into the next */
		agg_add(&t->item->count, count);
	if (!err)
		agg_add(&p->n, count);
	return err;
}

static void
widen(struct agg_percentile *p, const struct value *min,
      const struct value *max)
{
	if (p->min.type == VALUE_NULL || compare(min, &p->min) < 0)
		p->min = *min;
	if (p->max.type == VALUE_NULL || compare(max, &p->max) > 0)
		p->max = *max;
}

/* The same number, so many times. */
static int
sketch(struct agg_percentile *p, const struct value *v, uint64_t count)
{
	int err = add_to_bucket(p, bucket_of(value_number(v)), count);

	if (err)
		return err;
	widen(p, v, v);
	p->floats |= v->type == VALUE_FLOAT;
	return 0;
}

static struct value
whole_at(const struct agg_percentile *p, uint32_t i)
{
	return (struct value){ .type = VALUE_INT,
			       .i = p->whole.item[i].key };
}

static struct value
part_at(const struct agg_percentile *p, uint32_t i)
{
	return (struct value){ .type = VALUE_FLOAT,
			       .f = float_of_key(p->part.item[i].key) };
}

/* The values of `from` that are kept, each to fn. */
static int
each_exact(const struct agg_percentile *from, struct agg_percentile *p,
	   int (*fn)(struct agg_percentile *p, const struct value *v,
		     uint64_t count))
{
	struct value v;
	int err = 0;

	for (uint32_t i = 0; !err && i < from->whole.n; i++) {
		v = whole_at(from, i);
		err = fn(p, &v, from->whole.item[i].count);
	}
	for (uint32_t i = 0; !err && i < from->part.n; i++) {
		v = part_at(from, i);
		err = fn(p, &v, from->part.item[i].count);
	}
	return err;
}

/* From the values, and one more unless it is NULL, to buckets. */
static int
spread(struct agg_percentile *p, const struct value *more, uint64_t count)
{
	struct agg_percentile q = { 0 };
	int err = each_exact(p, &q, sketch);

	if (!err && more)
		err = sketch(&q, more, count);
	if (err) {
		fini(&q);
		return err;
	}
	fini(p);
	*p = q;
	return 0;
}

/* v is plain. */
static int
add_number(struct agg_percentile *p, const struct value *v, uint64_t count)
{
	const bool whole = v->type == VALUE_INT;
	const int64_t key = whole ? v->i : key_of_float(v->f);
	struct agg_tally *t = whole ? &p->whole : &p->part;
	uint32_t at;
	int err = 0;

	if (p->bucket.n)
		return sketch(p, v, count);
	at = agg_tally_place(t, key);
	if (agg_tally_is_at(t, at, key))
		agg_add(&t->item[at].count, count);
	else if (p->whole.n + p->part.n == MAX_EXACT)
		return spread(p, v, count);
	else
		err = agg_tally_insert(t, at, key, count);
	if (!err)
		agg_add(&p->n, count);
	return err;
}

int
agg_percentile_update(const struct aggregate_call *c, void *state,
		      const struct value *v, int64_t at, uint64_t weight)
{
	struct value number;

	(void)c;
	(void)at;
	if (!agg_is_number(v))
		return 0;
	number = plain(v);
	return add_number(state, &number, weight);
}

int
agg_percentile_merge(const struct aggregate_call *c, void *state,
		     const void *from)
{
	const struct agg_percentile *f = from;
	struct agg_percentile *p = state;
	int err = 0;

	(void)c;
	if (!f->bucket.n)
		return each_exact(f, p, add_number);
	if (!p->bucket.n)
		err = spread(p, NULL, 0);
	if (err)
		return err;
	widen(p, &f->min, &f->max);
	p->floats |= f->floats;
	for (uint32_t i = 0; !err && i < f->bucket.n; i++)
		err = add_to_bucket(p, f->bucket.item[i].key,
				    f->bucket.item[i].count);
	return err;
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

/* Through both tallies at once, the lower of the two first. */
static struct value
nearest_value(const struct agg_percentile *p, uint64_t rank)
{
	const struct agg_tally *w = &p->whole, *f = &p->part;
	struct value v = VALUE_NONE, other;
	uint64_t seen = 0;

	for (uint32_t i = 0, j = 0; seen < rank && i + j < w->n + f->n;) {
		bool whole = i < w->n;
		if (whole)
			v = whole_at(p, i);
		if (j < f->n) {
			other = part_at(p, j);
			whole = whole && compare(&v, &other) < 0;
			v = whole ? v : other;
		}
		agg_add(&seen, whole ? w->item[i++].count
				     : f->item[j++].count);
	}
	return v;
}

/* The value that stands for a bucket, no further out than any that came. */
static struct value
value_in(const struct agg_percentile *p, int32_t key)
{
	const double x = point_of(key);
	struct value v = { .type = VALUE_FLOAT, .f = x };

	if (!p->floats)
		v = number_of(whole_near(x));
	if (compare(&v, &p->min) < 0)
		return p->min;
	return compare(&v, &p->max) > 0 ? p->max : v;
}

static struct value
nearest_bucket(const struct agg_percentile *p, uint64_t rank)
{
	uint64_t seen = 0;

	if (rank == 1)
		return p->min;
	for (uint32_t i = 0; i < p->bucket.n && rank < p->n; i++) {
		agg_add(&seen, p->bucket.item[i].count);
		if (seen >= rank)
			return value_in(p, (int32_t)p->bucket.item[i].key);
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
	return p->bucket.n ? nearest_bucket(p, rank) : nearest_value(p, rank);
}

/* --- the wire and the heap ------------------------------------------------ */

/* How many; the first key as it is, of the others how far they are from the
 * one before; a count with each. */
static void
put_tally(const struct agg_tally *t, struct buf *out)
{
	agg_put_count(out, t->n);
	for (uint32_t i = 0; i < t->n; i++) {
		const struct agg_tally_item *item = &t->item[i];
		if (!i)
			agg_put_int(out, item->key);
		else
			agg_put_count(out, (uint64_t)item->key -
					   (uint64_t)item[-1].key);
		agg_put_count(out, item->count);
	}
}

static int
get_key(const struct agg_tally *t, struct str *in, int64_t *key)
{
	uint64_t before, step;

	if (!t->n)
		return agg_get_int(in, key);
	before = (uint64_t)t->item[t->n - 1].key;
	if (agg_get_count(in, (uint64_t)INT64_MAX - before, &step) || !step)
		return MQL_EBADFRAME;
	*key = (int64_t)(before + step);
	return 0;
}

/* At most max items, whose counts are added to *total. */
static int
get_tally(struct agg_tally *t, uint32_t max, uint64_t *total, struct str *in)
{
	uint64_t n, count;
	int64_t key;
	int err = 0;

	if (agg_get_count(in, max, &n))
		return MQL_EBADFRAME;
	for (; !err && n; n--) {
		if (get_key(t, in, &key) ||
		    agg_get_count(in, INT64_MAX, &count) || !count)
			return MQL_EBADFRAME;
		err = agg_tally_insert(t, t->n, key, count);
		if (!err)
			agg_add(total, count);
	}
	return err;
}

/* No integer in disguise, which would be there twice. */
static bool
are_floats(const struct agg_percentile *p)
{
	for (uint32_t i = 0; i < p->part.n; i++) {
		const double f = part_at(p, i).f;
		if (!isfinite(f) || number_of(f).type != VALUE_FLOAT)
			return false;
	}
	return true;
}

static void
put_number(const struct value *v, struct buf *out)
{
	agg_put_count(out, v->type == VALUE_FLOAT);
	if (v->type == VALUE_FLOAT)
		agg_put_double(out, v->f);
	else
		agg_put_int(out, v->i);
}

static int
get_number(struct str *in, struct value *v)
{
	uint64_t is_float;

	*v = (struct value){ .type = VALUE_INT };
	if (agg_get_count(in, true, &is_float))
		return MQL_EBADFRAME;
	if (!is_float)
		return agg_get_int(in, &v->i);
	v->type = VALUE_FLOAT;
	if (agg_get_double(in, &v->f) || !isfinite(v->f))
		return MQL_EBADFRAME;
	*v = number_of(v->f);
	return 0;
}

/* What there is besides the buckets. */
static int
get_ends(struct agg_percentile *p, struct str *in)
{
	const struct agg_tally *t = &p->bucket;
	uint64_t floats;

	if (p->whole.n || p->part.n || t->item[0].key < -MAX_KEY ||
	    t->item[t->n - 1].key > MAX_KEY)
		return MQL_EBADFRAME;
	if (get_number(in, &p->min) || get_number(in, &p->max) ||
	    compare(&p->min, &p->max) > 0 ||
	    agg_get_count(in, true, &floats))
		return MQL_EBADFRAME;
	p->floats = floats;
	return 0;
}

void
agg_percentile_put(const struct aggregate_call *c, const void *state,
		   struct buf *out)
{
	const struct agg_percentile *p = state;

	(void)c;
	put_tally(&p->whole, out);
	put_tally(&p->part, out);
	put_tally(&p->bucket, out);
	if (!p->bucket.n)
		return;
	put_number(&p->min, out);
	put_number(&p->max, out);
	agg_put_count(out, p->floats);
}

int
agg_percentile_get(const struct aggregate_call *c, void *state,
		   struct str *in)
{
	struct agg_percentile *p = state;
	int err;

	(void)c;
	err = get_tally(&p->whole, MAX_EXACT, &p->n, in);
	if (!err)
		err = get_tally(&p->part, MAX_EXACT - p->whole.n, &p->n, in);
	if (!err && !are_floats(p))
		err = MQL_EBADFRAME;
	if (!err)
		err = get_tally(&p->bucket, MAX_BUCKETS, &p->n, in);
	if (!err && p->bucket.n)
		err = get_ends(p, in);
	if (err)
		fini(p);
	return err;
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

	(void)c;
	return (p->whole.cap + p->part.cap + p->bucket.cap) *
	       sizeof *p->bucket.item;
}
