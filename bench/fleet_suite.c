/* fleet_suite.c - make bench-fleet: see fleet_suite.h. */
#include "bench/fleet_suite.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bench/bench.h"
#include "common/clock.h"

enum { PATIENCE_MS = 20000, LINE_S = 60 };

void
suite_sleep(int ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000,
				      .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

double
suite_cpu_ns(pid_t pid)
{
	struct timespec t = { 0 };
	clockid_t clock;

	if (clock_getcpuclockid(pid, &clock) || clock_gettime(clock, &t))
		bench_die("process %d has no clock", (int)pid);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

double
suite_rss_kb(pid_t pid)
{
	char path[64], line[256];
	double kb = NONE;
	FILE *from;

	snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
	from = fopen(path, "r");
	while (from && kb < 0 && fgets(line, sizeof line, from))
		if (!strncmp(line, "VmRSS:", 6))
			kb = strtod(line + 6, NULL);
	if (from)
		fclose(from);
	return kb;
}

struct peers *
suite_peers(enum peers_kind kind, const char *endpoint, unsigned n,
	    unsigned processes)
{
	const struct peers_options opt = {
		.kind = kind, .endpoint = endpoint, .n = n,
		.processes = processes, .pace = FLEET_PACE,
	};
	struct peers *p = peers_start(&opt);

	if (!peers_await(p, n, PATIENCE_MS))
		bench_die("%llu of %u peers are there",
			  (unsigned long long)peers_sum(p).greeted, n);
	return p;
}

struct peers *
suite_bare_peers(struct bare_router *r, unsigned n, unsigned processes)
{
	struct peers *p = suite_peers(PEERS_BARE, r->in, n, processes);

	while (bare_router_hellos(r) < n)
		suite_sleep(1);
	return p;
}

void
suite_end(struct mql_tail *t)
{
	struct mql_item item;
	int err;

	mql_tail_stop(t);
	while (!(err = mql_tail_next(t, 10000, &item)) &&
	       item.kind != MQL_END)
		;
	if (err || item.failed || !item.books.balanced)
		bench_die("a query did not end well: %s, %s",
			  err ? mql_strerror(err) : item.why,
			  item.books.balanced ? "its books balance" :
			  "its books do not balance");
	mql_tail_close(t);
}

/* --- the lines ------------------------------------------------------------------- */

static void
live_some(const char *dir)
{
	suite_live(dir, 1000);
}

static void
live_all(const char *dir)
{
	suite_live(dir, 10000);
}

static void
windows_some(const char *dir)
{
	suite_windows(dir, 1000, 1000);
}

static void
windows_all(const char *dir)
{
	suite_windows(dir, 10000, 1000);
}

static const struct line {
	const char *name;
	void      (*measure)(const char *dir);
} lines[] = {
	{ "live-1000",    live_some },
	{ "live-real",    suite_live_real },
	{ "live-10000",   live_all },
	{ "ingest",       suite_ingest },
	{ "hops",         suite_two_hops },
	{ "subscribers",  suite_subscribers },
	{ "workers",      suite_workers },
	{ "latency",      suite_latency },
	{ "windows-1000", windows_some },
	{ "windows",      windows_all },
	{ "idle",         suite_idle },
	{ "restart",      suite_restart },
};

enum { LINES = sizeof lines / sizeof *lines };

/* In a process of its own: one that fails, or does not end, stands in nobody's
 * way, and all that it has started ends with it. */
static bool
measure(const struct line *l, const char *dir)
{
	int status = -1;
	pid_t pid;

	fflush(stdout);
	if ((pid = fork()) < 0)
		bench_die("cannot start a process");
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		alarm(LINE_S);
		l->measure(dir);
		exit(0);
	}
	waitpid(pid, &status, 0);
	if (status)
		fprintf(stderr, "bench: no figure for %s\n", l->name);
	return !status;
}

/* All lines, or those that are named. */
int
main(int argc, char **argv)
{
	bool good = true;

	if (argc < 2)
		bench_die("usage: %s BUILD-DIRECTORY [LINE...]", argv[0]);
	for (size_t i = 0; i < LINES; i++) {
		bool named = argc == 2;

		for (int k = 2; k < argc; k++)
			named |= !strcmp(argv[k], lines[i].name);
		if (named)
			good &= measure(&lines[i], argv[1]);
	}
	return good ? 0 : 1;
}
