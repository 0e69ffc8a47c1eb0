/* fleet_latency.c - from publish in a real agent to the row, at 100,000 rows a
 * second, beside a bare round trip. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

#include "bench/bench.h"
#include "bench/fleet_suite.h"
#include "common/clock.h"
#include "mql/agent.h"

enum {
	RATE = 100000, ROWS = 400000, SKIP = 100000, BURST = 10, TRIPS = 5000,
	BATCHING_MS = 1, /* agent/thread.c looks so often */
};

struct trip {
	double p50, p99; /* ms */
};

static struct trip
measure_trip(void)
{
	static double ms[TRIPS];
	void *context = zmq_ctx_new(), *s = zmq_socket(context, ZMQ_DEALER);
	struct bare_router r;
	char ping[64] = { 'p' };

	suite_bare(&r, NULL);
	zmq_setsockopt(s, ZMQ_LINGER, &(int){ 0 }, sizeof(int));
	zmq_connect(s, r.in);
	for (int i = 0; i < TRIPS; i++) {
		int64_t began = clock_mono_ns();

		if (zmq_send(s, ping, sizeof ping, 0) < 0 ||
		    zmq_recv(s, ping, sizeof ping, 0) < 0)
			bench_die("the ping does not come back");
		ms[i] = (double)(clock_mono_ns() - began) / 1e6;
	}
	zmq_close(s);
	zmq_ctx_term(context);
	bare_router_stop(&r);
	return (struct trip){ bench_percentile(ms, TRIPS, 50),
			      bench_percentile(ms, TRIPS, 99) };
}

static void *
publish(void *arg)
{
	struct timespec due;
	char text[128];

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (int i = 0; i < ROWS; i++) {
		int n = snprintf(text, sizeof text, "{\"n\":%d,\"t\":%lld}", i,
				 (long long)clock_mono_ns());

		mql_publish_json(arg, text, (size_t)n);
		if (i % BURST)
			continue;
		due.tv_nsec += 1000000000 / RATE * BURST;
		due.tv_sec += due.tv_nsec / 1000000000;
		due.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
	return NULL;
}

static int64_t
published_at(struct mql_slice row)
{
	const char *at = memmem(row.ptr, row.len, "\"t\":", 4);
	int64_t ns = 0;

	if (!at)
		bench_die("no time in %.*s", (int)row.len, row.ptr);
	for (at += 4; *at >= '0' && *at <= '9'; at++)
		ns = 10 * ns + (*at - '0');
	return ns;
}

static void
measure_rows(const struct daemon *f, struct mql_stream *stream,
	     struct trip trip)
{
	static double ms[ROWS];
	struct mql_tail *t = daemon_tail(f, "select t", 1);
	struct mql_item item;
	pthread_t thread;
	size_t n = 0, got = 0;

	if (pthread_create(&thread, NULL, publish, stream))
		bench_die("no thread");
	while (got < ROWS) {
		if (mql_tail_next(t, 2000, &item) || item.kind == MQL_END)
			break; /* some were dropped: told by the books */
		if (item.kind == MQL_ROW && ++got > SKIP)
			ms[n++] = (double)(clock_mono_ns() -
					   published_at(item.row)) / 1e6;
	}
	pthread_join(thread, NULL);
	suite_end(t);
	if (got < ROWS * 9 / 10)
		bench_die("only %zu of %d rows came", got, ROWS);
	bench_report("fleet", "publish to row, 100,000 rows/s, p50",
		     bench_percentile(ms, n, 50), "ms", trip.p50,
		     BATCHING_MS + 3 * trip.p50);
	bench_report("fleet", "publish to row, 100,000 rows/s, p99",
		     bench_percentile(ms, n, 99), "ms", trip.p99, 5);
}

void
suite_latency(const char *dir)
{
	const struct trip trip = measure_trip();
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_stream *stream;
	struct mql_agent *agent;
	struct daemon f;

	daemon_start(&f, dir);
	opt.app = "bench";
	opt.source_job = f.agents;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "events", &stream))
		bench_die("the agent does not open");
	suite_end(daemon_tail(&f, "select * where n == 0", 1));
	measure_rows(&f, stream, trip);
	mql_agent_close(agent, 100);
	daemon_stop(&f);
}
