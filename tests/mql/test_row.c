#include "tests/mql/ask.h"
#include "tests/check_main.h"

static void
check_row(const char *text, const char *event, const char *want)
{
	char *row = ask(text, event);

	ck_assert_msg(row && !strcmp(row, want), "%s\n want %s\n  got %s",
		      text, want, row ? row : "nothing");
	free(row);
}

START_TEST(row_star_is_the_whole_event_on_one_line)
{
	check_row("select *", "{\"a\": 1,\n \"b\": [1,\n2]}",
		  "{\"a\": 1,  \"b\": [1, 2]}");
	check_row("select *", "{}", "{}");
}
END_TEST

START_TEST(row_has_the_columns_in_order_under_their_names)
{
	const char *event = "{\"a\":1,\"b\":{\"c\":\"x\",\"d\":[true]},"
			    "\"e\":2.50}";

	check_row("select a", event, "{\"a\":1}");
	check_row("select e, a", event, "{\"e\":2.50,\"a\":1}");
	check_row("select b.c", event, "{\"b.c\":\"x\"}");
	check_row("select e['b']['c']", event, "{\"b.c\":\"x\"}");
	check_row("select b.c as name", event, "{\"name\":\"x\"}");
	check_row("select b.c as 'a \"b\"'", event, "{\"a \\\"b\\\"\":\"x\"}");
	check_row("select b", event, "{\"b\":{\"c\":\"x\",\"d\":[true]}}");
	check_row("select b.d[0]", event, "{\"b.d[0]\":true}");
}
END_TEST

START_TEST(row_leaves_out_null_columns)
{
	check_row("select a, n, missing", "{\"a\":1,\"n\":null}", "{\"a\":1}");
	check_row("select n, a", "{\"a\":1,\"n\":null}", "{\"a\":1}");
	check_row("select missing", "{\"a\":1}", "{}");
}
END_TEST

START_TEST(row_copies_values_as_they_came_in)
{
	const char *event = "{\"i\":123456789012345678901234567890,"
			    "\"f\":1.50e+2,\"s\":\"a\\u00e9\\n\\/\","
			    "\"o\":{ \"k\" :\n1 }}";

	check_row("select i", event, "{\"i\":123456789012345678901234567890}");
	check_row("select f", event, "{\"f\":1.50e+2}");
	check_row("select s", event, "{\"s\":\"a\\u00e9\\n\\/\"}");
	check_row("select o", event, "{\"o\":{ \"k\" : 1 }}");
}
END_TEST

START_TEST(row_of_two_columns_of_one_name_takes_the_last_that_is_there)
{
	const char *text = "select a as x, k, b as x, c as x";

	check_row(text, "{\"a\":1,\"k\":0}", "{\"x\":1,\"k\":0}");
	check_row(text, "{\"a\":1,\"b\":2,\"k\":0}", "{\"x\":2,\"k\":0}");
	check_row(text, "{\"a\":1,\"b\":2,\"c\":null}", "{\"x\":2}");
	check_row(text, "{\"c\":3,\"k\":0}", "{\"x\":3,\"k\":0}");
	check_row(text, "{\"k\":0}", "{\"k\":0}");
}
END_TEST

START_TEST(row_has_what_is_computed)
{
	const char *event = "{\"a\":1,\"b\":\"Abc\",\"f\":2.50,\"n\":null,"
			    "\"l\":[1,2]}";

	check_row("select a + 1, a > 0 as yes, 'x', null as no", event,
		  "{\"a + 1\":2,\"yes\":true,\"x\":\"x\"}");
	check_row("select lower(b) as low, length(concat(b, a)) as n", event,
		  "{\"low\":\"abc\",\"n\":4}");
	check_row("select l[*] == 2 as has, l[*] == 3 as has_not", event,
		  "{\"has\":true,\"has_not\":false}");
	check_row("select regexp_extract(b, /(?i)a(.)/, 1) as r, "
		  "regexp_extract(b, /z/) as none, regexp_extract(a, /1/) as t",
		  event, "{\"r\":\"b\"}");
}
END_TEST

START_TEST(row_keeps_digits_and_escapes_through_a_choice)
{
	const char *event = "{\"f\":2.50,\"i\":123456789012345678901234567890,"
			    "\"s\":\"a\\u00e9\\/\",\"o\":{ \"k\" :\n1 }}";

	check_row("select coalesce(none, f) as x", event, "{\"x\":2.50}");
	check_row("select if(f > 1, i, 0) as x", event,
		  "{\"x\":123456789012345678901234567890}");
	check_row("select case when f > 3 then f else s end as x", event,
		  "{\"x\":\"a\\u00e9\\/\"}");
	check_row("select coalesce(o, 1) as x", event,
		  "{\"x\":{ \"k\" : 1 }}");
}
END_TEST

START_TEST(row_names_the_projection)
{
	struct mql_query *q = ask_compile("select b.c, a as x, d as x");
	size_t len;

	ck_assert_uint_eq(mql_query_columns(q), 2);
	const char *name = mql_query_column(q, 0, &len);
	ck_assert(len == 3 && !memcmp(name, "b.c", 3));
	name = mql_query_column(q, 1, &len);
	ck_assert(len == 1 && *name == 'x');
	ck_assert_ptr_null(mql_query_column(q, 2, &len));
	mql_query_free(q);

	q = ask_compile("select e[^'a'], b, e[^'c']");
	ck_assert_uint_eq(mql_query_columns(q), 1);
	mql_query_free(q);

	q = ask_compile("select *");
	ck_assert_uint_eq(mql_query_columns(q), 0);
	mql_query_free(q);
}
END_TEST

START_TEST(row_has_the_fields_whose_names_begin_so)
{
	const char *event = "{\"a\":1,\"b\":2,\"ab\":{\"a\":[1,\n2]},"
			    "\"a.b\":\"\\u00e9\",\"an\":null,\"a\\\"\":3}";

	check_row("select e[^'a']", event, "{\"a\":1,\"ab\":{\"a\":[1, 2]},"
		  "\"a.b\":\"\\u00e9\",\"a\\\"\":3}");
	check_row("select e[^'a.']", event, "{\"a.b\":\"\\u00e9\"}");
	check_row("select e[^'a\"']", event, "{\"a\\\"\":3}");
	check_row("select e[^'']", "{\"\":1,\"z\":2,\"n\":null}",
		  "{\"\":1,\"z\":2}");
	check_row("select e[^'zzz']", event, "{}");
	check_row("select e[^'']", "{}", "{}");
	check_row("select e[^'ab'], b, e[^'b']", " {\"b\" : 1 , \"ab\":2,"
		  "\"bb\":3}", "{\"ab\":2,\"b\":1,\"bb\":3}");
}
END_TEST

START_TEST(row_compares_what_a_name_means)
{
	check_row("select e[^'a']", "{\"\\u0061b\":1,\"\\u0062a\":2}",
		  "{\"\\u0061b\":1}");
	check_row("select e[^'\xc3\xa9']", "{\"\\u00e9t\xc3\xa9\":1,"
		  "\"\xc3\xa8\":2,\"\xc3\xa9\":3}",
		  "{\"\\u00e9t\xc3\xa9\":1,\"\xc3\xa9\":3}");
	check_row("select e[^'a']", "{\"ab\":1,\"\\u0061b\":2,\"a\":3,"
		  "\"ab\":4,\"a\\u0062\":5,\"a\":6}",
		  "{\"ab\":1,\"a\":3}");
	check_row("select e[^'a']", "{\"ab\":null,\"ab\":1}", "{}");
}
END_TEST

START_TEST(row_has_each_name_once)
{
	const char *event = "{\"a\":1,\"ab\":2,\"abc\":3,\"x\":9}";

	check_row("select x as ab, e[^'a']", event,
		  "{\"ab\":9,\"a\":1,\"abc\":3}");
	check_row("select e[^'a'], x as ab", event,
		  "{\"a\":1,\"abc\":3,\"ab\":9}");
	check_row("select e[^'a'], missing as ab", event,
		  "{\"a\":1,\"ab\":2,\"abc\":3}");
	check_row("select e[^'ab'], e[^'a'], e[^'ab']", event,
		  "{\"ab\":2,\"abc\":3,\"a\":1}");
	check_row("select e[^'a'], lower('Q') as abc, a", event,
		  "{\"ab\":2,\"abc\":\"q\",\"a\":1}");
}
END_TEST

TEST_MAIN(row, row_has_the_fields_whose_names_begin_so,
	  row_compares_what_a_name_means, row_has_each_name_once,
	  row_star_is_the_whole_event_on_one_line,
	  row_has_the_columns_in_order_under_their_names,
	  row_leaves_out_null_columns, row_copies_values_as_they_came_in,
	  row_of_two_columns_of_one_name_takes_the_last_that_is_there,
	  row_has_what_is_computed,
	  row_keeps_digits_and_escapes_through_a_choice,
	  row_names_the_projection)
