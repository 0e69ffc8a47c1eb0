/* What came out of a stage waits until it is taken, with marks behind the rows
 * of a window, and is counted. */
#include "mql/results.h"

#include <stdio.h>

#include "tests/check_main.h"

enum { GRACE_MS = 1000, BYTES = 1 << 20 };

static struct mql_query *query;
static struct results *made;
static uint32_t agents;

static void
marked(void *arg, struct results_item *mark)
{
	mark->agents = *(uint32_t *)arg;
}

static void
begin(const char *text)
{
	struct mql_diag diag;

	agents = 0;
	ck_assert_int_eq(query_compile(str_of(text), &query, &diag), 0);
	ck_assert_int_eq(results_new(query, &(struct results_options){
		.max_bytes = BYTES, .max_out = BYTES, .grace_ms = GRACE_MS,
		.now = 5000,
		.marked = marked, .arg = &agents }, &made), 0);
}

static void
finish(void)
{
	results_free(made);
	mql_query_free(query);
}

static bool
row(const char *text)
{
	return results_row(made, str_of(text), 0, 6000);
}

/* All that came of it: rows as they are, marks in brackets. */
static const char *
items(void)
{
	static char text[4096];
	struct results_item item;
	size_t at = 0;

	text[0] = '\0';
	while (results_next(made, &item))
		at += (size_t)(item.is_mark ?
			snprintf(text + at, sizeof text - at,
				 "[%s%s%lld-%lld %llu]",
				 item.timed ? "window " : "",
				 item.cut ? "cut " : "",
				 (long long)item.start, (long long)item.end,
				 (unsigned long long)item.events) :
			snprintf(text + at, sizeof text - at, "%.*s",
				 (int)item.row.len, item.row.ptr));
	return text;
}

START_TEST(rows_wait_until_they_are_taken)
{
	begin("select distinct k");
	ck_assert(row("{\"k\":1}"));
	ck_assert(row("{\"k\":1}"));
	ck_assert(row("{\"k\":2}"));
	ck_assert_uint_eq(results_counts(made).taken, 3);
	ck_assert_uint_eq(results_counts(made).results, 2);
	ck_assert_str_eq(items(), "{\"k\":1}{\"k\":2}");
	ck_assert_str_eq(items(), "");
	ck_assert(row("{\"k\":3}"));
	ck_assert_str_eq(items(), "{\"k\":3}");
	finish();
}
END_TEST

START_TEST(a_mark_stands_behind_the_rows_of_its_window)
{
	begin("select count(*) as n window 1s on t");
	row("{\"t\":100}");
	row("{\"t\":100}");
	row("{\"t\":103}");
	row("{\"t\":100}");
	row("{}");
	results_tick(made, 7000);
	results_end(made, 8000);
	ck_assert_str_eq(items(), "{\"n\":2}[window 100000-101000 2]"
				  "{\"n\":1}[window cut 103000-104000 1]");
	ck_assert_uint_eq(results_counts(made).late, 1);
	ck_assert_uint_eq(results_counts(made).untimed, 1);
	finish();
}
END_TEST

/* What is true when it is made, not when it is taken. */
START_TEST(a_mark_is_completed_when_it_is_made)
{
	struct results_item item;

	begin("select count(*) as n window 1s on t");
	agents = 7;
	row("{\"t\":100}");
	row("{\"t\":103}");
	agents = 8;
	ck_assert(results_next(made, &item) && !item.is_mark);
	ck_assert(results_next(made, &item) && item.is_mark);
	ck_assert_uint_eq(item.agents, 7);
	ck_assert(!results_next(made, &item));
	finish();
}
END_TEST

START_TEST(a_total_is_marked_from_the_beginning_to_its_tick)
{
	begin("select k, count(*) as n group by k");
	row("{\"k\":1}");
	results_tick(made, 7000);
	row("{\"k\":2}");
	results_tick(made, 8000);
	results_tick(made, 9000); /* nothing has changed */
	ck_assert_str_eq(items(), "{\"k\":1,\"n\":1}[5000-7000 1]"
				  "{\"k\":2,\"n\":1}[5000-8000 2]");
	finish();
}
END_TEST

START_TEST(a_total_of_no_row_any_more_is_marked_once)
{
	begin("select count(*) as n having n < 2");
	row("{}");
	results_tick(made, 7000);
	ck_assert_str_eq(items(), "{\"n\":1}[5000-7000 1]");
	row("{}");
	results_tick(made, 8000);
	ck_assert_str_eq(items(), "[5000-8000 2]");
	row("{}");
	results_tick(made, 9000);
	ck_assert_str_eq(items(), "");
	finish();
}
END_TEST

START_TEST(what_comes_past_the_limit_and_what_is_no_row_is_counted)
{
	begin("select distinct k limit 1");
	ck_assert(!row("{\"k\":}"));
	row("{\"k\":1}");
	row("{\"k\":2}");
	row("{\"k\":3}");
	ck_assert_str_eq(items(), "{\"k\":1}");
	ck_assert(results_done(made));
	ck_assert_uint_eq(results_counts(made).bad, 1);
	ck_assert_uint_eq(results_counts(made).taken +
			  results_counts(made).past_limit, 3);
	finish();
}
END_TEST

/* Groups are small, and their rows are as long as the asker likes. */
START_TEST(rows_that_wait_are_bounded_however_long_they_are)
{
	enum { NAME = 100000, GROUPS = 1000 };
	struct results_item item;
	char *text = NULL, one[32];
	size_t bytes = 0;
	uint64_t n = 0;

	ck_assert_int_ge(asprintf(&text, "select k as '%0*d' group by k", NAME,
				  0), 0);
	begin(text);
	free(text);
	for (int i = 0; i < GROUPS; i++) {
		snprintf(one, sizeof one, "{\"k\":%d}", i);
		ck_assert(row(one));
	}
	results_tick(made, 7000);
	ck_assert_uint_eq(results_counts(made).overflow, 0);
	ck_assert_uint_eq(results_counts(made).results, GROUPS);
	while (results_next(made, &item) && !item.is_mark) {
		bytes += item.row.len;
		n++;
	}
	ck_assert(item.is_mark); /* behind all that there is of them */
	ck_assert_uint_gt(n, 0);
	ck_assert_uint_le(bytes, BYTES);
	ck_assert_uint_eq(results_counts(made).unkept, GROUPS - n);
	/* What was taken has made room. */
	row("{\"k\":0}");
	ck_assert(!results_next(made, &item));
	results_tick(made, 8000);
	ck_assert(results_next(made, &item) && !item.is_mark);
	finish();
}
END_TEST

TEST_MAIN(results, rows_that_wait_are_bounded_however_long_they_are,
	  rows_wait_until_they_are_taken,
	  a_mark_stands_behind_the_rows_of_its_window,
	  a_mark_is_completed_when_it_is_made,
	  a_total_is_marked_from_the_beginning_to_its_tick,
	  a_total_of_no_row_any_more_is_marked_once,
	  what_comes_past_the_limit_and_what_is_no_row_is_counted)
