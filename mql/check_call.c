/* check_call.c - calls: how many arguments, and of what type. */
#include <string.h>

#include "mql/check.h"

static bool
is(const struct ast *n, const char *name)
{
	return !strcmp(n->fn->name, name);
}

/* --- functions ------------------------------------------------------------ */

/* How many arguments the letters of a table ask for. */
static void
count_letters(const char *args, unsigned *least, unsigned *most)
{
	*least = *most = 0;
	for (; *args; args++) {
		if (*args == '?')
			(*least)--;
		else if (*args == '*')
			*most = FUNCTION_MAX_ARGS;
		else
			(*least)++, (*most)++;
	}
}

static int
refuse_count(struct compile *c, const struct ast *n, const char *name,
	     const char *args)
{
	unsigned least, most;

	count_letters(args, &least, &most);
	if (!most)
		return fail(c, MQL_ETYPE, n->at, "%s() takes no argument",
			    name);
	if (most == FUNCTION_MAX_ARGS)
		return fail(c, MQL_ETYPE, n->at, "%s() takes %u to %u "
			    "arguments", name, least, most);
	if (least == most)
		return fail(c, MQL_ETYPE, n->at, "%s() takes %u argument%s",
			    name, most, most == 1 ? "" : "s");
	return fail(c, MQL_ETYPE, n->at, "%s() takes %u or %u arguments", name,
		    least, most);
}

/* Can a value of type t be what the letter asks for? */
static bool
goes_with(enum type t, char letter)
{
	switch (letter) {
	case 's':
		return t == TYPE_ANY || t == TYPE_STRING;
	case 'n':
	case 'i':
		return t == TYPE_ANY || t == TYPE_NUMBER;
	case 'b':
		return t == TYPE_ANY || t == TYPE_BOOLEAN;
	case 't':
		return t != TYPE_BOOLEAN;
	default:
		return true;
	}
}

static const char *
letter_name(char letter)
{
	return letter == 's' ? "a string" : letter == 'n' ? "a number" :
	       letter == 'i' ? "a whole number" :
	       letter == 'b' ? "a condition or a boolean" : "a point in time";
}

static int
check_argument(struct compile *c, struct ast *call, unsigned i,
	       const char *no_agg)
{
	struct ast *n = call->item[i];
	char letter = function_arg(call->fn, i);

	if (n->kind == AST_INT && n->duration && strchr("int", letter))
		return 0;
	if (!goes_with(type_of(n), letter) ||
	    (n->kind == AST_FLOAT && letter == 'i'))
		return fail(c, MQL_ETYPE, n->at, "argument %u of %s() is %s",
			    i + 1, call->fn->name, letter_name(letter));
	if (letter == 'b' || letter == 'v')
		return check_either(c, &call->item[i], no_agg);
	return is_star(n) ? refuse_star(c, n) :
			    check_value(c, &call->item[i], no_agg);
}

/* --- functions that are code ---------------------------------------------- */

/* The pattern may be written as a text. It is compiled with the query. */
static int
check_pattern(struct compile *c, struct ast *n)
{
	struct ast *pattern = n->item[1];

	if (pattern->kind != AST_STR && pattern->kind != AST_REGEX)
		return fail(c, MQL_ETYPE, pattern->at, "argument 2 of "
			    "regexp_extract() is a regular expression between "
			    "slashes");
	pattern->kind = AST_REGEX;
	if (n->n > 2 && (n->item[2]->kind != AST_INT || n->item[2]->i < 0))
		return fail(c, MQL_ETYPE, n->item[2]->at, "argument 3 of "
			    "regexp_extract() is the number of a group");
	return 0;
}

int
check_call(struct compile *c, struct ast *n, const char *no_agg)
{
	int err = 0;

	if (n->n > FUNCTION_MAX_ARGS || !function_takes(n->fn, n->n))
		return refuse_count(c, n, n->fn->name, n->fn->args);
	if (is(n, "regexp_extract"))
		err = check_pattern(c, n);
	for (unsigned i = 0; i < n->n && !err; i++) {
		if (i == 1 && is(n, "regexp_extract"))
			continue;
		err = !i && is(n, "if") ?
			      check_condition(c, &n->item[i], no_agg) :
			      check_argument(c, n, i, no_agg);
	}
	return err;
}

/* --- aggregates ----------------------------------------------------------- */

static int
constant(struct compile *c, const struct ast *n, struct value *v)
{
	switch ((int)n->kind) {
	case AST_NULL:
		*v = VALUE_NONE;
		return 0;
	case AST_BOOL:
		*v = (struct value){ .type = VALUE_BOOL, .b = n->b };
		return 0;
	case AST_INT:
		*v = (struct value){ .type = VALUE_INT, .i = n->i };
		return 0;
	case AST_FLOAT:
		*v = (struct value){ .type = VALUE_FLOAT, .f = n->f };
		return 0;
	case AST_STR:
		*v = (struct value){ .type = VALUE_STR, .ptr = n->str.ptr,
				     .len = (uint32_t)n->str.len };
		return 0;
	default:
		return fail(c, MQL_ETYPE, n->at, "this is settled before the "
			    "first event: a constant is expected");
	}
}

/* The constants after the first argument go into n->agg. */
static int
settle(struct compile *c, struct ast *n)
{
	struct value param[FUNCTION_MAX_ARGS];
	unsigned nparam = n->n > 1 ? n->n - 1 : 0;
	struct span at = nparam ? n->item[1]->at : n->at;
	char why[sizeof c->diag->text];
	int err;

	for (unsigned i = 0; i < nparam; i++)
		if ((err = constant(c, n->item[i + 1], &param[i])))
			return err;
	err = aggregate_call_init(&n->agg, n->agg.fn, n->agg.distinct, param,
				  nparam, why, sizeof why);
	if (err)
		return fail(c, err, at, "%s", why);
	if (n->n > 1)
		n->n = 1;
	return 0;
}

int
check_agg(struct compile *c, struct ast *n, const char *no_agg)
{
	const struct aggregate *fn = n->agg.fn;
	char letter = fn->args[0];
	unsigned least, most;

	if (no_agg)
		return fail(c, MQL_ETYPE, n->at, "%s", no_agg);
	if (n->all)
		return settle(c, n);
	count_letters(letter == '*' ? "v" : fn->args, &least, &most);
	if (n->n < least || n->n > most)
		return refuse_count(c, n, fn->name,
				    letter == '*' ? "v" : fn->args);
	if (!n->n)
		return settle(c, n);
	if (letter != '*' && !goes_with(type_of(n->item[0]), letter))
		return fail(c, MQL_ETYPE, n->item[0]->at,
			    "%s() is of numbers", fn->name);
	int err = check_either(c, &n->item[0], "an aggregate of an aggregate "
			       "has no meaning here");
	return err ? err : settle(c, n);
}
