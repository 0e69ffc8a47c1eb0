/* agg_variance.c - variance and stddev of a sample (divided by n - 1), as SQL
 * has them: null of a single value.
 *
 * Welford's update keeps the mean and the squares about it, never the large
 * sums whose difference would lose every digit. Two parts are put together
 * by the rule of Chan, Golub and LeVeque. */
#include "mql/agg.h"

#include <math.h>

int
agg_moment_update(const struct aggregate_call *c, void *state,
		  const struct value *v, int64_t at, uint64_t weight)
{
	struct agg_moment *m = state;
	const double w = (double)weight;
	double x, off;

	(void)c;
	(void)at;
	if (!agg_is_number(v))
		return 0;
	x = value_number(v);
	off = x - m->mean;
	agg_add(&m->n, weight);
	m->mean += off * w / (double)m->n;
	m->m2 += w * off * (x - m->mean);
	return 0;
}

int
agg_moment_merge(const struct aggregate_call *c, void *state,
		 const void *from)
{
	const struct agg_moment *f = from;
	struct agg_moment *m = state;
	const double a = (double)m->n, b = (double)f->n;
	const double off = f->mean - m->mean;

	(void)c;
	if (!f->n)
		return 0;
	m->mean += off * (b / (a + b));
	m->m2 += f->m2 + off * off * (a * (b / (a + b)));
	agg_add(&m->n, f->n);
	return 0;
}

struct value
agg_variance_finish(const struct aggregate_call *c, const void *state,
		    int64_t span_ms, struct buf *scratch)
{
	const struct agg_moment *m = state;

	(void)c;
	(void)span_ms;
	(void)scratch;
	if (m->n < 2)
		return VALUE_NONE;
	return (struct value){ .type = VALUE_FLOAT,
			       .f = m->m2 / (double)(m->n - 1) };
}

struct value
agg_stddev_finish(const struct aggregate_call *c, const void *state,
		  int64_t span_ms, struct buf *scratch)
{
	struct value v = agg_variance_finish(c, state, span_ms, scratch);

	if (v.type == VALUE_FLOAT)
		v.f = sqrt(v.f);
	return v;
}

void
agg_moment_put(const struct aggregate_call *c, const void *state,
	       struct buf *out)
{
	const struct agg_moment *m = state;

	(void)c;
	agg_put_count(out, m->n);
	agg_put_double(out, m->mean);
	agg_put_double(out, m->m2);
}

int
agg_moment_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_moment *m = state;

	(void)c;
	if (agg_get_count(in, INT64_MAX, &m->n) ||
	    agg_get_double(in, &m->mean) || agg_get_double(in, &m->m2) ||
	    m->m2 < 0)
		return MQL_EBADFRAME;
	return 0;
}
