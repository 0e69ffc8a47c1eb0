/* test_agent.c - the agent's side of the protocol: hello, the query set, acks,
 * credit, heartbeats, links that die and come back. */
#include "tests/agent/fixture.h"

START_TEST(agent_says_who_it_is)
{
	struct fixture x;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	opt.host = "here";
	opt.zone = "eu-1";
	opt.version = "7";
	fake_init(&x.fake);
	fixture_open(&x, &opt);
	ck_assert_str_eq(x.fake.app, "test");
	ck_assert_str_eq(x.fake.host, "here");
	ck_assert_str_eq(x.fake.zone, "eu-1");
	ck_assert_str_eq(x.fake.version, "7");
	ck_assert_uint_eq(x.fake.session, 1);
	ck_assert_ptr_eq(strstr(x.fake.agent, "here:"), x.fake.agent);
	FAKE_WAIT(&x.fake, strstr(x.fake.streams, "requests "));
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_tells_of_streams_opened_later)
{
	struct fixture x;
	struct mql_stream *again, *later;

	fixture_init(&x);
	ck_assert_int_eq(mql_stream_open(x.agent, "later", &later), 0);
	ck_assert_int_eq(mql_stream_open(x.agent, "later", &again), 0);
	ck_assert_ptr_eq(later, again);
	FAKE_WAIT(&x.fake, strstr(x.fake.streams, "later "));
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_goes_live_and_acks)
{
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	ck_assert(!mql_active(x.stream));
	q = fixture_ask(&x, "select * where n == 1");
	ck_assert_int_eq(q->state, FAKE_LIVE);
	ck_assert_uint_eq(q->before.seen, 0);
	ck_assert_uint_eq(x.fake.at_version, 1);
	ck_assert(mql_active(x.stream));
	fixture_end(&x, q);
	ck_assert(!mql_active(x.stream));
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_refuses_with_a_reason)
{
	struct fixture x;
	struct fake_query *bad, *good;

	fixture_init(&x);
	bad = fixture_ask(&x, "select * where where");
	ck_assert_int_eq(bad->state, FAKE_REFUSED);
	ck_assert_uint_gt(strlen(bad->why), 5);
	good = fixture_ask(&x, "select *");
	ck_assert_int_eq(good->state, FAKE_LIVE);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_refuses_one_query_too_many)
{
	struct fixture x;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fake_query *a, *b, *c;

	opt.max_queries = 2;
	fake_init(&x.fake);
	fixture_open(&x, &opt);
	a = fixture_ask(&x, "select * where n == 1");
	b = fixture_ask(&x, "select * where n == 2");
	c = fixture_ask(&x, "select * where n == 3");
	ck_assert_int_eq(a->state, FAKE_LIVE);
	ck_assert_int_eq(b->state, FAKE_LIVE);
	ck_assert_int_eq(c->state, FAKE_REFUSED);
	ck_assert_str_eq(c->why, "too many queries (2)");
	fixture_end(&x, a);
	ck_assert_int_eq(fixture_ask(&x, "select * where n == 4")->state,
			 FAKE_LIVE);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_asks_a_stream_opened_later)
{
	struct fixture x;
	struct mql_stream *later;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select n from later");
	ck_assert(!mql_active(x.stream));
	ck_assert_int_eq(mql_stream_open(x.agent, "later", &later), 0);
	FAKE_WAIT(&x.fake, mql_active(later));
	publish_number(later, 7);
	FAKE_WAIT(&x.fake, x.fake.nrow == 1);
	ck_assert_str_eq(x.fake.row[0], "{\"n\":7}");
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 1);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_at_another_version_asks_for_the_whole_set)
{
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	x.fake.set = 41; /* the agent is at 0 */
	q = fixture_ask(&x, "select *");
	ck_assert_uint_eq(x.fake.resyncs, 1);
	ck_assert_int_eq(q->state, FAKE_LIVE);
	ck_assert_uint_eq(x.fake.at_version, 42);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_without_credit_drops_and_counts)
{
	struct fixture x;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fake_query *q;

	opt.ring_bytes = 4096;
	fake_init(&x.fake);
	x.fake.credit = 0;
	fixture_open(&x, &opt);
	q = fixture_ask(&x, "select *");
	for (unsigned i = 0; i < 1000; i++)
		publish_number(x.stream, i);
	FAKE_WAIT(&x.fake, q->books.matched == 1000);
	ck_assert_uint_gt(q->books.drop_ring, 900);
	ck_assert_uint_gt(q->books.queued, 10);
	ck_assert_uint_eq(q->books.sent, 0);
	ck_assert(fake_balanced(q));
	fake_give_credit(&x.fake, 1 << 20);
	FAKE_WAIT(&x.fake, q->books.queued == 0);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.drop_ring + q->rows, 1000);
	ck_assert(fake_balanced(q));
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_stays_within_its_credit)
{
	struct fixture x;
	struct fake_query *q;

	fake_init(&x.fake);
	x.fake.credit = 2000;
	fixture_open(&x, NULL);
	q = fixture_ask(&x, "select *");
	for (unsigned i = 0; i < 1000; i++)
		publish_number(x.stream, i);
	FAKE_WAIT(&x.fake, q->books.matched == 1000 && q->books.sent);
	ck_assert_uint_ge(x.fake.received_bytes, 1800);
	ck_assert_uint_lt(x.fake.received_bytes, 2200); /* one row over */
	fake_give_credit(&x.fake, 1 << 20);
	fixture_end(&x, q);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_ends_a_query_whose_rows_cannot_leave)
{
	struct fixture x;
	struct fake_query *stays, *ends;

	fake_init(&x.fake);
	x.fake.credit = 0;
	fixture_open(&x, NULL);
	stays = fixture_ask(&x, "select n");
	ends = fixture_ask(&x, "select pad, n");
	for (unsigned i = 0; i < 10; i++)
		publish_number(x.stream, i);
	fixture_end(&x, ends);
	ck_assert_uint_eq(ends->books.drop_link, 10);
	ck_assert_uint_eq(ends->books.queued, 0);
	ck_assert(fake_balanced(ends));
	fake_give_credit(&x.fake, 1 << 20);
	FAKE_WAIT(&x.fake, stays->rows == 10);
	fixture_end(&x, stays);
	ck_assert(fake_balanced(stays));
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_resumes_its_run_after_the_link)
{
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select n");
	publish_number(x.stream, 1);
	publish_number(x.stream, 2);
	FAKE_WAIT(&x.fake, q->rows == 2 && q->books.sent == 2);
	fake_die(&x.fake);
	fake_listen(&x.fake);
	FAKE_WAIT(&x.fake, q->acks == 2);
	ck_assert_uint_eq(x.fake.session, 2);
	ck_assert_uint_eq(q->before.sent, 2);
	ck_assert_uint_eq(q->before.seen, 2);
	publish_number(x.stream, 3);
	FAKE_WAIT(&x.fake, q->rows == 3);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.seen, 3);
	ck_assert_uint_eq(q->books.sent, 3);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_carries_a_run_to_another_source_job)
{
	struct fixture x;
	struct fake_query *other, *q, *old;

	fixture_init(&x);
	old = fixture_ask(&x, "select pad");
	q = fixture_ask(&x, "select n");
	publish_number(x.stream, 1);
	FAKE_WAIT(&x.fake, q->rows == 1 && old->rows == 1);
	fake_die(&x.fake);
	fake_forget(&x.fake);
	snprintf(x.fake.name, sizeof x.fake.name, "fake-2");
	/* Its number 1 is another query than number 1 of fake-1. */
	q = &x.fake.query[x.fake.nquery++];
	*q = (struct fake_query){
		.id = 1, .listed = true, .text = strdup("select n"), .next = 1,
	};
	x.fake.set = 1;
	fake_listen(&x.fake);
	FAKE_WAIT(&x.fake, q->state == FAKE_LIVE);
	ck_assert_uint_eq(q->before.sent, 1);
	publish_number(x.stream, 2);
	FAKE_WAIT(&x.fake, q->rows == 1);
	ck_assert_str_eq(x.fake.row[0], "{\"n\":2}");
	other = fixture_ask(&x, "select even");
	publish_number(x.stream, 3);
	FAKE_WAIT(&x.fake, other->rows == 1 && q->rows == 2);
	fixture_end(&x, q);
	fixture_end(&x, other);
	ck_assert(fake_balanced(q));
	ck_assert(fake_balanced(other));
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_rests_when_the_lease_passes_and_wakes_again)
{
	struct fixture x;
	struct fake_query *q;

	fake_init(&x.fake);
	x.fake.lease_ms = 50;
	fixture_open(&x, NULL);
	q = fixture_ask(&x, "select n");
	publish_number(x.stream, 1);
	FAKE_WAIT(&x.fake, q->rows == 1);
	fake_die(&x.fake);
	for (int64_t end = clock_mono_ms() + 10000;
	     mql_active(x.stream) && clock_mono_ms() < end;)
		publish_number(x.stream, 2);
	ck_assert(!mql_active(x.stream));
	fake_listen(&x.fake);
	FAKE_WAIT(&x.fake, q->acks == 2);
	ck_assert(mql_active(x.stream));
	ck_assert_uint_gt(q->books.drop_link, 0);
	publish_number(x.stream, 3);
	FAKE_WAIT(&x.fake, q->rows == 2);
	fixture_end(&x, q);
	ck_assert_uint_eq(q->books.matched, q->books.sent +
			  q->books.drop_link + q->books.drop_ring);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_notices_silence)
{
	struct fixture x;

	fake_init(&x.fake);
	x.fake.silence_ms = 50;
	fixture_open(&x, NULL);
	FAKE_WAIT(&x.fake, x.fake.session >= 2);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_repeats_a_hello_that_nobody_answers)
{
	struct fixture x;

	fake_init(&x.fake);
	x.fake.mute = true;
	fixture_open(&x, NULL);
	FAKE_WAIT(&x.fake, x.fake.hellos == 2);
	ck_assert_uint_eq(x.fake.session, 1);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_that_is_a_stranger_says_hello_again)
{
	struct wire_error m = { .code = MQL_ECLOSED, .text = STR("hello?") };
	struct buf b = BUF_INIT;
	struct fixture x;

	fixture_init(&x);
	FAKE_WAIT(&x.fake, x.fake.heartbeats);
	wire_error_encode(&m, &b);
	fake_send(&x.fake, b.data, b.len);
	buf_fini(&b);
	FAKE_WAIT(&x.fake, x.fake.hellos == 2);
	ck_assert_uint_eq(x.fake.session, 2);
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_survives_garbage)
{
	static const char *const garbage[] = {
		"", "x", "MQLw", "MQLw\1\2\0\0", "MQLw\1\3\0\0{\"version\":-1}",
		"MQLw\1\7\0\0[]", "MQLw\1\77\0\0", "MQLw\7\3\0\0{}",
	};
	static const size_t len[] = { 0, 1, 4, 8, 22, 10, 8, 10 };
	struct fixture x;

	fixture_init(&x);
	FAKE_WAIT(&x.fake, x.fake.heartbeats);
	for (size_t i = 0; i < sizeof len / sizeof *len; i++)
		fake_send(&x.fake, garbage[i], len[i]);
	ck_assert_int_eq(fixture_ask(&x, "select *")->state, FAKE_LIVE);
	ck_assert_uint_eq(x.fake.errors, 1); /* at most one a second */
	fixture_fini(&x);
}
END_TEST

START_TEST(agent_closes_with_its_last_rows_and_books)
{
	struct fixture x;
	struct fake_query *q;

	fixture_init(&x);
	q = fixture_ask(&x, "select n");
	for (unsigned i = 0; i < 100; i++)
		publish_number(x.stream, i);
	mql_agent_close(x.agent, 5000);
	FAKE_WAIT(&x.fake, x.fake.goodbyes == 1);
	ck_assert_int_eq(q->state, FAKE_ENDED);
	ck_assert_uint_eq(q->rows, 100);
	ck_assert(fake_balanced(q));
	fake_fini(&x.fake);
}
END_TEST

START_TEST(agent_closes_while_nobody_is_there)
{
	struct fixture x;
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *alone;

	fixture_init(&x);
	fixture_ask(&x, "select n");
	fake_die(&x.fake);
	publish_number(x.stream, 1);
	mql_agent_close(x.agent, 50);
	opt.app = "alone";
	opt.source_job = x.fake.endpoint;
	ck_assert_int_eq(mql_agent_open(&opt, &alone), 0);
	mql_agent_close(alone, 60000); /* nothing to hand over: at once */
	fake_fini(&x.fake);
}
END_TEST

START_TEST(agents_do_not_know_each_other)
{
	struct fixture x, y;
	struct fake_query *q;

	fixture_init(&x);
	fixture_init(&y);
	q = fixture_ask(&x, "select n");
	ck_assert(mql_active(x.stream));
	ck_assert(!mql_active(y.stream));
	publish_number(y.stream, 1);
	publish_number(x.stream, 2);
	FAKE_WAIT(&x.fake, q->rows == 1);
	ck_assert_str_eq(x.fake.row[0], "{\"n\":2}");
	ck_assert_str_ne(x.fake.agent, y.fake.agent);
	fixture_fini(&y);
	fixture_fini(&x);
}
END_TEST

TEST_MAIN(agent, agent_says_who_it_is, agent_tells_of_streams_opened_later,
	  agent_goes_live_and_acks, agent_refuses_with_a_reason,
	  agent_refuses_one_query_too_many, agent_asks_a_stream_opened_later,
	  agent_at_another_version_asks_for_the_whole_set,
	  agent_without_credit_drops_and_counts, agent_stays_within_its_credit,
	  agent_ends_a_query_whose_rows_cannot_leave,
	  agent_resumes_its_run_after_the_link,
	  agent_carries_a_run_to_another_source_job,
	  agent_rests_when_the_lease_passes_and_wakes_again,
	  agent_notices_silence, agent_repeats_a_hello_that_nobody_answers,
	  agent_that_is_a_stranger_says_hello_again, agent_survives_garbage,
	  agent_closes_with_its_last_rows_and_books,
	  agent_closes_while_nobody_is_there, agents_do_not_know_each_other)
