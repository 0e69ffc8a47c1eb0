/* test_cut.c - origins, and the rows without them. Rows are made by the very
 * queries that the sink asks. */
#include "sink/kafka/cut.h"

#include "client/tail.h"
#include "tests/check_main.h"

#define FRONT "{\"@mql.a\":\"a\",\"@mql.h\":\"h\",\"@mql.t\":12"

static struct cut cut;

static struct str
value_of(const char *row, struct origin *o)
{
	struct str value;

	ck_assert_int_eq(cut_row(&cut, str_of(row), o, &value), 0);
	return value;
}

static void
assert_str(struct str got, const char *want)
{
	ck_assert_msg(str_eq(got, str_of(want)), "'%.*s' for '%s'",
		      (int)got.len, got.ptr, want);
}

START_TEST(cut_gives_the_row_that_was_asked_for)
{
	static const struct {
		const char *row, *value;
	} given[] = {
		{ FRONT ",\"n\":1}",
		  "{\"n\":1}" },
		{ FRONT "}", "{}" },
		{ FRONT ", \"n\" : 1 }",
		  "{ \"n\" : 1 }" },
		{ FRONT " }", "{}" },
		{ FRONT "  }", "{ }" },
	};

	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		struct origin o;
		assert_str(value_of(given[i].row, &o), given[i].value);
		assert_str(o.agent, "a");
		assert_str(o.host, "h");
		ck_assert_int_eq(o.ts, 12);
	}
	cut_fini(&cut);
}
END_TEST

START_TEST(cut_undoes_escapes_in_names)
{
	struct origin o;

	assert_str(value_of("{\"@mql.a\":\"a\\\"\\\\\",\"@mql.h\":\"\\u00e9\","
			    "\"@mql.t\":5,\"x\":\"\\\"\"}", &o),
		   "{\"x\":\"\\\"\"}");
	assert_str(o.agent, "a\"\\");
	assert_str(o.host, "\xc3\xa9");
	cut_fini(&cut);
}
END_TEST

START_TEST(cut_tells_rows_of_one_agent_from_those_of_another)
{
	static const struct {
		const char *row, *agent, *host;
	} given[] = {
		{ FRONT ",\"n\":1}", "a", "h" },
		{ FRONT ",\"n\":2}", "a", "h" },
		{ "{\"@mql.a\":\"b\\n\",\"@mql.h\":\"h\",\"@mql.t\":12,"
		  "\"n\":3}", "b\n", "h" },
		{ "{\"@mql.a\":\"b\\n\",\"@mql.h\":\"h\",\"@mql.t\":12,"
		  "\"n\":4}", "b\n", "h" },
		{ "{\"@mql.a\":\"c\\t\",\"@mql.t\":12,\"n\":5}",
		  "c\t", "" },
		{ "{\"@mql.a\":\"b\\n\",\"@mql.h\":\"h\",\"@mql.t\":12,"
		  "\"n\":6}", "b\n", "h" },
		{ "{\"@mql.a\":\"b\\n\",\"@mql.h\":\"h\\\\\",\"@mql.t\""
		  ":12,\"n\":7}", "b\n", "h\\" },
		{ FRONT ",\"n\":8}", "a", "h" },
	};
	char want[16];

	for (size_t i = 0; i < sizeof given / sizeof *given; i++) {
		struct origin o;
		snprintf(want, sizeof want, "{\"n\":%zu}", i + 1);
		assert_str(value_of(given[i].row, &o), want);
		assert_str(o.agent, given[i].agent);
		assert_str(o.host, given[i].host);
		ck_assert_int_eq(o.ts, 12);
	}
	cut_fini(&cut);
}
END_TEST

START_TEST(cut_knows_what_is_missing)
{
	struct origin o;

	assert_str(value_of("{\"@mql.t\":7,\"n\":1}", &o), "{\"n\":1}");
	ck_assert_uint_eq(o.agent.len, 0);
	ck_assert_int_eq(o.ts, 7);
	assert_str(value_of("{\"@mql.a\":\"x\",\"n\":1}", &o), "{\"n\":1}");
	ck_assert_int_eq(o.ts, 0);
	cut_fini(&cut);
}
END_TEST

START_TEST(cut_leaves_other_rows_as_they_are)
{
	static const char *const rows[] = {
		"{}", "{\"n\":1}", "{\"n\":\"@mql.a\",\"@mql.a\":1}", "",
		"[1]", "{", "{\"@mql.a\":", "{\"@mql.a\":\"",
		"{\"@mql.a\":\"\\", "{\"@mql.a\":1}",
		"{\"@mql.t\":99999999999999999999}", "{\"@mql.t\":8.6}",
		"{\"@mql.a\":\"a\",\"@mql.h\":\"",
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct origin o;
		assert_str(value_of(rows[i], &o), rows[i]);
	}
	cut_fini(&cut);
}
END_TEST

/* What query, with our columns in front, makes of the event. */
static void
run_extended(const char *query, const char *event, struct buf *row)
{
	struct buf text = BUF_INIT;
	struct mql_query *plain, *q;
	struct mql_runner *r;
	const char *out;
	size_t n;

	ck_assert_int_eq(mql_query_compile(query, &plain, NULL), 0);
	ck_assert(client_query_extend(plain, "'web-1' as '@mql.a', "
				      "'w' as '@mql.h', @ts as '@mql.t'",
				      &text));
	buf_put_u8(&text, '\0');
	ck_assert_int_eq(mql_query_compile((char *)text.data, &q, NULL), 0);
	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	mql_runner_time(r, 1700000000000);
	ck_assert_int_eq(mql_runner_event(r, event, strlen(event), &out, &n),
			 0);
	ck_assert_ptr_nonnull(out);
	buf_put(row, out, n);
	mql_runner_free(r);
	mql_query_free(q);
	mql_query_free(plain);
	buf_fini(&text);
}

static void
run_plain(const char *query, const char *event, struct buf *row)
{
	struct mql_query *q;
	struct mql_runner *r;
	const char *out;
	size_t n;

	ck_assert_int_eq(mql_query_compile(query, &q, NULL), 0);
	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	ck_assert_int_eq(mql_runner_event(r, event, strlen(event), &out, &n),
			 0);
	buf_put(row, out, n);
	mql_runner_free(r);
	mql_query_free(q);
}

START_TEST(cut_gives_what_the_query_alone_would_have)
{
	static const char *const queries[] = {
		"select *", "select a", "select a, b.c as x, missing",
		"select missing", "select e[^'a']", "select b, *",
		"select upper(a) as x, e[^'']", "true",
	};
	static const char *const events[] = {
		"{}", "{ }", "{\t}", "{\"a\":1}", "{ \"a\" : \"x\" }",
		"{\"b\":{\"c\":[1, 2]},\"a\":null}", "{\"a\":1,\"a\":2}",
		"{\"@t\":\"mine\",\"@a\":5}", " {\"a\":1}",
	};

	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		for (size_t k = 0; k < sizeof events / sizeof *events; k++) {
			struct buf with = BUF_INIT, without = BUF_INIT;
			struct str value;
			struct origin o;
			run_extended(queries[i], events[k], &with);
			run_plain(queries[i], events[k], &without);
			cut_row(&cut, (struct str){ (char *)with.data,
						    with.len }, &o, &value);
			assert_str(o.agent, "web-1");
			ck_assert_int_eq(o.ts, 1700000000000);
			ck_assert_msg(value.len == without.len &&
				      !memcmp(value.ptr, without.data,
					      value.len),
				      "%s of %s: '%.*s'", queries[i],
				      events[k], (int)value.len, value.ptr);
			buf_fini(&with);
			buf_fini(&without);
		}
	}
	cut_fini(&cut);
}
END_TEST

START_TEST(queries_with_groups_are_not_extended)
{
	static const char *const queries[] = {
		"select count(*)", "select a group by a", "select distinct a",
		"select a order by a", "select a window 1s",
	};

	for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
		struct buf text = BUF_INIT;
		struct mql_query *q;
		ck_assert_int_eq(mql_query_compile(queries[i], &q, NULL), 0);
		ck_assert(!client_query_extend(q, CUT_COLUMNS, &text));
		ck_assert_uint_eq(text.len, 0);
		mql_query_free(q);
	}
}
END_TEST

TEST_MAIN(cut, cut_gives_the_row_that_was_asked_for,
	  cut_undoes_escapes_in_names,
	  cut_tells_rows_of_one_agent_from_those_of_another,
	  cut_knows_what_is_missing,
	  cut_leaves_other_rows_as_they_are,
	  cut_gives_what_the_query_alone_would_have,
	  queries_with_groups_are_not_extended)
