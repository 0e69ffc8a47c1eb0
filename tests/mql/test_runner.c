#include "tests/mql/ask.h"
#include "tests/check_main.h"

static const char *row;
static size_t len;

static int
put(struct mql_runner *r, const char *event)
{
	return mql_runner_event(r, event, strlen(event), &row, &len);
}

static struct mql_runner_stats
stats(const struct mql_runner *r)
{
	struct mql_runner_stats st;

	mql_runner_stats(r, &st);
	return st;
}

START_TEST(runner_counts_what_happened)
{
	struct mql_query *q = ask_compile("select a where a > 1");
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	ck_assert_int_eq(put(r, "{\"a\":1}"), 0);
	ck_assert_ptr_null(row);
	ck_assert_int_eq(put(r, "{\"a\":2}"), 0);
	ck_assert(len == 7 && !memcmp(row, "{\"a\":2}", 7));
	ck_assert_int_eq(put(r, "{\"a\":"), MQL_EBADEVENT);
	ck_assert_ptr_null(row);
	ck_assert_int_eq(put(r, "[1]"), MQL_EBADEVENT);
	ck_assert_int_eq(put(r, ""), MQL_EBADEVENT);
	ck_assert_int_eq(put(r, "{\"a\":\"x\"}"), 0);

	struct mql_runner_stats st = stats(r);
	ck_assert_uint_eq(st.seen, 3);
	ck_assert_uint_eq(st.matched, 1);
	ck_assert_uint_eq(st.rows, 1);
	ck_assert_uint_eq(st.sampled, 0);
	ck_assert_uint_eq(st.bad, 3);
	ck_assert_uint_eq(st.mismatches, 1);
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

START_TEST(runner_never_answers_text_that_is_no_json)
{
	static const char *const bad[] = {
		"{\"a\":1", "{\"a\":1}x", "{\"a\":1,}", "{\"a\":01}",
		"{\"a\":1,\"b\":[1,}", "{\"a\":1,\"b\":\"\\x\"}",
		"{\"a\":1,\"b\":tru}", "{\"a\":1 \"b\":2}", "null", "{\"a\"}",
	};
	static const char *const text[] = { "select *", "select a",
					    "select * where a == 1" };

	for (size_t i = 0; i < 3; i++) {
		struct mql_query *q = ask_compile(text[i]);
		struct mql_runner *r;

		ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
		for (size_t k = 0; k < sizeof bad / sizeof *bad; k++) {
			int err = put(r, bad[k]);

			/* One that does not match need not be read whole. */
			ck_assert_msg(err == MQL_EBADEVENT || (i == 2 && !err),
				      "%s on %s", text[i], bad[k]);
			ck_assert_ptr_null(row);
		}
		mql_runner_free(r);
		mql_query_free(q);
	}
}
END_TEST

START_TEST(runner_stops_at_the_limit)
{
	struct mql_query *q = ask_compile("select * where a > 0 limit 2");
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(put(r, "{\"a\":0}"), 0);
		ck_assert_int_eq(put(r, "{\"a\":1}"), 0);
		ck_assert((row != NULL) == (i < 2));
		ck_assert(mql_runner_done(r) == (i >= 1));
	}
	ck_assert_uint_eq(stats(r).seen, 4);
	ck_assert_uint_eq(stats(r).matched, 2);
	mql_runner_free(r);
	mql_query_free(q);

	q = ask_compile("select * limit 0");
	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	ck_assert(mql_runner_done(r));
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

START_TEST(runner_samples_about_the_share_and_always_the_same)
{
	struct mql_query *q = ask_compile("select * where a > 0 sample 10%");
	uint64_t rows[2];

	for (int k = 0; k < 2; k++) {
		struct mql_runner *r;

		ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
		for (int i = 0; i < 20000; i++)
			ck_assert_int_eq(put(r, i % 2 ? "{\"a\":1}"
						      : "{\"a\":0}"), 0);
		struct mql_runner_stats st = stats(r);
		ck_assert_uint_eq(st.matched, 10000);
		ck_assert_uint_eq(st.sampled + st.rows, st.matched);
		ck_assert(st.rows > 900 && st.rows < 1100);
		rows[k] = st.rows;
		mql_runner_free(r);
	}
	ck_assert_uint_eq(rows[0], rows[1]);
	mql_query_free(q);
}
END_TEST

START_TEST(runner_refuses_an_event_above_its_size)
{
	struct mql_query *q = ask_compile("select *");
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 10, &r), 0);
	ck_assert_int_eq(put(r, "{\"a\": 12 }"), 0);
	ck_assert_int_eq(put(r, "{\"a\": 123 }"), MQL_EBADEVENT);
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

START_TEST(runner_tells_the_time_that_it_was_told)
{
	struct mql_query *q = ask_compile("select @ts, @seq where @ts > 5");
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	ck_assert_int_eq(put(r, "{}"), 0);
	ck_assert_ptr_null(row);
	mql_runner_time(r, 1700000000123);
	ck_assert_int_eq(put(r, "{}"), 0);
	ck_assert_ptr_nonnull(row);
	ck_assert_str_eq(strndupa(row, len),
			 "{\"@ts\":1700000000123,\"@seq\":2}");
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

struct sink {
	char text[256];
	int  left;
};

static bool
take_row(void *arg, const char *text, size_t n)
{
	struct sink *s = arg;

	ck_assert_uint_lt(strlen(s->text) + n, sizeof s->text);
	strncat(s->text, text, n);
	return --s->left > 0;
}

/* The rows of three events, a second apart. */
static struct mql_runner_stats
run_rows(const char *query, struct sink *s)
{
	struct mql_query *q = ask_compile(query);
	struct mql_runner *r;

	s->text[0] = 0;
	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	mql_runner_rows(r, take_row, s);
	for (int i = 1; i <= 3; i++) {
		mql_runner_time(r, i * 1000);
		ck_assert_int_eq(put(r, i == 2 ? "{\"a\":2}" : "{\"a\":1}"),
				 0);
		ck_assert_ptr_null(row);
	}
	mql_runner_end(r);
	struct mql_runner_stats st = stats(r);
	mql_runner_free(r);
	mql_query_free(q);
	return st;
}

static void
take_window(void *arg, int64_t start, int64_t end, uint64_t events)
{
	char text[64];

	snprintf(text, sizeof text, "[%lld %lld %llu]", (long long)start,
		 (long long)end, (unsigned long long)events);
	take_row(arg, text, strlen(text));
}

START_TEST(runner_tells_windows_behind_their_rows)
{
	struct mql_query *q = ask_compile("select a window 2s");
	struct sink s = { .left = 99 };
	struct mql_runner *r;

	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	mql_runner_rows(r, take_row, &s);
	mql_runner_windows(r, take_window, &s);
	for (int i = 2; i <= 4; i++) {
		mql_runner_time(r, i * 1000);
		ck_assert_int_eq(put(r, "{\"a\":1}"), 0);
	}
	mql_runner_end(r);
	ck_assert_str_eq(s.text, "{\"a\":1}{\"a\":1}[2000 4000 2]"
				 "{\"a\":1}[4000 6000 1]");
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

START_TEST(runner_gives_all_rows_to_its_sink)
{
	struct sink s = { .left = 99 };

	ck_assert_uint_eq(run_rows("select a where a == 1", &s).rows, 2);
	ck_assert_str_eq(s.text, "{\"a\":1}{\"a\":1}");
	ck_assert_uint_eq(run_rows("select a, count(*) group by a", &s).rows,
			  2);
	ck_assert_str_eq(s.text, "{\"a\":1,\"count(*)\":2}"
				 "{\"a\":2,\"count(*)\":1}");
	run_rows("select a order by a desc", &s);
	ck_assert_str_eq(s.text, "{\"a\":2}{\"a\":1}{\"a\":1}");
	run_rows("select sum(a) window 2s", &s);
	ck_assert_str_eq(s.text, "{\"sum(a)\":1}{\"sum(a)\":3}");

	s.left = 1;
	struct mql_runner_stats st = run_rows("select a", &s);
	ck_assert_uint_eq(st.rows, 1);
	ck_assert_uint_eq(st.seen, 1);
}
END_TEST

START_TEST(runner_tells_what_it_left_out)
{
	struct sink s = { .left = 99 };
	struct mql_runner_stats st;

	st = run_rows("select count(*) window 1ms on 10 - a grace 0s", &s);
	ck_assert_uint_eq(st.late, 1);
	ck_assert_uint_eq(st.matched, 3);
	st = run_rows("select count(*) window 1ms on nothing", &s);
	ck_assert_uint_eq(st.untimed, 3);
	ck_assert_str_eq(s.text, "");
}
END_TEST

START_TEST(runner_and_query_may_be_null_when_freed)
{
	mql_runner_free(NULL);
	mql_query_free(NULL);
}
END_TEST

TEST_MAIN(runner, runner_tells_windows_behind_their_rows,
	  runner_counts_what_happened,
	  runner_never_answers_text_that_is_no_json, runner_stops_at_the_limit,
	  runner_samples_about_the_share_and_always_the_same,
	  runner_refuses_an_event_above_its_size,
	  runner_tells_the_time_that_it_was_told,
	  runner_gives_all_rows_to_its_sink, runner_tells_what_it_left_out,
	  runner_and_query_may_be_null_when_freed)
