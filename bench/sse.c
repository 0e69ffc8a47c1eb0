/* sse.c - rows to many viewers at once, beside servers that do nothing else:
 * how long until the last viewer has a row, what a delivery costs, what a
 * viewer costs in memory. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bare.h"
#include "bench/bench.h"
#include "bench/crowd.h"
#include "bench/fleet.h"
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

/* --- the daemon --------------------------------------------------------------- */

struct sink {
	pid_t    pid;
	uint16_t port;
};

static void
exec_sink(const char *dir, const char *source_job, int out)
{
	char program[4096];

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(out, STDOUT_FILENO);
	snprintf(program, sizeof program, "%s/mql-sink-sse", dir);
	execl(program, "mql-sink-sse", "--listen", "127.0.0.1:0",
	      "--source-job", source_job, "--threads", "2", (char *)NULL);
	_exit(127);
}

static void
sink_start(struct sink *s, const char *dir, const char *source_job)
{
	char line[512], *at;
	FILE *from;
	int fd[2];

	if (pipe(fd) || (s->pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!s->pid)
		exec_sink(dir, source_job, fd[1]);
	close(fd[1]);
	from = fdopen(fd[0], "r");
	if (!from || !fgets(line, sizeof line, from) ||
	    !(at = strstr(line, "127.0.0.1:")))
		bench_die("%s/mql-sink-sse does not start", dir);
	s->port = (uint16_t)atoi(at + 10);
	fclose(from);
}

static void
sink_stop(struct sink *s)
{
	kill(s->pid, SIGTERM);
	waitpid(s->pid, NULL, 0);
}

/* Resident memory, bytes. */
static double
memory_of(pid_t pid)
{
	char name[64];
	long pages = 0;

	snprintf(name, sizeof name, "/proc/%d/statm", (int)pid);
	FILE *from = fopen(name, "r");
	if (!from || fscanf(from, "%*d %ld", &pages) != 1)
		bench_die("no %s", name);
	fclose(from);
	return (double)pages * (double)sysconf(_SC_PAGESIZE);
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

	crowd_start(&c, n, s->port, path);
	rest();
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
	struct server s = { send_bare, &b, b.port };
	double value = measure(&s, n, what);
	bare_stop(&b);
	return value;
}

static void
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
}

static void
report_sustained(const struct server *s)
{
	double mhd = of_bare(bare_mhd_start, FEW, sustained);
	double ours = measure(s, FEW, sustained);

	bench_report("sse", "a delivery, 1,000 viewers", ours, "ns", mhd,
		     mhd / 0.7);
}

static void
report_memory(const struct server *s, pid_t pid, unsigned n)
{
	struct crowd c;
	double before = memory_of(pid), idle, burst;

	crowd_start(&c, n, s->port, path);
	rest();
	idle = (memory_of(pid) - before) / n;
	uint64_t want = crowd_rows(&c) + 100 * (uint64_t)n;
	s->send(s->arg, 100);
	crowd_await(&c, want);
	burst = (memory_of(pid) - before) / n;
	crowd_stop(&c);
	bench_report("sse", "memory of a viewer, idle", idle / 1000, "kB", NONE,
		     9);
	bench_report("sse", "memory of a viewer, after a burst", burst / 1000,
		     "kB", NONE, 9);
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
	struct fleet f;
	struct sink sink;
	unsigned n = viewers();

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	signal(SIGPIPE, SIG_IGN);
	make_row();
	fleet_start(&f, argv[1]);
	opt.app = "bench";
	opt.source_job = f.agents;
	opt.wait_when_full = true;
	if (mql_agent_open(&opt, &agent) ||
	    mql_stream_open(agent, "events", &stream))
		bench_die("the agent does not open");
	sink_start(&sink, argv[1], f.subscribers);
	fleet_end(fleet_tail(&f, "select *", 1));
	struct server s = { send_fleet, stream, sink.port };
	report_memory(&s, sink.pid, n);
	report_one(&s, n);
	report_sustained(&s);
	mql_agent_close(agent, 100);
	sink_stop(&sink);
	fleet_stop(&f);
	return 0;
}
