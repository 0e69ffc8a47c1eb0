/* gauge.h - what evaluating an event costs, query by query, and which queries
 * pass it over.
 *
 * A matcher asks it about each query that it would try, on those events only
 * for which its owner says so: a few of many are timed, and a query that is
 * throttled to step s is tried on one in 2^s. A query that is not
 * even tried (an index or a pretest knows that it cannot match) passes nothing
 * over: its event does not match, and that is known.
 *
 * The lot of an event is one for all its queries, so that those of equal steps
 * pass over the same events, and one that all pass over need not be read. The
 * steps belong to the owner, who may change them at any time; by which step an
 * event was kept is written down when it is, for its weight. One thread. */
#ifndef MQL_GAUGE_H
#define MQL_GAUGE_H

#include <stdatomic.h>

#include "common/clock.h"
#include "mql/query.h"

struct gauge {
	const _Atomic uint8_t *step; /* by id, borrowed */
	_Atomic uint64_t *touched; /* bits by id: has cost something */
	uint8_t  *kept;    /* by id: of what was not passed over */
	uint16_t *skipped; /* ids that passed the event over */
	size_t    nskipped;
	uint64_t  lot;     /* of this event */
	unsigned  floor;   /* the event was kept by this step before */
	uint32_t  every;   /* timed: it stands for so many; 0: it is not */
	int64_t   spent;   /* ns that were timed of this event */
	/* The longest piece of that is not charged before the event is over:
	 * it is the one in which the processor was somebody else's. */
	struct {
		uint16_t id;
		int64_t  ns;
		struct eval_counts *of; /* NULL: there is none */
	} longest;
};

static inline void
gauge_touch(_Atomic uint64_t *touched, uint16_t id)
{
	_Atomic uint64_t *word = &touched[id / 64];
	const uint64_t bit = UINT64_C(1) << id % 64;

	if (!(atomic_load_explicit(word, memory_order_relaxed) & bit))
		atomic_fetch_or_explicit(word, bit, memory_order_release);
}

static inline bool
gauge_passes(uint64_t lot, unsigned step)
{
	return !(lot & ((UINT64_C(1) << step) - 1));
}

static inline bool
gauge_skips(struct gauge *g, uint16_t id)
{
	unsigned step = atomic_load_explicit(&g->step[id],
					     memory_order_relaxed);

	if (step < g->floor)
		step = g->floor;
	g->kept[id] = (uint8_t)step;
	if (gauge_passes(g->lot, step))
		return false;
	g->skipped[g->nskipped++] = id;
	return true;
}

/* Each event that a throttled query is tried on is timed: there are few. */
static inline uint32_t
gauge_timed(const struct gauge *g, uint16_t id)
{
	return g->kept[id] ? 1 : g->every;
}

/* Before and after something that is done for a query, which is not passed
 * over; g may be NULL. c is its own. */
static inline int64_t
gauge_start(const struct gauge *g, uint16_t id)
{
	return g && gauge_timed(g, id) ? clock_mono_ns() : 0;
}

static inline void
gauge_charge(struct gauge *g, uint16_t id, int64_t ns, struct eval_counts *c)
{
	uint64_t n = atomic_load_explicit(&c->ns, memory_order_relaxed);

	if (ns <= 0 || !gauge_timed(g, id))
		return;
	n += (uint64_t)ns * gauge_timed(g, id);
	atomic_store_explicit(&c->ns, n, memory_order_relaxed);
	gauge_touch(g->touched, id);
}

/* One more piece of an event. */
static inline void
gauge_spend(struct gauge *g, uint16_t id, int64_t ns, struct eval_counts *c)
{
	g->spent += ns;
	if (!g->every || ns <= g->longest.ns) {
		gauge_charge(g, id, ns, c);
		return;
	}
	if (g->longest.of)
		gauge_charge(g, g->longest.id, g->longest.ns, g->longest.of);
	g->longest.id = id;
	g->longest.ns = ns;
	g->longest.of = c;
}

/* The event is over: for lost ns of it the thread did not run. Returns what
 * was for no query in particular, of all its ns. */
static inline int64_t
gauge_finish(struct gauge *g, int64_t ns, int64_t lost)
{
	int64_t rest = ns - g->spent, longest = g->longest.ns;

	if (lost > 0 && longest > rest)
		longest -= lost;
	else if (lost > 0)
		rest -= lost;
	if (g->longest.of)
		gauge_charge(g, g->longest.id, longest, g->longest.of);
	g->longest.of = NULL;
	return rest > 0 ? rest : 0;
}

static inline void
gauge_stop(struct gauge *g, uint16_t id, int64_t start, struct eval_counts *c)
{
	if (g && gauge_timed(g, id))
		gauge_spend(g, id, clock_mono_ns() - start, c);
}

/* Several have shared ns of work: the part of one that does not pass the event
 * over; false: it does. */
static inline bool
gauge_took(struct gauge *g, uint16_t id, int64_t ns, struct eval_counts *c)
{
	if (!gauge_passes(g->lot, g->kept[id]))
		return false;
	gauge_spend(g, id, ns, c);
	return true;
}

#endif
