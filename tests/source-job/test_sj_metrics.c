/* test_sj_metrics.c - what Prometheus reads while there is something to say. */
#include <stdio.h>

#include "common/clock.h"
#include "tests/source-job/prometheus.h"
#include "tests/source-job/scene.h"

/* The answer of /metrics, checked. */
static const char *
metrics(const struct daemon *d)
{
	const char *text = daemon_http(d, "GET", "/metrics");

	ck_assert(strstr(text, " 200 "));
	prometheus_check(text);
	return text;
}

static double
value(const struct daemon *d, const char *sample)
{
	return prometheus_value(metrics(d), sample);
}

/* Answer the next CREDIT that asks, with a clock that is `ahead`. */
static void
answer_clock(struct agent *a, int64_t ahead)
{
	struct wire_credit credit = { 0 };
	struct wire_heartbeat m = { .version = a->version };

	while (!credit.at) {
		struct str body = peer_expect(&a->peer, WIRE_CREDIT);

		ck_assert_int_eq(wire_credit_decode(body, &credit), 0);
		arena_fini(&credit.mem);
	}
	m.health.at = credit.at;
	m.health.wall = (uint64_t)(clock_wall_us() + ahead);
	wire_heartbeat_encode(&m, &a->peer.frame);
	peer_send(&a->peer);
}

/* A row that was sent `ago`, by a clock that is `ahead`. */
static void
send_row(struct agent *a, uint32_t id, uint64_t seq, int64_t ago,
	 int64_t ahead)
{
	struct rows_writer w;

	rows_writer_init(&w);
	w.timed = true;
	w.sent = (uint64_t)(clock_wall_us() - ago + ahead);
	ck_assert_int_eq(rows_writer_add(&w, &id, &seq, 1, STR("{\"n\":1}")),
			 0);
	rows_writer_take(&w, &a->peer.frame);
	rows_writer_fini(&w);
	peer_send(&a->peer);
}

START_TEST(every_figure_is_described_and_typed)
{
	struct scene s;

	daemon_start(&s.d, "--workers=3", NULL);
	metrics(&s.d);
	s.t.group = NULL;
	scene_ask(&s, "select *");
	agent_rows(&s.a, s.a.added, 1, 3, 20);
	TAIL_UNTIL(&s.t, s.t.rows == 3);
	const char *text = metrics(&s.d);
	ck_assert(prometheus_value(text, "mql_rows_in_total") == 3);
	ck_assert(prometheus_value(text, "mql_rows_out_total") == 3);
	ck_assert(prometheus_value(text, "mql_queue_rows") == 0);
	ck_assert(prometheus_value(text, "mql_thread_cpu_seconds_total{"
				   "thread=\"worker-1\"}") >= 0);
	ck_assert(prometheus_value(text, "mql_thread_cpu_seconds_total{"
				   "thread=\"ZMQbg/IO/0\"}") >= 0);
	ck_assert(prometheus_value(text,
				   "process_resident_memory_bytes") > 1e6);
	ck_assert(prometheus_value(text, "process_cpu_seconds_total") > 0);
	ck_assert(prometheus_value(text, "process_max_fds") > 0);
	tail_unsubscribe(&s.t);
	scene_end(&s, 3, 0);
	scene_close(&s);
}
END_TEST

START_TEST(how_late_a_row_is_does_not_depend_on_the_agents_clock)
{
	const int64_t hour = INT64_C(3600000000), ago = 700000;
	struct scene s;

	daemon_start(&s.d, "--heartbeat=2s", NULL);
	scene_ask(&s, "select *");
	send_row(&s.a, s.a.added, 1, ago, hour); /* nobody knows its clock */
	TAIL_UNTIL(&s.t, s.t.rows == 1);
	ck_assert(value(&s.d, "mql_row_latency_seconds_count") == 0);
	answer_clock(&s.a, hour);
	send_row(&s.a, s.a.added, 2, ago, hour);
	TAIL_UNTIL(&s.t, s.t.rows == 2);
	const char *text = metrics(&s.d);
	ck_assert(prometheus_value(text,
				   "mql_row_latency_seconds_count") == 1);
	/* A row is at least as late as it is: no clock here runs backward. */
	ck_assert(prometheus_value(text, "mql_row_latency_seconds_bucket{"
				   "le=\"0.25\"}") == 0);
	ck_assert(prometheus_value(text, "mql_row_latency_seconds_sum") < 600);
	ck_assert(prometheus_value(text, "mql_agent_round_trip_latency_"
				   "seconds_count") >= 1);
	agent_close(&s.a);
	agent_close(&s.b);
	tail_close(&s.t);
	daemon_stop(&s.d);
}
END_TEST

START_TEST(rows_dropped_at_agents_are_counted_by_cause)
{
	struct books_agent books = { .seen = 9, .matched = 9, .sent = 2,
				     .drop_ring = 4, .drop_rate = 3,
				     .skipped = 0 };
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select *");
	agent_rows(&s.a, s.a.added, 1, 2, 20);
	agent_report(&s.a, s.a.added, &books);
	TAIL_UNTIL(&s.t, s.t.books.agent.drop_ring == 4);
	tail_unsubscribe(&s.t);
	agent_end(&s.a, &books);
	books = (struct books_agent){ 0 };
	agent_end(&s.b, &books);
	TAIL_UNTIL(&s.t, s.t.ended);
	const char *text = metrics(&s.d); /* of a query that has ended, too */
	ck_assert(prometheus_value(text, "mql_dropped_total{at=\"agent\","
				   "cause=\"ring_full\"}") == 4);
	ck_assert(prometheus_value(text, "mql_dropped_total{at=\"agent\","
				   "cause=\"rate_cap\"}") == 3);
	ck_assert(prometheus_value(text, "mql_dropped_total{at=\"source_job\","
				   "cause=\"subscriber_slow\"}") == 0);
	scene_close(&s);
}
END_TEST

START_TEST(what_waits_for_the_slow_is_told)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	agent_open(&s.a, &s.d, "a", NULL);
	tail_open(&s.t, &s.d);
	tail_ask(&s.t, "select *", 0, 300); /* not for all */
	TAIL_UNTIL(&s.t, s.t.accepted);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 9, 100);
	TAIL_UNTIL(&s.t, s.t.books.source.waiting > 0 &&
			 s.t.books.source.waiting + s.t.rows == 9);
	const double rows = (double)s.t.books.source.waiting;
	const char *text = metrics(&s.d);
	ck_assert(prometheus_value(text, "mql_queue_rows") == rows);
	ck_assert(prometheus_value(text, "mql_queue_bytes") > 100 * rows);
	ck_assert(prometheus_value(text, "mql_queue_longest_bytes") ==
		  prometheus_value(text, "mql_queue_bytes"));
	agent_close(&s.a);
	tail_close(&s.t);
	daemon_stop(&s.d);
}
END_TEST

START_TEST(windows_tell_how_late_they_are)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select n, @ts window 100ms");
	char line[80];
	snprintf(line, sizeof line, "{\"n\":1,\"@ts\":%lld}\n",
		 (long long)clock_wall_ms());
	agent_lines(&s.a, s.a.added, 1, line);
	while (value(&s.d, "mql_window_latency_seconds_count") != 1)
		tail_step(&s.t);
	agent_close(&s.a);
	agent_close(&s.b);
	tail_close(&s.t);
	daemon_stop(&s.d);
}
END_TEST

/* Agents that send all they may, whatever becomes of it. */
START_TEST(what_all_agents_may_send_ahead_is_bounded)
{
	enum { N = 12, MIB = 1 << 20 };
	struct agent a[N];
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--agents-memory=4M", "--max-agents=40", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, "select *");
	for (int i = 0; i < N; i++) {
		char id[16];

		snprintf(id, sizeof id, "a%d", i);
		agent_open(&a[i], &d, id, NULL);
		ck_assert_uint_eq(a[i].credit, 4 * MIB / 2 / 40);
		agent_go_live(&a[i]);
	}
	TAIL_UNTIL(&t, t.books.live == N);
	for (uint64_t seq = 1; seq <= 20; seq++) {
		uint64_t before = t.rows;

		for (int i = 0; i < N; i++)
			agent_rows(&a[i], a[i].added, 1 + (seq - 1) * 60, 60,
				   1000);
		while (t.rows < before + N * 60) {
			tail_credit(&t, (1 << 20) + seq * 2 * N * 61000);
			tail_step(&t);
		}
		const char *text = metrics(&d);
		double ahead = prometheus_value(text,
						"mql_agents_ahead_bytes");
		ck_assert(ahead >= N * (4 * MIB / 2 / 40));
		ck_assert(ahead <= 4 * MIB);
	}
	for (int i = 0; i < N; i++)
		agent_close(&a[i]);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

TEST_MAIN(sj_metrics, every_figure_is_described_and_typed,
	  how_late_a_row_is_does_not_depend_on_the_agents_clock,
	  rows_dropped_at_agents_are_counted_by_cause,
	  what_waits_for_the_slow_is_told, windows_tell_how_late_they_are,
	  what_all_agents_may_send_ahead_is_bounded)
