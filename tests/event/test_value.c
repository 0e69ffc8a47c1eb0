/* test_value.c - how values compare, and how they are written. */
#include "event/value.h"

#include <locale.h>
#include <math.h>

#include "event/json.h"
#include "tests/check_main.h"

static char memory[4096];

static struct value
of(const char *json)
{
	static struct buf b = BUF_FIXED(memory, sizeof memory);

	return json_value(str_of(json), &b);
}

static bool
equal(const char *a, const char *b)
{
	struct value x = of(a), y = of(b);

	ck_assert_msg(value_equal(&x, &y) == value_equal(&y, &x), "%s %s", a,
		      b);
	return value_equal(&x, &y);
}

START_TEST(value_equal_goes_by_meaning)
{
	static const char *const same[][2] = {
		{ "null", "null" }, { "true", "true" }, { "1", "1.0" },
		{ "1", "1e0" }, { "100", "1E2" }, { "0", "-0" },
		{ "0", "-0.0" }, { "0.5", "5e-1" }, { "\"a\"", "\"\\u0061\"" },
		{ "9007199254740993", "9007199254740993" },
		{ "9223372036854775808", "9223372036854775808.0" },
		{ "-9223372036854775808", "-9223372036854775808.0" },
		{ "18446744073709551615", "18446744073709551616" },
		{ "[1, 2]", "[1.0,2]" }, { "{\"a\":1,\"b\":2}",
		  "{ \"b\" : 2, \"a\" : 1 }" },
	};
	static const char *const different[][2] = {
		{ "null", "false" }, { "null", "0" }, { "true", "false" },
		{ "1", "\"1\"" }, { "1", "true" }, { "0", "\"\"" },
		{ "1", "2" }, { "\"a\"", "\"A\"" }, { "\"a\"", "\"a \"" },
		{ "9007199254740993", "9007199254740992.0" },
		{ "9223372036854775807", "9223372036854775808" },
		{ "9223372036854775807", "9223372036854775807.0" },
		{ "-9223372036854775808", "-9223372036854775809e1" },
		{ "1", "1.0000000000000002" }, { "[1]", "[1,1]" },
		{ "[]", "{}" }, { "{\"a\":1}", "{\"a\":2}" },
	};

	for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
		ck_assert_msg(equal(same[i][0], same[i][1]), "%s %s",
			      same[i][0], same[i][1]);
	for (size_t i = 0; i < sizeof different / sizeof different[0]; i++)
		ck_assert_msg(!equal(different[i][0], different[i][1]),
			      "%s %s", different[i][0], different[i][1]);
}
END_TEST

/* Each against each; ordered: by value_order(), too. */
static void
assert_ascending(const char *const *row, int n, bool ordered)
{
	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			struct value a = of(row[i]), b = of(row[j]);
			int cmp = value_total_order(&a, &b), want = 7;

			ck_assert_msg((i > j) - (i < j) ==
				      (cmp > 0) - (cmp < 0), "%s %s: %d",
				      row[i], row[j], cmp);
			ck_assert(value_equal(&a, &b) == (i == j));
			if (ordered)
				ck_assert(value_order(&a, &b, &want) &&
					  want == cmp);
		}
	}
}

START_TEST(value_order_is_exact_and_consistent)
{
	static const char *const row[] = {
		"-1e999", "-1e300", "-9223372036854775809e1",
		"-9223372036854775808", "-9223372036854775807",
		"-9007199254740993", "-9007199254740992", "-1.5", "-1",
		"-0.5", "0", "1e-300", "0.5", "1", "1.5", "9007199254740992",
		"9007199254740993", "9223372036854774784.0",
		"9223372036854775807", "9223372036854775808", "1e300", "1e999",
	};

	assert_ascending(row, sizeof row / sizeof row[0], true);
}
END_TEST

START_TEST(value_order_of_strings_is_by_bytes)
{
	static const char *const row[] = {
		"\"\"", "\"\\u0000\"", "\"A\"", "\"AB\"", "\"a\"", "\"aa\"",
		"\"b\"", "\"\\u00e9\"", "\"\\uD83D\\uDE00\"",
	};

	assert_ascending(row, sizeof row / sizeof row[0], true);
}
END_TEST

START_TEST(value_total_order_has_booleans_numbers_and_strings)
{
	static const char *const row[] = {
		"false", "true", "-1.5", "0", "9223372036854775808", "\"\"",
		"\"1\"", "\"a\"",
	};

	assert_ascending(row, sizeof row / sizeof row[0], false);
}
END_TEST

START_TEST(value_order_is_none_between_types)
{
	static const char *const row[] = {
		"null", "true", "1", "\"1\"", "[1]", "{}",
	};
	int n = sizeof row / sizeof row[0], cmp;

	for (int i = 0; i < n; i++) {
		for (int j = 0; j < n; j++) {
			struct value a = of(row[i]), b = of(row[j]);
			bool ordered = i == j && (i == 2 || i == 3);
			ck_assert(value_order(&a, &b, &cmp) == ordered);
		}
	}
}
END_TEST

START_TEST(value_float_is_a_number_or_nothing)
{
	ck_assert_int_eq(value_float(NAN).type, VALUE_NULL);
	ck_assert_int_eq(value_float(-INFINITY).type, VALUE_NULL);
	ck_assert_int_eq(value_float(1.5).type, VALUE_FLOAT);
	ck_assert_double_eq(value_float(1.5).f, 1.5);
	ck_assert_int_eq(value_int(INT64_MIN).type, VALUE_INT);
	ck_assert_int_eq(value_int(INT64_MIN).i, INT64_MIN);
}
END_TEST

START_TEST(value_nan_is_equal_to_nothing)
{
	struct value nan = { .type = VALUE_FLOAT, .f = NAN };
	struct value one = { .type = VALUE_INT, .i = 1 };
	int cmp;

	ck_assert(!value_equal(&nan, &nan));
	ck_assert(!value_order(&nan, &one, &cmp));
	ck_assert(!value_order(&one, &nan, &cmp));
}
END_TEST

static const char *
written(struct value v)
{
	static char text[256];
	struct buf b = BUF_FIXED(text, sizeof text - 1);

	value_write_json(&v, &b);
	ck_assert_int_eq(b.err, 0);
	text[b.len] = '\0';
	return text;
}

static const char *
written_float(double f)
{
	return written((struct value){ .type = VALUE_FLOAT, .f = f });
}

START_TEST(value_float_is_written_with_the_fewest_digits)
{
	static const struct {
		double      f;
		const char *text;
	} cases[] = {
		{ 0, "0" }, { -0.0, "-0" }, { 1, "1" }, { -1.5, "-1.5" },
		{ 100, "100" }, { 0.1, "0.1" }, { 0.1 + 0.2,
		  "0.30000000000000004" }, { 1.0 / 3, "0.3333333333333333" },
		{ 123456.789, "123456.789" }, { 1e20, "100000000000000000000" },
		{ 1e21, "1e21" }, { 1.5e21, "1.5e21" }, { 1e-6, "0.000001" },
		{ 1.25e-5, "0.0000125" }, { 1e-7, "1e-7" }, { 1e300, "1e300" },
		{ 5e-324, "5e-324" }, { 2.2250738585072014e-308,
		  "2.2250738585072014e-308" }, { 1.7976931348623157e308,
		  "1.7976931348623157e308" }, { 9007199254740993.0,
		  "9007199254740992" }, { (double)0.1f,
		  "0.10000000149011612" }, { NAN, "null" },
		{ INFINITY, "null" }, { -INFINITY, "null" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_str_eq(written_float(cases[i].f), cases[i].text);
}
END_TEST

START_TEST(value_float_reads_back_the_same)
{
	uint64_t bits = 0x9e3779b97f4a7c15;

	for (int i = 0; i < 20000; i++) {
		double f, read;
		bits = bits * 6364136223846793005u + 1442695040888963407u;
		memcpy(&f, &bits, sizeof f);
		if (!isfinite(f))
			continue;
		struct value v = of(written_float(f));
		read = value_number(&v);
		ck_assert_mem_eq(&f, &read, sizeof f);
	}
}
END_TEST

START_TEST(value_numbers_do_not_mind_the_locale)
{
	setlocale(LC_ALL, "de_DE.UTF-8"); /* a comma, where there is one */
	ck_assert_str_eq(written_float(1.5), "1.5");
	struct value v = of("1.23456789012345678901234567890");
	ck_assert_str_eq(written_float(v.f), "1.2345678901234567");
}
END_TEST

START_TEST(value_is_written_as_it_came_in)
{
	ck_assert_str_eq(written(of("1.50")), "1.50");
	ck_assert_str_eq(written(of("-0")), "-0");
	ck_assert_str_eq(written(of("18446744073709551615")),
			 "18446744073709551615");
	ck_assert_str_eq(written(of("\"\\u0061\\/\"")), "\"\\u0061\\/\"");
	ck_assert_str_eq(written(of(" [1, 2.0] ")), "[1, 2.0]");
	ck_assert_str_eq(written(of("{\n\"a\":\r\n1}")), "{ \"a\":  1}");
	ck_assert_str_eq(written(of("null")), "null");
}
END_TEST

START_TEST(value_without_text_is_written_canonically)
{
	struct value s = {
		.type = VALUE_STR, .ptr = "a\"\n\x01\xff", .len = 5,
	};

	ck_assert_str_eq(written(VALUE_NONE), "null");
	ck_assert_str_eq(written((struct value){ .type = VALUE_BOOL }),
			 "false");
	ck_assert_str_eq(written((struct value){ .type = VALUE_INT,
						 .i = INT64_MIN }),
			 "-9223372036854775808");
	ck_assert_str_eq(written(s), "\"a\\\"\\n\\u0001\xff\"");
}
END_TEST

START_TEST(value_as_text_has_bare_strings)
{
	char text[64];
	struct buf b = BUF_FIXED(text, sizeof text);
	struct value s = of("\"a\\nb\""), n = of("1.50"), a = of("[\"x\"]");

	value_write_text(&s, &b);
	value_write_text(&n, &b);
	value_write_text(&a, &b);
	ck_assert_uint_eq(b.len, 12);
	ck_assert_mem_eq(text, "a\nb1.50[\"x\"]", 12);
}
END_TEST

START_TEST(value_types_have_names)
{
	ck_assert_str_eq(value_type_name(VALUE_NULL), "null");
	ck_assert_str_eq(value_type_name(VALUE_FLOAT), "float");
	ck_assert_str_eq(value_type_name(VALUE_OBJECT), "object");
}
END_TEST

TEST_MAIN(value, value_equal_goes_by_meaning,
	  value_order_is_exact_and_consistent,
	  value_order_of_strings_is_by_bytes, value_order_is_none_between_types,
	  value_total_order_has_booleans_numbers_and_strings,
	  value_float_is_a_number_or_nothing, value_nan_is_equal_to_nothing,
	  value_float_is_written_with_the_fewest_digits,
	  value_float_reads_back_the_same, value_numbers_do_not_mind_the_locale,
	  value_is_written_as_it_came_in,
	  value_without_text_is_written_canonically,
	  value_as_text_has_bare_strings, value_types_have_names)
