/* fleet_live.c - a query on all agents, beside a question to as many bare
 * peers; what an agent takes of the source-job's memory; all of them back
 * after it was killed. */
#include <stdio.h>
#include <stdlib.h>

#include "bench/agents.h"
#include "bench/bench.h"
#include "bench/fleet_suite.h"
#include "common/clock.h"

enum { TIMES = 9, SOME = 1000, MANY = 10000, REAL_PROCESSES = 4 };

/* --- live ------------------------------------------------------------------------ */

static double
ask_router(struct bare_router *r, unsigned n)
{
	double ms[TIMES];

	bare_router_ask(r, n); /* what is allocated then stays */
	for (int i = 0; i < TIMES; i++)
		ms[i] = bare_router_ask(r, n);
	return bench_percentile(ms, TIMES, 50);
}

static double
ask_bare(unsigned n, const struct suite_keys *keys)
{
	struct bare_router r;
	struct peers *p;
	double ms;

	suite_bare(&r, keys);
	p = suite_bare_peers(&r, n, FLEET_PROCESSES, keys);
	ms = ask_router(&r, n);
	peers_stop(p);
	bare_router_stop(&r);
	return ms;
}

/* From the call that asks until all have said live. */
static double
ask_fleet(const struct daemon *f, unsigned n)
{
	double ms[TIMES + 1];

	for (int i = 0; i <= TIMES; i++) {
		char query[80];
		int64_t began;
		struct mql_tail *t;

		snprintf(query, sizeof query, "select * where country == 'BR' "
			 "and status == %d", 600 + i);
		suite_sleep(50); /* those of the last one are gone */
		began = clock_mono_ns();
		t = daemon_tail(f, query, n);
		ms[i] = (double)(clock_mono_ns() - began) / 1e6;
		suite_end(t);
	}
	return bench_percentile(ms + 1, TIMES, 50);
}

static void
report(const char *what, unsigned n, double ours, double bare)
{
	char name[64];

	snprintf(name, sizeof name, "live on %u %s", n, what);
	bench_report("fleet", name, ours, "ms", bare, 2.5 * bare);
}

static double
ask_stand_ins(const char *dir, unsigned n, const struct suite_keys *keys)
{
	struct daemon f;
	struct peers *p;
	double ms;

	suite_daemon(&f, dir, keys);
	p = suite_peers(PEERS_AGENT, f.agents, n, FLEET_PROCESSES, keys);
	ms = ask_fleet(&f, n);
	peers_stop(p);
	daemon_stop(&f);
	return ms;
}

static double
ask_real(const char *dir, unsigned n)
{
	struct agents_options opt = {
		.n = n, .processes = REAL_PROCESSES,
	};
	struct agents *a;
	struct daemon f;
	double ms;

	if (n > AGENTS_IN_PROCESS * REAL_PROCESSES)
		opt.processes = n / AGENTS_IN_PROCESS;
	daemon_start(&f, dir);
	opt.source_job = f.agents;
	a = agents_start(&opt);
	while (agents_sum(a).opened < n)
		suite_sleep(10);
	suite_end(daemon_tail(&f, "select * where n == 0", n));
	ms = ask_fleet(&f, n);
	agents_stop(a);
	daemon_stop(&f);
	return ms;
}

/* As the machine is now: bare peers are asked before and after. */
void
suite_live(const char *dir, unsigned n)
{
	double bare = ask_bare(n, NULL) / 2;
	const double stand_ins = ask_stand_ins(dir, n, NULL);
	const double real = ask_real(dir, n);

	bare += ask_bare(n, NULL) / 2;
	report("stand-ins", n, stand_ins, bare);
	report("real agents", n, real, bare);
}

void
suite_live_keyed(const char *dir)
{
	struct suite_keys keys;
	double bare, ours;

	suite_keys_make(&keys);
	bare = ask_bare(SOME, &keys);
	ours = ask_stand_ins(dir, SOME, &keys);
	suite_keys_remove(&keys);
	bench_report("fleet", "live on 1,000 with CURVE", ours, "ms", bare,
		     NONE);
}

/* --- idle ------------------------------------------------------------------------ */

enum { SETTLE_MS = 2000, IDLE_MS = 3000 }; /* some heartbeats of each */

static double
bare_kb(unsigned n)
{
	struct bare_router r;
	struct peers *p;
	double before, kb;

	suite_bare(&r, NULL);
	before = suite_rss_kb(r.pid);
	p = suite_bare_peers(&r, n, FLEET_PROCESSES, NULL);
	bare_router_ask(&r, n);
	kb = (suite_rss_kb(r.pid) - before) / n;
	peers_stop(p);
	bare_router_stop(&r);
	return kb;
}

void
suite_idle(const char *dir)
{
	const double bare = bare_kb(MANY);
	struct daemon f;
	struct peers *p;
	double before, kb, cpu;

	daemon_start(&f, dir);
	before = suite_rss_kb(f.pid);
	p = suite_peers(PEERS_AGENT, f.agents, MANY, FLEET_PROCESSES, NULL);
	suite_end(daemon_tail(&f, "select * where n == 0", MANY));
	suite_sleep(SETTLE_MS);
	kb = (suite_rss_kb(f.pid) - before) / MANY;
	cpu = suite_cpu_ns(f.pid);
	suite_sleep(IDLE_MS);
	cpu = (suite_cpu_ns(f.pid) - cpu) / (IDLE_MS * 1e6);
	bench_report("fleet", "memory per idle agent", kb, "KB", bare,
		     1.35 * bare);
	bench_report("fleet", "CPU of 10,000 idle agents, of a core",
		     100 * cpu, "%", NONE, NONE);
	peers_stop(p);
	daemon_stop(&f);
}

/* --- restart --------------------------------------------------------------------- */

static double
bare_reconnect_s(unsigned n, const struct suite_keys *keys)
{
	struct bare_router r;
	struct peers *p;
	int64_t began;
	double s;

	suite_bare(&r, keys);
	began = clock_mono_ns();
	p = suite_bare_peers(&r, n, FLEET_PROCESSES, keys);
	s = (double)(clock_mono_ns() - began) / 1e9;
	peers_stop(p);
	bare_router_stop(&r);
	return s;
}

struct back {
	double s;    /* since the source-job was started again */
	bool   told; /* what was missed, though it be nothing */
};

static struct back
await_back(struct mql_tail *t, unsigned n, int64_t began)
{
	struct back b = { 0 };
	struct mql_item item;

	for (;;) {
		if (clock_mono_ns() - began > (int64_t)60e9)
			bench_die("%u agents are not back", n);
		if (mql_tail_next(t, 100, &item) || item.kind == MQL_ROW)
			continue;
		if (item.kind == MQL_END)
			bench_die("ended: %s", item.why);
		b.told |= item.kind == MQL_GAP;
		if (b.s <= 0 && item.kind != MQL_LINK && item.books.live == n)
			b.s = (double)(clock_mono_ns() - began) / 1e9;
		if (b.s > 0 && b.told)
			return b;
	}
}

/* Each agent sends a row a second all the while. */
static struct back
restart(const char *dir, unsigned n, const struct suite_keys *keys)
{
	struct daemon f;
	struct peers *p;
	struct mql_tail *t;
	struct mql_item item;
	struct back b;

	suite_daemon(&f, dir, keys);
	p = suite_peers(PEERS_AGENT, f.agents, n, FLEET_PROCESSES, keys);
	t = daemon_tail(&f, "select *", n);
	atomic_store(&peers_knobs(p)->batch, 1);
	atomic_store(&peers_knobs(p)->rate, 1);
	atomic_store(&peers_knobs(p)->pace, 0); /* nobody paces agents */
	for (uint64_t rows = 0; rows < 2 * n;) /* until all is in motion */
		if (!mql_tail_next(t, 1000, &item))
			rows += item.kind == MQL_ROW;
	daemon_kill(&f);
	while (!mql_tail_next(t, 1000, &item) && item.kind != MQL_LINK)
		;
	suite_sleep(700); /* their retries are as far apart as they get */
	int64_t began = clock_mono_ns();
	daemon_again(&f, dir);
	b = await_back(t, n, began);
	suite_end(t);
	peers_stop(p);
	daemon_stop(&f);
	return b;
}

static void
report_restart(const char *dir, const char *what,
	       const struct suite_keys *keys, double target)
{
	const double bare = bare_reconnect_s(MANY, keys);
	const struct back b = restart(dir, MANY, keys);

	bench_report("fleet", what, b.s, "s", bare, target);
	if (!b.told)
		bench_die("nobody was told what was missed");
}

void
suite_restart(const char *dir)
{
	report_restart(dir, "killed and back: all agents live", NULL, 2);
}

void
suite_restart_keyed(const char *dir)
{
	struct suite_keys keys;

	suite_keys_make(&keys);
	report_restart(dir, "the same with CURVE", &keys, 8);
	suite_keys_remove(&keys);
}
