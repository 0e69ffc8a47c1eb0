/* test_sj_costs.c - a real agent at the real source-job: what its queries cost
 * it, and how late its rows are. */
#include "tests/check_main.h"

#include <stdlib.h>

#include "mql/agent.h"
#include "tests/source-job/harness.h"
#include "tests/source-job/prometheus.h"

struct costly {
	struct daemon      d;
	struct tail        t;
	struct mql_agent  *agent;
	struct mql_stream *s;
};

static void
begin(struct costly *c, const char *query)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	*c = (struct costly){ 0 };
	daemon_start(&c->d, "--heartbeat=300ms", NULL);
	unsetenv("MQL_AGENT_BUDGET"); /* without one nothing is timed */
	opt.cpu_permille = 1000;
	opt.rows_per_second = opt.bytes_per_second = UINT32_MAX;
	opt.app = "costly";
	opt.version = "7.1";
	opt.source_job = c->d.agents;
	ck_assert_int_eq(mql_agent_open(&opt, &c->agent), 0);
	ck_assert_int_eq(mql_stream_open(c->agent, "json", &c->s), 0);
	tail_open(&c->t, &c->d);
	tail_subscribe(&c->t, query);
	TAIL_UNTIL(&c->t, c->t.books.live == 1);
}

static void
end(struct costly *c)
{
	tail_close(&c->t);
	mql_agent_close(c->agent, 1000);
	daemon_stop(&c->d);
}

static void
publish(const struct costly *c, unsigned n)
{
	static const char text[] = "{\"n\":1,\"name\":\"a longer one\"}";

	while (n--)
		mql_publish_json(c->s, text, sizeof text - 1);
}

/* The number behind "key": in the list; 0: it is not there. */
static uint64_t
told(struct costly *c, const char *list, const char *key)
{
	bool ok;
	const char *text = tail_request(&c->t, list, "", &ok);
	const char *at = strstr(text, key);

	ck_assert(ok);
	return at ? strtoull(at + strlen(key), NULL, 10) : 0;
}

START_TEST(what_a_query_costs_is_told_by_agent_and_by_query)
{
	struct costly c;

	begin(&c, "select n where name like '%longer%'");
	while (!told(&c, "agents", "\"queries_cpu_us_per_s\":") ||
	       !told(&c, "agents", "\"rows_per_s\":") ||
	       !told(&c, "agents", "\"bytes_per_s\":"))
		publish(&c, 500);
	while (!told(&c, "queries", "\"cpu_ms\":") ||
	       !told(&c, "queries", "\"cpu_us_per_s\":"))
		publish(&c, 500);
	bool ok;
	const char *text = tail_request(&c.t, "agents", "", &ok);
	ck_assert(strstr(text, "\"version\":\"7.1\""));
	ck_assert(strstr(text, "\"language\":\""));
	ck_assert(strstr(text, "\"costs\":[{\"query\":"));
	/* It has nothing to do any more: then it costs nothing. */
	while (told(&c, "queries", "\"cpu_us_per_s\":") ||
	       told(&c, "agents", "\"queries_cpu_us_per_s\":"))
		tail_ping(&c.t);
	end(&c);
}
END_TEST

START_TEST(a_real_agent_says_when_it_sends)
{
	struct costly c;
	double rows = 0;

	begin(&c, "select n");
	while (!told(&c, "agents", "\"round_trip_us\":"))
		tail_ping(&c.t);
	while (rows < 1) {
		publish(&c, 1);
		tail_step(&c.t);
		rows = prometheus_value(daemon_http(&c.d, "GET", "/metrics"),
					"mql_row_latency_seconds_count");
	}
	end(&c);
}
END_TEST

TEST_MAIN(sj_costs, what_a_query_costs_is_told_by_agent_and_by_query,
	  a_real_agent_says_when_it_sends)
