/* Queries to agents, acknowledgements back, identical queries once. */
#include "tests/check_main.h"

#include "mql/error.h"
#include "tests/source-job/harness.h"

#define QUERY "select * where country == 'BR'"

START_TEST(every_agent_gets_the_query_and_is_counted)
{
	static const char *const name[] = { "a", "b", "c" };
	struct agent a[3];
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	for (int i = 0; i < 3; i++)
		agent_open(&a[i], &d, name[i], "requests");
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	ck_assert_uint_eq(t.books.targeted, 3);
	for (uint32_t i = 0; i < 3; i++) {
		agent_go_live(&a[i]);
		TAIL_UNTIL(&t, t.books.live == i + 1);
	}
	ck_assert_uint_eq(t.books.targeted, 3);
	ck_assert(books_balance(&t.books));
	for (int i = 0; i < 3; i++)
		agent_close(&a[i]);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_that_comes_later_gets_the_query_with_its_welcome)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_open(&a, &d, "a", NULL);
	ck_assert_uint_ne(a.added, 0);
	agent_go_live(&a);
	TAIL_UNTIL(&t, t.books.live == 1);
	ck_assert_uint_eq(t.books.targeted, 1);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_refusal_is_told_with_its_reason)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_until_added(&a);
	agent_ack(&a, a.added, WIRE_REFUSED, NULL);
	TAIL_UNTIL(&t, t.books.refused == 1);
	ck_assert_str_eq(t.refusal, "no thanks");
	ck_assert_uint_eq(t.books.live, 0);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(identical_queries_run_once_and_share_their_rows)
{
	struct tail first, second;
	struct agent a;
	struct daemon d;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&first, &d);
	tail_open(&second, &d);
	tail_subscribe(&first, QUERY);
	tail_subscribe(&second, "SELECT  *  where country=='BR' limit 100");
	ck_assert_uint_eq(first.query_id, second.query_id);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 5, 100);
	TAIL_UNTIL(&first, first.rows == 5);
	TAIL_UNTIL(&second, second.rows == 5);
	agent_close(&a);
	tail_close(&first);
	tail_close(&second);
	daemon_stop(&d);
}
END_TEST

/* Should its link break in the next moment, it can tell what it has missed. */
START_TEST(who_joins_hears_where_it_counts_from_before_any_row)
{
	struct tail first, second;
	struct agent a;
	struct daemon d;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&first, &d);
	tail_open(&second, &d);
	tail_subscribe(&first, QUERY);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 5, 100);
	TAIL_UNTIL(&first, first.rows == 5);
	tail_subscribe(&second, QUERY);
	ck_assert_uint_eq(second.metas, 0);
	agent_rows(&a, a.added, 6, 2, 100);
	TAIL_UNTIL(&second, second.rows || second.metas);
	ck_assert_uint_eq(second.rows, 0);
	ck_assert_uint_eq(second.before.sent, 5);
	ck_assert_uint_eq(second.books.agent.sent, 0);
	TAIL_UNTIL(&second, second.rows == 2);
	agent_close(&a);
	tail_close(&first);
	tail_close(&second);
	daemon_stop(&d);
}
END_TEST

START_TEST(only_agents_with_the_stream_are_targeted)
{
	struct agent other, silent;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&other, &d, "other", "logs");
	agent_open(&silent, &d, "silent", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, "select * from requests");
	ck_assert_uint_eq(t.books.targeted, 1);
	struct str stream = STR("requests");
	struct wire_heartbeat m = { .at = 1, .stream = &stream, .nstream = 1 };
	wire_heartbeat_encode(&m, &other.peer.frame);
	peer_send(&other.peer);
	TAIL_UNTIL(&t, t.books.targeted == 2);
	agent_close(&other);
	agent_close(&silent);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_of_another_version_of_the_set_gets_a_snapshot)
{
	struct wire_ack resync = { .version = 999, .resync = true };
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_open(&a, &d, "a", NULL);
	uint32_t id = a.added;
	wire_ack_encode(&resync, &a.peer.frame);
	peer_send(&a.peer);
	agent_queries(&a);
	ck_assert_uint_eq(a.added, id);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_wrong_query_is_refused_with_its_place)
{
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	tail_open(&t, &d);
	tail_ask(&t, "select * where ==", 0, 1 << 20);
	TAIL_UNTIL(&t, t.error);
	ck_assert_int_eq(t.error, MQL_ESYNTAX);
	ck_assert_int_gt(t.col, 1);
	ck_assert(t.why[0]);
	tail_subscribe(&t, QUERY); /* the link is as good as before */
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(subscriptions_are_bounded_and_have_ids_of_their_own)
{
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--max-subscribers=2", "--max-queries=1", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	tail_ask(&t, QUERY, 0, 1 << 20);
	TAIL_UNTIL(&t, t.error);
	ck_assert_int_eq(t.error, MQL_EINVAL);
	t.id = 8;
	tail_ask(&t, "select * where other", 0, 1 << 20);
	TAIL_UNTIL(&t, t.error);
	ck_assert_int_eq(t.error, MQL_ELIMIT);
	tail_subscribe(&t, QUERY);
	t.id = 9;
	tail_ask(&t, QUERY, 0, 1 << 20);
	TAIL_UNTIL(&t, t.error);
	ck_assert_int_eq(t.error, MQL_ELIMIT);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

TEST_MAIN(sj_fanout, every_agent_gets_the_query_and_is_counted,
	  an_agent_that_comes_later_gets_the_query_with_its_welcome,
	  a_refusal_is_told_with_its_reason,
	  identical_queries_run_once_and_share_their_rows,
	  who_joins_hears_where_it_counts_from_before_any_row,
	  only_agents_with_the_stream_are_targeted,
	  an_agent_of_another_version_of_the_set_gets_a_snapshot,
	  a_wrong_query_is_refused_with_its_place,
	  subscriptions_are_bounded_and_have_ids_of_their_own)
