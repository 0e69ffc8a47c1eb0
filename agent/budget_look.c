/* budget_look.c - what the agent's thread does about costs: see budget.h.
 *
 * load[] is what the last second has cost, as a sum that forgets a tenth of
 * itself in 100 ms. A step down halves what is to come and so halves it too;
 * if that was not enough, it grows back and the next step follows. A load of
 * several times the limit takes several steps at once.
 *
 * What a stream's events cost for all of its n queries, rest, is a load too:
 * n-th parts of it are theirs, and halve with each step beyond the lowest,
 * which is the floor; rest itself halves when the floor takes a step. */
#include "agent/agent.h"
#include "common/clock.h"

enum {
	AT_ONCE = 3, /* steps down: an estimate may be far off */
	SECOND_MS = 1000,
	GOOD_MS = 3000,     /* before a step up */
	SUSPEND_MS = 10000, /* twice as long each time, up to */
	STRIKES = 5,        /* 16 times that */
};

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

/* Of what has cost more by now: a load of a second. */
static void
follow(uint64_t *stood, uint64_t now, int64_t ms, uint64_t *load)
{
	const uint64_t more = now - *stood;

	*stood = now;
	if (ms >= SECOND_MS)
		*load = (uint64_t)((double)more * SECOND_MS / (double)ms);
	else
		*load += more - (uint64_t)((double)*load * (double)ms /
					   SECOND_MS);
}

static void
measure(struct mql_agent *a, struct run *r, int64_t ms)
{
	struct spending *sp = &r->spent;
	uint64_t sum[BUDGET_KINDS];

	sum_up(a, r, sum);
	for (unsigned k = 0; k < BUDGET_KINDS; k++)
		follow(&sp->stood[k], sum[k], ms, &sp->load[k]);
}

static void
measure_rest(struct mql_agent *a, struct mql_stream *s, int64_t ms)
{
	uint64_t sum = 0;

	for (struct publisher *p = publisher_first(a); p; p = p->next)
		sum += counter_get(&p->rest[s->index]);
	follow(&s->rest_stood, sum, ms, &s->rest);
}

/* Of one of its n queries, at that step. */
static uint64_t
rest_of(const struct mql_stream *s, unsigned step)
{
	const struct generation *g = atomic_load(&s->generation);
	const unsigned floor = atomic_load(&s->floor);
	const size_t n = g ? matcher_live(g->matcher) : 0;

	if (!n)
		return 0;
	return s->rest / n >> (step > floor ? step - floor : 0);
}

/* What r costs, with its part of what is done for all. */
static uint64_t
load_of(const struct mql_agent *a, const struct run *r, enum budget_kind k)
{
	uint64_t load = r->spent.load[k];

	for (unsigned i = 0; k == BUDGET_CPU && r->streams >> i; i++)
		if (r->streams >> i & 1)
			load += rest_of(&a->streams.at[i], r->spent.step);
	return load;
}

static void
begin_costs(struct mql_agent *a, struct run *r)
{
	sum_up(a, r, r->spent.stood);
	memcpy(r->spent.base, r->spent.stood, sizeof r->spent.base);
}

void
budget_open(struct mql_agent *a, struct run *r)
{
	atomic_store(&a->budget.step[r->slot], 0);
	r->spent = (struct spending){ .told = true };
	begin_costs(a, r);
	unsigned strikes = suspects_strikes(a, r->hash);
	if (!strikes)
		return;
	r->spent = (struct spending){
		.step = BUDGET_STEPS, .suspended = true,
		.cause = BUDGET_SUSPECT, .since = clock_mono_ms(),
		.strikes = (uint8_t)(strikes + 1 < STRIKES ? strikes + 1
							   : STRIKES),
	};
	begin_costs(a, r);
	run_watch(a, r, true);
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

void
budget_acquit(struct mql_agent *a, struct run *r)
{
	if (r->spent.cause != BUDGET_SUSPECT)
		return;
	r->spent.suspended = false;
	r->spent.strikes = 0;
	r->spent.cause = BUDGET_CPU;
	set_step(a, r, 0, clock_mono_ms());
	run_spoil(a, r);
}

/* down by n steps, for one of the kinds. */
static void
throttle(struct mql_agent *a, struct run *r, enum budget_kind k, unsigned n,
	 int64_t now)
{
	struct spending *sp = &r->spent;

	if (sp->since == now) /* one thing at a time */
		return;
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

/* What all cost together. */
static void
add_up(const struct mql_agent *a, uint64_t *total)
{
	const struct run *r;

	memset(total, 0, BUDGET_KINDS * sizeof *total);
	TAILQ_FOREACH(r, &a->runs.watch, of_watch)
		for (unsigned k = 0; is_running(r) && k < BUDGET_KINDS; k++)
			total[k] += r->spent.load[k];
	for (unsigned i = 0; i < stream_count(&a->streams); i++)
		total[BUDGET_CPU] += a->streams.at[i].rest;
}

/* Queries that are over by themselves. */
static void
judge_each(struct mql_agent *a, int64_t now)
{
	const uint64_t *limit = a->budget.limit;
	struct run *r;

	TAILQ_FOREACH(r, &a->runs.watch, of_watch)
		for (unsigned k = 0; is_running(r) && k < BUDGET_KINDS; k++) {
			const uint64_t load = load_of(a, r, k);

			if (load > limit[k])
				throttle(a, r, k, halvings(load, limit[k]),
					 now);
		}
}

/* A stream whose events are dear to read, whoever asks: all that have each of
 * them read. They are watched from now on, for their step. */
static void
judge_rest(struct mql_agent *a, struct mql_stream *s, int64_t now)
{
	const uint64_t limit = a->budget.limit[BUDGET_CPU];
	const unsigned floor = atomic_load(&s->floor);
	const unsigned n = halvings(s->rest, limit);
	struct run *r;

	if (!n)
		return;
	TAILQ_FOREACH(r, &a->runs.state[RUN_LIVE], of_state) {
		if (!(r->streams >> s->index & 1) || r->spent.suspended ||
		    r->spent.step > floor)
			continue;
		run_watch(a, r, true);
		throttle(a, r, BUDGET_CPU, n, now);
	}
	budget_floor(a, s);
}

/* All of them together: the costliest. */
static void
judge_all(struct mql_agent *a, int64_t now, enum budget_kind k)
{
	struct run *most = NULL, *r;

	TAILQ_FOREACH(r, &a->runs.watch, of_watch)
		if (is_running(r) &&
		    (!most || load_of(a, r, k) > load_of(a, most, k)))
			most = r;
	if (most)
		throttle(a, most, k, 1, now);
}

/* Would all be well, with a margin, if r cost twice as much? One at the floor
 * has twice as many events read. */
static bool
has_room(const struct mql_agent *a, const struct run *r,
	 const uint64_t *total, uint64_t *more)
{
	memcpy(more, r->spent.load, BUDGET_KINDS * sizeof *more);
	for (unsigned i = 0; r->streams >> i; i++) {
		const struct mql_stream *s = &a->streams.at[i];

		if (r->streams >> i & 1 &&
		    atomic_load(&s->floor) == r->spent.step)
			more[BUDGET_CPU] += s->rest;
	}
	for (unsigned k = 0; k < BUDGET_KINDS; k++)
		if (total[k] + more[k] > a->budget.limit[k] / 5 * 4)
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
	uint64_t more[BUDGET_KINDS];

	if (r->state == RUN_LIVE && sp->suspended)
		resume(a, r, now);
	else if (!is_running(r) || !sp->step)
		return;
	else if (!has_room(a, r, total, more))
		sp->since = now;
	else if (now - sp->since >= GOOD_MS) {
		for (unsigned k = 0; k < BUDGET_KINDS; k++)
			total[k] += more[k];
		set_step(a, r, sp->step - 1u, now);
		sp->strikes = sp->step ? sp->strikes : 0;
	}
}

/* --- the look ------------------------------------------------------------------------ */

/* The lowest step of those in s; 0 when one of them is not watched, and so at
 * none. */
static unsigned
lowest_step(const struct mql_agent *a, const struct mql_stream *s)
{
	const struct generation *g = atomic_load(&s->generation);
	unsigned floor = BUDGET_STEPS;
	const struct run *r;
	size_t n = 0;

	TAILQ_FOREACH(r, &a->runs.watch, of_watch) {
		if (!(r->streams >> s->index & 1))
			continue;
		n++;
		if (r->spent.step < floor)
			floor = r->spent.step;
	}
	return g && n == matcher_live(g->matcher) ? floor : 0;
}

void
budget_floor(struct mql_agent *a, struct mql_stream *s)
{
	const unsigned before = s->counted_floor;
	const unsigned floor = lowest_step(a, s);

	if (floor > before)
		s->rest >>= floor - before;
	else
		s->rest <<= before - floor;
	s->counted_floor = (uint8_t)floor;
	atomic_store_explicit(&s->floor, (uint8_t)floor,
			      memory_order_relaxed);
}

/* What publishers are to know, and the asker. */
static void
tell(struct mql_agent *a)
{
	uint32_t throttled = 0, suspended = 0;
	const struct run *r;
	bool news = false;

	TAILQ_FOREACH(r, &a->runs.watch, of_watch) {
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
	to->cost = (struct wire_cost){
		.cpu_ns = sp->stood[BUDGET_CPU] - sp->base[BUDGET_CPU],
		.rows = sp->stood[BUDGET_ROWS] - sp->base[BUDGET_ROWS],
		.bytes = sp->stood[BUDGET_BYTES] - sp->base[BUDGET_BYTES],
	};
}

/* Of what publishers have touched. */
static void
watch_touched(struct mql_agent *a)
{
	const unsigned words = atomic_load(&a->runs.used) / 64 + 1;

	for (struct publisher *p = publisher_first(a); p; p = p->next)
		for (unsigned i = 0; i < words; i++) {
			_Atomic uint64_t *word = &p->gauge.touched[i];
			uint64_t set = atomic_load_explicit(word,
						memory_order_relaxed);

			if (set)
				set = atomic_exchange_explicit(word, 0,
						memory_order_acquire);
			for (; set; set &= set - 1)
				run_watch(a, &a->runs.at[64 * i + (unsigned)
						__builtin_ctzll(set)], true);
		}
}

/* Nothing is to be seen of it any more. */
static bool
is_quiet(const struct run *r)
{
	const struct spending *sp = &r->spent;

	if (r->state != RUN_LIVE)
		return true;
	for (unsigned k = 0; k < BUDGET_KINDS; k++)
		if (sp->load[k])
			return false;
	return !sp->step && !sp->suspended && sp->told;
}

static void
measure_all(struct mql_agent *a, int64_t ms)
{
	struct run *r, *next;

	watch_touched(a);
	for (r = TAILQ_FIRST(&a->runs.watch); r; r = next) {
		next = TAILQ_NEXT(r, of_watch);
		if (is_running(r))
			measure(a, r, ms);
		if (is_quiet(r))
			run_watch(a, r, false);
	}
	for (unsigned i = 0; i < stream_count(&a->streams); i++)
		measure_rest(a, &a->streams.at[i], ms);
}

void
budget_look(struct mql_agent *a, int64_t now)
{
	struct budget_limits *b = &a->budget;
	const int64_t ms = now - b->looked;
	uint64_t total[BUDGET_KINDS];
	struct run *r;

	if (ms < BUDGET_LOOK_MS)
		return;
	b->looked = now;
	measure_all(a, ms);
	for (unsigned i = 0; i < stream_count(&a->streams); i++)
		judge_rest(a, &a->streams.at[i], now);
	judge_each(a, now);
	add_up(a, total);
	for (unsigned k = 0; k < BUDGET_KINDS; k++)
		if (total[k] > b->limit[k])
			judge_all(a, now, k);
	TAILQ_FOREACH(r, &a->runs.watch, of_watch)
		recover(a, r, now, total);
	tell(a);
}
