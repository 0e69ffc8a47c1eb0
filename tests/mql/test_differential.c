/* test_differential.c - random conditions on random events, compiled and run,
 * against a walk over the tree that was drawn. The walk knows nothing of the
 * code under test: numbers are doubles, regular expressions POSIX's. The text
 * of a condition has as few parentheses as the precedence allows, so a wrong
 * precedence shows as well. */
#include <math.h>
#include <regex.h>
#include <stdio.h>

#include "tests/mql/ask.h"
#include "tests/check_main.h"

enum type { NUL, BOOL, NUM, TEXT };

struct val {
	enum type   type;
	double      num; /* BOOL: 0 or 1 */
	const char *text;
};

static const struct literal { /* in an event, and in a query */
	const char *json, *mql;
	struct val  v;
} literal[] = {
	{ "null", "null", { NUL, 0, NULL } },
	{ "true", "true", { BOOL, 1, NULL } },
	{ "false", "false", { BOOL, 0, NULL } },
	{ "0", "0", { NUM, 0, NULL } },
	{ "1", "1", { NUM, 1, NULL } },
	{ "1.0", "1.0", { NUM, 1, NULL } },
	{ "2", "2", { NUM, 2, NULL } },
	{ "-3", "-3", { NUM, -3, NULL } },
	{ "0.5", "0.5", { NUM, 0.5, NULL } },
	{ "10", "10", { NUM, 10, NULL } },
	{ "\"\"", "''", { TEXT, 0, "" } },
	{ "\"a\"", "'a'", { TEXT, 0, "a" } },
	{ "\"ab\"", "\"ab\"", { TEXT, 0, "ab" } },
	{ "\"B\"", "'B'", { TEXT, 0, "B" } },
	{ "\"1\"", "'1'", { TEXT, 0, "1" } },
	{ "\"xaby\"", "'xaby'", { TEXT, 0, "xaby" } },
};
enum { NLITERAL = sizeof literal / sizeof *literal, FIRST_TEXT = 10 };

static const char *const pattern[] = { "a", "^a", "b$", "1|x", "[a-z]+", "." };
static const char *const shape[] = { "a%", "%b", "_", "%a_%", "%", "A%" };
enum { NPATTERN = 6 };

/* --- a tree, drawn at random ------------------------------------------------ */

enum kind { LITERAL, FIELD, STAR, ARITH, COMPARE, BETWEEN, IN, CONTAIN, LIKE,
	    MATCH, CONST, NOT, AND, OR };

struct node {
	enum kind    kind;
	int          pick; /* which literal, field, operator, pattern */
	struct node *sub[3];
	unsigned     members; /* IN: bits by literal */
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
make(enum kind kind, int pick)
{
	struct node *n = &pool[npool++];

	ck_assert_uint_lt(npool, sizeof pool / sizeof *pool);
	*n = (struct node){ .kind = kind, .pick = pick };
	return n;
}

static struct node *
draw_value(int depth)
{
	int what = draw(depth > 0 ? 8 : 5);

	if (what < 2)
		return make(LITERAL, draw(NLITERAL));
	if (what < 5)
		return make(FIELD, draw(NFIELD));
	struct node *n = make(ARITH, draw(5));
	n->sub[0] = draw_value(depth - 1);
	n->sub[1] = draw_value(depth - 1);
	return n;
}

/* What a test is about: a field, or the elements of l. */
static struct node *
draw_subject(void)
{
	return draw(6) ? make(FIELD, draw(NFIELD)) : make(STAR, 0);
}

static struct node *
draw_test(void)
{
	struct node *n;

	switch (draw(9)) {
	case 0:
		n = make(BETWEEN, 0);
		n->sub[1] = draw_value(1);
		n->sub[2] = draw_value(1);
		break;
	case 1:
		n = make(IN, 0);
		n->members = (unsigned)draw(1 << NLITERAL) | 1u << draw(16);
		break;
	case 2:
		n = make(CONTAIN, FIRST_TEXT + draw(NLITERAL - FIRST_TEXT));
		break;
	case 3:
		n = make(LIKE, draw(2 * NPATTERN));
		break;
	case 4:
		n = make(MATCH, draw(3 * NPATTERN));
		break;
	default:
		n = make(COMPARE, draw(6));
		n->sub[0] = draw(2) ? draw_value(2) : draw_subject();
		n->sub[1] = draw_value(2);
		return n;
	}
	n->sub[0] = draw_subject();
	return n;
}

static struct node *
draw_condition(int depth)
{
	struct node *n;

	if (depth == 0 || draw(4) == 0)
		return draw(20) ? draw_test() : make(CONST, draw(2));
	n = make(NOT + (enum kind)draw(3), 0);
	n->sub[0] = draw_condition(depth - 1);
	if (n->kind != NOT)
		n->sub[1] = draw_condition(depth - 1);
	return n;
}

/* --- its text ---------------------------------------------------------------- */

static const char *const arith_op[] = { "+", "-", "*", "/", "%" };
static const char *const compare_op[] = { "==", "!=", "<", "<=", ">", ">=" };

static int
level(const struct node *n)
{
	switch (n->kind) {
	case OR:
		return 1;
	case AND:
		return 2;
	case NOT:
		return 3;
	case ARITH:
		return n->pick < 2 ? 5 : 6;
	case LITERAL:
	case FIELD:
	case STAR:
	case CONST:
		return 9;
	case COMPARE:
	case BETWEEN:
	case IN:
	case CONTAIN:
	case LIKE:
	case MATCH:
		break;
	}
	return 4;
}

static void print(FILE *to, const struct node *n, int least);

static void
print_members(FILE *to, unsigned members)
{
	const char *before = " in (";

	for (int i = 0; i < NLITERAL; i++) {
		if (members >> i & 1) {
			fprintf(to, "%s%s", before, literal[i].mql);
			before = ", ";
		}
	}
	fputs(")", to);
}

static void
print_infix(FILE *to, const struct node *n, const char *op)
{
	int own = level(n), left = n->kind == COMPARE ? own + 1 : own;

	print(to, n->sub[0], left);
	fprintf(to, " %s ", op);
	print(to, n->sub[1], own + 1);
}

static void
print_test(FILE *to, const struct node *n)
{
	static const char *const match[] = { "==~", "=~", "!~" };

	print(to, n->sub[0], 9);
	if (n->kind == BETWEEN) {
		fputs(" between ", to);
		print(to, n->sub[1], 5);
		fputs(" and ", to);
		print(to, n->sub[2], 5);
	} else if (n->kind == IN) {
		print_members(to, n->members);
	} else if (n->kind == CONTAIN) {
		fprintf(to, " ==+ %s", literal[n->pick].mql);
	} else if (n->kind == LIKE) {
		fprintf(to, " %s '%s'", n->pick % 2 ? "ilike" : "like",
			shape[n->pick / 2]);
	} else {
		fprintf(to, " %s /%s/", match[n->pick % 3],
			pattern[n->pick / 3]);
	}
}

static void
print_bare(FILE *to, const struct node *n)
{
	switch (n->kind) {
	case LITERAL:
		fputs(literal[n->pick].mql, to);
		break;
	case FIELD:
		fputs(field[n->pick], to);
		break;
	case STAR:
		fputs("l[*]", to);
		break;
	case CONST:
		fputs(n->pick ? "true" : "false", to);
		break;
	case ARITH:
		print_infix(to, n, arith_op[n->pick]);
		break;
	case COMPARE:
		print_infix(to, n, compare_op[n->pick]);
		break;
	case AND:
		print_infix(to, n, draw(2) ? "and" : "&&");
		break;
	case OR:
		print_infix(to, n, draw(2) ? "or" : "||");
		break;
	case NOT:
		fputs("not ", to);
		print(to, n->sub[0], 3);
		break;
	case BETWEEN:
	case IN:
	case CONTAIN:
	case LIKE:
	case MATCH:
		print_test(to, n);
		break;
	}
}

static void
print(FILE *to, const struct node *n, int least)
{
	bool leaf = level(n) == 9;
	bool parens = level(n) < least || (!leaf && draw(10) == 0);

	fputs(parens ? "(" : "", to);
	print_bare(to, n);
	fputs(parens ? ")" : "", to);
}

/* --- what it means ------------------------------------------------------------ */

struct sample {
	int field[NFIELD]; /* literal, or -1: missing */
	int list[4], nlist;
};

static const struct val none = { NUL, 0, NULL };

static struct val
value(const struct node *n, const struct sample *s, const struct literal *star)
{
	struct val a, b;

	if (n->kind == LITERAL)
		return literal[n->pick].v;
	if (n->kind == STAR)
		return star->v;
	if (n->kind == FIELD)
		return s->field[n->pick] < 0 ? none
					     : literal[s->field[n->pick]].v;
	a = value(n->sub[0], s, star);
	b = value(n->sub[1], s, star);
	if (a.type != NUM || b.type != NUM)
		return none;
	if (n->pick >= 3 && fpclassify(b.num) == FP_ZERO)
		return none;
	a.num = n->pick == 0 ? a.num + b.num
	      : n->pick == 1 ? a.num - b.num
	      : n->pick == 2 ? a.num * b.num
	      : n->pick == 3 ? a.num / b.num
			     : fmod(a.num, b.num);
	return a;
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

static bool
is_like(const char *t, const char *p)
{
	if (!*p)
		return !*t;
	if (*p == '%')
		return is_like(t, p + 1) || (*t && is_like(t + 1, p));
	return *t && (*p == '_' || *p == *t) && is_like(t + 1, p + 1);
}

static bool
is_ilike(const char *t, const char *p)
{
	char a[16], b[16];
	size_t i;

	for (i = 0; t[i]; i++)
		a[i] = t[i] >= 'A' && t[i] <= 'Z' ? (char)(t[i] + 32) : t[i];
	a[i] = 0;
	for (i = 0; p[i]; i++)
		b[i] = p[i] >= 'A' && p[i] <= 'Z' ? (char)(p[i] + 32) : p[i];
	b[i] = 0;
	return is_like(a, b);
}

static bool
is_match(const char *text, const char *re, bool whole)
{
	char full[64];
	regex_t r;

	snprintf(full, sizeof full, whole ? "^(%s)$" : "%s", re);
	ck_assert_int_eq(regcomp(&r, full, REG_EXTENDED | REG_NOSUB), 0);
	bool yes = !regexec(&r, text, 0, NULL, 0);
	regfree(&r);
	return yes;
}

static bool
text_test(const struct node *n, const struct literal *l)
{
	const char *t = l->v.type == TEXT ? l->v.text : l->json;

	if (l->v.type == NUL)
		return false;
	if (n->kind == CONTAIN)
		return strstr(t, literal[n->pick].v.text) != NULL;
	if (n->kind == LIKE)
		return n->pick % 2 ? is_ilike(t, shape[n->pick / 2])
				   : is_like(t, shape[n->pick / 2]);
	bool yes = is_match(t, pattern[n->pick / 3], n->pick % 3 == 0);
	return n->pick % 3 == 2 ? !yes : yes;
}

static bool
is_in(unsigned members, struct val v)
{
	for (int i = 0; i < NLITERAL; i++)
		if (members >> i & 1 && v.type != NUL && same(literal[i].v, v))
			return true;
	return false;
}

/* One test; star is the element that l[*] stands for. */
static bool
test_one(const struct node *n, const struct sample *s,
	 const struct literal *star)
{
	const struct node *subject = n->sub[0];
	const struct literal *l = star;

	if (n->kind == COMPARE)
		return compare(n->pick, value(subject, s, star),
			       value(n->sub[1], s, star));
	if (n->kind == BETWEEN)
		return compare(5, value(subject, s, star),
			       value(n->sub[1], s, star)) &&
		       compare(3, value(subject, s, star),
			       value(n->sub[2], s, star));
	if (n->kind == IN)
		return is_in(n->members, value(subject, s, star));
	if (subject->kind == FIELD)
		l = s->field[subject->pick] < 0
			? &literal[0] : &literal[s->field[subject->pick]];
	return text_test(n, l);
}

static bool
truth(const struct node *n, const struct sample *s)
{
	if (n->kind == CONST)
		return n->pick;
	if (n->kind == NOT)
		return !truth(n->sub[0], s);
	if (n->kind == AND)
		return truth(n->sub[0], s) && truth(n->sub[1], s);
	if (n->kind == OR)
		return truth(n->sub[0], s) || truth(n->sub[1], s);
	if (n->sub[0]->kind != STAR)
		return test_one(n, s, NULL);
	for (int i = 0; i < s->nlist; i++)
		if (test_one(n, s, &literal[s->list[i]]))
			return true;
	return false;
}

/* --- both, side by side --------------------------------------------------------- */

static void
draw_sample(struct sample *s)
{
	for (int i = 0; i < NFIELD; i++)
		s->field[i] = i == NFIELD - 1 ? -1 : draw(NLITERAL + 2) - 2;
	for (int i = 0; i < NFIELD; i++)
		if (s->field[i] < -1)
			s->field[i] = -1;
	s->nlist = draw(5);
	for (int i = 0; i < s->nlist; i++)
		s->list[i] = draw(NLITERAL);
}

static void
print_sample(FILE *to, const struct sample *s)
{
	fputs("{", to);
	for (int i = 0; i < NFIELD; i++)
		if (s->field[i] >= 0)
			fprintf(to, "\"%s\":%s,", field[i],
				literal[s->field[i]].json);
	fputs("\"l\":[", to);
	for (int i = 0; i < s->nlist; i++)
		fprintf(to, "%s%s", i ? "," : "", literal[s->list[i]].json);
	fputs("]}", to);
}

static void
check_events(const struct mql_query *q, const struct node *n, const char *text)
{
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 4096, &r), 0);
	for (int k = 0; k < 20; k++) {
		struct sample s;
		char event[512] = "";
		const char *row;
		size_t len;

		draw_sample(&s);
		FILE *to = fmemopen(event, sizeof event - 1, "w");
		print_sample(to, &s);
		fclose(to);
		ck_assert_int_eq(mql_runner_event(r, event, strlen(event),
						  &row, &len), 0);
		ck_assert_msg((row != NULL) == truth(n, &s), "%s\non %s: %s",
			      text, event, row ? "true" : "false");
	}
	mql_runner_free(r);
}

/* False when the compiler knows better than to run it: 'a' < 1. */
static bool
check_condition(const struct node *n)
{
	struct mql_diag d = { .text = "" };
	struct mql_query *q;
	char *text;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	fputs("select * where ", to);
	print(to, n, 1);
	fclose(to);
	int err = mql_query_compile(text, &q, &d);
	ck_assert_msg(!err || err == MQL_ETYPE, "%s: %s", text, d.text);
	if (!err)
		check_events(q, n, text);
	mql_query_free(q);
	free(text);
	return !err;
}

START_TEST(differential_program_and_tree_agree)
{
	int run = 0;

	for (int i = 0; i < 10000; i++) {
		seed = (uint64_t)i;
		npool = 0;
		run += check_condition(draw_condition(1 + i % 5));
	}
	ck_assert_int_gt(run, 5000);
}
END_TEST

TEST_MAIN(differential, differential_program_and_tree_agree)
