/* latency.c - how long an asker waits: from Enter until the query is live on
 * three agents, and from publish to the row, through a real source-job. The
 * limit beside it is a byte over loopback TCP that takes as many hops. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/daemon.h"
#include "common/clock.h"
#include "mql/agent.h"

enum { AGENTS = 3, ASKED = 20, RATE = 1000, ROWS = 5000, ECHOES = 2000 };

/* --- the limit: there and back over TCP --------------------------------- */

static void *
echo(void *arg)
{
	int fd = *(int *)arg;
	char c;

	while (read(fd, &c, 1) == 1 && write(fd, &c, 1) == 1)
		;
	return NULL;
}

static void
connect_loopback(int fd[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET };
	socklen_t len = sizeof at;
	int on = 1, l = socket(AF_INET, SOCK_STREAM, 0);

	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(l, (struct sockaddr *)&at, len) || listen(l, 1) ||
	    getsockname(l, (struct sockaddr *)&at, &len) ||
	    connect(fd[0], (struct sockaddr *)&at, len) ||
	    (fd[1] = accept(l, NULL, NULL)) < 0)
		bench_die("no loopback");
	setsockopt(fd[0], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	setsockopt(fd[1], IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	close(l);
}

/* Fill ms with the times of two hops. */
static void
measure_echo(double *ms)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	pthread_t thread;
	int fd[2];
	char c = 0;

	connect_loopback(fd);
	if (pthread_create(&thread, NULL, echo, &fd[1]))
		bench_die("no thread");
	for (int i = 0; i < ECHOES; i++) {
		int64_t began = clock_mono_ns();

		if (write(fd[0], &c, 1) != 1 || read(fd[0], &c, 1) != 1)
			bench_die("the echo broke off");
		ms[i] = (double)(clock_mono_ns() - began) / 1e6;
		nanosleep(&pause, NULL);
	}
	shutdown(fd[0], SHUT_WR);
	pthread_join(thread, NULL);
	close(fd[0]);
	close(fd[1]);
}

/* --- Enter to live ------------------------------------------- */

static void
measure_enter(const struct daemon *f, double echo_ms)
{
	double ms[ASKED];
	char query[64];

	for (int i = 0; i < ASKED; i++) {
		int64_t began;
		struct mql_tail *t;

		snprintf(query, sizeof query, "select * where n == -%d", i + 1);
		began = clock_mono_ns();
		t = daemon_tail(f, query, AGENTS);
		ms[i] = (double)(clock_mono_ns() - began) / 1e6;
		daemon_end(t);
	}
	/* Subscribe, queries, acknowledgement, meta: four hops. */
	bench_report("latency", "Enter to live on 3 agents, median",
		     bench_percentile(ms, ASKED, 50), "ms", 2 * echo_ms, 50);
	bench_report("latency", "Enter to live on 3 agents, slowest",
		     bench_percentile(ms, ASKED, 100), "ms", NONE, 50);
}

/* --- publish to row ------------------------------------------- */

static void *
publish(void *arg)
{
	struct timespec due;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &due);
	for (int i = 0; i < ROWS; i++) {
		int n = snprintf(text, sizeof text, "{\"n\":%d,\"t\":%lld}", i,
				 (long long)clock_mono_ns());

		mql_publish_json(arg, text, (size_t)n);
		due.tv_nsec += 1000000000 / RATE;
		due.tv_sec += due.tv_nsec / 1000000000;
		due.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &due, NULL);
	}
	return NULL;
}

/* When the row was published: the number after "t": */
static int64_t
published_at(struct mql_slice row)
{
	static const char key[] = "\"t\":";
	const char *at = memmem(row.ptr, row.len, key, sizeof key - 1);
	char digits[24] = "";

	if (!at)
		bench_die("no time in %.*s", (int)row.len, row.ptr);
	at += sizeof key - 1;
	memcpy(digits, at, (size_t)(row.ptr + row.len - at) < 23 ?
			   (size_t)(row.ptr + row.len - at) : 23);
	return strtoll(digits, NULL, 10);
}

static void
measure_rows(const struct daemon *f, struct mql_stream *stream,
	     double *echo_ms)
{
	static double ms[ROWS];
	struct mql_tail *t = daemon_tail(f, "select t", AGENTS);
	struct mql_item item;
	pthread_t thread;
	size_t n = 0;

	if (pthread_create(&thread, NULL, publish, stream))
		bench_die("no thread");
	while (n < ROWS) {
		if (mql_tail_next(t, 5000, &item) || item.kind == MQL_END)
			bench_die("only %zu of %d rows came", n, ROWS);
		if (item.kind == MQL_ROW)
			ms[n++] = (double)(clock_mono_ns() -
					   published_at(item.row)) / 1e6;
	}
	pthread_join(thread, NULL);
	daemon_end(t);
	bench_report("latency", "publish to row, 1,000 rows/s, p50",
		     bench_percentile(ms, n, 50), "ms",
		     bench_percentile(echo_ms, ECHOES, 50), NONE);
	bench_report("latency", "publish to row, 1,000 rows/s, p99",
		     bench_percentile(ms, n, 99), "ms",
		     bench_percentile(echo_ms, ECHOES, 99), 5);
}

int
main(int argc, char **argv)
{
	static double echo_ms[ECHOES];
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *agent[AGENTS];
	struct mql_stream *stream[AGENTS];
	struct daemon f;

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	daemon_start(&f, argv[1]);
	opt.app = "bench";
	opt.source_job = f.agents;
	for (int i = 0; i < AGENTS; i++)
		if (mql_agent_open(&opt, &agent[i]) ||
		    mql_stream_open(agent[i], "events", &stream[i]))
			bench_die("the agent does not open");
	daemon_end(daemon_tail(&f, "select * where n == 0", AGENTS));
	measure_echo(echo_ms);
	measure_enter(&f, bench_percentile(echo_ms, ECHOES, 50));
	measure_rows(&f, stream[0], echo_ms);
	for (int i = 0; i < AGENTS; i++)
		mql_agent_close(agent[i], 100);
	daemon_stop(&f);
	return 0;
}
