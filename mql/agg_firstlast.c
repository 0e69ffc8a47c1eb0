/* agg_firstlast.c - the first and the last value by time.
 *
 * Of several at the same millisecond the first is the one that came first,
 * the last the one that came last; in a merge the state comes before what is
 * merged into it. A text over AGG_MAX_TEXT is refused. */
#include "mql/agg.h"

static int
keep(struct agg_edge *e, const struct value *v, int64_t at)
{
	int err = agg_cell_set(&e->cell, v);

	if (!err)
		e->at = at;
	return err;
}

static bool
is_empty(const struct agg_edge *e)
{
	return e->cell.v.type == VALUE_NULL;
}

int
agg_first_update(const struct aggregate_call *c, void *state,
		 const struct value *v, int64_t at, uint64_t weight)
{
	struct agg_edge *e = state;

	(void)c;
	(void)weight;
	if (!agg_is_finite(v) || (!is_empty(e) && at >= e->at))
		return 0;
	return keep(e, v, at);
}

int
agg_last_update(const struct aggregate_call *c, void *state,
		const struct value *v, int64_t at, uint64_t weight)
{
	struct agg_edge *e = state;

	(void)c;
	(void)weight;
	if (!agg_is_finite(v) || (!is_empty(e) && at < e->at))
		return 0;
	return keep(e, v, at);
}

int
agg_first_merge(const struct aggregate_call *c, void *state,
		const void *from)
{
	const struct agg_edge *f = from;

	return agg_first_update(c, state, &f->cell.v, f->at, 1);
}

int
agg_last_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_edge *f = from;

	return agg_last_update(c, state, &f->cell.v, f->at, 1);
}

struct value
agg_edge_finish(const struct aggregate_call *c, const void *state,
		int64_t span_ms, struct buf *scratch)
{
	const struct agg_edge *e = state;

	(void)c;
	(void)span_ms;
	return agg_cell_value(&e->cell, scratch);
}

void
agg_edge_put(const struct aggregate_call *c, const void *state,
	     struct buf *out)
{
	const struct agg_edge *e = state;

	(void)c;
	agg_put_int(out, e->at);
	agg_put_value(out, &e->cell.v);
}

int
agg_edge_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_edge *e = state;

	(void)c;
	if (agg_get_int(in, &e->at))
		return MQL_EBADFRAME;
	return agg_cell_get(&e->cell, in);
}

void
agg_edge_fini(const struct aggregate_call *c, void *state)
{
	struct agg_edge *e = state;

	(void)c;
	agg_cell_fini(&e->cell);
}

size_t
agg_edge_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_edge *e = state;

	(void)c;
	return e->cell.cap;
}
