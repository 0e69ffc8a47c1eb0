/* sse.c - rows to many viewers at once, beside servers that do nothing else:
 * how long until the last viewer has a row, what a delivery costs, what a
 * viewer costs in memory. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/daemon.h"
#include "bench/sink.h"
#include "common/clock.h"
#include "mql/agent.h"

enum {
	VIEWERS = 10000, FEW = 1000, /* for what is sustained */
	SINGLE = 15,                 /* rows, one by one */
	MANY = 2000, ROUNDS = 5,     /* rows back to back */
	ROW_BYTES = 300,
	PAUSE_NS = 300000000,        /* so that no batch is pending */
};

static char row[ROW_BYTES + 1], message[ROW_BYTES + 64];
static const char path[] = "/api/v1/stream?q=select%20*";

static void
make_row(void)
{
	int n = snprintf(row, sizeof row, "{\"n\":\"~\",\"pad\":\"");

	memset(row + n, 'x', ROW_BYTES - (size_t)n);
	memcpy(row + ROW_BYTES - 2, "\"}", 2);
	snprintf(message, sizeof message, "data: %s\nid: 0123456789ab-1\n\n",
		 row);
}

static void
rest(void)
{
	nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
}

/* --- what is measured: any server, told through send() ------------------------- */

struct server {
	void (*send)(void *arg, uint32_t rows);
	void *arg;
	uint16_t port;
	bool tls;
};

static void
send_bare(void *arg, uint32_t rows)
{
	bare_send(arg, rows);
}

static void
send_fleet(void *arg, uint32_t rows)
{
	while (rows--)
		mql_publish_json(arg, row, ROW_BYTES);
}

static void
gather(struct crowd *c, const struct server *s, unsigned n)
{
	struct crowd_options opt = { .n = n, .port = s->port, .path = path,
				     .tls = s->tls };

	crowd_start(c, &opt);
	rest();
}

/* ms from one row until the last of all has it: the median. */
static double
one_to_all(const struct server *s, const struct crowd *c)
{
	uint64_t want = crowd_rows(c);
	double ms[SINGLE];

	for (int i = 0; i < SINGLE; i++) {
		rest();
		int64_t began = clock_mono_ns();
		s->send(s->arg, 1);
		want += c->n;
		ms[i] = (double)(crowd_await(c, want) - began) / 1e6;
	}
	return bench_percentile(ms, SINGLE, 50);
}

/* ns a delivery, rows back to back: the best, for noise only adds. */
static double
sustained(const struct server *s, const struct crowd *c)
{
	uint64_t want = crowd_rows(c);
	double ns[ROUNDS];

	for (int i = 0; i < ROUNDS; i++) {
		rest();
		int64_t began = clock_mono_ns();
		s->send(s->arg, MANY);
		want += (uint64_t)MANY * c->n;
		ns[i] = (double)(crowd_await(c, want) - began) /
			((double)MANY * c->n);
	}
	return bench_percentile(ns, ROUNDS, 0);
}

static double
measure(const struct server *s, unsigned n,
	double (*what)(const struct server *s, const struct crowd *c))
{
	struct crowd c;

	gather(&c, s, n);
	double value = what(s, &c);
	crowd_stop(&c);
	return value;
}

/* --- the daemon beside the limits --------------------------------------------------- */

static double
of_bare(void (*start)(struct bare *b, const char *text), unsigned n,
	double (*what)(const struct server *s, const struct crowd *c))
{
	struct bare b;

	start(&b, message);
	struct server s = { send_bare, &b, b.port, false };
	double value = measure(&s, n, what);
	bare_stop(&b);
	return value;
}

/* The floor of this run, for what comes with TLS. */
static double
report_one(const struct server *s, unsigned n)
{
	char name[64];
	double floor = of_bare(bare_epoll_start, n, one_to_all);
	double mhd = of_bare(bare_mhd_start, n, one_to_all);
	double ours = measure(s, n, one_to_all);

	snprintf(name, sizeof name, "one row to all of %u viewers", n);
	bench_report("sse", name, ours, "ms", floor, 1.3 * floor);
	bench_report("sse", "the same, bare libmicrohttpd", mhd, "ms", floor,
		     NONE);
	return floor;
}

static void
report_sustained(const struct server *s)
{
	double mhd = of_bare(bare_mhd_start, FEW, sustained);
	double ours = measure(s, FEW, sustained);

	bench_report("sse", "a delivery, 1,000 viewers", ours, "ns", mhd,
		     mhd / 0.7);
}

/* What a viewer costs: when nothing happens; after rows, and ten times as
 * many; and while the crowd reads none of as many again. */
static void
report_memory(const struct server *s, const struct sink *sink, unsigned n,
	      double target)
{
	static const char *const when[] = { "idle", "after a burst",
		"after a tenfold one", "readers stalled" };
	static const uint32_t rows[] = { 0, 100, 1000, 1000 };
	double before = sink_memory(sink);
	struct crowd c;
	char name[64];

	gather(&c, s, n);
	uint64_t want = crowd_rows(&c);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		bool stall = i + 1 == sizeof rows / sizeof *rows;
		crowd_stall(&c, stall);
		s->send(s->arg, rows[i]);
		want += rows[i] * (uint64_t)n;
		if (!stall)
			crowd_await(&c, want);
		rest();
		rest();
		snprintf(name, sizeof name, "a viewer%s, %s",
			 s->tls ? " with TLS" : "", when[i]);
		bench_report("sse", name,
			     (sink_memory(sink) - before) / n / 1000, "kB",
			     NONE, target);
	}
	crowd_stall(&c, false);
	crowd_await(&c, want); /* nobody has missed a row */
	crowd_stop(&c);
}

static void
report_tls(const char *dir, const struct daemon *f, struct mql_stream *stream,
	   unsigned n, double floor)
{
	struct server s = { send_fleet, stream, 0, true };
	struct sink sink;
	char name[64];

	if (!sink_start(&sink, dir, f->subscribers, true)) {
		fprintf(stderr, "sse: no openssl, so nothing with TLS\n");
		return;
	}
	s.port = sink.port;
	report_memory(&s, &sink, n, 25);
	/* That viewers have left the daemon learns by a heartbeat: another
	 * one has room now. */
	sink_stop(&sink);
	sink_start(&sink, dir, f->subscribers, true);
	s.port = sink.port;
	snprintf(name, sizeof name, "one row to all of %u, with TLS", n);
	bench_report("sse", name, measure(&s, n, one_to_all), "ms", floor,
		     1.3 * 1.35 * floor);
	sink_stop(&sink);
}

static unsigned
viewers(void)
{
	struct rlimit lim;

	getrlimit(RLIMIT_NOFILE, &lim);
	lim.rlim_cur = lim.rlim_max;
	setrlimit(RLIMIT_NOFILE, &lim);
	return lim.rlim_cur < VIEWERS + 1000 ? (unsigned)lim.rlim_cur - 1000
					     : VIEWERS;
}

int
main(int argc, char **argv)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent;
	struct mql_stream *stream;
	struct daemon f;
	struct sink sink;
	unsigned n = viewers();

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	signal(SIGPIPE, SIG_IGN);
	make_row();
	daemon_start(&f, argv[1]);
	opt.app = "bench";
	opt.source_job = f.agents;
	opt.wait_when_full = true;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "events", &stream))
		bench_die("the agent does not open");
	sink_start(&sink, argv[1], f.subscribers, false);
	daemon_end(daemon_tail(&f, "select *", 1));
	struct server s = { send_fleet, stream, sink.port, false };
	report_memory(&s, &sink, n, 9);
	double floor = report_one(&s, n);
	report_sustained(&s);
	sink_stop(&sink);
	report_tls(argv[1], &f, stream, n, floor);
	mql_agent_close(agent, 100);
	daemon_stop(&f);
	return 0;
}
