/* sse_long.c - ten thousand viewers of a hundred queries for ten minutes: is
 * every row with every viewer that asked for it, or counted as dropped? The
 * crowd counts what it gets, the daemon what it sends and drops.
 *
 * MQL_LONG_SECONDS is for the impatient. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/daemon.h"
#include "bench/sink.h"
#include "common/clock.h"
#include "mql/agent.h"

enum {
	VIEWERS = 10000, QUERIES = 100, SECONDS = 600,
	RATE = 1000, /* rows a second; each is of one query: so many times
			VIEWERS / QUERIES deliveries */
	PAD = 200, PATIENCE_MS = 60000,
};

static void
nap(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
}

/* Rows at RATE, one query after the other; how many. */
static uint64_t
publish(struct mql_stream *stream, int seconds)
{
	int64_t began = clock_mono_ms(), end = began + seconds * 1000L;
	char row[PAD + 64], pad[PAD + 1];
	uint64_t n = 0;

	memset(pad, 'x', PAD);
	pad[PAD] = '\0';
	for (int64_t now = began; now < end; now = clock_mono_ms()) {
		for (; n < (uint64_t)(now - began) * RATE / 1000; n++) {
			int len = snprintf(row, sizeof row,
				"{\"q\":%u,\"n\":\"~\",\"pad\":\"%s\"}",
				(unsigned)(n % QUERIES), pad);
			mql_publish_json(stream, row, (size_t)len);
		}
		nap();
	}
	return n;
}

struct told {
	uint64_t in, out, dropped, got;
};

static struct told
read_told(const struct sink *s, const struct crowd *c)
{
	struct told t = { .in = sink_metric(s, "rows_in_total"),
			  .dropped = sink_metric(s, "rows_dropped_total"),
			  .out = sink_metric(s, "rows_out_total") };

	t.got = crowd_rows(c);
	return t;
}

/* Wait until nothing is on its way. */
static struct told
settle(const struct sink *s, const struct crowd *c, uint64_t want)
{
	int64_t until = clock_mono_ms() + PATIENCE_MS;
	struct told t;

	do {
		nap();
		t = read_told(s, c);
	} while ((t.out + t.dropped < want || t.got < t.out) &&
		 clock_mono_ms() < until);
	return t;
}

static double
apart(uint64_t a, uint64_t b)
{
	return a > b ? (double)(a - b) : (double)(b - a);
}

static void
report(const struct told *t, uint64_t rows, double memory)
{
	const uint64_t each = VIEWERS / QUERIES;
	char name[80];

	snprintf(name, sizeof name, "%llu rows: not taken",
		 (unsigned long long)rows);
	bench_report("sse-long", name, apart(t->in, rows), "row", NONE, 0);
	snprintf(name, sizeof name, "%llu deliveries: in no book",
		 (unsigned long long)(rows * each));
	bench_report("sse-long", name, apart(t->out + t->dropped, rows * each),
		     "row", NONE, 0);
	bench_report("sse-long", "sent, and not with its viewer",
		     apart(t->got, t->out), "row", NONE, 0);
	bench_report("sse-long", "dropped, and counted", (double)t->dropped,
		     "row", NONE, NONE);
	bench_report("sse-long", "a viewer, its share of a query too",
		     memory / VIEWERS / 1000, "kB", NONE, NONE);
}

static void
more_files(void)
{
	struct rlimit lim;

	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	if (lim.rlim_cur < VIEWERS + 1000)
		bench_die("too few open files are allowed");
}

int
main(int argc, char **argv)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent;
	struct mql_stream *stream;
	struct daemon f;
	struct sink sink;
	struct crowd c;

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	const char *seconds = getenv("MQL_LONG_SECONDS");
	signal(SIGPIPE, SIG_IGN);
	more_files();
	daemon_start(&f, argv[1]);
	opt.app = "bench";
	opt.source_job = f.agents;
	opt.wait_when_full = true;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "events", &stream))
		bench_die("the agent does not open");
	sink_start(&sink, argv[1], f.subscribers, false);
	daemon_end(daemon_tail(&f, "select *", 1));
	double before = sink_memory(&sink);
	crowd_start(&c, &(struct crowd_options){
		.n = VIEWERS, .port = sink.port, .queries = QUERIES,
		.path = "/api/v1/stream?q=select+*+where+q%3D%3D" });
	for (int i = 0; i < 400; i++) /* until the queries are live */
		nap();
	uint64_t rows = publish(stream, seconds ? atoi(seconds) : SECONDS);
	struct told t = settle(&sink, &c, rows * (VIEWERS / QUERIES));
	report(&t, rows, sink_memory(&sink) - before -
	       (double)sink_metric(&sink, "replay_bytes"));
	crowd_stop(&c);
	mql_agent_close(agent, 100);
	sink_stop(&sink);
	daemon_stop(&f);
	return 0;
}
