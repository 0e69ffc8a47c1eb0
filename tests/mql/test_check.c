/* test_check.c - conditions and values, [*], constants without an order. */
#include "mql/ast.h"
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

START_TEST(calls_are_checked_for_number_and_type)
{
	static const struct refusal wrong[] = {
		{ "select substr(a)", MQL_ETYPE, 1, 8, 9, "2 or 3 arguments" },
		{ "select coalesce()", MQL_ETYPE, 1, 8, 10, "1 to 8" },
		{ "select now(1)", MQL_ETYPE, 1, 8, 6, "no argument" },
		{ "select substr(a, 'x')", MQL_ETYPE, 1, 18, 3,
		  "argument 2 of substr() is a whole number" },
		{ "select lower(5)", MQL_ETYPE, 1, 14, 1, "a string" },
		{ "select lower(a > 1)", MQL_ETYPE, 1, 14, 5, "a string" },
		{ "select abs(lower(a))", MQL_ETYPE, 1, 12, 8, "a number" },
		{ "select lower(a) + 1", MQL_ETYPE, 1, 8, 8, "numbers only" },
		{ "select lower(l[*])", MQL_ETYPE, 1, 14, 4, "`[*]`" },
		{ "select exists(l[*])", MQL_ETYPE, 1, 15, 4, "`[*]`" },
		{ "select if(1, 2, 3)", MQL_ETYPE, 1, 11, 1, "a value" },
		{ "select regexp_extract(a, b)", MQL_ETYPE, 1, 26, 1,
		  "between slashes" },
		{ "select regexp_extract(a, /x/, b)", MQL_ETYPE, 1, 31, 1,
		  "number of a group" },
		{ "select contains(a, /x/)", MQL_ETYPE, 1, 20, 3,
		  "regular expression" },
		{ "select * where lower(a)", MQL_ETYPE, 1, 16, 8, "a value" },
		{ "select lower(*)", MQL_ETYPE, 1, 14, 1, "`count`" },
		{ "select lower(distinct a)", MQL_ETYPE, 1, 14, 8,
		  "`distinct`" },
	};
	static const char *const right[][2] = {
		{ "select * where contains(a, 'x')",
		  "select * where contains(a, 'x') == true" },
		{ "select * where not if(a, b, c > 1)",
		  "select * where not if(a == true, b, c > 1) == true" },
		{ "select typeof(a > 1) as t", "select typeof(a > 1) as t" },
		{ "select regexp_extract(a, 'b/(c)') as x",
		  "select regexp_extract(a, /b\\/(c)/) as x" },
		{ "select time_bucket(a, 60s) as t",
		  "select time_bucket(a, 1m) as t" },
	};

	for EACH (i, wrong)
		assert_refused(&wrong[i]);
	for EACH (i, right)
		assert_spelled(right[i][0], right[i][1]);
}
END_TEST

START_TEST(aggregates_stand_where_there_is_a_group)
{
	static const struct refusal wrong[] = {
		{ "select * where sum(a) > 1", MQL_ETYPE, 1, 16, 6,
		  "`having`" },
		{ "select sum(max(a))", MQL_ETYPE, 1, 12, 6,
		  "an aggregate of an aggregate" },
		{ "select a group by count(*)", MQL_ETYPE, 1, 19, 8,
		  "cannot be grouped" },
		{ "select a window 1s on max(b)", MQL_ETYPE, 1, 23, 6,
		  "before there is an aggregate" },
		{ "select a at count(*) > 1", MQL_ETYPE, 1, 13, 8,
		  "which agents" },
		{ "select count()", MQL_ETYPE, 1, 8, 7, "1 argument" },
		{ "select sum(a, b)", MQL_ETYPE, 1, 8, 9, "1 argument" },
		{ "select sum('x')", MQL_ETYPE, 1, 12, 3, "of numbers" },
		{ "select sum(distinct a)", MQL_ETYPE, 1, 8, 15,
		  "only count()" },
		{ "select sum(*)", MQL_ETYPE, 1, 12, 1, "`count`" },
		{ "select sum(l[*])", MQL_ETYPE, 1, 12, 4, "`[*]`" },
		{ "select top(a, 0)", MQL_ELIMIT, 1, 15, 1, "1 to 1000" },
		{ "select top(a, b)", MQL_ETYPE, 1, 15, 1, "a constant" },
		{ "select percentile(a)", MQL_ETYPE, 1, 8, 13,
		  "2 arguments" },
		{ "select percentile(a, 1)", MQL_ELIMIT, 1, 22, 1,
		  "between 0 and 1" },
	};

	for EACH (i, wrong)
		assert_refused(&wrong[i]);
}
END_TEST

START_TEST(a_name_is_a_column_before_it_is_anything_else)
{
	static const char *const right[][2] = {
		{ "select count(a) as n group by b having n > 1 order by n",
		  "select count(a) as n group by b having n > 1 order by n" },
		{ "select count(a), b group by b having e['COUNT(a)'] > 2",
		  "select count(a), b group by b having count(a) > 2" },
		{ "select count(*) order by e['COUNT((.*.))']",
		  "select count(*) order by count(*)" },
		{ "select average(e['a']['b']) order by e['AVERAGE(a.b)']",
		  "select average(a['b']) as 'average(e[''a''][''b''])' "
		  "order by e['average(e[''a''][''b''])']" },
		{ "select a, max(b) group by a order by max desc, a",
		  "select a, max(b) group by a order by max(b) desc, a" },
		{ "select max(a) group by b having max(c) > 1 and b != 2",
		  "select max(a) group by b having max(c) > 1 and b != 2" },
		{ "select lower(a) as l group by l",
		  "select lower(a) as l group by l" },
		{ "select a as b, b as a group by b, a",
		  "select a as b, b as a group by b, a" },
		{ "select distinct a + 1, b as c order by a + 1, b, c * 2",
		  "select distinct a + 1, b as c order by a + 1, b, c * 2" },
		{ "select distinct top(a, 3) group by c order by top(a, 3)",
		  "select distinct top(a, 3) group by c order by top(a, 3)" },
		{ "select a > 1 as big, b order by big",
		  "select a > 1 as big, b order by big" },
		{ "select a + 1 as c having c > 2",
		  "select a + 1 as c where a + 1 > 2" },
		{ "select a as x, b as x where c having x > 2",
		  "select a as x, b as x where c == true and "
		  "coalesce(b, a) > 2" },
	};
	static const struct refusal wrong[] = {
		{ "select count(*), node group by node having nod > 1",
		  MQL_ESYNTAX, 1, 44, 3, "did you mean `node`?" },
		{ "select count(*) group by node having ms > 1", MQL_ETYPE, 1,
		  38, 2, "neither a column nor a group" },
		{ "select max(a), max(b) order by max", MQL_ETYPE, 1, 32, 3,
		  "neither a column" },
		{ "select a as x, b as x group by x", MQL_ETYPE, 1, 32, 1,
		  "several columns" },
		{ "select a group by 1", MQL_ETYPE, 1, 19, 1, "a field" },
		{ "select a order by 1", MQL_ETYPE, 1, 19, 1, "a column" },
		{ "select distinct a order by b", MQL_ETYPE, 1, 28, 1,
		  "select this, too" },
		{ "select distinct a group by a order by max(c)", MQL_ETYPE,
		  1, 39, 6, "select this, too" },
		{ "select * at zon == 'x'", MQL_ESYNTAX, 1, 13, 3,
		  "did you mean `zone`?" },
	};

	for EACH (i, right)
		assert_spelled(right[i][0], right[i][1]);
	for EACH (i, wrong)
		assert_refused(&wrong[i]);
}
END_TEST

START_TEST(what_is_no_group_is_the_first_of_it)
{
	static const char *const right[][2] = {
		{ "select a, b group by b",
		  "select first(a) as a, b group by b" },
		{ "select a + b, b group by b",
		  "select first(a) + b as 'a + b', b group by b" },
		{ "select a + c as x group by b",
		  "select first(a + c) as x group by b" },
		{ "select a + sum(c) as x", "select first(a) + sum(c) as x" },
		{ "select a.b, e['a']['b'] as x, e['c'] group by a.b, c",
		  "select a.b, first(a['b']) as x, c group by a.b, c" },
		{ "select not a as x, a and sum(b) > 1 as y group by not a",
		  "select not a == true as x, first(a == true) == true and "
		  "sum(b) > 1 as y group by x" },
		{ "select 1, now(), count(*)", "select 1, now(), count(*)" },
		{ "select l[*] > 1 as x, count(*)",
		  "select first(l[*] > 1) as x, count(*)" },
		{ "select * group by a order by b",
		  "select * group by a order by first(b)" },
	};

	for EACH (i, right)
		assert_spelled(right[i][0], right[i][1]);
}
END_TEST

/* "select - - - ...", as deep as n, or deeper by what check.c puts in. */
static int
compile_deep(unsigned n, const char *rest)
{
	struct mql_diag d = { 0 };
	struct mql_query *q;
	char text[1024] = "select ";

	for (unsigned i = 0; i < n; i++)
		strcat(text, "- ");
	strcat(text, rest);
	int err = mql_query_compile(text, &q, &d);
	if (!err)
		assert_settled(q);
	mql_query_free(q);
	return err;
}

START_TEST(what_is_put_in_keeps_to_the_depth_allowed)
{
	static const char *const ends[] = {
		"a", "a, count(*)", "sum(a)", "(sum(a) + b)",
		("count(*) sample {'strategy':'RANDOM','threshold':3,"
		 "'factor':10,'extrapolate':true}"),
	};

	for EACH (i, ends) {
		ck_assert_int_eq(compile_deep(AST_MAX_DEPTH - 20, ends[i]), 0);
		for (unsigned n = AST_MAX_DEPTH - 8; n < AST_MAX_DEPTH; n++)
			compile_deep(n, ends[i]);
		ck_assert_int_eq(compile_deep(AST_MAX_DEPTH + 1, ends[i]),
				 MQL_ELIMIT);
	}
}
END_TEST

START_TEST(extrapolation_becomes_arithmetic)
{
	assert_spelled("select count(*), sum(a) / 2 as b, max(c) sample "
		       "{'strategy':'RANDOM','threshold':500,"
		       "'extrapolate':true}",
		       "select count(*) * 20 as 'count(*)', sum(a) * 20 / 2 "
		       "as b, max(c) sample 5%");
	assert_spelled("select count(*) as n sample {'strategy':'STICKY',"
		       "'keys':['k'],'threshold':3,'factor':4,"
		       "'extrapolate':true}",
		       "select count(*) * 4 / 3 as n sample {'strategy': "
		       "'STICKY', 'keys': ['k'], 'threshold': 3, "
		       "'factor': 4}");
}
END_TEST

TEST_MAIN(check, values_and_conditions_are_told_apart,
	  constants_without_an_order_are_refused,
	  star_stands_on_one_side_of_one_comparison,
	  calls_are_checked_for_number_and_type,
	  aggregates_stand_where_there_is_a_group,
	  a_name_is_a_column_before_it_is_anything_else,
	  what_is_no_group_is_the_first_of_it,
	  what_is_put_in_keeps_to_the_depth_allowed,
	  extrapolation_becomes_arithmetic)
