/* resolve.c - names after `having`, `order by` and `group by`, and what the
 * values of a folded query are.
 *
 *     select node, count(*) as n, max(ms) group by node
 *     having n > 1 order by e['MAX(ms)'], count, node
 *            COLUMN 1       COLUMN 2      COL. 1  COLUMN 0
 *
 * A name is looked for among the columns: as it is, then in any case and as
 * Mantis calls its aggregates, then as that of the only such aggregate. */
#include <string.h>

#include "common/buf.h"
#include "mql/check.h"
#include "mql/word.h"

/* --- the column that a name means ----------------------------------------- */

/* COUNT((.*.)), COUNT(*), MAX(a.b), COUNT(esn) for a count(distinct esn). */
static bool
is_mantis_name(const struct ast *n, struct str name)
{
	struct buf b = BUF_INIT;
	bool same;

	if (n->kind != AST_AGG || n->n > 1 ||
	    (n->n && n->item[0]->kind != AST_PATH))
		return false;
	if (n->all && word_is_same(name, STR("count((.*.))")))
		return true;
	buf_printf(&b, "%s(%s", n->agg.fn->name, n->all ? "*" : "");
	if (n->n)
		path_write(&n->item[0]->path, &b);
	buf_put_u8(&b, ')');
	same = !b.err &&
	       word_is_same(name, (struct str){ (char *)b.data, b.len });
	buf_fini(&b);
	return same;
}

enum likeness { EXACT, ANY_CASE, BARE, LIKENESSES };

static bool
is_called(const struct select_item *item, struct str name, enum likeness how)
{
	const struct ast *n = item->expr;

	if (n->kind == AST_PREFIX)
		return false;
	if (how == EXACT)
		return str_eq(item->name, name);
	if (how == ANY_CASE)
		return word_is_same(item->name, name) ||
		       is_mantis_name(n, name);
	return n->kind == AST_AGG &&
	       word_is_same(str_of(n->agg.fn->name), name);
}

/* The first item of the column, or NULL. */
static const struct select_item *
find_column(const struct select *s, struct str name)
{
	const struct select_item *found = NULL;

	for (enum likeness how = EXACT; how < LIKENESSES && !found; how++) {
		unsigned n = 0;

		for (unsigned i = 0; i < s->nitem; i++) {
			if (!is_called(&s->item[i], name, how))
				continue;
			if (!n++)
				found = &s->item[i];
		}
		if (how == BARE && n > 1)
			return NULL;
	}
	return found;
}

/* The column that n, a path, names; NULL too when memory is out: see c. */
static const struct select_item *
column_named(struct compile *c, const struct ast *n)
{
	const struct select_item *found = NULL;
	struct buf b = BUF_INIT;

	path_write(&n->path, &b);
	if (b.err)
		fail_nomem(c);
	else
		found = find_column(&c->sel, (struct str){ (char *)b.data,
							   b.len });
	buf_fini(&b);
	return found;
}

/* --- having and order by -------------------------------------------------- */

/* The value of the column: of several items the last that is not null. */
static struct ast *
column_value(struct compile *c, const struct select_item *column,
	     struct span at)
{
	const struct select *s = &c->sel;
	struct ast *all = ast_new(&c->arena, AST_CALL, at);

	if (!all)
		return NULL;
	all->fn = function_find(STR("coalesce"));
	for (unsigned i = s->nitem; i-- > 0;)
		if (str_eq(s->item[i].name, column->name) &&
		    ast_push(&c->arena, all, s->item[i].expr))
			return NULL;
	return all->n == 1 ? all->item[0] : all;
}

static int
resolve_path(struct compile *c, struct ast **slot, bool as_exprs)
{
	const struct select_item *column = column_named(c, *slot);
	struct span at = (*slot)->at;

	if (c->err || !column)
		return c->err;
	if (as_exprs && c->sel.having->depth + column->expr->depth + 2 >
				AST_MAX_DEPTH)
		return fail(c, MQL_ELIMIT, at,
			    "the query is nested too deeply");
	*slot = as_exprs ? column_value(c, column, at) :
			   ast_new(&c->arena, AST_COLUMN, at);
	if (!*slot)
		return fail_nomem(c);
	if (!as_exprs) {
		(*slot)->column = (unsigned)(column - c->sel.item);
		(*slot)->of = column;
	}
	return 0;
}

/* A chain that has got one of its like as an operand: one chain, in a node of
 * its own. */
static int
flatten(struct compile *c, struct ast **slot)
{
	struct ast *n = *slot, *flat = ast_new(&c->arena, n->kind, n->at);
	int err = flat ? 0 : MQL_ENOMEM;

	for (unsigned i = 0; i < n->n && !err; i++) {
		struct ast *item = n->item[i];

		if (item->kind != n->kind)
			err = ast_push(&c->arena, flat, item);
		for (unsigned j = 0; item->kind == n->kind && j < item->n &&
				     !err; j++)
			err = ast_push(&c->arena, flat, item->item[j]);
	}
	*slot = flat;
	return err ? fail_nomem(c) : 0;
}

int
resolve(struct compile *c, struct ast **slot, bool as_exprs)
{
	struct ast *n = *slot;
	int err = 0;

	if (n->kind == AST_PATH && !is_star(n))
		return resolve_path(c, slot, as_exprs);
	if (ast_is_leaf(n->kind) || n->kind == AST_AGG)
		return 0;
	for (unsigned i = 0; i < n->n && !err; i++)
		err = resolve(c, &n->item[i], as_exprs);
	if (!err && as_exprs && (n->kind == AST_AND || n->kind == AST_OR))
		err = flatten(c, slot);
	return err;
}

/* --- group by ------------------------------------------------------------- */

/* An alias means what it stands for; any other name is the event's. */
int
resolve_group(struct compile *c, struct ast **slot)
{
	const struct select *s = &c->sel;
	struct ast *found = NULL;
	struct buf b = BUF_INIT;
	int err = 0;

	if ((*slot)->kind != AST_PATH)
		return 0;
	path_write(&(*slot)->path, &b);
	struct str name = { (const char *)b.data, b.len };
	for (unsigned i = 0; i < s->nitem && !b.err && !err; i++) {
		const struct select_item *item = &s->item[i];

		if (!item->named || !str_eq(item->name, name) ||
		    ast_has(item->expr, AST_AGG))
			continue;
		if (found)
			err = fail(c, MQL_ETYPE, (*slot)->at, "several columns "
				   "have this name: group by what they are");
		found = item->expr;
	}
	if (b.err)
		err = fail_nomem(c);
	else if (found && !err)
		*slot = found;
	buf_fini(&b);
	return err;
}

/* --- folding -------------------------------------------------------------- */

static bool
is_group(const struct select *s, const struct ast *n)
{
	for (unsigned i = 0; i < s->ngroup; i++)
		if (ast_equal(s->group[i], n))
			return true;
	return false;
}

/* What is known of a whole group. */
static bool
is_settled(const struct select *s, const struct ast *n)
{
	return n->kind == AST_AGG || n->kind == AST_COLUMN || is_group(s, n);
}

/* The first path in n that belongs to one event, or NULL. */
static const struct ast *
loose(const struct select *s, const struct ast *n)
{
	const struct ast *found = NULL;

	if (is_settled(s, n))
		return NULL;
	if (n->kind == AST_PATH)
		return n;
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n && !found; i++)
		found = loose(s, n->item[i]);
	return found;
}

bool
is_loose(const struct select *s, const struct ast *n)
{
	return loose(s, n) != NULL;
}

static bool
has_settled(const struct select *s, const struct ast *n)
{
	if (is_settled(s, n))
		return true;
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		if (has_settled(s, n->item[i]))
			return true;
	return false;
}

static int
refuse_loose(struct compile *c, const struct ast *path)
{
	const struct select *s = &c->sel;
	struct str text = span_text(c, path->at, 40);

	for (unsigned i = 0; i < s->nitem; i++) {
		struct str name = s->item[i].name;

		if (word_is_near(text, name))
			return fail(c, MQL_ESYNTAX, path->at, "`%.*s` is no "
				    "column; did you mean `%.*s`?",
				    (int)text.len, text.ptr,
				    (int)(name.len < 40 ? name.len : 40),
				    name.ptr);
	}
	return fail(c, MQL_ETYPE, path->at, "`%.*s` is neither a column nor a "
		    "group: each event has its own. Name it in `select` or "
		    "`group by`", (int)text.len, text.ptr);
}

/* first(*slot) in its place. */
static int
take_first(struct compile *c, struct ast **slot)
{
	struct ast *n = *slot, *first;
	char why[64];

	if (is_star(n))
		return refuse_star(c, n);
	first = ast_new(&c->arena, AST_AGG, n->at);
	if (!first || ast_push(&c->arena, first, n))
		return fail_nomem(c);
	if (first->depth > AST_MAX_DEPTH)
		return fail(c, MQL_ELIMIT, n->at,
			    "the query is nested too deeply");
	*slot = first;
	return aggregate_call_init(&first->agg, aggregate_find(STR("first")),
				   false, NULL, 0, why, sizeof why);
}

int
resolve_fold(struct compile *c, struct ast **slot, bool strict)
{
	struct ast *n = *slot;
	const struct ast *path = loose(&c->sel, n);
	int err = 0;

	if (!path)
		return 0;
	if (strict)
		return refuse_loose(c, path);
	if (!has_settled(&c->sel, n))
		return take_first(c, slot);
	for (unsigned i = 0; i < n->n && !err; i++) {
		bool was = ast_is_condition(n->item[i]->kind);

		err = resolve_fold(c, &n->item[i], false);
		if (!err && was && !ast_is_condition(n->item[i]->kind))
			err = check_wrap(c, &n->item[i]);
	}
	return err;
}
