/* What a stage is to do waits until it is run. */
#include "tests/check_main.h"

#include <stdio.h>

#include "mql/results.h"
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

/* All rows that came of it. */
static const char *
rows(void)
{
	static char text[1024];
	struct results_item item;
	size_t at = 0;

	text[0] = '\0';
	while (results_next(stager_results(st), &item))
		at += (size_t)snprintf(text + at, sizeof text - at, "%.*s",
				       (int)item.row.len, item.row.ptr);
	return text;
}

static uint64_t
taken(void)
{
	return results_counts(stager_results(st)).taken;
}

START_TEST(nothing_is_done_before_it_is_run_and_then_all_in_order)
{
	begin("select distinct k", BYTES);
	ck_assert(ROWS("{\"k\":1}", "{\"k\":2}"));
	ck_assert(ROWS("{\"k\":1}", "{\"k\":3}"));
	ck_assert_uint_eq(stager_work(st), 4);
	ck_assert_uint_eq(taken(), 0);
	ck_assert_str_eq(rows(), "");
	stager_run(st);
	ck_assert_uint_eq(stager_work(st), 0);
	ck_assert_uint_eq(taken(), 4);
	ck_assert_str_eq(rows(), "{\"k\":1}{\"k\":2}{\"k\":3}");
	ck_assert_str_eq(rows(), ""); /* they are taken */
	stager_run(st);
	ck_assert_str_eq(rows(), "");
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
	ck_assert_uint_eq(taken(), n);
	ck_assert(ROWS("{\"k\":2}"));
	finish();
}
END_TEST

TEST_MAIN(stager, nothing_is_done_before_it_is_run_and_then_all_in_order,
	  a_batch_is_held_until_its_rows_are_in,
	  so_many_tasks_wait_and_no_more_until_it_is_run)
