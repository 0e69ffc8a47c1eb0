/* Requests, HTTP, and what the command line gets wrong. */
#include "tests/check_main.h"

#include "tests/source-job/harness.h"

static void
expect_answer(const char *answer, const char *part)
{
	ck_assert_msg(strstr(answer, part) != NULL, "no %s in: %s", part,
		      answer);
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
	ck_assert_int_eq(daemon_try("--help", NULL), 0);
	ck_assert_int_eq(daemon_try("--version", NULL), 0);
}
END_TEST

TEST_MAIN(sj_operators, operators_see_agents_queries_and_streams,
	  requests_that_make_no_sense_are_refused_with_a_sentence,
	  http_tells_health_readiness_and_figures,
	  a_port_in_use_is_exit_status_1, a_bad_address_is_exit_status_1,
	  wrong_usage_is_exit_status_2)
