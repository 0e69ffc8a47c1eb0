/* agg_minmax.c - min and max.
 *
 * Values of several types have one order, as in `order by`: booleans, then
 * numbers, then strings by their bytes. So min of numbers and strings is a
 * number, and max a string. Arrays and objects have no order and are skipped.
 * A string over AGG_MAX_TEXT is refused. */
#include "mql/agg.h"

static bool
has_order(const struct value *v)
{
	return v->type == VALUE_BOOL || v->type == VALUE_STR ||
	       agg_is_number(v);
}

/* Of two that are the same as doubles: more digits are further from zero. */
static int
order_digits(const struct value *a, const struct value *b)
{
	const bool minus = *a->raw == '-';
	int cmp = (a->nraw > b->nraw) - (a->nraw < b->nraw);

	if (!cmp)
		cmp = memcmp(a->raw, b->raw, a->nraw);
	return minus ? -cmp : cmp;
}

static int
order(const struct value *a, const struct value *b)
{
	int cmp = value_total_order(a, b);

	if (!cmp && agg_is_big(a) && agg_is_big(b))
		return order_digits(a, b);
	return cmp;
}

/* Keep v if it is on that side (-1 min, 1 max) of what is kept. */
static int
offer(struct agg_extreme *e, const struct value *v, int side)
{
	const struct value *kept = &e->cell.v;

	if (!has_order(v) || (kept->type != VALUE_NULL &&
			      order(v, kept) * side <= 0))
		return 0;
	return agg_cell_set(&e->cell, v);
}

int
agg_min_update(const struct aggregate_call *c, void *state,
	       const struct value *v, int64_t at, uint64_t weight)
{
	(void)c;
	(void)at;
	(void)weight;
	return offer(state, v, -1);
}

int
agg_max_update(const struct aggregate_call *c, void *state,
	       const struct value *v, int64_t at, uint64_t weight)
{
	(void)c;
	(void)at;
	(void)weight;
	return offer(state, v, 1);
}

int
agg_min_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_extreme *f = from;

	(void)c;
	return offer(state, &f->cell.v, -1);
}

int
agg_max_merge(const struct aggregate_call *c, void *state, const void *from)
{
	const struct agg_extreme *f = from;

	(void)c;
	return offer(state, &f->cell.v, 1);
}

struct value
agg_extreme_finish(const struct aggregate_call *c, const void *state,
		   int64_t span_ms, struct buf *scratch)
{
	const struct agg_extreme *e = state;

	(void)c;
	(void)span_ms;
	return agg_cell_value(&e->cell, scratch);
}

void
agg_extreme_put(const struct aggregate_call *c, const void *state,
		struct buf *out)
{
	const struct agg_extreme *e = state;

	(void)c;
	agg_put_value(out, &e->cell.v);
}

int
agg_extreme_get(const struct aggregate_call *c, void *state, struct str *in)
{
	struct agg_extreme *e = state;
	int err = agg_cell_get(&e->cell, in);

	(void)c;
	if (err)
		return err;
	if (e->cell.v.type != VALUE_NULL && !has_order(&e->cell.v))
		return MQL_EBADFRAME;
	return 0;
}

void
agg_extreme_fini(const struct aggregate_call *c, void *state)
{
	struct agg_extreme *e = state;

	(void)c;
	agg_cell_fini(&e->cell);
}

size_t
agg_extreme_heap(const struct aggregate_call *c, const void *state)
{
	const struct agg_extreme *e = state;

	(void)c;
	return e->cell.cap;
}
