/* agg_count.c - count(*), count(x) and count(distinct x). */
#include "mql/agg.h"

int
agg_count_update(const struct aggregate_call *c, void *state,
		 const struct value *v, int64_t at, uint64_t weight)
{
	struct agg_count *n = state;
	uint64_t hash;
	int err;

	(void)at;
	if (!c->distinct) {
		agg_add(&n->n, weight);
		return 0;
	}
	if (!agg_is_finite(v))
		return 0;
	err = agg_hash(v, &hash);
	return err ? err : agg_distinct_add(&n->distinct, hash);
}

int
agg_count_merge(const struct aggregate_call *c, void *state,
		const void *from)
{
	const struct agg_count *f = from;
	struct agg_count *n = state;

	if (c->distinct)
		return agg_distinct_merge(&n->distinct, &f->distinct);
	agg_add(&n->n, f->n);
	return 0;
}

struct value
agg_count_finish(const struct aggregate_call *c, const void *state,
		 int64_t span_ms, struct buf *scratch)
{
	const struct agg_count *n = state;
	uint64_t count = n->n;

	(void)span_ms;
	(void)scratch;
	if (c->distinct)
		count = agg_distinct_estimate(&n->distinct);
	return (struct value){ .type = VALUE_INT, .i = (int64_t)count };
}

void
agg_count_put(const struct aggregate_call *c, const void *state,
	      struct buf *out)
{
	const struct agg_count *n = state;

	if (c->distinct)
		agg_distinct_put(&n->distinct, out);
	else
		agg_put_count(out, n->n);
}

int
agg_count_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_count *n = state;

	if (c->distinct)
		return agg_distinct_get(&n->distinct, in);
	return agg_get_count(in, INT64_MAX, &n->n);
}

void
agg_count_fini(const struct aggregate_call *c, void *state)
{
	struct agg_count *n = state;

	(void)c;
	agg_distinct_fini(&n->distinct);
}

size_t
agg_count_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_count *n = state;

	(void)c;
	return agg_distinct_heap(&n->distinct);
}
