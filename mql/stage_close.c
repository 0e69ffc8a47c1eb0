/* stage_close.c - what goes out of a stage: see stage.h and stage_own.h. */
#include "mql/stage_own.h"

#include <stdlib.h>

#include "mql/pace.h"

/* One window on its way out. */
struct giving {
	struct stage        *s;
	const struct groups *groups; /* NULL: the rows are finished */
	struct groups        seen;   /* of distinct rows */
	uint64_t             left;   /* of the limit */
	int64_t              window;
	int                  err;
};

/* What is put together to close a window is not charged: it is no larger than
 * what the panes hold, and is gone at once. */
static struct budget unbounded = { 0, SIZE_MAX };

/* Rows that are owed cannot be made: the next event tells, and the numbers. */
static void
fail(struct stage *s)
{
	s->err = MQL_ENOMEM;
	s->stats.overflow++;
}

bool
stage_give(struct stage *s, struct str row, int64_t window)
{
	s->given++;
	if (s->opt.row && !s->opt.row(s->opt.arg, row, window))
		s->refused = true;
	return !s->refused;
}

/* Is an equal row out already? */
static bool
is_repeated(struct giving *g, struct str same)
{
	struct group *of;
	bool made = true;

	if (same.len)
		g->err = groups_get(&g->seen, same, &of, &made);
	return !made;
}

static bool
give(void *arg, const struct held_row *held)
{
	struct giving *g = arg;
	struct stage *s = g->s;
	struct str row = held->row;

	if (!g->left || s->refused)
		return false;
	if (is_repeated(g, held->same))
		return true;
	if (!g->err && g->groups && s->opt.room && !s->opt.room(s->opt.arg)) {
		s->given++;
		g->left--;
		return true;
	}
	if (!g->err && g->groups) {
		row = finish_row(&s->finish, g->groups, held);
		g->err = row.ptr ? 0 : MQL_ENOMEM;
	}
	if (g->err)
		return false;
	g->left--;
	return stage_give(s, row, g->window);
}

/* The limit holds for each window; else for all that was given. */
static uint64_t
left(const struct stage *s)
{
	uint64_t limit = query_limit(s->q);

	if (s->q->shape.window != WINDOW_NONE || s->q->shape.folded)
		return limit;
	return limit > s->given ? limit - s->given : 0;
}

static void
give_held(struct stage *s, struct held *const *held, size_t n,
	  const struct groups *groups, int64_t window)
{
	static const struct group_layout none = {
		.size = sizeof(struct group),
	};
	struct budget budget = unbounded;
	struct giving g = {
		.s = s, .groups = groups, .left = left(s), .window = window,
	};

	groups_init(&g.seen, &none, &budget);
	int err = held_each(held, n, give, &g);
	groups_fini(&g.seen);
	if (err || g.err)
		fail(s);
}

/* --- groups --------------------------------------------------------------------- */

static void
give_groups(struct stage *s, const struct groups *g, bool only_changed,
	    int64_t window)
{
	struct budget budget = unbounded;
	struct held ranked, *const list = &ranked;
	/* Equal rows count once, but which are equal is seen at the end. */
	uint64_t most = s->q->shape.distinct ? UINT64_MAX : left(s);

	held_init(&ranked, &budget, most, false);
	if (finish_rank(&s->finish, g, only_changed, &ranked))
		fail(s);
	else
		give_held(s, &list, 1, g, window);
	held_fini(&ranked);
}

/* Several panes as one table. */
static void
give_merged(struct stage *s, size_t n, int64_t window)
{
	struct budget budget = unbounded;
	struct groups merged;
	int err = 0;

	groups_init(&merged, &s->layout, &budget);
	for (size_t i = 0; i < n && !err; i++)
		err = groups_merge(&merged, &s->panes.item[i]->groups);
	if (err)
		fail(s);
	else
		give_groups(s, &merged, false, window);
	groups_fini(&merged);
}

static void
give_rows(struct stage *s, size_t n, int64_t window)
{
	struct held **held = reallocarray(NULL, n, sizeof *held);

	if (!held) {
		fail(s);
		return;
	}
	for (size_t i = 0; i < n; i++)
		held[i] = &s->panes.item[i]->held;
	give_held(s, held, n, NULL, window);
	free(held);
}

/* --- closing -------------------------------------------------------------------- */

void
stage_close(struct stage *s, size_t n, int64_t start)
{
	const struct shape *shape = &s->q->shape;
	uint64_t events = 0;

	for (size_t i = 0; i < n; i++)
		events += s->panes.item[i]->events;
	s->finish.span_ms = shape->window == WINDOW_TIME ? shape->size_ms : 0;
	if (!n || s->refused)
		return;
	if (!shape->folded)
		give_rows(s, n, start);
	else if (n == 1)
		give_groups(s, &s->panes.item[0]->groups, false, start);
	else
		give_merged(s, n, start);
	if (start != INT64_MIN && s->opt.closed)
		s->opt.closed(s->opt.arg, start, start + shape->size_ms,
			      events);
}

void
stage_close_due(struct stage *s)
{
	struct windows *w = &s->windows;
	struct panes *ps = &s->panes;
	int64_t start;

	while (ps->n && window_due(w, ps->item[0]->start, &start)) {
		stage_close(s, panes_before(ps, start + w->size), start);
		window_close(w, start);
		while (ps->n && window_spent(w, ps->item[0]->start))
			panes_drop(ps, 1);
	}
}

void
stage_totals(struct stage *s, bool only_changed)
{
	struct groups *g;

	if (!s->panes.n)
		return;
	g = &s->panes.item[0]->groups;
	if (only_changed && !g->changed)
		return;
	give_groups(s, g, only_changed && !query_is_ranking(s->q), INT64_MIN);
	groups_settle(g);
	s->stats.totals++;
}
