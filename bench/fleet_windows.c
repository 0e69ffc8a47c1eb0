/* fleet_windows.c - windows of 1 s over groups that all agents have folded:
 * how long after its end each is closed, and who is in it. */
#include <stdio.h>

#include "bench/bench.h"
#include "bench/fleet_suite.h"
#include "common/clock.h"

enum {
	FIRST = 3, WINDOWS = 8, GRACE_MS = 2000, MOST_MS = GRACE_MS + 500,
	LONGEST_MS = 25000,
};

struct closed {
	double late[WINDOWS], missing[WINDOWS];
	size_t n;
};

static void
take(struct closed *c, const struct mql_item *item)
{
	const struct mql_window *w = &item->window;

	c->late[c->n] = (double)(clock_wall_ms() - w->end);
	c->missing[c->n] = (double)w->live - (double)w->agents;
	c->n++;
}

static void
watch(struct mql_tail *t, struct closed *c)
{
	const int64_t until = clock_mono_ms() + LONGEST_MS;
	int64_t last = 0;
	unsigned seen = 0;
	struct mql_item item;

	while (c->n < WINDOWS && clock_mono_ms() < until) {
		if (mql_tail_next(t, 1000, &item) || item.kind == MQL_ROW)
			continue;
		if (item.kind == MQL_END)
			bench_die("ended: %s", item.why);
		if (item.window.end == last)
			continue;
		last = item.window.end;
		if (++seen > FIRST)
			take(c, &item);
	}
}

void
suite_windows(const char *dir, unsigned n, unsigned groups)
{
	struct closed c = { .n = 0 };
	struct daemon f;
	struct peers *p;
	struct mql_tail *t;
	char name[80];

	daemon_start(&f, dir);
	p = suite_peers(PEERS_AGENT, f.agents, n, FLEET_PROCESSES, NULL);
	atomic_store(&peers_knobs(p)->groups, 0);
	t = daemon_tail(&f, "select customer_id, count(*), p99(latency_ms) "
		       "group by customer_id window 1s", n);
	atomic_store(&peers_knobs(p)->groups, groups);
	watch(t, &c);
	snprintf(name, sizeof name, "%u x %u groups: window closed, latest",
		 n, groups);
	bench_report("fleet", name,
		     c.n ? bench_percentile(c.late, c.n, 100) : LONGEST_MS,
		     "ms", NONE, MOST_MS);
	snprintf(name, sizeof name, "%u x %u groups: agents not in it",
		 n, groups);
	bench_report("fleet", name,
		     c.n ? bench_percentile(c.missing, c.n, 50) : n, "",
		     NONE, 0);
	mql_tail_close(t);
	peers_stop(p);
	daemon_stop(&f);
}
