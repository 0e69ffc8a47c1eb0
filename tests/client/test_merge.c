/* test_merge.c - the last merge: rows and groups of source-jobs become rows,
 * windows and numbers. */
#include "client/merge.h"

#include "common/clock.h"
#include "mql/stage.h"
#include "tests/check_main.h"
#include "tests/mql/fold_run.h"
#include "wire/rows.h"

static struct client_made made;
static int64_t agents_told = -1;

static int64_t
told(const void *arg, int64_t end)
{
	(void)arg;
	(void)end;
	return agents_told;
}

static struct merge *
open_merge(const char *text)
{
	struct mql_query *q;
	struct merge *m;

	made = (struct client_made){ 0 };
	ck_assert_int_eq(mql_query_compile(text, &q, NULL), 0);
	ck_assert_int_eq(merge_new(&(struct merge_options){ .query = q,
		.made = &made, .told = told }, &m), 0);
	ck_assert(made.merged);
	return m;
}

/* What a source-job passes on of these events. */
static void
take_groups(struct merge *m, const char *text, const char *lines, int64_t at,
	    uint64_t want)
{
	struct mql_query *q = ask_compile(text);
	struct buf item = BUF_INIT;
	struct folding f;
	uint64_t events;

	folding_begin(&f, query_fold_text(q), FOLD_BYTES);
	for (const char *end; (end = strchr(lines, '\n')); lines = end + 1)
		ck_assert_int_eq(folding_put(&f, 0, (struct str){
			lines, (size_t)(end - lines) }, at), 0);
	buf_put_u8(&item, WIRE_GROUPS);
	ck_assert_uint_eq(fold_put(f.fold, 0, 1 << 20, &item), want);
	merge_take(m, (struct str){ (char *)item.data, item.len }, &events);
	ck_assert_uint_eq(events, want);
	buf_fini(&item);
	folding_end(&f);
	mql_query_free(q);
}

static void
take_row(struct merge *m, const char *row, uint64_t want)
{
	uint64_t events;

	merge_take(m, str_of(row), &events);
	ck_assert_uint_eq(events, want);
}

static void
expect_row(struct merge *m, const char *want)
{
	struct mql_window w;
	struct str row = { 0 };

	ck_assert_int_eq(merge_next(m, &row, &w), 1);
	ck_assert_msg(str_eq(row, str_of(want)), "%.*s, not %s",
		      (int)row.len, row.ptr, want);
}

static struct mql_window
expect_window(struct merge *m)
{
	struct mql_window w = { 0 };
	struct str row;

	ck_assert_int_eq(merge_next(m, &row, &w), 2);
	return w;
}

static void
expect_nothing(struct merge *m)
{
	struct mql_window w;
	struct str row;

	ck_assert_int_eq(merge_next(m, &row, &w), 0);
}

#define TOTAL "select k, count(*) as n, sum(v) as v group by k order by k"

START_TEST(groups_of_several_are_one)
{
	struct merge *m = open_merge(TOTAL);
	struct mql_window w;

	take_groups(m, TOTAL, "{\"k\":1,\"v\":2}\n{\"k\":2,\"v\":3}\n", 5, 2);
	take_groups(m, TOTAL, "{\"k\":2,\"v\":4}\n", 6, 1);
	take_row(m, "{\"k\":1,\"v\":10}", 1); /* of an agent without room */
	expect_nothing(m);
	merge_end(m, 4);
	expect_row(m, "{\"k\":1,\"n\":2,\"v\":12}");
	expect_row(m, "{\"k\":2,\"n\":2,\"v\":7}");
	w = expect_window(m);
	ck_assert_uint_eq(w.events, 4);
	ck_assert_uint_eq(w.agents, 4);
	expect_nothing(m);
	ck_assert_uint_eq(made.counts.taken, 4);
	ck_assert_uint_eq(made.counts.results, 2);
	merge_free(m);
}
END_TEST

#define WINDOWED "select count(*) as n window 10s grace 1h"

/* An hour of grace: only the agents' word can close it. */
START_TEST(a_window_closes_when_all_have_told_it)
{
	struct merge *m = open_merge(WINDOWED);
	int64_t begin = clock_wall_ms() / 10000 * 10000;
	struct mql_window w;

	agents_told = 7;
	take_groups(m, WINDOWED, "{}\n{}\n", begin, 2);
	take_groups(m, WINDOWED, "{}\n", begin + 10, 1);
	merge_complete(m, begin + 9999, 7);
	expect_nothing(m);
	merge_complete(m, begin + 10000, 7);
	expect_row(m, "{\"n\":3}");
	w = expect_window(m);
	ck_assert_int_eq(w.start, begin);
	ck_assert_int_eq(w.end, begin + 10000);
	ck_assert_uint_eq(w.events, 3);
	ck_assert_uint_eq(w.agents, 7);
	ck_assert_uint_eq(w.live, 7);
	take_groups(m, WINDOWED, "{}\n", begin, 1); /* too late */
	expect_nothing(m);
	ck_assert_uint_eq(made.counts.late, 1);
	ck_assert_uint_eq(made.counts.taken, 4);
	merge_free(m);
	agents_told = -1;
}
END_TEST

START_TEST(what_makes_no_sense_is_no_event)
{
	struct merge *m = open_merge(TOTAL);

	take_row(m, "\x01garbage", 0);
	take_row(m, "\x01", 0);
	take_row(m, "{", 0);
	take_row(m, "", 0);
	ck_assert_uint_eq(made.counts.taken, 0);
	merge_free(m);
	m = open_merge("select distinct k"); /* its agents do not fold */
	take_row(m, "\x01groups", 0);
	merge_free(m);
}
END_TEST

START_TEST(what_comes_past_the_limit_is_counted_as_that)
{
	struct merge *m = open_merge("select distinct k limit 2");

	take_row(m, "{\"k\":1}", 1);
	take_row(m, "{\"k\":1}", 1);
	take_row(m, "{\"k\":2}", 1);
	ck_assert(merge_done(m));
	take_row(m, "{\"k\":3}", 1);
	expect_row(m, "{\"k\":1}");
	expect_row(m, "{\"k\":2}");
	ck_assert_uint_eq(made.counts.taken, 3);
	ck_assert_uint_eq(made.counts.past_limit, 1);
	ck_assert_uint_eq(made.counts.results, 2);
	merge_free(m);
}
END_TEST

TEST_MAIN(merge,
	groups_of_several_are_one,
	a_window_closes_when_all_have_told_it,
	what_makes_no_sense_is_no_event,
	what_comes_past_the_limit_is_counted_as_that)
