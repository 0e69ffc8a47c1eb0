/* check_expr.c - what is a condition and what a value, and where [*] may
 * stand; constants that do not go together. */
#include <string.h>

#include "mql/check.h"

enum type
type_of(const struct ast *n)
{
	if (n->kind == AST_STR)
		return TYPE_STRING;
	if (n->kind == AST_BOOL || ast_is_condition(n->kind))
		return TYPE_BOOLEAN;
	if (n->kind == AST_INT || n->kind == AST_FLOAT ||
	    (n->kind >= AST_NEG && n->kind <= AST_MOD))
		return TYPE_NUMBER;
	if (n->kind != AST_CALL)
		return TYPE_ANY;
	if (!strcmp(n->fn->result, "string"))
		return TYPE_STRING;
	if (!strcmp(n->fn->result, "boolean"))
		return TYPE_BOOLEAN;
	return !strcmp(n->fn->result, "any") ? TYPE_ANY : TYPE_NUMBER;
}

bool
is_star(const struct ast *n)
{
	return n->kind == AST_PATH && path_has_any(&n->path);
}

int
refuse_star(struct compile *c, const struct ast *n)
{
	return fail(c, MQL_ETYPE, n->at, "a path with `[*]` stands for many "
		    "values: it can only be one side of a comparison");
}

/* --- values --------------------------------------------------------------- */

static int
check_leaf(struct compile *c, const struct ast *n)
{
	if (n->kind == AST_INT && n->duration)
		return fail(c, MQL_ETYPE, n->at, "a duration stands in "
			    "`window`, or is an argument of a function");
	if (n->kind == AST_REGEX)
		return fail(c, MQL_ETYPE, n->at, "a regular expression stands "
			    "after `=~`, or in regexp_extract()");
	if (n->kind == AST_PREFIX)
		return fail(c, MQL_ETYPE, n->at, "`e[^...]` stands for any "
			    "number of fields: it can only be selected, as it "
			    "is");
	return 0;
}

static int
check_arithmetic(struct compile *c, struct ast *n, const char *no_agg)
{
	int err = 0;

	for (unsigned i = 0; i < n->n && !err; i++) {
		const struct ast *item = n->item[i];

		if (is_star(item))
			return refuse_star(c, item);
		if (!ast_is_condition(item->kind) &&
		    (type_of(item) == TYPE_STRING ||
		     type_of(item) == TYPE_BOOLEAN))
			return fail(c, MQL_ETYPE, item->at, "`%s` takes "
				    "numbers only", ast_spelling(n->kind));
		err = check_value(c, &n->item[i], no_agg);
	}
	return err;
}

static int
check_case(struct compile *c, struct ast *n, const char *no_agg)
{
	int err = 0;

	for (unsigned i = 0; i < n->n && !err; i++)
		err = i % 2 || i + 1 == n->n ?
			      check_either(c, &n->item[i], no_agg) :
			      check_condition(c, &n->item[i], no_agg);
	return err;
}

/* A path with [*] is let through: who may have one looks before. */
int
check_value(struct compile *c, struct ast **slot, const char *no_agg)
{
	struct ast *n = *slot;

	if (ast_is_condition(n->kind))
		return fail(c, MQL_ETYPE, n->at,
			    "this is a condition, and a value is expected");
	if (ast_is_leaf(n->kind))
		return check_leaf(c, n);
	if (n->kind == AST_CALL)
		return check_call(c, n, no_agg);
	if (n->kind == AST_AGG)
		return check_agg(c, n, no_agg);
	if (n->kind == AST_CASE)
		return check_case(c, n, no_agg);
	return check_arithmetic(c, n, no_agg);
}

int
check_either(struct compile *c, struct ast **slot, const char *no_agg)
{
	if (ast_is_condition((*slot)->kind))
		return check_condition(c, slot, no_agg);
	if (is_star(*slot))
		return refuse_star(c, *slot);
	return check_value(c, slot, no_agg);
}

/* --- conditions ----------------------------------------------------------- */

/* Two constants that have no order: the comparison would always be false. */
static int
check_order(struct compile *c, struct span at, const struct ast *a,
	    const struct ast *b)
{
	enum type ta = type_of(a), tb = type_of(b);

	if ((ta == TYPE_NUMBER && tb == TYPE_STRING) ||
	    (ta == TYPE_STRING && tb == TYPE_NUMBER))
		return fail(c, MQL_ETYPE, at,
			    "a string and a number have no order");
	return 0;
}

static int
check_test(struct compile *c, struct ast *n, const char *no_agg)
{
	const struct ast *star = NULL;
	int err = 0;

	for (unsigned i = 0; i < n->n && !err; i++) {
		if (star && is_star(n->item[i]))
			return fail(c, MQL_ETYPE, n->item[i]->at, "only one "
				    "side of a comparison can hold `[*]`");
		if (is_star(n->item[i]))
			star = n->item[i];
		if (n->item[i]->kind != AST_REGEX)
			err = check_value(c, &n->item[i], no_agg);
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

/* True when its value is the boolean true. */
int
check_wrap(struct compile *c, struct ast **n)
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

/* A value in a condition's place: one that can be true, by itself. */
static int
check_truth(struct compile *c, struct ast **slot, const char *no_agg)
{
	struct ast *n = *slot;
	enum type type = type_of(n);
	int err;

	if (n->kind == AST_BOOL)
		return 0;
	if (is_star(n))
		return refuse_star(c, n);
	if (ast_is_constant(n->kind))
		type = TYPE_STRING; /* null, too, is never true */
	if (type == TYPE_STRING || type == TYPE_NUMBER)
		return fail(c, MQL_ETYPE, n->at, "this is a value, and a "
			    "condition is expected: compare it with "
			    "something");
	err = check_value(c, slot, no_agg);
	return err ? err : check_wrap(c, slot);
}

int
check_condition(struct compile *c, struct ast **slot, const char *no_agg)
{
	struct ast *n = *slot;
	int err = 0;

	if (n->kind == AST_AND || n->kind == AST_OR || n->kind == AST_NOT) {
		for (unsigned i = 0; i < n->n && !err; i++)
			err = check_condition(c, &n->item[i], no_agg);
		return err;
	}
	if (ast_is_condition(n->kind))
		return check_test(c, n, no_agg);
	return check_truth(c, slot, no_agg);
}
