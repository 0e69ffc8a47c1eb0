/* emit_shape.c - what happens behind the filter: columns, groups, aggregates,
 * windows, order.
 *
 *     select k, sum(v) / count(*) as mean group by k having mean > 2
 *
 *     prog   where   group 0: k         argument 0: v       (on each event)
 *     post   column k: cell 0           column mean: cell 1 / cell 2
 *            having: cell 1 / cell 2 > 2                    (on each group)
 *
 * The cells of a group are its own values and then the aggregates' results,
 * each different aggregate once. */
#include "mql/emit.h"

#include "event/json.h"
#include "event/pathset.h"

struct fold { /* what the cells of a group stand for */
	struct emit       *prog; /* where expressions on events go */
	const struct ast **agg; /* as shape.agg */
};

/* --- aggregates -------------------------------------------------------------- */

static unsigned
count_aggregates(const struct ast *n)
{
	unsigned all = n->kind == AST_AGG;

	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		all += count_aggregates(n->item[i]);
	return all;
}

/* Room for all that the query may name. */
static int
make_room(struct emit *e, struct fold *f)
{
	const struct select *s = e->sel;
	struct shape *sh = &e->q->shape;
	struct arena *a = &e->q->arena;
	unsigned n = s->having ? count_aggregates(s->having) : 0;

	for (unsigned i = 0; i < s->nitem; i++)
		n += count_aggregates(s->item[i].expr);
	for (unsigned i = 0; i < s->norder; i++)
		n += count_aggregates(s->order[i].expr);
	f->agg = arena_alloc(&e->pool.c->arena, n * sizeof *f->agg);
	sh->agg = arena_alloc(a, n * sizeof *sh->agg);
	sh->arg = arena_alloc(a, n * sizeof *sh->arg);
	sh->group = arena_alloc(a, s->ngroup * sizeof *sh->group);
	sh->shown = arena_alloc(a, s->ngroup * sizeof *sh->shown);
	sh->order = arena_alloc(a, s->norder * sizeof *sh->order);
	if (!f->agg || !sh->agg || !sh->arg || !sh->group || !sh->shown ||
	    !sh->order)
		return fail_nomem(e->pool.c);
	return 0;
}

static int
add_aggregate(struct emit *e, const struct ast *n)
{
	struct shape *sh = &e->q->shape;
	uint16_t arg = NO_ENTRY;
	int err;

	if (sh->nagg == PATHSET_MAX)
		return pool_too_many(&e->pool, n->at, "aggregates");
	if (n->n && (err = emit_entry_value(e->fold->prog, n->item[0], &arg)))
		return err;
	e->fold->agg[sh->nagg] = n;
	sh->agg[sh->nagg] = n->agg;
	sh->arg[sh->nagg++] = arg;
	return 0;
}

bool
emit_folded(struct emit *e, const struct ast *n, uint16_t *v, int *err)
{
	const struct select *s = e->sel;
	const struct shape *sh = &e->q->shape;
	unsigned i = 0;

	while (i < s->ngroup && !ast_equal(s->group[i], n))
		i++;
	*v = (uint16_t)(OPERAND_CELL | i);
	if (i < s->ngroup)
		return true;
	if (n->kind != AST_AGG)
		return false;
	i = 0;
	while (i < sh->nagg && !ast_equal(e->fold->agg[i], n))
		i++;
	*v = (uint16_t)(OPERAND_CELL | (s->ngroup + i));
	if (i == sh->nagg)
		*err = add_aggregate(e, n);
	return true;
}

/* --- columns ------------------------------------------------------------------ */

/* `"name":` as it will stand in each row. */
static int
cell_key(struct emit *e, struct cell *cell)
{
	struct buf b = BUF_INIT;

	json_write_str(cell->name, &b);
	buf_puts(&b, ":");
	cell->key = (struct str){ (char *)b.data, b.len };
	int err = b.err ? fail_nomem(e->pool.c)
			: pool_str(&e->pool, &cell->key);
	buf_fini(&b);
	return err;
}

/* The cell of this name, new when there is none yet. */
static int
cell_of(struct emit *e, struct str name, struct cell **out)
{
	struct mql_query *q = e->q;
	struct cell *cell = q->cell;
	int err;

	while (cell < q->cell + q->ncell && !str_eq(cell->name, name))
		cell++;
	*out = cell;
	if (cell < q->cell + q->ncell)
		return 0;
	cell->name = name;
	if ((err = pool_str(&e->pool, &cell->name)) ||
	    (err = cell_key(e, cell)))
		return err;
	q->ncell++;
	return 0;
}

static int
add_item(struct emit *e, const struct select_item *item)
{
	struct cell *cell;
	size_t size;
	int err;

	if ((err = cell_of(e, item->name, &cell)))
		return err;
	size = cell->nentry * sizeof *cell->entry;
	cell->entry = arena_grow(&e->q->arena, cell->entry, size,
				 size + sizeof *cell->entry);
	if (!cell->entry)
		return fail_nomem(e->pool.c);
	return emit_entry_value(e, item->expr, &cell->entry[cell->nentry++]);
}

/* The fields of this prefix, once. */
static int
add_spread(struct emit *e, const struct ast *n)
{
	struct mql_query *q = e->q;
	struct spread *s = q->spread;

	while (s < q->spread + q->nspread &&
	       (!n->str.ptr || !str_eq(s->prefix, n->str)))
		s++;
	if (s < q->spread + q->nspread)
		return 0;
	*s = (struct spread){ .prefix = n->str, .after = q->ncell };
	q->nspread++;
	return s->prefix.ptr ? pool_str(&e->pool, &s->prefix) : 0;
}

static int
columns(struct emit *e)
{
	const struct select *s = e->sel;
	int err = 0;

	if (s->nitem > PATHSET_MAX)
		return pool_too_many(&e->pool, s->item[PATHSET_MAX].expr->at,
				     "columns");
	e->q->cell = arena_alloc(&e->q->arena, s->nitem * sizeof *e->q->cell);
	e->q->spread = arena_alloc(&e->q->arena,
				   s->nitem * sizeof *e->q->spread);
	if (!e->q->cell || !e->q->spread)
		return fail_nomem(e->pool.c);
	for (unsigned i = 0; i < s->nitem && !err; i++)
		err = s->item[i].expr->kind == AST_PREFIX ?
			      add_spread(e, s->item[i].expr) :
			      add_item(e, &s->item[i]);
	return err;
}

static void
show_groups(struct emit *e)
{
	const struct select *s = e->sel;
	const struct mql_query *q = e->q;
	unsigned cell;

	for (unsigned i = 0; i < s->ngroup; i++) {
		const struct select_item *item = s->item;

		while (item < s->item + s->nitem &&
		       !ast_equal(item->expr, s->group[i]))
			item++;
		cell = item < s->item + s->nitem ? 0 : q->ncell;
		while (cell < q->ncell &&
		       !str_eq(q->cell[cell].name, item->name))
			cell++;
		q->shape.shown[i] = (uint16_t)cell;
	}
}

/* --- the whole ----------------------------------------------------------------- */

static int
window_and_groups(struct emit *e)
{
	const struct select *s = e->sel;
	struct shape *sh = &e->q->shape;
	int err = 0;

	sh->distinct = s->distinct;
	sh->folded = s->folded;
	sh->window = s->window.kind;
	sh->size_ms = s->window.size_ms;
	sh->every_ms = s->window.every_ms;
	sh->grace_ms = s->window.grace_ms;
	sh->count = s->window.count;
	sh->ordered = !s->folded && (s->distinct || s->norder ||
				     s->window.kind != WINDOW_NONE);
	if (s->ngroup > PATHSET_MAX)
		return pool_too_many(&e->pool, s->group[PATHSET_MAX]->at,
				     "groups");
	if (s->window.on && (err = emit_entry_value(e, s->window.on, &sh->on)))
		return err;
	for (unsigned i = 0; i < s->ngroup && !err; i++)
		err = emit_entry_value(e, s->group[i],
				       &sh->group[sh->ngroup++]);
	return err;
}

/* What makes rows, and chooses among them. */
static int
rows(struct emit *e)
{
	const struct select *s = e->sel;
	struct shape *sh = &e->q->shape;
	int err;

	if ((err = columns(e)))
		return err;
	if (s->having &&
	    (err = emit_entry_test(e, s->having, &sh->having)))
		return err;
	for (unsigned i = 0; i < s->norder && !err; i++) {
		struct shape_order *to = &sh->order[sh->norder++];

		to->desc = s->order[i].desc;
		err = emit_entry_value(e, s->order[i].expr, &to->entry);
	}
	return err;
}

int
emit_shape(struct emit *e)
{
	struct mql_query *q = e->q;
	struct fold fold = { .prog = e };
	struct emit post = { .q = q, .sel = e->sel, .fold = &fold };
	int err;

	q->shape.on = q->shape.having = NO_ENTRY;
	if ((err = make_room(e, &fold)) || (err = window_and_groups(e)))
		return err;
	if (!q->shape.folded)
		return rows(e);
	post.pool = (struct pool){ .c = e->pool.c, .arena = &q->arena,
				   .p = &q->post };
	if ((err = rows(&post)))
		return err;
	show_groups(e);
	q->post.ncell = q->shape.ngroup + q->shape.nagg;
	return pool_finish(&post.pool);
}
