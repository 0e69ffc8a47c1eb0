/* Leases, kills, drains: how subscriptions end. */
#include "tests/check_main.h"

#include <signal.h>
#include <stdio.h>

#include "common/clock.h"
#include "mql/error.h"
#include "tests/source-job/harness.h"

#define QUERY "select * where country == 'BR'"

START_TEST(a_silent_subscribers_query_ends_with_its_lease)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--lease=300ms", "--heartbeat=300ms", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	agent_end(&a, NULL);
	TAIL_UNTIL(&t, t.ended);
	ck_assert(t.failed);
	ck_assert(t.lapsed);
	ck_assert_ptr_nonnull(strstr(t.why, "lease"));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

/* Of rows that it was handed it has said to have done with; what it was not
 * handed does not count. */
static void
say_done(struct tail *t, uint64_t rows)
{
	struct wire_credit m = { .id = t->id, .bytes = 1, .rows = rows };

	wire_credit_encode(&m, &t->peer.frame);
	peer_send(&t->peer);
}

START_TEST(what_goes_with_a_silent_subscriber_is_counted)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--lease=2s", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 10, 40);
	TAIL_UNTIL(&t, t.rows == 10);
	say_done(&t, 1000);
	say_done(&t, 7);
	say_done(&t, 5);
	agent_end(&a, NULL);
	TAIL_UNTIL(&t, t.ended);
	ck_assert_uint_eq(t.books.source.delivered, 10);
	ck_assert_ptr_nonnull(strstr(daemon_http(&d, "GET", "/metrics"),
				     "\nmql_rows_unsure_total 3\n"));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_query_goes_on_while_one_of_its_subscribers_pings)
{
	struct tail silent, alive;
	struct daemon d;

	daemon_start(&d, "--lease=300ms", "--heartbeat=300ms", NULL);
	tail_open(&silent, &d);
	tail_open(&alive, &d);
	tail_subscribe(&silent, QUERY);
	tail_subscribe(&alive, QUERY);
	while (!silent.ended) {
		unsigned kind;
		struct str body;
		tail_ping(&alive);
		peer_recv(&alive.peer, &kind, &body);
		if (wire_dealer_recv(silent.peer.dealer, &body) == 1 &&
		    !wire_get_header(body.ptr, body.len, &kind, &body))
			silent.ended = kind == WIRE_END;
	}
	ck_assert(!alive.ended);
	tail_close(&silent);
	tail_close(&alive);
	daemon_stop(&d);
}
END_TEST

/* What we said meanwhile it has not read, and what we did not is its fault. */
START_TEST(a_daemon_that_stood_still_does_not_end_leases)
{
	struct daemon d;
	struct tail t;
	int64_t until;

	daemon_start(&d, "--lease=1s", "--heartbeat=300ms", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	daemon_signal(&d, SIGSTOP);
	until = clock_mono_ms() + 1500;
	while (clock_mono_ms() < until)
		wire_dealer_wait(t.peer.dealer, 10, -1);
	daemon_signal(&d, SIGCONT);
	for (int i = 0; i < 3; i++) {
		unsigned kind;
		struct str body;

		tail_ping(&t);
		do {
			peer_recv(&t.peer, &kind, &body);
			ck_assert_uint_ne(kind, WIRE_END);
		} while (kind != WIRE_PONG);
	}
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_operator_can_kill_a_query)
{
	struct tail t, operator;
	struct agent a;
	struct daemon d;
	char id[16];
	bool ok;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_open(&operator, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	snprintf(id, sizeof id, "%u", t.query_id);
	tail_request(&operator, "kill", id, &ok);
	ck_assert(ok);
	agent_end(&a, NULL);
	TAIL_UNTIL(&t, t.ended);
	ck_assert(t.failed);
	ck_assert_str_eq(t.why, "killed by an operator");
	tail_request(&operator, "kill", id, &ok);
	ck_assert(!ok);
	agent_close(&a);
	tail_close(&t);
	tail_close(&operator);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_that_does_not_answer_holds_up_an_end_for_a_second_only)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	tail_unsubscribe(&t);
	TAIL_UNTIL(&t, t.ended);
	ck_assert(!t.failed);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(the_same_query_asked_again_while_it_ends_is_a_new_one)
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
	a.added = 0;
	tail_unsubscribe(&first);
	agent_until_removed(&a);
	uint32_t old = a.removed;
	tail_subscribe(&second, QUERY);
	agent_until_added(&a);
	ck_assert_uint_ne(second.query_id, first.query_id);
	agent_ack(&a, old, WIRE_ENDED, NULL);
	agent_ack(&a, a.added, WIRE_LIVE, NULL);
	TAIL_UNTIL(&first, first.ended);
	TAIL_UNTIL(&second, second.books.live == 1);
	agent_close(&a);
	tail_close(&first);
	tail_close(&second);
	daemon_stop(&d);
}
END_TEST

START_TEST(sigterm_drains)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 3, 100);
	TAIL_UNTIL(&t, t.rows == 3);
	daemon_signal(&d, SIGTERM);
	agent_until_removed(&a);
	ck_assert_ptr_nonnull(strstr(daemon_http(&d, "GET", "/readyz"),
				     " 503 "));
	ck_assert_ptr_nonnull(strstr(daemon_http(&d, "GET", "/healthz"),
				     " 200 "));
	t.id = 8;
	tail_ask(&t, QUERY, 0, 1 << 20);
	TAIL_UNTIL(&t, t.error);
	ck_assert_int_eq(t.error, MQL_ECLOSED);
	t.id = 7;
	struct books_agent books = agent_sent(3);
	agent_ack(&a, a.removed, WIRE_ENDED, &books);
	TAIL_UNTIL(&t, t.ended);
	ck_assert(t.failed);
	ck_assert_str_eq(t.why, "source-job is shutting down");
	ck_assert_uint_eq(t.books.source.delivered, 3);
	ck_assert(books_balance(&t.books));
	peer_expect(&a.peer, WIRE_GOODBYE);
	ck_assert_int_eq(daemon_wait(&d), 0);
	agent_close(&a);
	tail_close(&t);
}
END_TEST

START_TEST(a_drain_keeps_its_deadline)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--drain=200ms", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	daemon_signal(&d, SIGTERM);
	TAIL_UNTIL(&t, t.ended);
	ck_assert_int_eq(daemon_wait(&d), 0);
	agent_close(&a);
	tail_close(&t);
}
END_TEST

START_TEST(a_second_signal_ends_it_at_once)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--drain=1h", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	daemon_signal(&d, SIGTERM);
	agent_until_removed(&a); /* it drains */
	daemon_signal(&d, SIGINT);
	ck_assert_int_eq(daemon_wait(&d), 1);
	agent_close(&a);
	tail_close(&t);
}
END_TEST

TEST_MAIN(sj_endings, a_silent_subscribers_query_ends_with_its_lease,
	  what_goes_with_a_silent_subscriber_is_counted,
	  a_query_goes_on_while_one_of_its_subscribers_pings,
	  a_daemon_that_stood_still_does_not_end_leases,
	  an_operator_can_kill_a_query,
	  an_agent_that_does_not_answer_holds_up_an_end_for_a_second_only,
	  the_same_query_asked_again_while_it_ends_is_a_new_one,
	  sigterm_drains, a_drain_keeps_its_deadline,
	  a_second_signal_ends_it_at_once)
