/* test_summary.c - what rows are made of, and that it stays bounded. */
#include <stdio.h>

#include "client/summary.h"
#include "event/json.h"
#include "mql/error.h"
#include "tests/check_main.h"

static struct summary *
of(const char *const *row, size_t n)
{
	struct summary *s = summary_new();

	for (size_t i = 0; i < n; i++)
		ck_assert_int_eq(summary_add(s, str_of(row[i])), 0);
	return s;
}

/* All fields as text, one JSON object a line. */
static const char *
text(struct summary *s)
{
	static char to[1 << 16];
	struct buf b = BUF_FIXED(to, sizeof to - 1);
	struct summary_field f;
	size_t at = 0;

	while (summary_next(s, &at, &f)) {
		summary_write_field(s, &f, &b);
		buf_puts(&b, "\n");
	}
	ck_assert_int_eq(b.err, 0);
	to[b.len] = '\0';
	return to;
}

#define OF(...) of((const char *const[]){ __VA_ARGS__ }, \
		   sizeof (const char *const[]){ __VA_ARGS__ } / sizeof(char *))

#define TELLS(expected, ...) do { \
	struct summary *s_ = OF(__VA_ARGS__); \
	ck_assert_str_eq(text(s_), expected); \
	summary_free(s_); \
} while (0)

START_TEST(a_field_is_told_with_types_presence_and_values)
{
	TELLS("{\"path\":\"ms\",\"types\":[\"integer\",\"string\"],\"rows\":3,"
	      "\"presence\":75.0,\"distinct\":2,\"more\":false,\"top\":["
	      "{\"value\":7,\"n\":2},{\"value\":\"x\",\"n\":1}],"
	      "\"min\":7,\"max\":7}\n",
	      "{\"ms\":7}", "{\"ms\":7}", "{\"ms\":\"x\"}", "{\"ms\":null}");
}
END_TEST

START_TEST(one_and_one_point_nought_are_one_value_of_two_types)
{
	TELLS("{\"path\":\"ms\",\"types\":[\"integer\",\"float\"],\"rows\":3,"
	      "\"presence\":100.0,\"distinct\":1,\"more\":false,\"top\":["
	      "{\"value\":7,\"n\":3}],\"min\":7,\"max\":7}\n",
	      "{\"ms\":7}", "{\"ms\":7.0}", "{\"ms\":7}");
}
END_TEST

START_TEST(what_is_nested_has_the_path_of_a_query)
{
	TELLS("{\"path\":\"a.b\",\"types\":[\"boolean\"],\"rows\":1,"
	      "\"presence\":100.0,\"distinct\":1,\"more\":false,\"top\":["
	      "{\"value\":true,\"n\":1}]}\n"
	      "{\"path\":\"a['b c']\",\"types\":[\"string\"],\"rows\":1,"
	      "\"presence\":100.0,\"distinct\":1,\"more\":false,\"top\":["
	      "{\"value\":\"\",\"n\":1}],\"min\":\"\",\"max\":\"\"}\n"
	      "{\"path\":\"e['e']\",\"types\":[\"object\"],\"rows\":1,"
	      "\"presence\":100.0,\"distinct\":0,\"more\":false,\"top\":[]}\n"
	      "{\"path\":\"e['from']\",\"types\":[\"integer\"],\"rows\":1,"
	      "\"presence\":100.0,\"distinct\":1,\"more\":false,\"top\":["
	      "{\"value\":1,\"n\":1}],\"min\":1,\"max\":1}\n"
	      "{\"path\":\"id.h\",\"types\":[\"integer\"],\"rows\":1,"
	      "\"presence\":100.0,\"distinct\":1,\"more\":false,\"top\":["
	      "{\"value\":2,\"n\":1}],\"min\":2,\"max\":2}\n",
	      "{\"a\":{\"b\":true,\"b c\":\"\"},\"from\":1,\"id.h\":2,"
	      "\"e\":{}}");
}
END_TEST

START_TEST(elements_of_an_array_are_one_path_and_a_row_counts_once)
{
	TELLS("{\"path\":\"t\",\"types\":[\"array\"],\"rows\":2,"
	      "\"presence\":100.0,\"distinct\":0,\"more\":false,\"top\":[]}\n"
	      "{\"path\":\"t[*]\",\"types\":[\"integer\",\"object\"],"
	      "\"rows\":1,\"presence\":50.0,\"distinct\":2,\"more\":false,"
	      "\"top\":[{\"value\":1,\"n\":2},{\"value\":2,\"n\":1}],"
	      "\"min\":1,\"max\":2}\n"
	      "{\"path\":\"t[*].k\",\"types\":[\"integer\"],\"rows\":1,"
	      "\"presence\":50.0,\"distinct\":1,\"more\":false,"
	      "\"top\":[{\"value\":3,\"n\":1}],\"min\":3,\"max\":3}\n",
	      "{\"t\":[1,2,1,{\"k\":3}]}", "{\"t\":[]}");
}
END_TEST

START_TEST(integers_beyond_64_bits_keep_their_digits)
{
	struct summary *s = OF("{\"n\":123456789012345678901}",
			       "{\"n\":9007199254740993}");

	ck_assert_ptr_nonnull(strstr(text(s), "\"min\":9007199254740993,"
				     "\"max\":123456789012345678901"));
	summary_free(s);
}
END_TEST

START_TEST(paths_values_and_depth_are_bounded_and_it_is_said)
{
	struct summary *s = summary_new();
	struct summary_field f;
	size_t at = 0, n = 0;
	char row[400];

	for (int i = 0; i < 3 * SUMMARY_FIELDS; i++) {
		snprintf(row, sizeof row, "{\"v\":%d,\"f%d\":1}", i, i);
		ck_assert_int_eq(summary_add(s, str_of(row)), 0);
	}
	ck_assert(summary_left(s));
	for (; summary_next(s, &at, &f); n++)
		if (str_eq(f.path, STR("v"))) {
			ck_assert_uint_eq(f.distinct, SUMMARY_VALUES);
			ck_assert(f.more);
			ck_assert_uint_eq(f.ntop, SUMMARY_TOP);
			ck_assert_int_eq(f.max.i, 3 * SUMMARY_FIELDS - 1);
		}
	ck_assert_uint_eq(n, SUMMARY_FIELDS);
	summary_free(s);

	s = summary_new();
	strcpy(row, "");
	for (int i = 0; i < 40; i++)
		strcat(row, "{\"a\":");
	strcat(row, "1");
	for (int i = 0; i < 40; i++)
		strcat(row, "}");
	ck_assert_int_eq(summary_add(s, str_of(row)), 0);
	ck_assert(summary_left(s));
	summary_free(s);
}
END_TEST

START_TEST(a_long_text_is_not_kept_and_takes_the_range_with_it)
{
	struct summary *s;
	char row[2 * SUMMARY_TEXT];

	snprintf(row, sizeof row, "{\"t\":\"%0*d\"}", SUMMARY_TEXT + 1, 7);
	s = OF("{\"t\":\"a\"}", row);
	ck_assert_str_eq(text(s),
		"{\"path\":\"t\",\"types\":[\"string\"],\"rows\":2,"
		"\"presence\":100.0,\"distinct\":1,\"more\":true,\"top\":["
		"{\"value\":\"a\",\"n\":1}]}\n");
	summary_free(s);
}
END_TEST

START_TEST(what_is_no_object_is_refused_and_counts_for_nothing)
{
	struct summary *s = summary_new();
	const char *bad[] = { "", "1", "[{\"a\":1}]", "{\"a\":1", "null" };

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(summary_add(s, str_of(bad[i])),
				 MQL_EBADEVENT);
	ck_assert_uint_eq(summary_rows(s), 0);
	ck_assert_str_eq(text(s), "");
	summary_free(s);
}
END_TEST

START_TEST(a_share_is_rounded_and_something_is_never_nothing)
{
	ck_assert_uint_eq(summary_permille(0, 0), 0);
	ck_assert_uint_eq(summary_permille(1, 3), 333);
	ck_assert_uint_eq(summary_permille(2, 3), 667);
	ck_assert_uint_eq(summary_permille(1, 100000), 1);
	ck_assert_uint_eq(summary_permille(5, 5), 1000);
}
END_TEST

TEST_MAIN(summary, a_field_is_told_with_types_presence_and_values,
	  one_and_one_point_nought_are_one_value_of_two_types,
	  what_is_nested_has_the_path_of_a_query,
	  elements_of_an_array_are_one_path_and_a_row_counts_once,
	  integers_beyond_64_bits_keep_their_digits,
	  paths_values_and_depth_are_bounded_and_it_is_said,
	  a_long_text_is_not_kept_and_takes_the_range_with_it,
	  what_is_no_object_is_refused_and_counts_for_nothing,
	  a_share_is_rounded_and_something_is_never_nothing)
