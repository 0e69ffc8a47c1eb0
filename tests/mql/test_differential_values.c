/* test_differential_values.c - random values (calls, choices, arithmetic,
 * conditions as values) of random events, compiled and run as a column, against
 * a walk over the tree that was drawn. The walk knows nothing of the code
 * under test. test_differential.c does the same for conditions. */
#include <math.h>
#include <stdio.h>

#include "tests/mql/ask.h"
#include "tests/check_main.h"

enum type { NUL, BOOL, NUM, TEXT };
enum { MAX_TEXT = 200 };

struct val {
	enum type type;
	double    num; /* BOOL: 0 or 1 */
	char      text[MAX_TEXT];
};

static const struct literal { /* in an event, and in a query */
	const char *json, *mql;
	struct val  v;
} literal[] = {
	{ "null", "null", { NUL, 0, "" } },
	{ "true", "true", { BOOL, 1, "" } },
	{ "false", "false", { BOOL, 0, "" } },
	{ "0", "0", { NUM, 0, "" } },
	{ "1", "1", { NUM, 1, "" } },
	{ "2.0", "2.0", { NUM, 2, "" } },
	{ "-3", "-3", { NUM, -3, "" } },
	{ "0.25", "0.25", { NUM, 0.25, "" } },
	{ "\"\"", "''", { TEXT, 0, "" } },
	{ "\"aB\"", "'aB'", { TEXT, 0, "aB" } },
	{ "\"ab\"", "'ab'", { TEXT, 0, "ab" } },
	{ "\"\\u0041b c\"", "\"\\u0041b c\"", { TEXT, 0, "Ab c" } },
};
enum { NLITERAL = sizeof literal / sizeof *literal, FIRST_TEXT = 8 };

/* --- a tree, drawn at random -------------------------------------------------- */

enum kind { LITERAL, FIELD, ARITH, NEGATE, IF, CASE, COALESCE, NULLIF, LOWER,
	    UPPER, LENGTH, CONCAT, ABS, STARTS_WITH, EXISTS,
	    COMPARE, IS_NULL, NOT, AND, OR };

struct node {
	enum kind    kind;
	int          pick; /* which literal, field or operator */
	int          n;
	struct node *sub[5];
};

enum { NFIELD = 4 }; /* a b c, and one that is always missing */
static const char *const field[NFIELD] = { "a", "b", "c", "none" };

static struct node pool[4096];
static size_t npool;
static uint64_t seed;

static int
draw(int n)
{
	seed = seed * 6364136223846793005 + 1442695040888963407;
	return (int)(seed >> 33) % n;
}

static struct node *
make(enum kind kind, int pick, int n)
{
	struct node *node = &pool[npool++];

	ck_assert_uint_lt(npool, sizeof pool / sizeof *pool);
	*node = (struct node){ .kind = kind, .pick = pick, .n = n };
	return node;
}

static struct node *draw_value(int depth);
static struct node *draw_condition(int depth);

/* A value that is a text, or null. */
static struct node *
draw_text(int depth)
{
	struct node *n;

	if (depth == 0 || draw(3) == 0)
		return make(LITERAL, FIRST_TEXT + draw(NLITERAL - FIRST_TEXT),
			    0);
	n = make(draw(2) ? LOWER : UPPER, 0, 1);
	n->sub[0] = draw(2) ? make(FIELD, draw(NFIELD), 0)
			    : draw_text(depth - 1);
	return n;
}

/* What may stand as an argument of any type: a condition, too. */
static struct node *
draw_any(int depth)
{
	return draw(5) ? draw_value(depth) : draw_condition(depth);
}

/* if, case and the like: when, then ... else */
static struct node *
draw_choice(int depth)
{
	enum kind kind = draw(2) ? IF : CASE;
	struct node *n = make(kind, 0, kind == IF ? 2 + draw(2) : 2 + draw(4));

	for (int i = 0; i < n->n; i++)
		n->sub[i] = i % 2 == 0 && i + 1 < n->n
				    ? draw_condition(depth) : draw_any(depth);
	return n;
}

static struct node *
draw_call(int depth)
{
	static const struct {
		enum kind kind;
		int       n;
	} call[] = { { COALESCE, 2 }, { COALESCE, 3 }, { NULLIF, 2 },
		     { LOWER, 1 }, { UPPER, 1 }, { LENGTH, 1 }, { CONCAT, 3 },
		     { ABS, 1 }, { STARTS_WITH, 2 }, { EXISTS, 1 } };
	int which = draw(sizeof call / sizeof *call);
	struct node *n = make(call[which].kind, 0, call[which].n);

	for (int i = 0; i < n->n; i++) {
		if (n->kind == COALESCE || n->kind == NULLIF)
			n->sub[i] = draw_any(depth);
		else if (n->kind == CONCAT || n->kind == LENGTH)
			n->sub[i] = draw_text(depth);
		else
			n->sub[i] = draw_value(depth);
	}
	return n;
}

static struct node *
draw_value(int depth)
{
	int what = draw(depth > 0 ? 10 : 4);
	struct node *n;

	if (what < 2)
		return make(LITERAL, draw(NLITERAL), 0);
	if (what < 4)
		return make(FIELD, draw(NFIELD), 0);
	if (what < 6) {
		n = make(draw(6) ? ARITH : NEGATE, draw(5), 2);
		n->sub[0] = draw_value(depth - 1);
		n->sub[1] = draw_value(depth - 1);
		return n;
	}
	return what < 8 ? draw_choice(depth - 1) : draw_call(depth - 1);
}

static struct node *
draw_condition(int depth)
{
	int what = draw(depth > 0 ? 8 : 4);
	struct node *n;

	if (what < 3) {
		n = make(draw(4) ? COMPARE : IS_NULL, draw(6), 2);
		n->sub[0] = draw_value(depth ? depth - 1 : 0);
		n->sub[1] = draw_value(depth ? depth - 1 : 0);
		return n;
	}
	if (what == 3)
		return make(FIELD, draw(NFIELD), 0);
	if (what == 4) /* a value that may be true */
		return draw(2) ? draw_choice(depth - 1) : draw_call(depth - 1);
	n = make(NOT + (enum kind)draw(3), 0, 2);
	n->sub[0] = draw_condition(depth - 1);
	n->sub[1] = draw_condition(depth - 1);
	return n;
}

/* --- its text ------------------------------------------------------------------- */

static const char *const arith_op[] = { "+", "-", "*", "/", "%" };
static const char *const compare_op[] = { "==", "!=", "<", "<=", ">", ">=" };

static void print(FILE *to, const struct node *n);

static void
print_infix(FILE *to, const struct node *n, const char *op)
{
	fputs("(", to);
	print(to, n->sub[0]);
	fprintf(to, " %s ", op);
	print(to, n->sub[1]);
	fputs(")", to);
}

static void
print_prefix(FILE *to, const char *op, const struct node *n)
{
	fprintf(to, "(%s ", op);
	print(to, n);
	fputs(")", to);
}

static void
print_case(FILE *to, const struct node *n)
{
	fputs("case", to);
	for (int i = 0; i < n->n; i++) {
		fputs(i % 2 ? " then " : i + 1 < n->n ? " when " : " else ",
		      to);
		print(to, n->sub[i]);
	}
	fputs(" end", to);
}

static void
print_call(FILE *to, const struct node *n)
{
	static const char *const name[] = {
		[IF] = "if", [COALESCE] = "coalesce", [NULLIF] = "nullif",
		[LOWER] = "lower", [UPPER] = "upper", [LENGTH] = "length",
		[CONCAT] = "concat", [ABS] = "abs",
		[STARTS_WITH] = "starts_with", [EXISTS] = "exists",
	};

	fprintf(to, "%s(", name[n->kind]);
	for (int i = 0; i < n->n; i++) {
		fputs(i ? ", " : "", to);
		print(to, n->sub[i]);
	}
	fputs(")", to);
}

static void
print(FILE *to, const struct node *n)
{
	switch ((int)n->kind) {
	case LITERAL:
		fputs(literal[n->pick].mql, to);
		break;
	case FIELD:
		fputs(field[n->pick], to);
		break;
	case ARITH:
		print_infix(to, n, arith_op[n->pick]);
		break;
	case COMPARE:
		print_infix(to, n, compare_op[n->pick]);
		break;
	case AND:
		print_infix(to, n, "and");
		break;
	case OR:
		print_infix(to, n, "or");
		break;
	case NOT:
		print_prefix(to, "not", n->sub[0]);
		break;
	case NEGATE:
		print_prefix(to, "-", n->sub[0]);
		break;
	case IS_NULL:
		fputs("(", to);
		print(to, n->sub[0]);
		fputs(n->pick % 2 ? " is null)" : " is not null)", to);
		break;
	case CASE:
		print_case(to, n);
		break;
	default:
		print_call(to, n);
	}
}

/* --- what it means ---------------------------------------------------------------- */

struct sample {
	int field[NFIELD]; /* literal, or -1: missing */
};

static const struct val none = { NUL, 0, "" };

static struct val value(const struct node *n, const struct sample *s);

static struct val
boolean(bool b)
{
	return (struct val){ BOOL, b, "" };
}

static struct val
number(double d)
{
	return isfinite(d) ? (struct val){ NUM, d, "" } : none;
}

static bool
truth(const struct node *n, const struct sample *s)
{
	struct val v = value(n, s);

	return v.type == BOOL && v.num > 0;
}

static bool
same(struct val a, struct val b)
{
	if (a.type != b.type)
		return false;
	if (a.type == TEXT)
		return !strcmp(a.text, b.text);
	return a.type == NUL || !(a.num < b.num || a.num > b.num);
}

static bool
compare(int op, struct val a, struct val b)
{
	double d;

	if (op < 2)
		return same(a, b) == (op == 0);
	if (a.type != b.type || (a.type != NUM && a.type != TEXT))
		return false;
	d = a.type == NUM ? (a.num > b.num) - (a.num < b.num)
			  : strcmp(a.text, b.text);
	return op == 2 ? d < 0 : op == 3 ? d <= 0 : op == 4 ? d > 0 : d >= 0;
}

static struct val
arith(int op, struct val a, struct val b)
{
	if (a.type != NUM || b.type != NUM)
		return none;
	if (op >= 3 && fpclassify(b.num) == FP_ZERO)
		return none;
	return number(op == 0 ? a.num + b.num
		    : op == 1 ? a.num - b.num
		    : op == 2 ? a.num * b.num
		    : op == 3 ? a.num / b.num
			      : fmod(a.num, b.num));
}

static struct val
choose(const struct node *n, const struct sample *s)
{
	int i = 0;

	for (; i + 1 < n->n; i += 2)
		if (truth(n->sub[i], s))
			return value(n->sub[i + 1], s);
	return i < n->n ? value(n->sub[i], s) : none;
}

static struct val
other_case(struct val v, char first, int by)
{
	if (v.type != TEXT)
		return none;
	for (char *c = v.text; *c; c++)
		if (*c >= first && *c < first + 26)
			*c = (char)(*c + by);
	return v;
}

static struct val
concat(const struct node *n, const struct sample *s)
{
	struct val all = { TEXT, 0, "" };

	for (int i = 0; i < n->n; i++) {
		struct val v = value(n->sub[i], s);

		ck_assert_uint_lt(strlen(all.text) + strlen(v.text), MAX_TEXT);
		strcat(all.text, v.text);
	}
	return all;
}

static struct val
call(const struct node *n, const struct sample *s)
{
	struct val a = value(n->sub[0], s), b;

	switch ((int)n->kind) {
	case COALESCE:
		for (int i = 1; i < n->n && a.type == NUL; i++)
			a = value(n->sub[i], s);
		return a;
	case NULLIF:
		return same(a, value(n->sub[1], s)) ? none : a;
	case LOWER:
		return other_case(a, 'A', 'a' - 'A');
	case UPPER:
		return other_case(a, 'a', 'A' - 'a');
	case LENGTH:
		return a.type == TEXT ? number((double)strlen(a.text)) : none;
	case ABS:
		return a.type == NUM ? number(fabs(a.num)) : none;
	case STARTS_WITH:
		b = value(n->sub[1], s);
		return a.type != TEXT || b.type != TEXT ? none
		     : boolean(!strncmp(a.text, b.text, strlen(b.text)));
	default:
		return boolean(a.type != NUL);
	}
}

static struct val
value(const struct node *n, const struct sample *s)
{
	switch ((int)n->kind) {
	case LITERAL:
		return literal[n->pick].v;
	case FIELD:
		return s->field[n->pick] < 0 ? none
					     : literal[s->field[n->pick]].v;
	case ARITH:
		return arith(n->pick, value(n->sub[0], s),
			     value(n->sub[1], s));
	case NEGATE:
		return arith(1, number(0), value(n->sub[0], s));
	case IF:
	case CASE:
		return choose(n, s);
	case CONCAT:
		return concat(n, s);
	case COMPARE:
		return boolean(compare(n->pick, value(n->sub[0], s),
				       value(n->sub[1], s)));
	case IS_NULL:
		return boolean((value(n->sub[0], s).type == NUL) ==
			       (n->pick % 2 == 1));
	case NOT:
		return boolean(!truth(n->sub[0], s));
	case AND:
		return boolean(truth(n->sub[0], s) && truth(n->sub[1], s));
	case OR:
		return boolean(truth(n->sub[0], s) || truth(n->sub[1], s));
	default:
		return call(n, s);
	}
}

/* --- both, side by side ------------------------------------------------------------ */

/* Does the row say v? Texts here have no quotes; one escape is ours. */
static bool
says(const char *row, size_t len, const struct val *v)
{
	char text[2 * MAX_TEXT], *end;

	if (v->type == NUL)
		return len == 2 && !memcmp(row, "{}", 2);
	if (len < 7 || len >= sizeof text || memcmp(row, "{\"x\":", 5))
		return false;
	memcpy(text, row + 5, len - 6);
	text[len - 6] = 0;
	if (v->type == BOOL)
		return !strcmp(text, v->num > 0 ? "true" : "false");
	if (v->type == NUM) {
		double d = strtod(text, &end);

		return !*end && !(d < v->num) && !(d > v->num);
	}
	if (!strncmp(text, "\"\\u0041", 7)) {
		text[1] = 'A';
		memmove(text + 2, text + 7, strlen(text + 7) + 1);
	}
	len = strlen(v->text);
	return text[0] == '"' && !strncmp(text + 1, v->text, len) &&
	       !strcmp(text + 1 + len, "\"");
}

static void
check_events(const struct mql_query *q, const struct node *n, const char *text)
{
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 4096, &r), 0);
	for (int k = 0; k < 20; k++) {
		char event[256] = "{\"z\":0";
		struct sample s;
		const char *row;
		size_t len;

		for (int i = 0; i < NFIELD; i++) {
			s.field[i] = i == NFIELD - 1 ? -1
						     : draw(NLITERAL + 1) - 1;
			if (s.field[i] >= 0)
				sprintf(event + strlen(event), ",\"%s\":%s",
					field[i], literal[s.field[i]].json);
		}
		strcat(event, "}");
		struct val want = value(n, &s);
		ck_assert_int_eq(mql_runner_event(r, event, strlen(event),
						  &row, &len), 0);
		ck_assert_msg(row && says(row, len, &want), "%s\non %s: %.*s",
			      text, event, (int)len, row ? row : "");
	}
	mql_runner_free(r);
}

/* False when the compiler knows better than to run it: lower(1). */
static bool
check_value(const struct node *n)
{
	struct mql_diag d = { .text = "" };
	struct mql_query *q;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs("select ", to);
	print(to, n);
	fputs(" as x", to);
	fclose(to);
	int err = mql_query_compile(text, &q, &d);
	ck_assert_msg(!err || err == MQL_ETYPE, "%s: %s", text, d.text);
	if (!err)
		check_events(q, n, text);
	mql_query_free(q);
	free(text);
	return !err;
}

START_TEST(differential_column_and_tree_agree)
{
	int run = 0;

	for (int i = 0; i < 20000; i++) {
		seed = (uint64_t)i;
		npool = 0;
		run += check_value(draw_any(1 + i % 4));
	}
	ck_assert_msg(run > 5000, "%d", run);
}
END_TEST

TEST_MAIN(differential_values, differential_column_and_tree_agree)
