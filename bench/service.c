/* service.c - what the agent takes from a service: as it lies there unasked,
 * and while requests are served, 10,000 a second, with ten queries live.
 *
 * Each case is a process of its own, forked before anything is opened, so
 * that its memory and its time are its own. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/daemon.h"
#include "bench/request.h"
#include "common/clock.h"

enum {
	QUERIES = 10, RATE = 10000, PERIOD_NS = 1000000000 / RATE,
	SERVED = 2 * RATE, IDLE_MS = 2500, WORK = 4000, WARM_MS = 1500,
};

/* --- what a process uses ------------------------------------------------------- */

struct use {
	double rss, dirty; /* MiB */
	double threads, fds;
	double cpu;        /* ns, of all its threads */
};

static double
kib_of(const char *file, const char *key)
{
	FILE *f = fopen(file, "r");
	char line[256];
	double kib = 0;

	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, key, strlen(key)))
			kib += strtod(line + strlen(key), NULL);
	if (f)
		fclose(f);
	return kib;
}

static double
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = -4; /* the two dots, the standard three, and this one */

	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static double
cpu_ns(clockid_t which)
{
	struct timespec t;

	clock_gettime(which, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static struct use
use_now(void)
{
	return (struct use){
		.rss = kib_of("/proc/self/status", "VmRSS:") / 1024,
		.dirty = kib_of("/proc/self/smaps_rollup",
				"Private_Dirty:") / 1024,
		.threads = kib_of("/proc/self/status", "Threads:"),
		.fds = count_fds(),
		.cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID),
	};
}

static void
sleep_ms(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* --- the cases ------------------------------------------------------------------ */

struct result {
	double rss, dirty, threads, fds; /* more than before the agent */
	double own;      /* % of a core, by threads other than the service's */
	double busy;     /* % of a core, by all */
	double p50, p99; /* us a request takes from when it is due */
};

struct service {
	struct mql_agent  *agent;
	struct mql_stream *stream;
	struct requests    all;
	double             us[SERVED];
	unsigned           sum;
};

static void
open_agent(struct service *s, const char *endpoint)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	opt.app = "bench";
	opt.source_job = endpoint;
	if (mql_agent_open(&opt, &s->agent))
		bench_die("the agent does not open");
	s->stream = requests_stream(s->agent, "structs");
}

static struct result
idle(const char *endpoint)
{
	static struct service s;
	struct use before = use_now(), opened, after;

	open_agent(&s, endpoint);
	sleep_ms(WARM_MS);
	opened = use_now();
	sleep_ms(IDLE_MS);
	after = use_now();
	return (struct result){
		.rss = after.rss - before.rss,
		.dirty = after.dirty - before.dirty,
		.threads = after.threads - before.threads,
		.fds = after.fds - before.fds,
		.own = 100 * (after.cpu - opened.cpu) / (1e6 * IDLE_MS),
	};
}

/* Some microseconds of honest work, and an event about it. */
static void
serve(struct service *s, size_t i)
{
	const struct request *r = &s->all.at[i % REQUESTS];

	for (unsigned k = 0; k < WORK; k++)
		s->sum = s->sum * 31 + (unsigned char)r->title[k % 12] + k;
	if (s->stream)
		mql_publish(s->stream, r);
}

/* The endpoint NULL: without an agent. */
static struct result
service(const char *endpoint)
{
	static struct service s;
	double cpu, mine, took;
	int64_t due, now;

	requests_fill(&s.all);
	if (endpoint)
		open_agent(&s, endpoint);
	sleep_ms(WARM_MS);
	cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
	mine = cpu_ns(CLOCK_THREAD_CPUTIME_ID);
	due = clock_mono_ns();
	took = (double)due;
	for (size_t i = 0; i < SERVED; i++) {
		for (due += PERIOD_NS; (now = clock_mono_ns()) < due;)
			;
		if (now - due > 50 * PERIOD_NS)
			due = now; /* somebody else had our core */
		serve(&s, i);
		s.us[i] = (double)(clock_mono_ns() - due) / 1000;
	}
	took = (double)clock_mono_ns() - took;
	cpu = cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	mine = cpu_ns(CLOCK_THREAD_CPUTIME_ID) - mine;
	return (struct result){
		.own = 100 * (cpu - mine) / took, .busy = 100 * cpu / took,
		.p50 = bench_percentile(s.us, SERVED, 50),
		.p99 = bench_percentile(s.us, SERVED, 99),
	};
}

struct running {
	pid_t pid;
	int   from; /* its result */
};

static void
start(struct running *p, struct result (*run)(const char *), const char *arg)
{
	struct result r;
	int fd[2];

	if (pipe(fd) || (p->pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!p->pid) {
		r = run(arg);
		_exit(write(fd[1], &r, sizeof r) != sizeof r);
	}
	close(fd[1]);
	p->from = fd[0];
}

static struct result
finish(struct running *p)
{
	struct result r;

	if (read(p->from, &r, sizeof r) != sizeof r)
		bench_die("a service does not say what it used");
	close(p->from);
	waitpid(p->pid, NULL, 0);
	return r;
}

/* Its agent is asked by n queries meanwhile. */
static struct result
asked(struct result (*run)(const char *), const struct daemon *f, size_t n)
{
	struct mql_tail *t[QUERIES];
	struct running p;
	struct result r;
	char query[128];

	start(&p, run, f->agents);
	for (size_t i = 0; i < n; i++) {
		snprintf(query, sizeof query, "select * where country=='BR' "
			 "and device=='ipad' and episode == %zu", i);
		t[i] = daemon_tail(f, query, 1);
	}
	r = finish(&p);
	for (size_t i = 0; i < n; i++)
		daemon_end(t[i]);
	return r;
}

/* -------------------------------------------------------------------------------- */

static void
measure(const struct daemon *f)
{
	struct result none, r;
	struct running p;

	r = asked(idle, f, 0);
	bench_report("service", "idle agent, resident", r.rss, "MB", NONE, 8);
	bench_report("service", "idle agent, private", r.dirty, "MB", NONE, 2);
	bench_report("service", "idle agent, threads", r.threads, "", NONE, 3);
	bench_report("service", "idle agent, descriptors", r.fds, "", NONE,
		     12);
	bench_report("service", "idle agent, of a core", r.own, "%", NONE,
		     0.1);
	r = asked(idle, f, 1);
	bench_report("service", "a query without rows, of a core", r.own, "%",
		     NONE, 0.2);
	start(&p, service, NULL);
	none = finish(&p);
	r = asked(service, f, QUERIES);
	bench_report("service", "10,000/s, 10 queries, agent's CPU", r.own,
		     "%", NONE, 0.2);
	bench_report("service", "10,000/s, 10 queries, p50", r.p50, "us",
		     none.p50, 1.02 * none.p50);
	bench_report("service", "10,000/s, 10 queries, p99", r.p99, "us",
		     none.p99, 1.25 * none.p99);
}

int
main(int argc, char **argv)
{
	struct daemon f;

	if (argc != 2)
		bench_die("usage: %s BUILD-DIRECTORY", argv[0]);
	daemon_start(&f, argv[1]);
	measure(&f);
	daemon_stop(&f);
	return 0;
}
