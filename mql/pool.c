/* pool.c - constants, fields, sets, regular expressions and columns. */
#include "mql/pool.h"

#include "event/json.h"
#include "event/pathset.h"

int
pool_too_many(struct pool *pl, struct span at, const char *what)
{
	return fail(pl->c, MQL_ELIMIT, at, "the query has too many %s", what);
}

/* How many nodes of each kind there are: the arrays are allocated once, and
 * a little too large rather than grown. */
static void
tally(const struct ast *n, unsigned *kinds)
{
	kinds[n->kind]++;
	if (ast_is_leaf(n->kind))
		return;
	for (unsigned i = 0; i < (n->kind == AST_IN ? 1 : n->n); i++)
		tally(n->item[i], kinds);
}

int
pool_init(struct pool *pl)
{
	enum { MOST_PER_NODE = 5 /* ANY GE JF LE RET */, FRAME = 2 };
	struct arena *a = &pl->q->arena;
	unsigned kinds[AST_COUNT] = { 0 }, all = 0;

	if (pl->c->sel.where)
		tally(pl->c->sel.where, kinds);
	for (unsigned k = 0; k < AST_COUNT; k++)
		all += kinds[k];

	struct prog *p = &pl->q->prog;
	p->code = arena_alloc(a, (all * MOST_PER_NODE + FRAME) *
				 sizeof *p->code);
	p->konst = arena_alloc(a, (all + 1) * sizeof *p->konst);
	p->path = arena_alloc(a, (kinds[AST_PATH] + pl->c->sel.nitem + 1) *
				 sizeof *p->path);
	p->regex = arena_alloc(a, (kinds[AST_REGEX] + 1) * sizeof *p->regex);
	p->set = arena_alloc(a, (kinds[AST_IN] + 1) * sizeof *p->set);
	if (!p->code || !p->konst || !p->path || !p->regex || !p->set)
		return fail_nomem(pl->c);
	return 0;
}

/* --- constants and fields -------------------------------------------------- */

static int
copy_str(struct pool *pl, struct str *s)
{
	*s = arena_str(&pl->q->arena, *s);
	return s->ptr ? 0 : fail_nomem(pl->c);
}

static int
copy_path(struct pool *pl, const struct path *from, struct path *to)
{
	int err = 0;

	*to = *from;
	if (to->flat.len && (err = copy_str(pl, &to->flat)))
		return err;
	if (!to->nsteps)
		return 0;
	to->steps = arena_alloc(&pl->q->arena, to->nsteps * sizeof *to->steps);
	if (!to->steps)
		return fail_nomem(pl->c);
	for (unsigned i = 0; i < to->nsteps && !err; i++) {
		to->steps[i] = from->steps[i];
		if (to->steps[i].kind == STEP_KEY)
			err = copy_str(pl, &to->steps[i].key);
	}
	return err;
}

int
pool_path(struct pool *pl, const struct ast *n, uint16_t *index)
{
	struct prog *p = &pl->q->prog;
	unsigned i = 0;
	int err;

	while (i < p->npath && !path_equal(&p->path[i], &n->path))
		i++;
	*index = (uint16_t)i;
	if (i < p->npath)
		return 0;
	if (i == PATHSET_MAX)
		return pool_too_many(pl, n->at, "different fields");
	if ((err = copy_path(pl, &n->path, &p->path[i])))
		return err;
	p->npath++;
	return 0;
}

/* The value of a constant; its text is copied. */
static int
constant(struct pool *pl, const struct ast *n, struct value *v)
{
	*v = VALUE_NONE;
	if (n->kind == AST_BOOL)
		*v = (struct value){ .type = VALUE_BOOL, .b = n->b };
	else if (n->kind == AST_INT)
		*v = (struct value){ .type = VALUE_INT, .i = n->i };
	else if (n->kind == AST_FLOAT)
		*v = (struct value){ .type = VALUE_FLOAT, .f = n->f };
	if (n->kind != AST_STR)
		return 0;
	struct str s = n->str;
	int err = copy_str(pl, &s);
	*v = (struct value){ .type = VALUE_STR, .ptr = s.ptr,
			     .len = (uint32_t)s.len };
	return err;
}

int
pool_constant(struct pool *pl, const struct ast *n, uint16_t *index)
{
	struct prog *p = &pl->q->prog;

	*index = (uint16_t)p->nkonst;
	if (p->nkonst > OPERAND_INDEX)
		return pool_too_many(pl, n->at, "constants");
	return constant(pl, n, &p->konst[p->nkonst++]);
}

/* --- sets and regular expressions ------------------------------------------ */

int
pool_set(struct pool *pl, const struct ast *n, unsigned *index)
{
	struct prog *p = &pl->q->prog;
	unsigned nmember = n->n - 1;
	struct value *member;
	int err;

	*index = p->nset++;
	member = arena_alloc(&pl->c->arena, nmember * sizeof *member);
	if (!member)
		return fail_nomem(pl->c);
	for (unsigned i = 0; i < nmember; i++)
		if ((err = constant(pl, n->item[i + 1], &member[i])))
			return err;
	if (set_init(&p->set[*index], &pl->q->arena, member, nmember))
		return fail_nomem(pl->c);
	return 0;
}

/* PCRE2's offset counts bytes of the pattern; in the query text, a slash of
 * it is `\/`. */
static int
bad_regex(struct pool *pl, const struct ast *n,
	  const struct regex_error *why)
{
	const char *text = pl->c->text.ptr;
	int at = n->at.beg + 1;

	for (size_t i = 0; i < why->at && i < n->str.len; i++)
		at += n->str.ptr[i] == '/' && text[at] == '\\' ? 2 : 1;
	return fail(pl->c, MQL_ESYNTAX, (struct span){ at, at + 1 },
		    "the regular expression is wrong here: %s", why->text);
}

int
pool_regex(struct pool *pl, const struct ast *n, bool whole, unsigned *index)
{
	struct prog *p = &pl->q->prog;
	struct regex_error why = { 0 };
	struct str text = n->str;
	int err;

	*index = p->nregex++;
	if ((err = copy_str(pl, &text)))
		return err;
	err = regex_compile(&pl->q->arena, text, whole, &p->regex[*index],
			    &why);
	if (err == MQL_ENOMEM)
		return fail_nomem(pl->c);
	return err ? bad_regex(pl, n, &why) : 0;
}

/* --- the row --------------------------------------------------------------- */

/* `"name":` as it will stand in each row. */
static int
cell_key(struct pool *pl, struct cell *cell)
{
	struct buf b = BUF_INIT;

	json_write_str(cell->name, &b);
	buf_puts(&b, ":");
	cell->key = (struct str){ (char *)b.data, b.len };
	int err = b.err ? fail_nomem(pl->c) : copy_str(pl, &cell->key);
	buf_fini(&b);
	return err;
}

/* The cell of this name, new when there is none yet. */
static int
cell_of(struct pool *pl, struct str name, struct cell **out)
{
	struct mql_query *q = pl->q;
	struct cell *cell = q->cell;
	int err;

	while (cell < q->cell + q->ncell && !str_eq(cell->name, name))
		cell++;
	*out = cell;
	if (cell < q->cell + q->ncell)
		return 0;
	cell->name = name;
	if ((err = copy_str(pl, &cell->name)) || (err = cell_key(pl, cell)))
		return err;
	q->ncell++;
	return 0;
}

int
pool_cells(struct pool *pl)
{
	const struct select *sel = &pl->c->sel;
	struct arena *a = &pl->q->arena;
	int err;

	if (sel->nitem > PATHSET_MAX)
		return pool_too_many(pl, sel->item[PATHSET_MAX].expr->at,
				     "columns");
	pl->q->cell = arena_alloc(a, (sel->nitem + 1) * sizeof *pl->q->cell);
	if (!pl->q->cell)
		return fail_nomem(pl->c);
	for (unsigned i = 0; i < sel->nitem; i++) {
		struct cell *cell;

		if ((err = cell_of(pl, sel->item[i].name, &cell)))
			return err;
		size_t size = cell->npath * sizeof *cell->path;
		cell->path = arena_grow(a, cell->path, size,
					size + sizeof *cell->path);
		if (!cell->path)
			return fail_nomem(pl->c);
		if ((err = pool_path(pl, sel->item[i].expr,
				     &cell->path[cell->npath++])))
			return err;
	}
	return 0;
}
