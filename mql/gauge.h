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
	uint8_t  *kept;    /* by id: of what was not passed over */
	uint16_t *skipped; /* ids that passed the event over */
	size_t    nskipped;
	uint64_t  lot;     /* of this event */
	unsigned  floor;   /* the event was kept by this step before */
	uint32_t  every;   /* timed: it stands for so many; 0: it is not */
	int64_t   spent;   /* ns that were timed of this event */
};

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
gauge_charge(uint64_t ns, struct eval_counts *c)
{
	uint64_t n = atomic_load_explicit(&c->ns, memory_order_relaxed);

	atomic_store_explicit(&c->ns, n + ns, memory_order_relaxed);
}

static inline void
gauge_stop(struct gauge *g, uint16_t id, int64_t start, struct eval_counts *c)
{
	if (!g || !gauge_timed(g, id))
		return;
	int64_t took = clock_mono_ns() - start;
	g->spent += took;
	gauge_charge((uint64_t)took * gauge_timed(g, id), c);
}

/* Several have shared ns of work: the part of one that does not pass the event
 * over; false: it does. */
static inline bool
gauge_took(struct gauge *g, uint16_t id, int64_t ns, struct eval_counts *c)
{
	if (!gauge_passes(g->lot, g->kept[id]))
		return false;
	g->spent += ns;
	gauge_charge((uint64_t)ns * gauge_timed(g, id), c);
	return true;
}

#endif
