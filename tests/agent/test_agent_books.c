/* test_agent_books.c - the books balance to the last event while many threads
 * publish and queries come and go. Made for the tsan build. */
#include <pthread.h>
#include <stdatomic.h>

#include "tests/agent/fixture.h"

enum { EVENTS = 3000, ROUNDS = 12 };

struct crowd {
	struct mql_stream *stream;
	_Atomic unsigned running;
	unsigned nthread;
	pthread_t thread[32];
};

static void *
publish_many(void *crowd)
{
	struct crowd *c = crowd;

	for (unsigned n = 0; n < EVENTS; n++)
		publish_number(c->stream, n);
	atomic_fetch_sub(&c->running, 1);
	return NULL;
}

static void
crowd_start(struct crowd *c, struct mql_stream *s, unsigned nthread)
{
	c->stream = s;
	c->nthread = nthread;
	atomic_store(&c->running, nthread);
	for (unsigned i = 0; i < nthread; i++)
		ck_assert_int_eq(pthread_create(&c->thread[i], NULL,
						publish_many, c), 0);
}

static void
crowd_join(struct crowd *c)
{
	for (unsigned i = 0; i < c->nthread; i++)
		pthread_join(c->thread[i], NULL);
}

static struct fixture *
open_for_crowds(void)
{
	static struct fixture x;

	fake_init(&x.fake);
	x.fake.keep = false;
	fixture_open(&x, NULL);
	return &x;
}

/* One query for the whole time, others come and go. */
static void
books_balance_with(unsigned nthread)
{
	struct fixture *x = open_for_crowds();
	struct fake_query *whole = fixture_ask(x, "select n where even");
	struct fake_query *guest;
	struct crowd c;
	char text[64];

	crowd_start(&c, x->stream, nthread);
	for (unsigned i = 0; i < ROUNDS || atomic_load(&c.running); i++) {
		if (x->fake.nquery == FAKE_QUERIES)
			break;
		snprintf(text, sizeof text, "select pad, n where n %% 7 == %u",
			 i % 7);
		guest = fixture_ask(x, text);
		ck_assert_int_eq(guest->state, FAKE_LIVE);
		fixture_end(x, guest);
		ck_assert_msg(fake_balanced(guest), "guest %u", i);
		ck_assert_uint_eq(guest->gap, 0);
	}
	while (atomic_load(&c.running))
		fake_pump(&x->fake, 1);
	crowd_join(&c);
	fixture_end(x, whole);
	ck_assert_uint_eq(whole->books.seen, (uint64_t)nthread * EVENTS);
	ck_assert_uint_eq(whole->books.matched, whole->books.seen / 2);
	ck_assert_uint_eq(whole->books.queued, 0);
	ck_assert_uint_eq(whole->gap, 0);
	ck_assert(fake_balanced(whole));
	fixture_fini(x);
}

START_TEST(books_balance_with_8_threads)
{
	books_balance_with(8);
}
END_TEST

START_TEST(books_balance_with_32_threads)
{
	books_balance_with(32);
}
END_TEST

/* Every heartbeat balances too, not only the closing books. */
START_TEST(books_balance_at_every_moment)
{
	struct fixture *x = open_for_crowds();
	struct fake_query *q = fixture_ask(x, "select n where even");
	struct crowd c;

	crowd_start(&c, x->stream, 8);
	while (atomic_load(&c.running)) {
		const struct books_agent *b = &q->books;

		fake_pump(&x->fake, 1);
		ck_assert_uint_ge(b->seen, b->matched);
		ck_assert_uint_le(b->queued, b->matched);
		ck_assert_uint_eq(b->matched, b->sampled + b->sent +
				  b->queued + books_agent_dropped(b));
	}
	crowd_join(&c);
	fixture_end(x, q);
	ck_assert(fake_balanced(q));
	fixture_fini(x);
}
END_TEST

START_TEST(books_balance_when_the_link_dies_under_load)
{
	struct fixture *x = open_for_crowds();
	struct fake_query *q = fixture_ask(x, "select n where even");
	struct crowd c;

	crowd_start(&c, x->stream, 8);
	for (unsigned i = 0; i < 2; i++) {
		unsigned acks = q->acks;

		for (unsigned k = 0; k < 20; k++)
			fake_pump(&x->fake, 1);
		fake_die(&x->fake);
		fake_listen(&x->fake);
		FAKE_WAIT(&x->fake, q->acks > acks);
	}
	while (atomic_load(&c.running))
		fake_pump(&x->fake, 1);
	crowd_join(&c);
	fixture_end(x, q);
	ck_assert_uint_eq(q->books.seen, 8 * EVENTS);
	ck_assert_uint_eq(q->books.matched, q->books.sent +
			  books_agent_dropped(&q->books));
	fixture_fini(x);
}
END_TEST

/* Threads that live for one event each, a few at a time. */
static void *
publish_one(void *stream)
{
	publish_number(stream, 2);
	return NULL;
}

START_TEST(books_count_threads_that_come_and_go)
{
	struct fixture *x = open_for_crowds();
	struct fake_query *q = fixture_ask(x, "select n");
	enum { THREADS = 2000, AT_ONCE = 4 };
	pthread_t t[AT_ONCE];

	for (unsigned i = 0; i < THREADS; i += AT_ONCE) {
		for (unsigned k = 0; k < AT_ONCE; k++)
			ck_assert_int_eq(pthread_create(&t[k], NULL,
				publish_one, x->stream), 0);
		for (unsigned k = 0; k < AT_ONCE; k++)
			pthread_join(t[k], NULL);
	}
	fixture_end(x, q);
	ck_assert_uint_eq(q->books.seen, THREADS);
	ck_assert_uint_eq(q->rows, THREADS);
	ck_assert(fake_balanced(q));
	fixture_fini(x);
}
END_TEST

TEST_MAIN(books, books_balance_with_8_threads, books_balance_with_32_threads,
	  books_balance_at_every_moment,
	  books_balance_when_the_link_dies_under_load,
	  books_count_threads_that_come_and_go)
