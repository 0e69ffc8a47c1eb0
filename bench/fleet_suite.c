/* fleet_suite.c - make bench-fleet: see fleet_suite.h. */
#include "bench/fleet_suite.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
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
	    unsigned processes, const struct suite_keys *keys)
{
	const struct peers_options opt = {
		.kind = kind, .endpoint = endpoint, .n = n,
		.processes = processes, .pace = FLEET_PACE,
		.keys = keys ? keys->agent : NULL,
	};
	struct peers *p = peers_start(&opt);

	if (!peers_await(p, n, PATIENCE_MS))
		bench_die("%llu of %u peers are there",
			  (unsigned long long)peers_sum(p).greeted, n);
	return p;
}

struct peers *
suite_bare_peers(struct bare_router *r, unsigned n, unsigned processes,
		 const struct suite_keys *keys)
{
	struct peers *p = suite_peers(PEERS_BARE, r->in, n, processes, keys);

	while (bare_router_hellos(r) < n)
		suite_sleep(1);
	return p;
}

/* --- keys -------------------------------------------------------------------------- */

static struct wire_keys *
make_pair(const struct suite_keys *k, const char *name)
{
	char why[240] = "", key[128], server[128];
	struct wire_keys *pair;

	snprintf(key, sizeof key, "%s/%s.key", k->dir, name);
	snprintf(server, sizeof server, "%s/job.pub", k->dir);
	if (wire_keys_make(k->dir, name, why, sizeof why) ||
	    wire_keys_load(key, server, &pair, why, sizeof why))
		bench_die("no keys: %s", why);
	return pair;
}

/* name's public key lets it in as one of role. */
static void
allow(const struct suite_keys *k, const char *name, const char *role)
{
	char from[128], to[160];

	snprintf(from, sizeof from, "%s/%s.pub", k->dir, name);
	snprintf(to, sizeof to, "%s/allowed/%s", k->dir, role);
	if (mkdir(to, 0700))
		bench_die("%s: no directory", to);
	snprintf(to, sizeof to, "%s/allowed/%s/%s.pub", k->dir, role, name);
	if (link(from, to))
		bench_die("%s: no key", to);
}

void
suite_keys_make(struct suite_keys *k)
{
	char allowed[128];

	if (!scratch_dir(k->dir, "bench-keys"))
		bench_die("no directory for keys");
	snprintf(allowed, sizeof allowed, "%s/allowed", k->dir);
	if (mkdir(allowed, 0700))
		bench_die("%s: no directory", allowed);
	k->job = make_pair(k, "job");
	k->agent = make_pair(k, "agent");
	k->client = make_pair(k, "client");
	allow(k, "agent", "agents");
	allow(k, "client", "subscribers");
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

void
suite_keys_remove(struct suite_keys *k)
{
	nftw(k->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	wire_keys_free(k->job);
	wire_keys_free(k->agent);
	wire_keys_free(k->client);
}

void
suite_bare(struct bare_router *r, const struct suite_keys *keys)
{
	bare_router_start(r, keys ? keys->job : NULL);
}

void
suite_daemon(struct daemon *f, const char *dir, const struct suite_keys *keys)
{
	daemon_start_keyed(f, dir, keys ? keys->dir : NULL);
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
	{ "live-keys",    suite_live_keyed },
	{ "hops-keys",    suite_two_hops_keyed },
	{ "restart-keys", suite_restart_keyed },
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
