/* test_ring.c - the byte ring between a publisher and the agent's thread. */
#include <pthread.h>
#include <stdio.h>

#include "agent/ring.h"
#include "tests/check_main.h"

static void
release_all(struct ring *r)
{
	size_t at = ring_begin(r), len;

	while (ring_next(r, &at, &len))
		;
	ring_release(r, at);
}

START_TEST(ring_zeroed_is_empty_and_takes_nothing)
{
	struct ring r = { 0 };
	size_t at = ring_begin(&r), len;

	ck_assert_ptr_null(ring_next(&r, &at, &len));
	ck_assert(!ring_push(&r, "x", 1));
	ring_fini(&r);
}
END_TEST

START_TEST(ring_gives_records_in_order)
{
	struct ring r = { 0 };
	size_t at, len;

	ck_assert_int_eq(ring_init(&r, RING_MIN), 0);
	ck_assert(ring_push(&r, "one", 3));
	ck_assert(ring_push(&r, "three", 5));
	at = ring_begin(&r);
	ck_assert_mem_eq(ring_next(&r, &at, &len), "one", 3);
	ck_assert_uint_eq(len, 3);
	ck_assert_mem_eq(ring_next(&r, &at, &len), "three", 5);
	ck_assert_uint_eq(len, 5);
	ck_assert_ptr_null(ring_next(&r, &at, &len));
	ring_fini(&r);
}
END_TEST

START_TEST(ring_keeps_what_is_not_released)
{
	struct ring r = { 0 };
	size_t at, len;

	ck_assert_int_eq(ring_init(&r, RING_MIN), 0);
	ck_assert(ring_push(&r, "a", 1));
	at = ring_begin(&r);
	ck_assert_ptr_nonnull(ring_next(&r, &at, &len));
	at = ring_begin(&r);
	ck_assert_ptr_nonnull(ring_next(&r, &at, &len));
	ring_release(&r, at);
	at = ring_begin(&r);
	ck_assert_ptr_null(ring_next(&r, &at, &len));
	ring_fini(&r);
}
END_TEST

START_TEST(ring_full_refuses_until_released)
{
	static char big[RING_MIN];
	struct ring r = { 0 };
	int n = 0;

	ck_assert_int_eq(ring_init(&r, RING_MIN), 0);
	while (ring_push(&r, big, 500))
		n++;
	ck_assert_int_eq(n, RING_MIN / 512);
	release_all(&r);
	ck_assert(ring_push(&r, big, 500));
	ring_fini(&r);
}
END_TEST

START_TEST(ring_takes_its_longest_record_wherever_it_stands)
{
	static char big[RING_MIN];
	struct ring r = { 0 };

	ck_assert_int_eq(ring_init(&r, RING_MIN), 0);
	for (size_t skip = 1; skip < ring_max(&r); skip += 8) {
		ck_assert(ring_push(&r, big, skip));
		release_all(&r);
		ck_assert(ring_push(&r, big, ring_max(&r)));
		ck_assert(!ring_push(&r, big, ring_max(&r) + 1));
		release_all(&r);
	}
	ring_fini(&r);
}
END_TEST

/* Record k has 1 + k % 777 bytes, each k & 0xff. */
enum { RECORDS = 200000 };

static void *
produce(void *ring)
{
	static unsigned char bytes[777];

	for (unsigned k = 0; k < RECORDS; k++) {
		size_t len = 1 + k % sizeof bytes;

		memset(bytes, (int)(k & 0xff), len);
		while (!ring_push(ring, bytes, len))
			;
	}
	return NULL;
}

START_TEST(ring_passes_every_record_between_two_threads)
{
	struct ring r = { 0 };
	pthread_t thread;
	unsigned k = 0;

	ck_assert_int_eq(ring_init(&r, RING_MIN), 0);
	ck_assert_int_eq(pthread_create(&thread, NULL, produce, &r), 0);
	while (k < RECORDS) {
		size_t at = ring_begin(&r), len;
		unsigned char *rec = ring_next(&r, &at, &len);

		if (!rec)
			continue;
		ck_assert_uint_eq(len, 1 + k % 777);
		ck_assert_uint_eq(rec[0], k & 0xff);
		ck_assert_uint_eq(rec[len - 1], k & 0xff);
		ring_release(&r, at);
		k++;
	}
	pthread_join(thread, NULL);
	ring_fini(&r);
}
END_TEST

TEST_MAIN(ring, ring_zeroed_is_empty_and_takes_nothing,
	  ring_gives_records_in_order, ring_keeps_what_is_not_released,
	  ring_full_refuses_until_released,
	  ring_takes_its_longest_record_wherever_it_stands,
	  ring_passes_every_record_between_two_threads)
