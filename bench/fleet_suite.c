/* fleet_suite.c - make bench-fleet: see fleet_suite.h. */
#include "bench/fleet_suite.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench/bench.h"
#include "common/clock.h"

enum { PATIENCE_MS = 60000 };

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

static const struct {
	const char *name;
	void      (*one)(const char *dir);
	void      (*many)(const char *dir, unsigned n);
	unsigned    n;
} lines[] = {
	{ "live",        NULL, suite_live, 1000 },
	{ "real",        NULL, suite_live_real, 1000 },
	{ "live",        NULL, suite_live, 10000 },
	{ "ingest",      NULL, suite_ingest, 1000 },
	{ "hops",        suite_two_hops, NULL, 0 },
	{ "subscribers", NULL, suite_subscribers, 100 },
	{ "latency",     suite_latency, NULL, 0 },
	{ "memory",      NULL, suite_memory, 10000 },
	{ "restart",     NULL, suite_restart, 10000 },
};

enum { LINES = sizeof lines / sizeof *lines };

/* All lines, or those that are named: bench_fleet DIR [live|ingest|...]. */
int
main(int argc, char **argv)
{
	if (argc < 2)
		bench_die("usage: %s BUILD-DIRECTORY [LINE]", argv[0]);
	for (size_t i = 0; i < LINES; i++) {
		if (argc > 2 && strcmp(argv[2], lines[i].name))
			continue;
		if (lines[i].one)
			lines[i].one(argv[1]);
		else
			lines[i].many(argv[1], lines[i].n);
	}
	if (argc == 2 || !strcmp(argv[2], "windows")) {
		suite_windows(argv[1], 1000, 1000);
		suite_windows(argv[1], 10000, 1000);
	}
	return 0;
}
