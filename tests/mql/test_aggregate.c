#include "aggregate_run.h"

static const char *
of(const char *name, const char *values)
{
	const struct kind k = { name, NULL, false };

	return over(&k, values);
}

static const char *
with(const char *name, const char *param, const char *values)
{
	const struct kind k = { name, param, false };

	return over(&k, values);
}

static const char *
distinct(const char *values)
{
	const struct kind k = { "count", NULL, true };

	return over(&k, values);
}

/* --- the table ------------------------------------------------------------ */

START_TEST(table_finds_names_in_any_case)
{
	static const char *const names[] = {
		"count", "sum", "avg", "average", "min", "max", "stddev",
		"variance", "p1", "p5", "p10", "p25", "p50", "p75", "p90",
		"p95", "p99", "p995", "percentile", "top", "list", "first",
		"last", "rate",
	};
	size_t n;

	aggregate_table(&n);
	ck_assert_uint_eq(n, sizeof names / sizeof *names);
	for (size_t i = 0; i < n; i++) {
		ck_assert_ptr_eq(aggregate_find(str_of(names[i])),
				 &aggregate_table(&n)[i]);
	}
	ck_assert_ptr_eq(aggregate_find(STR("AVERAGE")),
			 aggregate_find(STR("average")));
	ck_assert_ptr_eq(aggregate_find(STR("Count")),
			 aggregate_find(STR("count")));
	ck_assert_ptr_null(aggregate_find(STR("p98")));
	ck_assert_ptr_null(aggregate_find(STR("")));
	ck_assert_ptr_null(aggregate_find(STR("a_name_that_has_no_end")));
	ck_assert_str_eq(aggregate_near(STR("cuont")), "count");
	ck_assert_str_eq(aggregate_near(STR("percentil")), "percentile");
	ck_assert_ptr_null(aggregate_near(STR("latency")));
}
END_TEST

START_TEST(table_documents_every_row)
{
	size_t n;
	const struct aggregate *a = aggregate_table(&n);

	for (; n; n--, a++) {
		ck_assert_msg(a->about && a->example && a->gives, "%s",
			      a->name);
		ck_assert_msg(strstr(a->example, a->name) != NULL, "%s",
			      a->name);
		ck_assert_uint_lt(a->size, 256);
	}
}
END_TEST

START_TEST(table_examples_give_what_they_say)
{
	size_t n;
	const struct aggregate *a = aggregate_table(&n);

	for (; n; n--, a++) {
		struct kind k = { a->name, NULL, false };
		k.distinct = strstr(a->example, "distinct") != NULL;
		k.param = !strcmp(a->name, "top") ? "1"
			: !strcmp(a->name, "percentile") ? "0.5" : NULL;
		const char *got = over(&k, "[1,2,2,5]");
		const bool rounded = !strncmp(a->example, "round(", 6);
		ck_assert_msg(rounded ? fabs(atof(got) - atof(a->gives)) < 5e-4
				      : !strcmp(got, a->gives),
			      "%s gives %s", a->example, got);
	}
}
END_TEST

static int
init(const char *name, bool distinct_too, const char *param, unsigned nparam)
{
	struct aggregate_call c;
	struct value v[2] = { VALUE_NONE, VALUE_NONE };
	char why[120] = "";
	int err;

	if (param)
		v[0] = value_of(param);
	err = aggregate_call_init(&c, aggregate_find(str_of(name)),
				  distinct_too, v, nparam, why, sizeof why);
	ck_assert_msg(!err == !why[0], "%s: %s", name, why);
	return err;
}

START_TEST(call_refuses_what_does_not_fit)
{
	ck_assert_int_eq(init("count", true, NULL, 0), 0);
	ck_assert_int_eq(init("sum", true, NULL, 0), MQL_ETYPE);
	ck_assert_int_eq(init("sum", false, "1", 1), MQL_ETYPE);
	ck_assert_int_eq(init("p99", false, "0.5", 1), MQL_ETYPE);
	ck_assert_int_eq(init("rate", false, "1", 1), MQL_ETYPE);
	ck_assert_int_eq(init("percentile", false, NULL, 0), MQL_ETYPE);
	ck_assert_int_eq(init("percentile", false, "\"x\"", 1), MQL_ETYPE);
	ck_assert_int_eq(init("percentile", false, "0", 1), MQL_ELIMIT);
	ck_assert_int_eq(init("percentile", false, "1", 1), MQL_ELIMIT);
	ck_assert_int_eq(init("percentile", false, "0.5", 2), MQL_ETYPE);
	ck_assert_int_eq(init("percentile", false, "0.999", 1), 0);
	ck_assert_int_eq(init("top", false, NULL, 0), 0);
	ck_assert_int_eq(init("top", false, "5", 1), 0);
	ck_assert_int_eq(init("top", false, "0", 1), MQL_ELIMIT);
	ck_assert_int_eq(init("top", false, "1001", 1), MQL_ELIMIT);
	ck_assert_int_eq(init("top", false, "2.5", 1), MQL_ETYPE);
}
END_TEST

/* --- values --------------------------------------------------------------- */

START_TEST(nothing_gives_zero_for_count_and_null_for_the_rest)
{
	for (int i = 0; i < KINDS; i++)
		ck_assert_str_eq(over(&kinds[i], "[]"),
				 strcmp(kinds[i].name, "count") ? "null" :
				 "0");
}
END_TEST

START_TEST(other_types_are_skipped_where_they_mean_nothing)
{
	const char *mixed = "[\"x\",true,[1],{\"a\":1},7]";

	ck_assert_str_eq(of("count", mixed), "5");
	ck_assert_str_eq(of("sum", mixed), "7");
	ck_assert_str_eq(of("avg", mixed), "7");
	ck_assert_str_eq(of("p50", mixed), "7");
	ck_assert_str_eq(of("variance", mixed), "null");
	ck_assert_str_eq(of("sum", "[\"x\"]"), "null");
	/* no double holds it, JSON has no word for what it would be */
	ck_assert_str_eq(of("sum", "[1e400,3]"), "3");
	ck_assert_str_eq(of("max", "[1e400,3]"), "3");
	ck_assert_str_eq(of("list", "[1e400,3]"), "[3]");
}
END_TEST

START_TEST(count_distinct_goes_by_equality)
{
	ck_assert_str_eq(distinct("[1,1.0,1e0,10e-1,2]"), "2");
	ck_assert_str_eq(distinct("[1,\"1\",true,[1]]"), "4");
	ck_assert_str_eq(distinct("[\"\\u0041\",\"A\",\"a\"]"), "2");
	ck_assert_str_eq(distinct("[0,-0.0,0.0]"), "1");
	ck_assert_str_eq(distinct("[{\"a\":1,\"b\":[2]},"
				  "{\"b\": [2.0],\"a\":1}]"), "1");
	ck_assert_str_eq(distinct("[[1,2],[2,1],[1, 2],[[1],2]]"), "3");
	ck_assert_str_eq(distinct("[{\"a\":\"\\u0042\"},{\"\\u0061\":\"B\"}]"),
			 "1");
	ck_assert_str_eq(distinct("[9007199254740993,9007199254740992]"),
			 "2");
	ck_assert_str_eq(distinct("[18446744073709551615,"
				  "18446744073709551614]"), "2");
}
END_TEST

START_TEST(sum_of_integers_is_exact)
{
	ck_assert_str_eq(of("sum", "[9223372036854775807,"
			    "9223372036854775807,9223372036854775807]"),
			 "27670116110564327421");
	ck_assert_str_eq(of("sum", "[-9223372036854775808,"
			    "-9223372036854775808]"),
			 "-18446744073709551616");
	ck_assert_str_eq(of("sum", "[9223372036854775807,1,-1]"),
			 "9223372036854775807");
	ck_assert_str_eq(of("sum", "[9007199254740993,9007199254740993]"),
			 "18014398509481986");
	ck_assert_str_eq(of("sum", "[18446744073709551615,1]"),
			 "18446744073709551616");
	ck_assert_str_eq(of("sum",
			    "[100000000000000000000000000000000000000,"
			    "-99999999999999999999999999999999999999]"),
			 "1");
}
END_TEST

START_TEST(sum_beyond_128_bits_goes_on_as_a_float)
{
	ck_assert_str_eq(of("sum",
			    "[170141183460469231731687303715884105727,"
			    "170141183460469231731687303715884105727]"),
			 "3.402823669209385e38");
	ck_assert_str_eq(of("sum",
			    "[170141183460469231731687303715884105727,"
			    "170141183460469231731687303715884105727,"
			    "-170141183460469231731687303715884105727,"
			    "-170141183460469231731687303715884105720]"),
			 "7");
}
END_TEST

START_TEST(sum_of_floats_is_rounded_once)
{
	ck_assert_str_eq(of("sum", "[0.1,0.2,0.3]"), "0.6");
	ck_assert_str_eq(of("sum", "[0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,0.1,"
			    "0.1]"), "1");
	ck_assert_str_eq(of("sum", "[1e308,1,-1e308]"), "1");
	ck_assert_str_eq(of("sum", "[1e308,1e308,-1e308]"), "1e308");
	ck_assert_str_eq(of("sum", "[1e308,1e308]"), "null");
	ck_assert_str_eq(of("sum", "[5e-324,5e-324]"), "1e-323");
	ck_assert_str_eq(of("sum", "[-5e-324,2.2250738585072014e-308]"),
			 "2.225073858507201e-308");
	ck_assert_str_eq(of("sum", "[0.5,-0.5]"), "0");
	/* integers and floats together */
	ck_assert_str_eq(of("sum", "[9223372036854775807,0.5,"
			    "-9223372036854775807]"), "0.5");
	ck_assert_str_eq(of("sum", "[1,2.0]"), "3");
	ck_assert_str_eq(of("sum", "[-3,-0.25]"), "-3.25");
}
END_TEST

START_TEST(sum_rounds_to_the_nearest_and_ties_to_even)
{
	const struct aggregate_call c = call("sum");
	static const struct {
		double a, b, sum;
	} t[] = {
		{ 1, 0x1p-53, 1 },
		{ 0x1.0000000000001p0, 0x1p-53, 0x1.0000000000002p0 },
		{ 0x1p60, 0x1.8p7, 0x1p60 + 0x1p8 },
		{ 0x1p1023, 0x1p-1074, 0x1p1023 },
		{ -0x1p-1022, 0x1p-1074, -0x0.fffffffffffffp-1022 },
		{ 0x1.fffffffffffffp1023, 0x1p969, 0x1.fffffffffffffp1023 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		void *s = state_new(&c);
		add_float(&c, s, t[i].a);
		add_float(&c, s, t[i].b);
		ck_assert_double_eq(result(&c, s).f, t[i].sum);
		state_free(&c, s);
	}
}
END_TEST

START_TEST(sum_agrees_with_long_arithmetic)
{
	/* Multiples of 2^-20 with 60 bits: 128 bits hold their sum. */
	const struct aggregate_call c = call("sum");
	uint64_t seed = 7;

	for (int round = 0; round < 50; round++) {
		void *s = state_new(&c);
		__extension__ __int128 exact = 0;
		for (int i = 0; i < 1000; i++) {
			int64_t n = (int64_t)dice(&seed) >> (11 + i % 40);
			exact += n;
			add_float(&c, s, ldexp((double)n, -20));
		}
		ck_assert_double_eq(result(&c, s).f,
				    ldexp((double)exact, -20));
		state_free(&c, s);
	}
}
END_TEST

START_TEST(avg_is_a_float)
{
	ck_assert_str_eq(of("avg", "[1,2]"), "1.5");
	ck_assert_str_eq(of("average", "[2,4]"), "3");
	ck_assert_str_eq(of("avg", "[1,1,2]"), "1.3333333333333333");
	ck_assert_str_eq(of("avg", "[9223372036854775807,"
			    "9223372036854775807]"), "9223372036854776000");
	ck_assert_str_eq(of("avg", "[1e308,-1e308,6]"), "2");
}
END_TEST

START_TEST(min_and_max_have_one_order_for_all_types)
{
	ck_assert_str_eq(of("min", "[3,1,2]"), "1");
	ck_assert_str_eq(of("max", "[3,1.5,3.25]"), "3.25");
	ck_assert_str_eq(of("min", "[\"b\",\"B\",\"ba\"]"), "\"B\"");
	ck_assert_str_eq(of("max", "[\"b\",\"\\u00e9\",\"ba\"]"),
			 "\"\u00e9\"");
	ck_assert_str_eq(of("min", "[\"a\",5]"), "5");
	ck_assert_str_eq(of("max", "[\"a\",5,true]"), "\"a\"");
	ck_assert_str_eq(of("min", "[\"a\",5,true,false]"), "false");
	ck_assert_str_eq(of("min", "[[1],{\"a\":2}]"), "null");
	ck_assert_str_eq(of("max", "[9007199254740992,9007199254740993]"),
			 "9007199254740993");
	ck_assert_str_eq(of("max", "[9007199254740993,9007199254740992.0]"),
			 "9007199254740993");
	ck_assert_str_eq(of("max", "[18446744073709551614,"
			    "18446744073709551615,3]"),
			 "18446744073709551615");
	ck_assert_str_eq(of("min", "[-18446744073709551614,"
			    "-18446744073709551615]"),
			 "-18446744073709551615");
	ck_assert_str_eq(of("max", "[\"\",\"a\\u0000b\\n\"]"),
			 "\"a\\u0000b\\n\"");
}
END_TEST

START_TEST(variance_is_that_of_a_sample)
{
	ck_assert_double_eq_tol(atof(of("variance", "[1,2,2,5]")), 3, 1e-14);
	ck_assert_str_eq(of("stddev", "[2,4]"), "1.4142135623730951");
	ck_assert_str_eq(of("variance", "[5]"), "null");
	ck_assert_str_eq(of("variance", "[5,5,5]"), "0");
	/* where the difference of two sums of squares has no digit left */
	ck_assert_str_eq(of("variance", "[1000000001,1000000002,1000000003]"),
			 "1");
	ck_assert_str_eq(of("stddev", "[1e200,-1e200]"), "null");
}
END_TEST

START_TEST(percentile_of_few_values_is_one_of_them)
{
	ck_assert_str_eq(of("p50", "[7]"), "7");
	ck_assert_str_eq(of("p995", "[7]"), "7");
	ck_assert_str_eq(of("p1", "[7]"), "7");
	ck_assert_str_eq(of("p50", "[1,2,3]"), "2");
	ck_assert_str_eq(of("p50", "[4,3,2,1]"), "2");
	ck_assert_str_eq(of("p50", "[10,9,8,7,6,5,4,3,2,1]"), "5");
	ck_assert_str_eq(of("p90", "[10,9,8,7,6,5,4,3,2,1]"), "9");
	ck_assert_str_eq(of("p95", "[10,9,8,7,6,5,4,3,2,1]"), "10");
	ck_assert_str_eq(of("p50", "[9007199254740993]"),
			 "9007199254740993");
	ck_assert_str_eq(of("p50", "[-1.5,0,2]"), "0");
	ck_assert_str_eq(with("percentile", "0.3", "[1,2,3,4,5,6,7,8,9,10]"),
			 "3");
	ck_assert_str_eq(with("percentile", "0.07",
			      "[1,2,3,4,5,6,7,8,9,10]"), "1");
}
END_TEST

START_TEST(percentile_compares_integers_and_floats_by_value)
{
	ck_assert_str_eq(of("p50", "[1.5,1,2]"), "1.5");
	ck_assert_str_eq(of("p50", "[2.0,1,1.0,3.5,2]"), "2");
	ck_assert_str_eq(of("p1", "[-0.0,0.5]"), "0");
	ck_assert_str_eq(of("p50", "[1e300,9007199254740993,0.1]"),
			 "9007199254740993");
	ck_assert_str_eq(of("p50", "[-2.5,-1.5,-1e300]"), "-2.5");
}
END_TEST

START_TEST(top_counts_exactly_while_all_fit)
{
	ck_assert_str_eq(with("top", "2",
			      "[\"a\",\"b\",\"b\",1,\"c\",\"b\",1.0]"),
			 "[{\"value\":\"b\",\"count\":3,\"error\":0},"
			 "{\"value\":1,\"count\":2,\"error\":0}]");
	ck_assert_str_eq(with("top", "9", "[\"b\",\"a\",\"c\"]"),
			 "[{\"value\":\"a\",\"count\":1,\"error\":0},"
			 "{\"value\":\"b\",\"count\":1,\"error\":0},"
			 "{\"value\":\"c\",\"count\":1,\"error\":0}]");
	ck_assert_str_eq(with("top", "1", "[{\"a\":1,\"b\":2},"
			      "{\"b\":2,\"a\":1}]"),
			 "[{\"value\":{\"a\":1,\"b\":2},"
			 "\"count\":2,\"error\":0}]");
	ck_assert_str_eq(with("top", "1", "[18446744073709551615]"),
			 "[{\"value\":18446744073709551615,"
			 "\"count\":1,\"error\":0}]");
}
END_TEST

START_TEST(list_keeps_values_as_they_came)
{
	ck_assert_str_eq(of("list", "[1,1.50,\"a\\u0041\",[1, 2],"
			    "{\"a\":null},18446744073709551615,true]"),
			 "[1,1.50,\"a\\u0041\",[1, 2],"
			 "{\"a\":null},18446744073709551615,true]");
}
END_TEST

START_TEST(first_and_last_go_by_time)
{
	const struct aggregate_call first = call("first");
	const struct aggregate_call last = call("last");
	void *f = state_new(&first), *l = state_new(&last);
	static const struct {
		const char *json;
		int64_t     at;
	} t[] = {
		{ "\"b\"", 20 }, { "\"a\"", 10 }, { "\"x\"", 10 },
		{ "\"d\"", 40 }, { "\"e\"", 40 }, { "\"c\"", -5 },
	};
	char text[SCRATCH];

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		add(&first, f, t[i].json, t[i].at);
		add(&last, l, t[i].json, t[i].at);
	}
	ck_assert_str_eq(result_text(&first, f, text), "\"c\"");
	ck_assert_str_eq(result_text(&last, l, text), "\"e\"");
	state_free(&first, f);
	state_free(&last, l);
	ck_assert_str_eq(of("first", "[[1, {\"a\":2}],3]"),
			 "[1, {\"a\":2}]");
}
END_TEST

START_TEST(rate_is_of_the_window_or_of_what_was_seen)
{
	const struct aggregate_call c = call("rate");
	struct buf none = BUF_FIXED(NULL, 0);
	void *s = state_new(&c);

	add(&c, s, "1", 5000);
	ck_assert_int_eq(c.fn->finish(&c, s, 0, &none).type, VALUE_NULL);
	add(&c, s, "1", 9000);
	add(&c, s, "1", 7000);
	ck_assert_double_eq(c.fn->finish(&c, s, 0, &none).f, 0.75);
	ck_assert_double_eq(c.fn->finish(&c, s, 60000, &none).f, 0.05);
	state_free(&c, s);
}
END_TEST

START_TEST(finish_without_room_is_null)
{
	static const char *const names[] = { "min", "last", "list", "top" };
	char few[2];

	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct aggregate_call c = call(names[i]);
		struct buf scratch = BUF_FIXED(few, sizeof few);
		void *s = state_new(&c);
		add(&c, s, "\"longer\"", 0);
		ck_assert_int_eq(c.fn->finish(&c, s, 0, &scratch).type,
				 VALUE_NULL);
		state_free(&c, s);
	}
}
END_TEST

START_TEST(a_weight_counts_as_that_many_events)
{
	static const char *const values[] = { "3", "-7", "2.5", "1e9" };
	static char once[SCRATCH], often[SCRATCH];

	for (unsigned i = 0; i < KINDS; i++) {
		const struct aggregate_call c = call_of(&kinds[i]);
		void *a = state_new(&c), *b = state_new(&c);

		if (!strcmp(kinds[i].name, "list")) {
			state_free(&c, a);
			state_free(&c, b);
			continue;
		}
		for (unsigned k = 0; k < 4; k++) {
			const struct value v = value_of(values[k]);

			ck_assert_int_eq(c.fn->update(&c, a, &v, k, 8), 0);
			for (unsigned n = 0; n < 8; n++)
				add(&c, b, values[k], k);
		}
		if (!strcmp(kinds[i].name, "variance") ||
		    !strcmp(kinds[i].name, "stddev")) /* floats: rounded */
			ck_assert_double_eq_tol(result(&c, a).f /
						result(&c, b).f, 1, 1e-9);
		else
			ck_assert_str_eq(result_text(&c, a, once),
					 result_text(&c, b, often));
		state_free(&c, a);
		state_free(&c, b);
	}
}
END_TEST

START_TEST(a_weighted_sum_is_exact_where_the_product_is_too_large)
{
	static char once[SCRATCH];
	const struct aggregate_call c = call("sum");
	void *s = state_new(&c);
	struct value v = value_of("1e308");

	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 8), 0);
	v = value_of("-1e308");
	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 4), 0);
	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 4), 0);
	ck_assert_double_eq(result(&c, s).f, 0);
	state_free(&c, s);
	s = state_new(&c);
	v = value_of("170141183460469231731687303715884105727");
	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 2), 0);
	v = value_of("-170141183460469231731687303715884105727");
	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 1), 0);
	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 1), 0);
	result_text(&c, s, once);
	ck_assert_double_eq(strtod(once, NULL), 0);
	state_free(&c, s);
}
END_TEST

TEST_MAIN(aggregate, a_weight_counts_as_that_many_events,
	  a_weighted_sum_is_exact_where_the_product_is_too_large,
	  table_finds_names_in_any_case,
	  table_documents_every_row, table_examples_give_what_they_say,
	  call_refuses_what_does_not_fit,
	  nothing_gives_zero_for_count_and_null_for_the_rest,
	  other_types_are_skipped_where_they_mean_nothing,
	  count_distinct_goes_by_equality, sum_of_integers_is_exact,
	  sum_beyond_128_bits_goes_on_as_a_float,
	  sum_of_floats_is_rounded_once,
	  sum_rounds_to_the_nearest_and_ties_to_even,
	  sum_agrees_with_long_arithmetic, avg_is_a_float,
	  min_and_max_have_one_order_for_all_types,
	  variance_is_that_of_a_sample,
	  percentile_of_few_values_is_one_of_them,
	  percentile_compares_integers_and_floats_by_value,
	  top_counts_exactly_while_all_fit, list_keeps_values_as_they_came,
	  first_and_last_go_by_time,
	  rate_is_of_the_window_or_of_what_was_seen,
	  finish_without_room_is_null)
