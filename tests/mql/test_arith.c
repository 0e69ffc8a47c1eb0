#include "mql/arith.h"
#include "tests/check_main.h"

static struct value
i(int64_t v)
{
	return (struct value){ .type = VALUE_INT, .i = v };
}

static struct value
f(double v)
{
	return (struct value){ .type = VALUE_FLOAT, .f = v };
}

/* The same type and the same bits. */
static bool
is(struct value got, struct value want)
{
	return got.type == want.type &&
	       (got.type == VALUE_NULL || got.i == want.i);
}

START_TEST(arith_keeps_integers_while_they_are_exact)
{
	const struct {
		enum op      op;
		struct value a, b, want;
	} t[] = {
		{ OP_ADD, i(2), i(3), i(5) },
		{ OP_SUB, i(2), i(3), i(-1) },
		{ OP_MUL, i(-2), i(3), i(-6) },
		{ OP_DIV, i(6), i(2), i(3) },
		{ OP_DIV, i(7), i(2), f(3.5) },
		{ OP_DIV, i(-7), i(2), f(-3.5) },
		{ OP_MOD, i(7), i(2), i(1) },
		{ OP_MOD, i(-7), i(2), i(-1) },
		{ OP_MOD, i(7), i(-2), i(1) },
		{ OP_ADD, i(1), f(0.5), f(1.5) },
		{ OP_MUL, f(2), i(3), f(6) },
		{ OP_MOD, f(7.5), i(2), f(1.5) },
	};

	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		ck_assert_msg(is(arith(t[k].op, &t[k].a, &t[k].b), t[k].want),
			      "case %zu", k);
}
END_TEST

START_TEST(arith_overflow_becomes_a_float)
{
	const struct {
		enum op      op;
		struct value a, b, want;
	} t[] = {
		{ OP_ADD, i(INT64_MAX), i(1), f(0x1p63) },
		{ OP_SUB, i(INT64_MIN), i(1), f(-0x1p63) },
		{ OP_MUL, i(INT64_MAX), i(2), f(0x1p64) },
		{ OP_DIV, i(INT64_MIN), i(-1), f(0x1p63) },
		{ OP_MOD, i(INT64_MIN), i(-1), i(0) },
	};

	for (size_t k = 0; k < sizeof t / sizeof *t; k++)
		ck_assert_msg(is(arith(t[k].op, &t[k].a, &t[k].b), t[k].want),
			      "case %zu", k);
	struct value least = i(INT64_MIN);
	ck_assert(is(arith_negate(&least), f(0x1p63)));
}
END_TEST

START_TEST(arith_gives_null_where_there_is_no_number)
{
	const struct value one = i(1), zero = i(0), fzero = f(-0.0);
	const struct value huge = f(1e308), none = VALUE_NONE;
	const struct value yes = { .type = VALUE_BOOL, .b = true };
	const struct value text = { .type = VALUE_STR, .ptr = "1", .len = 1 };

	ck_assert(is(arith(OP_DIV, &one, &zero), none));
	ck_assert(is(arith(OP_MOD, &one, &zero), none));
	ck_assert(is(arith(OP_DIV, &one, &fzero), none));
	ck_assert(is(arith(OP_MOD, &huge, &fzero), none));
	ck_assert(is(arith(OP_ADD, &huge, &huge), none));
	ck_assert(is(arith(OP_ADD, &one, &none), none));
	ck_assert(is(arith(OP_ADD, &text, &one), none));
	ck_assert(is(arith(OP_ADD, &yes, &one), none));
	ck_assert(is(arith_negate(&text), none));
	ck_assert(is(arith_negate(&none), none));
}
END_TEST

TEST_MAIN(arith, arith_keeps_integers_while_they_are_exact,
	  arith_overflow_becomes_a_float,
	  arith_gives_null_where_there_is_no_number)
