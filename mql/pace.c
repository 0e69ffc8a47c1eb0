/* pace.c - see pace.h. */
#include "mql/pace.h"

#include "mql/prog.h"
#include "mql/window.h"

enum pace
query_pace(const struct mql_query *q)
{
	const struct shape *s = &q->shape;

	if (s->window != WINDOW_NONE)
		return PACE_WINDOW;
	if (s->folded)
		return PACE_TOTAL;
	return s->norder ? PACE_END : PACE_EVENT;
}

int64_t
query_pane_ms(const struct mql_query *q)
{
	const struct shape *s = &q->shape;
	struct windows w = { 0 };

	if (s->window == WINDOW_TIME && s->on == NO_ENTRY)
		windows_init(&w, s->size_ms, s->every_ms);
	return w.pane;
}

bool
query_is_ranking(const struct mql_query *q)
{
	return query_pace(q) == PACE_TOTAL &&
	       (q->shape.norder || q->shape.having != NO_ENTRY ||
		query_limit(q) != UINT64_MAX);
}

/* The group whose value the column is, or ngroup: a program of one
 * instruction. */
static unsigned
group_of(const struct mql_query *q, size_t column)
{
	const struct cell *cell = &q->cell[column];
	const struct insn *in = &q->post.code[cell->entry[0]];

	if (cell->nentry == 1 && in->op == OP_GIVE &&
	    (in->a & OPERAND_KIND) == OPERAND_CELL &&
	    (in->a & OPERAND_INDEX) < q->shape.ngroup)
		return in->a & OPERAND_INDEX;
	return q->shape.ngroup;
}

bool
query_column_is_group(const struct mql_query *q, size_t i)
{
	return q->shape.folded && i < q->ncell &&
	       group_of(q, i) < q->shape.ngroup;
}

static bool
is_shown(const struct mql_query *q, unsigned group)
{
	for (size_t i = 0; i < q->ncell; i++)
		if (group_of(q, i) == group)
			return true;
	return false;
}

bool
query_shows_groups(const struct mql_query *q)
{
	if (!q->shape.folded)
		return false;
	for (unsigned i = 0; i < q->shape.ngroup; i++)
		if (!is_shown(q, i))
			return false;
	return true;
}
