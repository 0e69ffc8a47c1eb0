/* test_check.c - conditions and values, [*], constants without an order. */
#include "tests/mql/compiled.h"

START_TEST(values_and_conditions_are_told_apart)
{
	static const struct refusal wrong[] = {
		{ "select * where 5", MQL_ETYPE, 1, 16, 1, "a value" },
		{ "select * where a + 1", MQL_ETYPE, 1, 16, 5, "a value" },
		{ "select * where null", MQL_ETYPE, 1, 16, 4, "a value" },
		{ "select * where a and 'x'", MQL_ETYPE, 1, 22, 3,
		  "a value" },
		{ "select * where (a == 1) == b", MQL_ETYPE, 1, 16, 8,
		  "a condition" },
		{ "select * where a + (b or c) > 1", MQL_ETYPE, 1, 20, 8,
		  "a condition" },
	};

	for EACH (i, wrong)
		assert_refused(&wrong[i]);
}
END_TEST

START_TEST(constants_without_an_order_are_refused)
{
	static const struct refusal wrong[] = {
		{ "select * where 'a' < 1", MQL_ETYPE, 1, 16, 7, "no order" },
		{ "select * where a * 2 >= 'x'", MQL_ETYPE, 1, 16, 12,
		  "no order" },
		{ "select * where a between 1 and 'x'", MQL_ETYPE, 1, 16, 19,
		  "no order" },
		{ "select * where a + 'x' > 1", MQL_ETYPE, 1, 20, 3,
		  "`+` takes numbers only" },
		{ "select * where -true > 1", MQL_ETYPE, 1, 17, 4,
		  "`-` takes numbers" },
	};

	for EACH (i, wrong)
		assert_refused(&wrong[i]);
	assert_spelled("select * where 'a' == 1", "select * where 'a' == 1");
	assert_spelled("select * where 1 > null", "select * where 1 > null");
}
END_TEST

START_TEST(star_stands_on_one_side_of_one_comparison)
{
	static const struct refusal wrong[] = {
		{ "select * where l[*]", MQL_ETYPE, 1, 16, 4, "`[*]`" },
		{ "select * where not l[*].s", MQL_ETYPE, 1, 20, 6, "`[*]`" },
		{ "select * where l[*] + 1 > 2", MQL_ETYPE, 1, 16, 4,
		  "`[*]`" },
		{ "select * where l[*] == m[*]", MQL_ETYPE, 1, 24, 4,
		  "only one side" },
		{ "select * where a between l[*] and m[*]", MQL_ETYPE, 1, 35,
		  4, "only one side" },
	};
	static const char *const right[] = {
		"select * where l[*] == 1", "select * where 1 < l[*]['s']",
		"select * where l[*] in (1, 2)",
		"select * where l[*] between 1 and 2",
		"select * where l[*] =~ /x/", "select * where l[*] like 'x'",
		"select * where l[*] != null",
		"select * where not l[*] == 1 and m[*] == 2",
	};

	for EACH (i, wrong)
		assert_refused(&wrong[i]);
	for EACH (i, right)
		assert_spelled(right[i], right[i]);
}
END_TEST

TEST_MAIN(check, values_and_conditions_are_told_apart,
	  constants_without_an_order_are_refused,
	  star_stands_on_one_side_of_one_comparison)
