#include "tests/check_main.h"

#include <poll.h>
#include <pthread.h>

#include "common/clock.h"
#include "source-job/channel.h"

enum { DEADLINE_MS = 20000, MANY = 100000 };

static struct bell here, there;
static struct channel to, back;

static void
open_both(size_t max_bytes)
{
	ck_assert_int_eq(bell_open(&here), 0);
	ck_assert_int_eq(bell_open(&there), 0);
	ck_assert_int_eq(channel_open(&to, max_bytes, &there, &here), 0);
	ck_assert_int_eq(channel_open(&back, max_bytes, &here, &there), 0);
}

static void
close_both(void)
{
	channel_close(&to);
	channel_close(&back);
	bell_close(&here);
	bell_close(&there);
}

static void
push(struct channel *c, uint64_t serial, size_t bytes)
{
	channel_push(c, &(struct op){ .kind = OP_ROWS, .serial = serial,
				      .bytes = bytes });
}

/* The next op, for which the owner of the bell sleeps. */
static uint64_t
pop(struct channel *c, struct bell *b)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	struct pollfd p = { .fd = b->fd, .events = POLLIN };
	struct op *op;

	while (!(op = channel_first(c))) {
		ck_assert_int_lt(clock_mono_ms(), deadline);
		bell_doze(b);
		if (!channel_first(c))
			poll(&p, 1, DEADLINE_MS);
		bell_awake(b);
	}
	uint64_t serial = op->serial;
	channel_drop(c);
	return serial;
}

START_TEST(what_finds_no_cell_comes_later_in_its_order)
{
	open_both(1000);
	for (uint64_t i = 0; i < 3 * CHANNEL_CELLS; i++)
		push(&to, i, 0);
	ck_assert_uint_eq(channel_depth(&to), CHANNEL_CELLS);
	ck_assert(channel_is_full(&to));
	for (uint64_t i = 0; i < 3 * CHANNEL_CELLS; i++) {
		channel_settle(&to);
		ck_assert_uint_eq(channel_first(&to)->serial, i);
		channel_drop(&to);
		if (i % 3 == 0) /* behind those that wait */
			push(&to, 3 * CHANNEL_CELLS + i / 3, 0);
	}
	for (uint64_t i = 0; i < CHANNEL_CELLS; i++) {
		channel_settle(&to);
		ck_assert_uint_eq(channel_first(&to)->serial,
				  3 * CHANNEL_CELLS + i);
		channel_drop(&to);
	}
	ck_assert_ptr_null(channel_first(&to));
	ck_assert(!channel_is_full(&to));
	close_both();
}
END_TEST

START_TEST(rows_wait_when_what_is_inside_holds_too_much)
{
	open_both(1000);
	push(&to, 1, 900);
	ck_assert(!channel_is_full(&to));
	push(&to, 2, 101);
	ck_assert(channel_is_full(&to));
	channel_drop(&to);
	ck_assert(!channel_is_full(&to));
	close_both();
}
END_TEST

START_TEST(who_waits_for_room_is_waked_when_there_is_some)
{
	struct pollfd p = { .events = POLLIN };

	open_both(1000);
	p.fd = here.fd;
	push(&to, 1, 600);
	push(&to, 2, 600);
	bell_doze(&here);
	ck_assert(channel_wait(&to));
	channel_drop(&to); /* more than half is still there */
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	channel_drop(&to);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	bell_awake(&here);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	ck_assert(!channel_wait(&to));
	close_both();
}
END_TEST

START_TEST(nobody_rings_for_one_who_is_awake)
{
	struct pollfd p = { .events = POLLIN };

	open_both(1000);
	p.fd = there.fd;
	push(&to, 1, 0);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	bell_doze(&there);
	push(&to, 2, 0);
	push(&to, 3, 0);
	ck_assert_int_eq(poll(&p, 1, 0), 1);
	bell_awake(&there);
	ck_assert_int_eq(poll(&p, 1, 0), 0);
	close_both();
}
END_TEST

/* --- two threads ------------------------------------------------------------- */

static void *
echo(void *arg)
{
	(void)arg;
	for (uint64_t i = 0; i < MANY; i++) {
		uint64_t serial = pop(&to, &there);
		push(&back, serial + 1, 0);
		channel_settle(&back);
	}
	while (channel_settle(&back))
		sched_yield();
	return NULL;
}

START_TEST(each_round_between_two_sleepers_ends)
{
	pthread_t thread;

	open_both(1000);
	ck_assert_int_eq(pthread_create(&thread, NULL, echo, NULL), 0);
	for (uint64_t i = 0; i < MANY; i++) {
		push(&to, i, 0);
		ck_assert_uint_eq(pop(&back, &here), i + 1);
	}
	pthread_join(thread, NULL);
	close_both();
}
END_TEST

static void *
flood(void *arg)
{
	struct pollfd p = { .fd = here.fd, .events = POLLIN };

	(void)arg;
	for (uint64_t i = 0; i < MANY; i++) {
		channel_settle(&to);
		while (channel_is_full(&to)) {
			bell_doze(&here);
			if (channel_wait(&to))
				poll(&p, 1, DEADLINE_MS);
			bell_awake(&here);
			channel_settle(&to);
		}
		push(&to, i, i % 7 * 50);
	}
	while (channel_settle(&to))
		sched_yield();
	return NULL;
}

START_TEST(a_flood_comes_out_whole_and_in_order)
{
	pthread_t thread;

	open_both(1000);
	ck_assert_int_eq(pthread_create(&thread, NULL, flood, NULL), 0);
	for (uint64_t i = 0; i < MANY; i++)
		ck_assert_uint_eq(pop(&to, &there), i);
	pthread_join(thread, NULL);
	close_both();
}
END_TEST

TEST_MAIN(channel, what_finds_no_cell_comes_later_in_its_order,
	  rows_wait_when_what_is_inside_holds_too_much,
	  who_waits_for_room_is_waked_when_there_is_some,
	  nobody_rings_for_one_who_is_awake,
	  each_round_between_two_sleepers_ends,
	  a_flood_comes_out_whole_and_in_order)
