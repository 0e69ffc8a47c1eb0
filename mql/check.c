/* check.c - what the grammar cannot say: what is a condition and what a
 * value, where [*] may stand, and constants that do not go together.
 *
 * Afterwards the tree has these properties, on which plan.c and emit.c rely:
 *   - the where clause, and each operand of and, or, not, is a condition or a
 *     BOOL: a bare path has become EQ(path, true);
 *   - every other operand is a value: a leaf or arithmetic over values;
 *   - a path with [*] is an operand of one of the conditions between EQ and
 *     BETWEEN, the only such operand of it;
 *   - every selected item is a PATH without [*] and has a name. */
#include "common/buf.h"
#include "mql/compile.h"

/* What is known of a value before there is an event. */
enum type { TYPE_ANY, TYPE_NUMBER, TYPE_STRING };

static enum type
type_of(const struct ast *n)
{
	if (n->kind == AST_STR)
		return TYPE_STRING;
	if (n->kind == AST_INT || n->kind == AST_FLOAT)
		return TYPE_NUMBER;
	return ast_is_leaf(n->kind) ? TYPE_ANY : TYPE_NUMBER; /* arithmetic */
}

static bool
is_star(const struct ast *n)
{
	return n->kind == AST_PATH && path_has_any(&n->path);
}

static int
refuse_star(struct compile *c, const struct ast *n)
{
	return fail(c, MQL_ETYPE, n->at, "a path with `[*]` stands for many "
		    "values: it can only be one side of a comparison");
}

static int
check_value(struct compile *c, const struct ast *n)
{
	int err = 0;

	if (ast_is_condition(n->kind))
		return fail(c, MQL_ETYPE, n->at,
			    "this is a condition, and a value is expected");
	if (ast_is_leaf(n->kind))
		return 0;
	for (unsigned i = 0; i < n->n && !err; i++) {
		const struct ast *item = n->item[i];

		if (is_star(item))
			return refuse_star(c, item);
		if (item->kind == AST_STR || item->kind == AST_BOOL)
			return fail(c, MQL_ETYPE, item->at, "`%s` takes "
				    "numbers only", ast_spelling(n->kind));
		err = check_value(c, item);
	}
	return err;
}

/* Two constants that have no order: the comparison would always be false. */
static int
check_order(struct compile *c, struct span at, const struct ast *a,
	    const struct ast *b)
{
	enum type ta = type_of(a), tb = type_of(b);

	if (ta == TYPE_ANY || tb == TYPE_ANY || ta == tb)
		return 0;
	return fail(c, MQL_ETYPE, at,
		    "a string and a number have no order");
}

static int
check_test(struct compile *c, const struct ast *n)
{
	const struct ast *star = NULL;
	int err = 0;

	for (unsigned i = 0; i < n->n && !err; i++) {
		if (star && is_star(n->item[i]))
			return fail(c, MQL_ETYPE, n->item[i]->at, "only one "
				    "side of a comparison can hold `[*]`");
		if (is_star(n->item[i]))
			star = n->item[i];
		err = check_value(c, n->item[i]);
	}
	if (err)
		return err;
	if (n->kind >= AST_LT && n->kind <= AST_GE)
		return check_order(c, n->at, n->item[0], n->item[1]);
	if (n->kind == AST_BETWEEN && !(err = check_order(c, n->at, n->item[0],
							  n->item[1])))
		return check_order(c, n->at, n->item[1], n->item[2]);
	return err;
}

/* A bare path is true when its value is the boolean true. */
static int
wrap(struct compile *c, struct ast **n)
{
	struct ast *yes = ast_new(&c->arena, AST_BOOL, (*n)->at);
	struct ast *eq = NULL;

	if (yes) {
		yes->b = true;
		eq = ast_op(&c->arena, AST_EQ, (*n)->at, *n, yes);
	}
	if (!eq)
		return fail_nomem(c);
	*n = eq;
	return 0;
}

static int
check_condition(struct compile *c, struct ast **slot)
{
	struct ast *n = *slot;
	int err = 0;

	if (n->kind == AST_AND || n->kind == AST_OR || n->kind == AST_NOT) {
		for (unsigned i = 0; i < n->n && !err; i++)
			err = check_condition(c, &n->item[i]);
		return err;
	}
	if (ast_is_condition(n->kind))
		return check_test(c, n);
	if (is_star(n))
		return refuse_star(c, n);
	if (n->kind == AST_PATH)
		return wrap(c, slot);
	if (n->kind == AST_BOOL)
		return 0;
	return fail(c, MQL_ETYPE, n->at, "this is a value, and a condition is "
		    "expected: compare it with something");
}

static int
check_item(struct compile *c, struct select_item *item)
{
	struct buf dotted = BUF_INIT;

	if (item->expr->kind != AST_PATH)
		return fail(c, MQL_EUNSUP, item->expr->at, "an expression in "
			    "`select` is not there yet: name fields only");
	if (is_star(item->expr))
		return fail(c, MQL_EUNSUP, item->expr->at,
			    "`[*]` in `select` is not there yet");
	path_write(&item->expr->path, &dotted);
	struct str name = { (const char *)dotted.data, dotted.len };
	if (!item->named)
		item->name = arena_str(&c->arena, name);
	else if (str_eq(item->name, name))
		item->named = false; /* `a as a` says nothing */
	int err = dotted.err || !item->name.ptr ? fail_nomem(c) : 0;
	buf_fini(&dotted);
	return err;
}

int
check(struct compile *c)
{
	int err = 0;

	for (unsigned i = 0; i < c->sel.nitem && !err; i++)
		err = check_item(c, &c->sel.item[i]);
	if (!err && c->sel.where)
		err = check_condition(c, &c->sel.where);
	return err;
}
