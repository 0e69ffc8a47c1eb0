/* Output workers: all is done, once, by whoever is free. */
#include "tests/check_main.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

#include "source-job/outputs.h"

enum { N = 64, ROUNDS = 2000, THREADS = 3 };

static uint64_t done[N]; /* by one thread at a time: the sanitizer looks */
static void *item[N];

static void
fill(void)
{
	for (int i = 0; i < N; i++)
		item[i] = &done[i];
}

static void
work(void *arg)
{
	(*(uint64_t *)arg)++;
}

START_TEST(each_is_done_once_a_run_and_all_before_its_end)
{
	struct outputs *o;

	fill();
	ck_assert_int_eq(outputs_new(THREADS, &o), 0);
	for (uint64_t round = 1; round <= ROUNDS; round++) {
		const size_t n = round % N + 1;
		uint64_t before[N];

		for (size_t i = 0; i < N; i++)
			before[i] = done[i];
		outputs_run(o, work, item, n);
		for (size_t i = 0; i < N; i++)
			ck_assert_uint_eq(done[i], before[i] + (i < n));
	}
	outputs_free(o);
}
END_TEST

START_TEST(without_threads_it_is_done_by_who_asks)
{
	struct outputs *o;

	fill();
	ck_assert_int_eq(outputs_new(0, &o), 0);
	outputs_run(o, work, item, N);
	outputs_run(o, work, item, 0);
	for (int i = 0; i < N; i++)
		ck_assert_uint_eq(done[i], 1);
	outputs_free(o);
}
END_TEST

/* Each waits until as many are at work at once as there are threads. */
static pthread_barrier_t all_at_once;

static void
meet(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&all_at_once);
}

START_TEST(all_threads_work_at_the_same_time)
{
	struct outputs *o;

	pthread_barrier_init(&all_at_once, NULL, THREADS + 1);
	ck_assert_int_eq(outputs_new(THREADS, &o), 0);
	for (int round = 0; round < ROUNDS; round++)
		outputs_run(o, meet, item, THREADS + 1);
	outputs_free(o);
	pthread_barrier_destroy(&all_at_once);
}
END_TEST

/* One that takes long: the others are done meanwhile, by the others. */
static atomic_int short_ones;

static void
wait_for_short(void *arg)
{
	if (arg != item[0]) {
		atomic_fetch_add(&short_ones, 1);
		return;
	}
	while (atomic_load(&short_ones) < N - 1)
		;
}

START_TEST(one_that_takes_long_does_not_hold_up_the_others)
{
	struct outputs *o;

	fill();
	ck_assert_int_eq(outputs_new(1, &o), 0);
	outputs_run(o, wait_for_short, item, N);
	ck_assert_int_eq(atomic_load(&short_ones), N - 1);
	outputs_free(o);
}
END_TEST

TEST_MAIN(outputs, each_is_done_once_a_run_and_all_before_its_end,
	  without_threads_it_is_done_by_who_asks,
	  all_threads_work_at_the_same_time,
	  one_that_takes_long_does_not_hold_up_the_others)
