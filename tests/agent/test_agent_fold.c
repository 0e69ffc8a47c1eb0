/* test_agent_fold.c - groups are made in the service, and nothing of them is
 * lost: neither for want of room, nor of credit, nor of a link. */
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>

#include "tests/agent/fixture.h"

static struct fixture *
open_fixture(const struct mql_agent_options *opt)
{
	static struct fixture x;

	fake_init(&x.fake);
	fixture_open(&x, opt);
	return &x;
}

/* Ask and wait until it is live. */
static struct fake_query *
ask(struct fixture *x, const char *text)
{
	struct fake_query *q = fake_ask_fold(&x->fake, text);

	FAKE_WAIT(&x->fake, q->state != FAKE_ASKED);
	ck_assert_int_eq(q->state, FAKE_LIVE);
	return q;
}

/* {"k":N % groups,"n":N} */
static void
publish_keyed(struct mql_stream *s, unsigned n, unsigned groups)
{
	char text[64];

	snprintf(text, sizeof text, "{\"k\":%u,\"n\":%u}", n % groups, n);
	publish(s, text);
}

START_TEST(events_come_as_groups_and_not_as_rows)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q = ask(x, "select k, count(*) as c, sum(n) as s, "
				   "max(n) as m where n >= 10 group by k "
				   "order by k");

	for (unsigned n = 0; n < 1000; n++)
		publish_keyed(x->stream, n, 3);
	FAKE_WAIT(&x->fake, q->rows == 990);
	ck_assert_uint_eq(q->folded, 990);
	ck_assert_uint_le(q->partials, 2); /* the second may have turned */
	fixture_end(x, q);
	ck_assert_uint_eq(q->gap, 0);
	ck_assert(fake_balanced(q));
	ck_assert_uint_eq(q->books.matched, 990);
	ck_assert_str_eq(fake_answer(q),
			 "{\"k\":0,\"c\":330,\"s\":166815,\"m\":999}\n"
			 "{\"k\":1,\"c\":330,\"s\":166155,\"m\":997}\n"
			 "{\"k\":2,\"c\":330,\"s\":166485,\"m\":998}\n");
	fixture_fini(x);
}
END_TEST

START_TEST(what_finds_no_room_comes_as_a_row_and_the_answer_is_the_same)
{
	const struct mql_agent_options opt = {
		.size = sizeof opt, .ring_bytes = 1 << 20,
	};
	struct fixture *x = open_fixture(&opt);
	struct fake_query *q = ask(x, "select count(*) as c, sum(n) as s, "
				   "count(distinct k) > 15000 as many");
	struct fake_query *all = ask(x, "select k, sum(n) as s group by k");

	for (unsigned n = 0; n < 20000; n++) {
		publish_keyed(x->stream, n, 20000);
		if (n % 1000 == 0)
			FAKE_WAIT(&x->fake, all->rows + 3000 > n);
	}
	FAKE_WAIT(&x->fake, all->rows == 20000 && q->rows == 20000);
	ck_assert_uint_eq(q->folded, 20000);
	ck_assert_uint_gt(all->folded, 1000);
	ck_assert_uint_lt(all->folded, 20000);
	fixture_end(x, q);
	fixture_end(x, all);
	ck_assert(fake_balanced(q) && fake_balanced(all));
	ck_assert_str_eq(fake_answer(q),
			 "{\"c\":20000,\"s\":199990000,\"many\":true}\n");
	const char *at = fake_answer(all);
	unsigned lines = 0;
	for (; (at = strchr(at, '\n')); at++)
		lines++;
	ck_assert_uint_eq(lines, 20000);
	fixture_fini(x);
}
END_TEST

START_TEST(without_credit_groups_wait)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q;

	mql_agent_close(x->agent, 1000);
	fake_fini(&x->fake);
	fake_init(&x->fake);
	x->fake.credit = 1;
	fixture_open(x, NULL);
	q = ask(x, "select count(*) as c window 1s grace 1h");
	for (unsigned n = 0; n < 100; n++)
		publish_keyed(x->stream, n, 3);
	/* One frame goes out on the last byte of credit, then none. */
	FAKE_WAIT(&x->fake, q->rows || q->upto);
	const uint64_t first = q->rows;
	for (unsigned n = 0; n < 100; n++)
		publish_keyed(x->stream, n, 3);
	FAKE_WAIT(&x->fake, q->books.matched == 200);
	ck_assert_uint_eq(q->rows, first);
	ck_assert_uint_eq(q->books.queued, 200 - first);
	fake_give_credit(&x->fake, 1 << 20);
	FAKE_WAIT(&x->fake, q->rows == 200);
	fixture_end(x, q);
	ck_assert(fake_balanced(q));
	fixture_fini(x);
}
END_TEST

START_TEST(a_window_is_told_when_it_is_over_even_of_nothing)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q = ask(x, "select count(*) as c window 1s");
	const uint64_t begun = (uint64_t)clock_wall_ms();

	FAKE_WAIT(&x->fake, q->upto > begun && q->upto / 1000 > begun / 1000);
	ck_assert_uint_eq(q->rows, 0);
	publish_keyed(x->stream, 1, 1);
	const uint64_t then = (uint64_t)clock_wall_ms();
	FAKE_WAIT(&x->fake, q->upto > then);
	ck_assert_uint_eq(q->folded, 1);
	fixture_end(x, q);
	fixture_fini(x);
}
END_TEST

START_TEST(an_event_without_a_time_comes_as_a_row)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q = ask(x, "select count(*) as c window 1s on t "
				   "grace 1h");

	publish(x->stream, "{\"t\":1700000000}");
	publish(x->stream, "{\"t\":\"soon\"}");
	FAKE_WAIT(&x->fake, q->rows == 2);
	ck_assert_uint_eq(q->folded, 1);
	struct stage_stats st;
	stage_stats(q->stage, &st);
	ck_assert_uint_eq(st.untimed, 1);
	fixture_end(x, q);
	ck_assert_str_eq(fake_answer(q), "{\"c\":1}\n");
	fixture_fini(x);
}
END_TEST

START_TEST(two_questions_with_one_text_fold_apart)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q = ask(x, "select k, count(*) as c group by k "
				   "order by k");
	struct fake_query *r = ask(x, "select max(k) as m");
	struct fake_query *rows = fixture_ask(x, q->text);

	ck_assert_str_eq(q->text, r->text);
	for (unsigned n = 0; n < 10; n++)
		publish_keyed(x->stream, n, 2);
	FAKE_WAIT(&x->fake, q->rows == 10 && r->rows == 10 &&
		  rows->rows == 10);
	fixture_end(x, q);
	fixture_end(x, r);
	fixture_end(x, rows);
	ck_assert_str_eq(fake_answer(q), "{\"k\":0,\"c\":5}\n"
			 "{\"k\":1,\"c\":5}\n");
	ck_assert_str_eq(fake_answer(r), "{\"m\":1}\n");
	fixture_fini(x);
}
END_TEST

START_TEST(after_the_lease_what_was_folded_counts_as_dropped)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q;

	mql_agent_close(x->agent, 1000);
	fake_fini(&x->fake);
	fake_init(&x->fake);
	x->fake.lease_ms = 50;
	x->fake.credit = 1 << 20;
	fixture_open(x, NULL);
	q = ask(x, "select count(*) as c");
	FAKE_WAIT(&x->fake, q->books.sent == q->rows);
	for (unsigned n = 0; n < 100; n++)
		publish_keyed(x->stream, n, 1);
	fake_die(&x->fake);
	for (int64_t end = clock_mono_ms() + 10000;
	     mql_active(x->stream) && clock_mono_ms() < end;)
		poll(NULL, 0, 1);
	fake_listen(&x->fake);
	/* The same run: all of it is in the books. */
	FAKE_WAIT(&x->fake, q->acks == 2 && q->state == FAKE_LIVE);
	ck_assert_uint_eq(q->before.matched, 100);
	ck_assert_uint_eq(q->before.queued, 0);
	ck_assert_uint_eq(q->before.sent + q->before.drop_link, 100);
	publish_keyed(x->stream, 1, 1);
	fixture_end(x, q);
	ck_assert_uint_eq(q->books.matched, 101);
	ck_assert(q->books.drop_link + q->books.sent == 101);
	fixture_fini(x);
}
END_TEST

/* --- many threads ------------------------------------------------------------- */

enum { THREADS = 8, EVENTS = 4000 };

static _Atomic unsigned running;

static void *
publish_many(void *stream)
{
	for (unsigned n = 0; n < EVENTS; n++)
		publish_keyed(stream, n, 10);
	atomic_fetch_sub(&running, 1);
	return NULL;
}

START_TEST(many_threads_fold_while_queries_come_and_go)
{
	struct fixture *x = open_fixture(NULL);
	struct fake_query *q = ask(x, "select count(*) as c, sum(n) as s, "
				   "count(distinct k) as d window 50ms "
				   "grace 1h");
	pthread_t thread[THREADS];

	atomic_store(&running, THREADS);
	for (unsigned i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, publish_many,
						x->stream), 0);
	while (atomic_load(&running) && x->fake.nquery < 100) {
		struct fake_query *guest =
			ask(x, "select k, p50(n) as p group by k");
		fixture_end(x, guest);
		ck_assert(fake_balanced(guest));
		ck_assert_uint_eq(guest->gap, 0);
	}
	while (atomic_load(&running))
		fake_pump(&x->fake, 1);
	for (unsigned i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
	fixture_end(x, q);
	ck_assert(fake_balanced(q));
	ck_assert_uint_eq(q->gap, 0);
	ck_assert_uint_eq(q->books.matched, THREADS * EVENTS);
	uint64_t c = 0, s = 0;
	for (const char *at = fake_answer(q); *at; at = strchr(at, '\n') + 1) {
		unsigned long long n, sum;

		ck_assert_int_eq(sscanf(at, "{\"c\":%llu,\"s\":%llu", &n,
					&sum), 2);
		c += n;
		s += sum;
	}
	ck_assert_uint_eq(c + q->books.drop_ring, THREADS * EVENTS);
	if (!q->books.drop_ring)
		ck_assert_uint_eq(s, (uint64_t)THREADS * EVENTS *
					     (EVENTS - 1) / 2);
	fixture_fini(x);
}
END_TEST

TEST_MAIN("agent_fold", events_come_as_groups_and_not_as_rows,
	  what_finds_no_room_comes_as_a_row_and_the_answer_is_the_same,
	  without_credit_groups_wait,
	  a_window_is_told_when_it_is_over_even_of_nothing,
	  an_event_without_a_time_comes_as_a_row,
	  two_questions_with_one_text_fold_apart,
	  after_the_lease_what_was_folded_counts_as_dropped,
	  many_threads_fold_while_queries_come_and_go)
