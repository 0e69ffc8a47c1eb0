/* What a stage is to do waits until it is run, and what came of it until it is
 * taken. */
#include "tests/check_main.h"

#include <stdio.h>

#include "mql/query.h"
#include "source-job/stager.h"

enum { GRACE_MS = 1000, BYTES = 1 << 20 };

static struct mql_query *query;
static struct stager *st;

static void
begin(const char *text, size_t max_bytes)
{
	struct mql_diag diag;

	ck_assert_int_eq(query_compile(str_of(text), &query, &diag), 0);
	ck_assert_int_eq(stager_new(query, max_bytes, GRACE_MS, 5000, &st), 0);
}

static void
finish(void)
{
	stager_free(st);
	mql_query_free(query);
}

static struct batch *
batch_of(const char *const *row, unsigned n)
{
	struct batch *b = batch_new(1024);

	ck_assert_ptr_nonnull(b);
	for (unsigned i = 0; i < n; i++) {
		ck_assert(batch_room(b, batch_size(str_of(row[i]))));
		batch_put(b, str_of(row[i]));
	}
	return b;
}

#define ROWS(...)                                                        \
	put_rows((const char *const[]){ __VA_ARGS__ },                   \
		 sizeof((const char *const[]){ __VA_ARGS__ }) /          \
			 sizeof(const char *))

static bool
put_rows(const char *const *row, unsigned n)
{
	struct batch *b = batch_of(row, n);
	const bool put = stager_put(st, &(struct stager_task){
		.kind = STAGER_ROWS, .now = 6000, .rows = span_all(b) });

	batch_drop(b);
	return put;
}

static void
put(enum stager_kind kind, int64_t now)
{
	ck_assert(stager_put(st, &(struct stager_task){ .kind = kind,
							.now = now }));
}

/* All that came of it: rows as they are, marks in brackets. */
static const char *
items(void)
{
	static char text[4096];
	struct stager_item item;
	size_t at = 0;

	text[0] = '\0';
	while (stager_next(st, &item))
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

START_TEST(nothing_is_done_before_it_is_run_and_then_all_in_order)
{
	begin("select distinct k", BYTES);
	ck_assert(ROWS("{\"k\":1}", "{\"k\":2}"));
	ck_assert(ROWS("{\"k\":1}", "{\"k\":3}"));
	ck_assert_uint_eq(stager_work(st), 4);
	ck_assert_uint_eq(stager_counts(st)->taken, 0);
	ck_assert_str_eq(items(), "");
	stager_run(st);
	ck_assert_uint_eq(stager_work(st), 0);
	ck_assert_uint_eq(stager_counts(st)->taken, 4);
	ck_assert_uint_eq(stager_counts(st)->results, 3);
	ck_assert_str_eq(items(), "{\"k\":1}{\"k\":2}{\"k\":3}");
	ck_assert_str_eq(items(), ""); /* they are taken */
	stager_run(st);
	ck_assert_str_eq(items(), "");
	finish();
}
END_TEST

START_TEST(a_mark_stands_behind_the_rows_of_its_window)
{
	begin("select count(*) as n window 1s on t", BYTES);
	ck_assert(ROWS("{\"t\":100}", "{\"t\":100}", "{\"t\":103}",
		       "{\"t\":100}", "{}"));
	put(STAGER_TICK, 7000);
	put(STAGER_END, 8000);
	stager_run(st);
	ck_assert_str_eq(items(), "{\"n\":2}[window 100000-101000 2]"
				  "{\"n\":1}[window cut 103000-104000 1]");
	ck_assert_uint_eq(stager_counts(st)->late, 1);
	ck_assert_uint_eq(stager_counts(st)->untimed, 1);
	finish();
}
END_TEST

START_TEST(a_total_is_marked_from_the_beginning_to_its_tick)
{
	begin("select k, count(*) as n group by k", BYTES);
	ck_assert(ROWS("{\"k\":1}"));
	put(STAGER_TICK, 7000);
	ck_assert(ROWS("{\"k\":2}"));
	put(STAGER_TICK, 8000);
	put(STAGER_TICK, 9000); /* nothing has changed */
	stager_run(st);
	ck_assert_str_eq(items(), "{\"k\":1,\"n\":1}[5000-7000 1]"
				  "{\"k\":2,\"n\":1}[5000-8000 2]");
	finish();
}
END_TEST

START_TEST(what_comes_past_the_limit_and_what_is_no_row_is_counted)
{
	begin("select distinct k limit 1", BYTES);
	ck_assert(ROWS("{\"k\":}", "{\"k\":1}", "{\"k\":2}", "{\"k\":3}"));
	stager_run(st);
	ck_assert_str_eq(items(), "{\"k\":1}");
	ck_assert(stager_done(st));
	ck_assert_uint_eq(stager_counts(st)->bad, 1);
	ck_assert_uint_eq(stager_counts(st)->taken +
			  stager_counts(st)->past_limit, 3);
	finish();
}
END_TEST

START_TEST(a_batch_is_held_until_its_rows_are_in)
{
	const char *const row[] = { "{\"k\":1}" };
	struct batch *b = batch_of(row, 1);
	const struct stager_task t = { .kind = STAGER_ROWS, .now = 6000,
				       .rows = span_all(b) };

	begin("select distinct k", BYTES);
	ck_assert(stager_put(st, &t));
	ck_assert_uint_eq(atomic_load(&b->refs), 2);
	stager_run(st);
	ck_assert_uint_eq(atomic_load(&b->refs), 1);
	ck_assert(stager_put(st, &t));
	finish(); /* it never ran */
	ck_assert_uint_eq(atomic_load(&b->refs), 1);
	batch_drop(b);
}
END_TEST

START_TEST(so_many_tasks_wait_and_no_more_until_it_is_run)
{
	uint64_t n = 0;

	begin("select distinct k", BYTES);
	while (ROWS("{\"k\":1}"))
		ck_assert_uint_lt(++n, 100000);
	stager_run(st);
	ck_assert_uint_eq(stager_counts(st)->taken, n);
	ck_assert(ROWS("{\"k\":2}"));
	finish();
}
END_TEST

TEST_MAIN(stager, nothing_is_done_before_it_is_run_and_then_all_in_order,
	  a_mark_stands_behind_the_rows_of_its_window,
	  a_total_is_marked_from_the_beginning_to_its_tick,
	  what_comes_past_the_limit_and_what_is_no_row_is_counted,
	  a_batch_is_held_until_its_rows_are_in,
	  so_many_tasks_wait_and_no_more_until_it_is_run)
