/* Agents that go, come back, or are someone else. */
#include "tests/check_main.h"

#include "mql/error.h"
#include "tests/source-job/harness.h"

#define QUERY "select * where country == 'BR'"

/* Take messages of t, with signs of life for it, until the condition holds. */
#define PINGING_UNTIL(t, condition)      \
	do {                             \
		while (!(condition)) {   \
			tail_ping(t);    \
			tail_step(t);    \
		}                        \
	} while (0)

START_TEST(a_silent_agent_is_lost)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--heartbeat=100ms", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	TAIL_UNTIL(&t, t.books.live == 1);
	PINGING_UNTIL(&t, t.books.live == 0);
	ck_assert_uint_eq(t.books.lost_agents, 1);
	ck_assert_uint_eq(t.books.targeted, 0);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_that_comes_back_goes_on_where_it_was)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--heartbeat=100ms", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 10, 100);
	TAIL_UNTIL(&t, t.rows == 10);
	PINGING_UNTIL(&t, t.books.lost_agents == 1);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	agent_open(&a, &d, "a", NULL); /* the same agent, a new link */
	struct books_agent books = { .seen = 99, .matched = 20, .sent = 12,
				     .drop_link = 8 };
	agent_ack(&a, a.added, WIRE_LIVE, &books);
	PINGING_UNTIL(&t, t.books.live == 1);
	ck_assert_uint_eq(t.books.lost_agents, 0);
	ck_assert_uint_eq(t.books.agent.sent, 12);
	ck_assert_uint_eq(t.books.source.lost, 2);
	ck_assert_uint_eq(t.books.agent.drop_link, 8);
	ck_assert_uint_eq(t.before.sent, 0);
	ck_assert(books_balance(&t.books));
	agent_rows(&a, a.added, 13, 1, 100);
	PINGING_UNTIL(&t, t.rows == 11);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_run_that_began_anew_is_told_by_its_counters)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 10, 100);
	TAIL_UNTIL(&t, t.rows == 10);
	agent_hello(&a, "a", NULL); /* and it has forgotten the query */
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 5, 100);
	TAIL_UNTIL(&t, t.rows == 15);
	TAIL_UNTIL(&t, t.books.agent.sent == 15);
	ck_assert_uint_eq(t.books.source.lost, 0);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_new_link_of_an_agent_replaces_the_old_one)
{
	struct agent old, new;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&old, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&old);
	TAIL_UNTIL(&t, t.books.live == 1);
	agent_open(&new, &d, "a", NULL);
	agent_go_live(&new);
	TAIL_UNTIL(&t, t.books.live == 1 && t.metas > 2);
	ck_assert_uint_eq(t.books.targeted, 1);
	ck_assert_uint_eq(t.books.lost_agents, 0);
	agent_rows(&old, old.added, 1, 1, 100); /* a stranger by now */
	struct str body = peer_expect(&old.peer, WIRE_ERROR);
	struct wire_error e;
	ck_assert_int_eq(wire_error_decode(body, &e), 0);
	ck_assert_int_eq(e.code, MQL_ECLOSED);
	arena_fini(&e.mem);
	agent_close(&old);
	agent_close(&new);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_that_says_goodbye_has_left)
{
	struct wire_goodbye bye = { .why = STR("done") };
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 2, 100);
	struct books_agent last = agent_sent(2);
	agent_ack(&a, a.added, WIRE_ENDED, &last);
	wire_goodbye_encode(&bye, &a.peer.frame);
	peer_send(&a.peer);
	TAIL_UNTIL(&t, t.books.left == 1);
	ck_assert_uint_eq(t.books.live, 0);
	ck_assert_uint_eq(t.books.lost_agents, 0);
	ck_assert_uint_eq(t.books.agent.sent, 2);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_whose_link_breaks_is_lost)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	TAIL_UNTIL(&t, t.books.live == 1);
	agent_close(&a);
	PINGING_UNTIL(&t, t.books.live == 0);
	ck_assert_uint_eq(t.books.lost_agents, 1);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(agents_are_bounded)
{
	struct agent a;
	struct daemon d;

	daemon_start(&d, "--max-agents=1", NULL);
	agent_open(&a, &d, "a", NULL);
	peer_expect_full(&d, "b");
	agent_close(&a);
	daemon_stop(&d);
}
END_TEST

/* Where its next source-job has begun: three rows were never read here. */
START_TEST(an_agent_that_went_without_a_word_says_later_what_it_had_sent)
{
	struct wire_goodbye bye = { .why = STR("moved"), .moves = true };
	struct books_agent books = { .seen = 30, .matched = 10, .sent = 8,
				     .queued = 2 };
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--heartbeat=100ms", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	uint32_t id = a.added;
	agent_rows(&a, id, 1, 5, 100);
	TAIL_UNTIL(&t, t.rows == 5);
	agent_close(&a);
	PINGING_UNTIL(&t, t.books.lost_agents == 1);
	agent_open(&a, &d, "a", NULL);
	agent_report(&a, id, &books);
	wire_goodbye_encode(&bye, &a.peer.frame);
	peer_send(&a.peer);
	PINGING_UNTIL(&t, t.books.source.lost == 3 && !t.books.targeted);
	ck_assert_uint_eq(t.books.lost_agents, 0);
	ck_assert_uint_eq(t.books.left, 0);
	ck_assert_uint_eq(t.books.agent.sent, 8);
	ck_assert_uint_eq(t.books.agent.seen, 28); /* two go along */
	ck_assert_uint_eq(t.books.source.delivered, 5);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

/* The answer to its goodbye comes behind all that it was sent before. */
static size_t
queries_until_goodbye(struct peer *p)
{
	struct wire_goodbye bye = { .why = STR("enough") };
	struct wire_queries m;
	struct str body;
	unsigned kind;
	size_t n = 0;

	wire_goodbye_encode(&bye, &p->frame);
	peer_send(p);
	for (peer_recv(p, &kind, &body); kind != WIRE_GOODBYE;
	     peer_recv(p, &kind, &body)) {
		if (kind != WIRE_QUERIES)
			continue;
		ck_assert_int_eq(wire_queries_decode(body, &m), 0);
		n += m.nadd;
		arena_fini(&m.mem);
	}
	return n;
}

START_TEST(an_agent_that_is_for_one_query_from_now_on_is_asked_no_other)
{
	struct wire_label label = { STR("mql.replay"),
				   STR("00000000000000ff") };
	struct wire_hello m = { .agent = STR("b"), .app = STR("test"),
				.session = 2, .label = &label, .nlabel = 1 };
	struct agent a, b;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--workers=1", NULL);
	agent_open(&a, &d, "a", NULL);
	agent_open(&b, &d, "b", NULL);
	wire_hello_encode(&m, &b.peer.frame);
	peer_send(&b.peer);
	peer_expect(&b.peer, WIRE_WELCOME);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_until_added(&a);
	ck_assert_uint_eq(queries_until_goodbye(&b.peer), 0);
	agent_close(&a);
	agent_close(&b);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

/* Answers that come together are told together, one that never comes keeps none
 * of them back, and what each agent had counted before is nobody's here. */
static void
count_answers_of(const char *workers)
{
	const struct books_agent past[] = { agent_sent(10), agent_sent(0) };
	struct agent a[3];
	struct daemon d;
	struct tail t;

	daemon_start(&d, workers, NULL);
	for (size_t i = 0; i < 3; i++)
		agent_open(&a[i], &d, (char[]){ (char)('a' + i), 0 }, NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	for (size_t i = 0; i < 3; i++)
		agent_until_added(&a[i]);
	agent_ack(&a[0], a[0].added, WIRE_LIVE, &past[0]);
	agent_ack(&a[1], a[1].added, WIRE_LIVE, &past[1]);
	TAIL_UNTIL(&t, t.books.live == 2);
	ck_assert_uint_eq(t.before.sent, 10);
	ck_assert_uint_eq(t.books.agent.sent, 0);
	agent_rows(&a[2], a[2].added, 8, 3, 100); /* before it answers */
	agent_rows(&a[0], a[0].added, 11, 5, 100);
	agent_ack(&a[2], a[2].added, WIRE_LIVE, &past[0]);
	TAIL_UNTIL(&t, t.books.live == 3 && t.books.source.delivered == 8);
	ck_assert_uint_eq(t.before.sent, 17);
	ck_assert_uint_eq(t.books.agent.sent, 8);
	ck_assert_uint_eq(t.books.source.lost, 0);
	ck_assert(books_balance(&t.books));
	for (size_t i = 0; i < 3; i++)
		agent_close(&a[i]);
	tail_close(&t);
	daemon_stop(&d);
}

START_TEST(answers_that_come_together_are_counted_as_they_come)
{
	count_answers_of("--workers=1"); /* in the job's own thread */
	count_answers_of("--workers=2"); /* in one beside it */
	count_answers_of("--workers=4");
}
END_TEST

/* So many that their answers are let to gather; but most of them say nothing.
 */
START_TEST(agents_that_do_not_answer_keep_nobody_waiting)
{
	enum { AGENTS = 40 };
	static struct agent a[AGENTS];
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--workers=2", NULL);
	for (size_t i = 0; i < AGENTS; i++)
		agent_open(&a[i], &d, (char[]){ (char)('0' + i), 0 }, NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	for (size_t i = 0; i < AGENTS; i++)
		agent_until_added(&a[i]);
	agent_ack(&a[7], a[7].added, WIRE_LIVE, NULL);
	agent_rows(&a[7], a[7].added, 1, 5, 100);
	TAIL_UNTIL(&t, t.rows == 5);
	for (size_t i = 0; i < AGENTS; i++)
		if (i != 7)
			agent_ack(&a[i], a[i].added, WIRE_LIVE, NULL);
	TAIL_UNTIL(&t, t.books.live == AGENTS);
	tail_unsubscribe(&t);
	for (size_t i = 0; i < AGENTS; i++) {
		struct books_agent books = agent_sent(i == 7 ? 5 : 0);
		agent_end(&a[i], &books);
	}
	TAIL_UNTIL(&t, t.ended);
	ck_assert_uint_eq(t.books.agent.sent, 5);
	ck_assert(books_balance(&t.books));
	for (size_t i = 0; i < AGENTS; i++)
		agent_close(&a[i]);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

TEST_MAIN(sj_agents, a_silent_agent_is_lost,
	  an_agent_that_comes_back_goes_on_where_it_was,
	  a_run_that_began_anew_is_told_by_its_counters,
	  a_new_link_of_an_agent_replaces_the_old_one,
	  an_agent_that_says_goodbye_has_left,
	  an_agent_whose_link_breaks_is_lost,
	  an_agent_that_went_without_a_word_says_later_what_it_had_sent,
	  agents_are_bounded,
	  answers_that_come_together_are_counted_as_they_come,
	  agents_that_do_not_answer_keep_nobody_waiting,
	  an_agent_that_is_for_one_query_from_now_on_is_asked_no_other)
