/* tree_clause.c - what the grammar's actions do with clauses. */
#include "mql/tree.h"

#include "event/pathset.h"

enum {
	MAX_KEYS  = 64,    /* of group by, of order by */
	MAX_PANES = 10000, /* of one window */
};

/* --- clauses -------------------------------------------------------------- */

int
tree_once(struct compile *c, enum clause clause, struct span at,
	  const char *name)
{
	if (c->seen & 1U << clause)
		return fail(c, MQL_ESYNTAX, at, "there is a second `%s`; "
			    "a query has one", name);
	c->seen |= 1U << clause;
	return 0;
}

int
tree_item(struct compile *c, struct ast *expr, struct str name)
{
	struct select *s = &c->sel;

	if (s->nitem == PATHSET_MAX)
		return fail(c, MQL_ELIMIT, expr->at,
			    "the query has too many columns");
	struct select_item *room =
		ast_room(&c->arena, s->item, s->nitem, &s->itemcap,
			 sizeof *room);

	if (!room)
		return fail_nomem(c);
	s->item = room;
	s->item[s->nitem++] = (struct select_item){
		.expr = expr, .name = name, .named = name.ptr != NULL
	};
	return 0;
}

int
tree_stream(struct compile *c, struct str name)
{
	struct select *s = &c->sel;
	struct str *room = ast_room(&c->arena, s->stream, s->nstream,
				    &s->streamcap, sizeof *room);

	if (!room)
		return fail_nomem(c);
	s->stream = room;
	s->stream[s->nstream++] = name;
	return 0;
}

int
tree_group(struct compile *c, struct ast *expr)
{
	struct select *s = &c->sel;
	if (s->ngroup == MAX_KEYS)
		return fail(c, MQL_ELIMIT, expr->at,
			    "`group by` takes at most %d values", MAX_KEYS);
	struct ast **room = ast_room(&c->arena, s->group, s->ngroup,
				     &s->groupcap, sizeof *room);

	if (!room)
		return fail_nomem(c);
	s->group = room;
	s->group[s->ngroup++] = expr;
	return 0;
}

int
tree_order(struct compile *c, struct ast *expr, bool desc)
{
	struct select *s = &c->sel;
	if (s->norder == MAX_KEYS)
		return fail(c, MQL_ELIMIT, expr->at,
			    "`order by` takes at most %d keys", MAX_KEYS);
	struct order_key *room = ast_room(&c->arena, s->order, s->norder,
					  &s->ordercap, sizeof *room);

	if (!room)
		return fail_nomem(c);
	s->order = room;
	s->order[s->norder++] = (struct order_key){ expr, desc };
	return 0;
}

int
tree_refuse(struct compile *c, struct span at, const char *what)
{
	return fail(c, MQL_EUNSUP, at, "`%s` is not there yet", what);
}

/* --- window --------------------------------------------------------------- */

struct ast *
tree_seconds(struct compile *c, struct ast *n)
{
	double ms = 1000 * (n->kind == AST_INT ? (double)n->i : n->f);

	if (!(ms <= 0x1p53)) {
		fail(c, MQL_ELIMIT, n->at, "this time is too long");
		return NULL;
	}
	n->kind = AST_INT;
	n->i = (int64_t)(ms + 0.5);
	n->duration = true;
	return n;
}

/* The longest time of which both are multiples: a window is put together from
 * panes of it. */
static int64_t
pane(int64_t size, int64_t every)
{
	while (every) {
		int64_t rest = size % every;

		size = every;
		every = rest;
	}
	return size;
}

int
tree_window(struct compile *c, const struct ast *size,
	    const struct ast *every)
{
	struct window *w = &c->sel.window;

	if (!size->i || !every->i)
		return fail(c, MQL_ELIMIT, size->i ? every->at : size->at,
			    "a window is at least 1 ms long");
	if (every->i > size->i)
		return fail(c, MQL_ELIMIT, every->at, "windows further apart "
			    "than they are long would leave events out");
	if (size->i / pane(size->i, every->i) > MAX_PANES)
		return fail(c, MQL_ELIMIT, every->at, "too many windows "
			    "overlap: the length is at most %d times what it "
			    "and `every` have in common", MAX_PANES);
	w->kind = WINDOW_TIME;
	w->size_ms = size->i;
	w->every_ms = every->i;
	return 0;
}

int
tree_window_count(struct compile *c, const struct ast *n)
{
	if (!n->i)
		return fail(c, MQL_ELIMIT, n->at,
			    "a window has at least one event");
	c->sel.window.kind = WINDOW_COUNT;
	c->sel.window.count = (uint64_t)n->i;
	return 0;
}

int
tree_window_on(struct compile *c, struct span at, struct ast *expr)
{
	struct window *w = &c->sel.window;

	if (w->on)
		return fail(c, MQL_ESYNTAX, at, "there is a second `on`");
	if (w->kind == WINDOW_COUNT)
		return fail(c, MQL_ESYNTAX, at, "a window of so many events "
			    "has no time: `on` goes with `window 10s`");
	w->on = expr;
	return 0;
}

int
tree_window_grace(struct compile *c, struct span at, const struct ast *grace)
{
	struct window *w = &c->sel.window;

	if (w->grace_ms >= 0)
		return fail(c, MQL_ESYNTAX, at, "there is a second `grace`");
	if (w->kind == WINDOW_COUNT)
		return fail(c, MQL_ESYNTAX, at, "a window of so many events "
			    "has no time: `grace` goes with `window 10s`");
	w->grace_ms = grace->i;
	return 0;
}
