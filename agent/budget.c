/* budget.c - see budget.h.
 *
 * load[] is what the last second has cost, as a sum that forgets a tenth of
 * itself in 100 ms. A step down halves what is to come and so halves it too;
 * if that was not enough, it grows back and the next step follows. A load of
 * several times the limit takes several steps at once. */
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
	AT_ONCE = 3, /* steps down: an estimate may be far off */
	CHEAP_NS = 2000, DEAR_NS = 20000, /* an event */
	SECOND_MS = 1000,
	GOOD_MS = 3000,     /* before a step up */
	SUSPEND_MS = 10000, /* twice as long each time, up to */
	STRIKES = 5,        /* 32 times that */
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
	if (timed) {
		g->every = p->every ? p->every : 1;
		p->timed_at = clock_mono_ns();
	}
	return true;
}

/* More of the expensive, fewer of the cheap. */
static void
plan_next(struct publisher *p, int64_t took)
{
	uint32_t every = p->gauge.every;

	if (took < CHEAP_NS)
		every *= 2;
	else if (took > DEAR_NS)
		every /= 4;
	p->every = every < 1 ? 1 : every > BUDGET_EVERY ? BUDGET_EVERY : every;
	p->until_timed = p->every;
}

void
budget_end(struct publisher *p)
{
	plan_next(p, clock_mono_ns() - p->timed_at);
}

uint64_t
budget_weight(const struct publisher *p, unsigned slot)
{
	return p->gauging ? UINT64_C(1) << p->gauge.kept[slot] : 1;
}

/* --- what it has cost --------------------------------------------------------------- */

static void
sum_up(struct mql_agent *a, const struct run *r, uint64_t *sum)
{
	sum[BUDGET_CPU] = sum[BUDGET_ROWS] = 0;
	sum[BUDGET_BYTES] = r->spent.partials;
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		const struct tally *t = &p->tally[r->slot];

		sum[BUDGET_CPU] += atomic_load_explicit(
			&p->counts[r->slot].ns, memory_order_relaxed);
		sum[BUDGET_BYTES] += counter_get(&t->bytes);
		sum[BUDGET_ROWS] += counter_get(&t->rows);
	}
}

static void
measure(struct mql_agent *a, struct run *r, int64_t ms)
{
	struct spending *sp = &r->spent;
	uint64_t sum[BUDGET_KINDS];

	sum_up(a, r, sum);
	for (unsigned k = 0; k < BUDGET_KINDS; k++) {
		uint64_t more = sum[k] - sp->stood[k];

		sp->stood[k] = sum[k];
		if (ms >= SECOND_MS)
			sp->load[k] = (uint64_t)((double)more * SECOND_MS /
						 (double)ms);
		else
			sp->load[k] += more - (uint64_t)((double)sp->load[k] *
						(double)ms / SECOND_MS);
	}
}

void
budget_open(struct mql_agent *a, struct run *r)
{
	atomic_store(&a->budget.step[r->slot], 0);
	r->spent = (struct spending){ .told = true };
	sum_up(a, r, r->spent.stood);
	unsigned strikes = suspects_strikes(a, r->text);
	if (!strikes)
		return;
	r->spent = (struct spending){
		.step = BUDGET_STEPS, .suspended = true,
		.cause = BUDGET_SUSPECT, .since = clock_mono_ms(),
		.strikes = (uint8_t)(strikes + 1 < STRIKES ? strikes + 1
							   : STRIKES),
	};
	sum_up(a, r, r->spent.stood);
}

static const char *
why(const struct mql_agent *a, const struct run *r)
{
	return r->spent.cause == BUDGET_SUSPECT
		       ? a->suspects.why : a->budget.why[r->spent.cause];
}

/* --- steps ------------------------------------------------------------------------- */

static void
set_step(struct mql_agent *a, struct run *r, unsigned step, int64_t now)
{
	struct spending *sp = &r->spent;

	for (unsigned k = 0; k < BUDGET_KINDS; k++) {
		if (step > sp->step)
			sp->load[k] >>= step - sp->step;
		else
			sp->load[k] <<= sp->step - step;
	}
	sp->step = (uint8_t)step;
	sp->since = now;
	sp->told = false;
	atomic_store_explicit(&a->budget.step[r->slot], (uint8_t)step,
			      memory_order_relaxed);
}

static void
suspend(struct mql_agent *a, struct run *r, int64_t now)
{
	struct spending *sp = &r->spent;

	memset(sp->load, 0, sizeof sp->load);
	sp->suspended = true;
	sp->told = false;
	sp->since = now;
	if (sp->strikes < STRIKES)
		sp->strikes++;
	run_spoil(a, r);
	agent_say(a, "query %lu is suspended: %s", (unsigned long)r->id,
		  a->budget.why[sp->cause]);
}

/* down by n steps, for one of the kinds. */
static void
throttle(struct mql_agent *a, struct run *r, enum budget_kind k, unsigned n,
	 int64_t now)
{
	struct spending *sp = &r->spent;

	sp->cause = k;
	if (sp->step == BUDGET_STEPS)
		suspend(a, r, now);
	else
		set_step(a, r, sp->step + n < BUDGET_STEPS ? sp->step + n
							   : BUDGET_STEPS,
			 now);
}

/* How many halvings bring a load below the limit. */
static unsigned
halvings(uint64_t load, uint64_t limit)
{
	unsigned n = 0;

	for (; load > limit && n < AT_ONCE; load /= 2)
		n++;
	return n;
}

static bool
is_running(const struct run *r)
{
	return r->state == RUN_LIVE && !r->spent.suspended && r->streams;
}

/* Queries that are over by themselves, and what all cost after that. */
static void
judge_each(struct mql_agent *a, int64_t now, uint64_t *total)
{
	const uint64_t *limit = a->budget.limit;

	for (unsigned i = 0; i < a->max_queries; i++) {
		struct run *r = &a->runs.at[i];

		for (unsigned k = 0; is_running(r) && k < BUDGET_KINDS; k++)
			if (r->spent.load[k] > limit[k])
				throttle(a, r, k,
					 halvings(r->spent.load[k], limit[k]),
					 now);
		for (unsigned k = 0; is_running(r) && k < BUDGET_KINDS; k++)
			total[k] += r->spent.load[k];
	}
}

/* All of them together: the costliest. */
static void
judge_all(struct mql_agent *a, int64_t now, enum budget_kind k)
{
	struct run *most = NULL;

	for (unsigned i = 0; i < a->max_queries; i++) {
		struct run *r = &a->runs.at[i];

		if (is_running(r) &&
		    (!most || r->spent.load[k] > most->spent.load[k]))
			most = r;
	}
	if (most)
		throttle(a, most, k, 1, now);
}

/* Would all be well, with a margin, if r cost twice as much? */
static bool
has_room(const struct mql_agent *a, const struct run *r,
	 const uint64_t *total)
{
	for (unsigned k = 0; k < BUDGET_KINDS; k++)
		if (total[k] + r->spent.load[k] >
		    a->budget.limit[k] / 5 * 4)
			return false;
	return true;
}

static void
resume(struct mql_agent *a, struct run *r, int64_t now)
{
	struct spending *sp = &r->spent;

	if (now - sp->since < SUSPEND_MS << (sp->strikes - 1))
		return;
	sp->suspended = false;
	set_step(a, r, BUDGET_STEPS, now);
	run_spoil(a, r);
}

static void
recover(struct mql_agent *a, struct run *r, int64_t now, uint64_t *total)
{
	struct spending *sp = &r->spent;

	if (r->state == RUN_LIVE && sp->suspended)
		resume(a, r, now);
	else if (!is_running(r) || !sp->step)
		return;
	else if (!has_room(a, r, total))
		sp->since = now;
	else if (now - sp->since >= GOOD_MS) {
		for (unsigned k = 0; k < BUDGET_KINDS; k++)
			total[k] += sp->load[k];
		set_step(a, r, sp->step - 1u, now);
		sp->strikes = sp->step ? sp->strikes : 0;
	}
}

/* --- the look ------------------------------------------------------------------------ */

void
budget_floor(struct mql_agent *a, struct mql_stream *s)
{
	unsigned floor = BUDGET_STEPS;
	bool any = false;

	for (unsigned i = 0; i < a->max_queries; i++) {
		const struct run *r = &a->runs.at[i];

		if (!(r->streams >> s->index & 1))
			continue;
		any = true;
		if (r->spent.step < floor)
			floor = r->spent.step;
	}
	atomic_store_explicit(&s->floor, any ? (uint8_t)floor : 0,
			      memory_order_relaxed);
}

/* What publishers are to know, and the asker. */
static void
tell(struct mql_agent *a)
{
	uint32_t throttled = 0, suspended = 0;
	bool news = false;

	for (unsigned i = 0; i < a->max_queries; i++) {
		const struct run *r = &a->runs.at[i];

		if (r->state != RUN_LIVE)
			continue;
		suspended += r->spent.suspended;
		throttled += r->spent.step && !r->spent.suspended;
		news |= !r->spent.told;
	}
	atomic_store_explicit(&a->budget.suspended, suspended,
			      memory_order_relaxed);
	atomic_store_explicit(&a->budget.throttled, throttled,
			      memory_order_relaxed);
	for (unsigned i = 0; news && i < stream_count(&a->streams); i++)
		budget_floor(a, &a->streams.at[i]);
	if (news && a->link.state == LINK_LIVE)
		report_heartbeat(a);
}

void
budget_say(const struct mql_agent *a, struct run *r, struct wire_counts *to)
{
	struct spending *sp = &r->spent;

	sp->told = true;
	to->every = UINT32_C(1) << sp->step;
	to->suspended = sp->suspended;
	if (sp->step)
		to->why = str_of(why(a, r));
}

void
budget_look(struct mql_agent *a, int64_t now)
{
	struct budget_limits *b = &a->budget;
	const int64_t ms = now - b->looked;
	uint64_t total[BUDGET_KINDS] = { 0 };

	if (ms < BUDGET_LOOK_MS)
		return;
	b->looked = now;
	for (unsigned i = 0; i < a->max_queries; i++)
		if (is_running(&a->runs.at[i]))
			measure(a, &a->runs.at[i], ms);
	judge_each(a, now, total);
	for (unsigned k = 0; k < BUDGET_KINDS; k++)
		if (total[k] > b->limit[k])
			judge_all(a, now, k);
	for (unsigned i = 0; i < a->max_queries; i++)
		recover(a, &a->runs.at[i], now, total);
	tell(a);
}
