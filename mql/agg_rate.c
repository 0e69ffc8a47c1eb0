/* agg_rate.c - values a second: of the window when its length is known, else
 * of the time from the first value to the last. */
#include "mql/agg.h"

int
agg_rate_update(const struct aggregate_call *c, void *state,
		const struct value *v, int64_t at, uint64_t weight)
{
	const struct agg_rate one = { .n = weight, .from = at, .to = at };

	(void)v;
	return agg_rate_merge(c, state, &one);
}

int
agg_rate_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_rate *f = from;
	struct agg_rate *r = state;

	(void)c;
	if (!f->n)
		return 0;
	if (!r->n || f->from < r->from)
		r->from = f->from;
	if (!r->n || f->to > r->to)
		r->to = f->to;
	agg_add(&r->n, f->n);
	return 0;
}

struct value
agg_rate_finish(const struct aggregate_call *c, const void *state,
		int64_t span_ms, struct buf *scratch)
{
	const struct agg_rate *r = state;
	const double ms = span_ms > 0 ? (double)span_ms
				      : (double)r->to - (double)r->from;

	(void)c;
	(void)scratch;
	if (!r->n || !(ms > 0))
		return VALUE_NONE;
	return (struct value){ .type = VALUE_FLOAT,
			       .f = (double)r->n * 1000 / ms };
}

void
agg_rate_put(const struct aggregate_call *c, const void *state,
	     struct buf *out)
{
	const struct agg_rate *r = state;

	(void)c;
	agg_put_count(out, r->n);
	agg_put_int(out, r->from);
	agg_put_int(out, r->to);
}

int
agg_rate_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_rate *r = state;

	(void)c;
	if (agg_get_count(in, INT64_MAX, &r->n) ||
	    agg_get_int(in, &r->from) || agg_get_int(in, &r->to))
		return MQL_EBADFRAME;
	return 0;
}
