/* budget.c - see budget.h.
 *
 * The limits, and what a publisher does. budget_look.c does the rest. */
#include "agent/budget.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	PERMILLE = 10, /* 1% of a core */
	BYTES = 4 << 20,
	ROWS = 50000,
	GROUP_BYTES = 32 << 20,
	NS_PER_PERMILLE = 1000 * 1000,
	BETWEEN_NS = 100000, /* of work, at least, from one timing to the next:
				it costs half a microsecond */
};

/* --- limits --------------------------------------------------------------------- */

/* What the options say, else the environment, else ours. */
static int
setting(uint64_t given, const char *name, uint64_t ours, uint64_t *out)
{
	const char *z = getenv(name);
	char *end;

	*out = given ? given : ours;
	if (given || !z || !*z)
		return 0;
	*out = strtoull(z, &end, 10);
	return *z < '0' || *z > '9' || *end || !*out ? MQL_EINVAL : 0;
}

static int
read_limits(struct mql_agent *a, const struct mql_agent_options *opt)
{
	struct budget_limits *b = &a->budget;
	uint64_t permille, bytes, rows, group;
	int err;

	if ((err = setting(opt->cpu_permille, "MQL_AGENT_CPU_PERMILLE",
			   PERMILLE, &permille)) ||
	    (err = setting(opt->bytes_per_second, "MQL_AGENT_BYTES_PER_SECOND",
			   BYTES, &bytes)) ||
	    (err = setting(opt->rows_per_second, "MQL_AGENT_ROWS_PER_SECOND",
			   ROWS, &rows)) ||
	    (err = setting(opt->group_bytes, "MQL_AGENT_GROUP_BYTES",
			   GROUP_BYTES, &group)))
		return err;
	if (permille > 1000 * 1000)
		permille = 1000 * 1000;
	b->limit[BUDGET_CPU] = permille * NS_PER_PERMILLE;
	b->limit[BUDGET_BYTES] = bytes;
	b->limit[BUDGET_ROWS] = rows;
	a->fold_bytes = group < SIZE_MAX ? (size_t)group : SIZE_MAX;
	snprintf(b->why[BUDGET_CPU], sizeof b->why[0], "over %g%% of a core",
		 (double)permille / 10);
	snprintf(b->why[BUDGET_BYTES], sizeof b->why[0],
		 "over %llu bytes a second", (unsigned long long)bytes);
	snprintf(b->why[BUDGET_ROWS], sizeof b->why[0],
		 "over %llu rows a second", (unsigned long long)rows);
	return 0;
}

/* A pipe waits for its rows: nobody's request does. */
static bool
is_unbounded(const struct mql_agent *a)
{
	const char *z = getenv("MQL_AGENT_BUDGET");

	return a->wait_when_full || (z && !strcmp(z, "off"));
}

int
budget_init(struct mql_agent *a, const struct mql_agent_options *opt)
{
	struct budget_limits *b = &a->budget;
	int err = read_limits(a, opt);

	if (err)
		return err;
	for (unsigned k = 0; is_unbounded(a) && k < BUDGET_KINDS; k++)
		b->limit[k] = UINT64_MAX;
	b->step = calloc(a->max_queries, sizeof *b->step);
	return b->step ? 0 : MQL_ENOMEM;
}

void
budget_fini(struct mql_agent *a)
{
	free(a->budget.step);
	a->budget.step = NULL;
}

/* --- a publisher ------------------------------------------------------------------ */

/* xorshift64 (Marsaglia 2003): all bits of a lot are used, and none twice. */
static uint64_t
draw(uint64_t x)
{
	x = x ? x : (uint64_t)clock_mono_ns() | 1;
	x ^= x << 13;
	x ^= x >> 7;
	return x ^ x << 17;
}

/* The lot of the next event; false: nobody wants it. */
static bool
cast_lot(struct publisher *p, const struct mql_stream *s)
{
	struct gauge *g = &p->gauge;

	g->lot = draw(g->lot);
	g->floor = atomic_load_explicit(&s->floor, memory_order_relaxed);
	return gauge_passes(g->lot, g->floor);
}

bool
budget_begin(struct publisher *p, const struct mql_stream *s)
{
	const struct budget_limits *b = &p->agent->budget;
	const bool throttled = atomic_load_explicit(&b->throttled,
						    memory_order_relaxed);
	struct gauge *g = &p->gauge;

	p->gauging = NULL;
	g->floor = 0;
	if (throttled && !cast_lot(p, s))
		return false;
	const bool timed = --p->until_timed == 0;
	if (!timed && !throttled)
		return true;
	p->gauging = g;
	g->step = b->step;
	g->nskipped = 0;
	g->spent = 0;
	g->every = 0;
	g->longest.of = NULL;
	g->longest.ns = 0;
	if (timed) {
		g->every = p->every ? p->every : 1;
		p->cpu_at = clock_thread_ns();
		p->timed_at = clock_mono_ns();
	}
	return true;
}

/* More of the expensive, fewer of the cheap. */
static void
plan_next(struct publisher *p, int64_t took)
{
	uint32_t every = p->gauge.every;

	if (took * every < BETWEEN_NS)
		every *= 2;
	else if (took * every > 4 * BETWEEN_NS)
		every /= 4;
	p->every = every < 1 ? 1 : every > BUDGET_EVERY ? BUDGET_EVERY : every;
	p->until_timed = p->every;
}

void
budget_end(struct publisher *p, struct mql_stream *s)
{
	const int64_t took = clock_mono_ns() - p->timed_at;
	const int64_t cpu = clock_thread_ns() - p->cpu_at;
	int64_t rest = gauge_finish(&p->gauge, took, took - cpu);

	counter_add(&p->rest[s->index], (uint64_t)rest * p->gauge.every);
	plan_next(p, took < cpu ? took : cpu);
}

uint16_t
budget_step(const struct publisher *p, unsigned slot)
{
	return p->gauging ? p->gauge.kept[slot] : 0;
}
