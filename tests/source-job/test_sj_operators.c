/* Requests, HTTP, and what the command line gets wrong. */
#include "mql/error.h"
#include "tests/check_main.h"

#include "tests/source-job/harness.h"

static void
expect_answer(const char *answer, const char *part)
{
	ck_assert_msg(strstr(answer, part) != NULL, "no %s in: %.2000s",
		      part, answer);
}

START_TEST(operators_see_agents_queries_and_streams)
{
	struct agent a;
	struct daemon d;
	struct tail t;
	bool ok;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "agent-1", "requests");
	tail_open(&t, &d);
	expect_answer(tail_request(&t, "queries", "", &ok), "[]");
	tail_subscribe(&t, "select * where country == 'BR'");
	agent_go_live(&a);
	TAIL_UNTIL(&t, t.books.live == 1);
	const char *agents = tail_request(&t, "agents", "", &ok);
	ck_assert(ok);
	expect_answer(agents, "\"agent\":\"agent-1\"");
	expect_answer(agents, "\"app\":\"test\"");
	expect_answer(agents, "\"state\":\"connected\"");
	expect_answer(agents, "\"streams\":[\"requests\"]");
	expect_answer(agents, "\"queries\":1");
	const char *queries = tail_request(&t, "queries", "", &ok);
	ck_assert(ok);
	expect_answer(queries, "\"subscribers\":[\"test 1\"]");
	expect_answer(queries, "\"live\":1");
	expect_answer(queries, "BR");
	expect_answer(tail_request(&t, "streams", "", &ok),
		      "[{\"name\":\"requests\",\"agents\":1}]");
	ck_assert(ok);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(requests_that_make_no_sense_are_refused_with_a_sentence)
{
	static const char *const arg[] = { "", "x", "-1", "1x", "99",
					   "99999999999999999999" };
	struct daemon d;
	struct tail t;
	bool ok;

	daemon_start(&d, NULL);
	tail_open(&t, &d);
	expect_answer(tail_request(&t, "dance", "", &ok), "{\"error\":\"");
	ck_assert(!ok);
	for (size_t i = 0; i < sizeof arg / sizeof *arg; i++) {
		expect_answer(tail_request(&t, "kill", arg[i], &ok),
			      "{\"error\":\"");
		ck_assert(!ok);
	}
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(off_ends_queries_and_on_brings_them_back)
{
	struct books_agent done = agent_sent(3), again = agent_sent(2);
	struct agent a;
	struct daemon d;
	struct tail t;
	uint32_t id;
	bool ok;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "agent-1", "requests");
	tail_open(&t, &d);
	tail_subscribe(&t, "select n");
	agent_go_live(&a);
	id = a.added;
	agent_rows(&a, id, 1, 3, 10);
	TAIL_UNTIL(&t, t.rows == 3);
	const char *off = tail_request(&t, "off", "too hot", &ok);
	ck_assert(ok);
	expect_answer(off, "\"off\":true");
	expect_answer(off, "evaluation is switched off by an operator since");
	expect_answer(off, "too hot");
	agent_end(&a, &done);
	TAIL_UNTIL(&t, t.books.refused == 1);
	ck_assert_uint_eq(t.books.live, 0);
	ck_assert_ptr_nonnull(strstr(t.refusal, "evaluation is switched off"));
	expect_answer(tail_request(&t, "queries", "", &ok),
		      "\"refusals\":[{\"why\":\"evaluation is switched off");
	expect_answer(daemon_http(&d, "GET", "/metrics"),
		      "mql_evaluation_off 1\n");
	expect_answer(tail_request(&t, "on", "", &ok), "\"was_off\":true");
	id++; /* what is said of the run before is not of this one */
	agent_until_query(&a, id);
	agent_ack(&a, id, WIRE_LIVE, &(struct books_agent){ 0 });
	agent_rows(&a, id, 1, 2, 10);
	TAIL_UNTIL(&t, t.rows == 5 && t.books.live == 1);
	tail_unsubscribe(&t);
	agent_end(&a, &again);
	TAIL_UNTIL(&t, t.ended);
	ck_assert_uint_eq(t.books.agent.seen, 5);
	ck_assert_uint_eq(t.books.agent.sent, 5);
	ck_assert_uint_eq(t.books.source.lost, 0);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(while_it_is_off_nothing_is_taken_and_agents_get_nothing)
{
	struct agent a, late;
	struct daemon d;
	struct tail t, other;
	bool ok;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "agent-1", "requests");
	tail_open(&t, &d);
	tail_open(&other, &d);
	tail_subscribe(&t, "select n");
	agent_go_live(&a);
	tail_request(&other, "off", "", &ok);
	agent_end(&a, &(struct books_agent){ 0 });
	tail_ask(&other, "select m", 0, 1 << 20);
	TAIL_UNTIL(&other, other.error);
	ck_assert_int_eq(other.error, MQL_ECLOSED);
	ck_assert_ptr_nonnull(strstr(other.why, "switched off"));
	late.added = 0;
	agent_open(&late, &d, "agent-2", "requests");
	ck_assert_uint_eq(late.added, 0);
	TAIL_UNTIL(&t, t.books.refused == 2);
	expect_answer(tail_request(&other, "off", "second", &ok),
		      "\"off\":true");
	tail_request(&other, "on", "", &ok);
	agent_go_live(&late);
	TAIL_UNTIL(&t, t.books.live == 1 && t.books.refused == 0);
	agent_close(&a);
	agent_close(&late);
	tail_close(&t);
	tail_close(&other);
	daemon_stop(&d);
}
END_TEST

/* Its last word about the run before may still come: it must not be taken for
 * one about the new run. */
START_TEST(on_renumbers_what_an_agent_has_not_answered)
{
	struct agent a;
	struct daemon d;
	struct tail t;
	uint32_t id;
	bool ok;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "agent-1", "requests");
	tail_open(&t, &d);
	tail_subscribe(&t, "select n");
	agent_go_live(&a);
	id = a.added;
	tail_request(&t, "off", "", &ok);
	tail_request(&t, "on", "", &ok);
	agent_until_query(&a, id + 1);
	agent_ack(&a, id, WIRE_ENDED, &(struct books_agent){ 0 });
	agent_ack(&a, id + 1, WIRE_LIVE, &(struct books_agent){ 0 });
	agent_rows(&a, id + 1, 1, 2, 10);
	TAIL_UNTIL(&t, t.rows == 2);
	expect_answer(tail_request(&t, "queries", "", &ok), "\"live\":1");
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(an_agent_that_is_disabled_is_shown_and_told)
{
	struct books_agent done = agent_sent(1);
	struct wire_heartbeat hb = { .at = 1,
				     .health = { .cpu_ns = 5000,
						 .memory = 1 << 20,
						 .disabled = true } };
	struct wire_ack_entry e = {
		.state = WIRE_ENDED,
		.why = STR("disabled by the service's owner"),
	};
	struct wire_ack ack = { .entry = &e, .nentry = 1 };
	struct agent a;
	struct daemon d;
	struct tail t;
	bool ok;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "agent-1", "requests");
	tail_open(&t, &d);
	tail_subscribe(&t, "select n");
	agent_go_live(&a);
	agent_rows(&a, a.added, 1, 1, 10);
	e.id = a.added;
	e.books = done;
	wire_ack_encode(&ack, &a.peer.frame);
	peer_send(&a.peer);
	wire_heartbeat_encode(&hb, &a.peer.frame);
	peer_send(&a.peer);
	TAIL_UNTIL(&t, t.books.refused == 1);
	ck_assert_str_eq(t.refusal, "disabled by the service's owner");
	const char *agents = tail_request(&t, "agents", "", &ok);
	expect_answer(agents, "\"state\":\"disabled\"");
	expect_answer(agents, "\"memory\":1048576");
	/* Enabled: it asks for the whole set, and takes it. */
	ack = (struct wire_ack){ .resync = true };
	wire_ack_encode(&ack, &a.peer.frame);
	peer_send(&a.peer);
	agent_until_query(&a, e.id);
	agent_ack(&a, e.id, WIRE_LIVE, &(struct books_agent){ 0 });
	agent_rows(&a, e.id, 1, 4, 10);
	TAIL_UNTIL(&t, t.rows == 5 && t.books.live == 1);
	tail_unsubscribe(&t);
	done = agent_sent(4);
	agent_end(&a, &done);
	TAIL_UNTIL(&t, t.ended);
	ck_assert_uint_eq(t.books.agent.sent, 5);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

START_TEST(http_tells_health_readiness_and_figures)
{
	struct agent a;
	struct daemon d;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	expect_answer(daemon_http(&d, "GET", "/healthz"), " 200 ");
	expect_answer(daemon_http(&d, "GET", "/readyz"), " 200 ");
	expect_answer(daemon_http(&d, "HEAD", "/"), " 200 ");
	expect_answer(daemon_http(&d, "GET", "/nothing"), " 404 ");
	expect_answer(daemon_http(&d, "POST", "/metrics"), " 405 ");
	const char *metrics = daemon_http(&d, "GET", "/metrics");
	expect_answer(metrics, " 200 ");
	expect_answer(metrics, "text/plain; version=0.0.4");
	expect_answer(metrics, "# TYPE mql_agents gauge\nmql_agents 1\n");
	expect_answer(metrics, "# TYPE mql_rows_in_total counter\n");
	expect_answer(metrics, "mql_bad_frames_total{side=\"agents\"} 0\n");
	agent_close(&a);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_port_in_use_is_exit_status_1)
{
	struct daemon d;

	daemon_start(&d, NULL);
	ck_assert_int_eq(daemon_try("--agents", d.agents, "--http=off",
				    "--subscribers=tcp://127.0.0.1:0", NULL),
			 1);
	ck_assert_int_eq(daemon_try("--http", d.http,
				    "--agents=tcp://127.0.0.1:0",
				    "--subscribers=tcp://127.0.0.1:0", NULL),
			 1);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_bad_address_is_exit_status_1)
{
	ck_assert_int_eq(daemon_try("--agents=tcp://127.0.0.1:nonsense",
				    "--subscribers=tcp://127.0.0.1:0",
				    "--http=off", NULL), 1);
	ck_assert_int_eq(daemon_try("--http=127.0.0.1:nonsense",
				    "--agents=tcp://127.0.0.1:0",
				    "--subscribers=tcp://127.0.0.1:0", NULL),
			 1);
}
END_TEST

START_TEST(wrong_usage_is_exit_status_2)
{
	ck_assert_int_eq(daemon_try("--no-such-option", NULL), 2);
	ck_assert_int_eq(daemon_try("--queue=many", NULL), 2);
	ck_assert_int_eq(daemon_try("--agents=tcp://0.0.0.0:7400", NULL), 2);
	ck_assert_int_eq(daemon_try("--agents=nonsense", NULL), 2);
	ck_assert_int_eq(daemon_try("--help", NULL), 0);
	ck_assert_int_eq(daemon_try("--version", NULL), 0);
}
END_TEST

TEST_MAIN(sj_operators, operators_see_agents_queries_and_streams,
	  requests_that_make_no_sense_are_refused_with_a_sentence,
	  off_ends_queries_and_on_brings_them_back,
	  while_it_is_off_nothing_is_taken_and_agents_get_nothing,
	  on_renumbers_what_an_agent_has_not_answered,
	  an_agent_that_is_disabled_is_shown_and_told,
	  http_tells_health_readiness_and_figures,
	  a_port_in_use_is_exit_status_1, a_bad_address_is_exit_status_1,
	  wrong_usage_is_exit_status_2)
