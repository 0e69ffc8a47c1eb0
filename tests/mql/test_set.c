#include "mql/set.h"
#include "tests/check_main.h"

static struct value
number(int64_t i)
{
	return (struct value){ .type = VALUE_INT, .i = i };
}

static struct value
real(double f)
{
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static struct value
text(const char *z)
{
	return (struct value){ .type = VALUE_STR, .ptr = z,
			       .len = (uint32_t)strlen(z) };
}

static bool
has(const struct set *s, struct value v)
{
	return set_has(s, &v);
}

START_TEST(set_tells_types_apart_but_not_numbers)
{
	struct value m[] = {
		text("1"), number(5), VALUE_NONE, real(2.5), number(3),
		{ .type = VALUE_BOOL, .b = true }, text(""), real(4),
	};
	struct arena a = { 0 };
	struct set s;

	ck_assert_int_eq(set_init(&s, &a, m, sizeof m / sizeof *m), 0);
	ck_assert(has(&s, number(5)));
	ck_assert(has(&s, real(5)));
	ck_assert(has(&s, number(4)));
	ck_assert(has(&s, real(2.5)));
	ck_assert(has(&s, text("1")));
	ck_assert(has(&s, text("")));
	ck_assert(has(&s, (struct value){ .type = VALUE_BOOL, .b = true }));
	ck_assert(!has(&s, number(1)));
	ck_assert(!has(&s, number(2)));
	ck_assert(!has(&s, text("5")));
	ck_assert(!has(&s, (struct value){ .type = VALUE_BOOL }));
	ck_assert(!has(&s, VALUE_NONE));
	ck_assert(!has(&s, (struct value){ .type = VALUE_ARRAY, .ptr = "[]",
					   .len = 2 }));
	arena_fini(&a);
}
END_TEST

START_TEST(set_of_nothing_has_nothing)
{
	struct value m[] = { VALUE_NONE };
	struct arena a = { 0 };
	struct set s;

	ck_assert_int_eq(set_init(&s, &a, m, 1), 0);
	ck_assert(!has(&s, VALUE_NONE));
	ck_assert(!has(&s, number(0)));
	arena_fini(&a);
}
END_TEST

START_TEST(set_finds_each_of_a_thousand)
{
	static struct value m[1000];
	struct arena a = { 0 };
	struct set s;

	for (int64_t i = 0; i < 1000; i++)
		m[i] = number(i * 7919 % 1000 * 2);
	ck_assert_int_eq(set_init(&s, &a, m, 1000), 0);
	for (int64_t i = 0; i < 2000; i++)
		ck_assert(has(&s, number(i)) == (i % 2 == 0));
	arena_fini(&a);
}
END_TEST

TEST_MAIN(set, set_tells_types_apart_but_not_numbers,
	  set_of_nothing_has_nothing, set_finds_each_of_a_thousand)
