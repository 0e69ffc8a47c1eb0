/* fold.c - see fold.h.
 *
 * The order of two loads matters: first the side, then the clock. An event of
 * before the agent's thread looked at the clock and turned the sides is then
 * on the old side for certain, and when the thread has waited for those who
 * were inside, it has all events of before that time. */
#include "agent/fold.h"

#include "agent/agent.h"
#include "common/clock.h"

enum { LEAST_BYTES = 16 << 10, FIRST_BYTES = 64 << 10 };

/* The thread's fold of the query in that slot, made for its first event; NULL:
 * there is no room for one. */
static struct fold *
fold_of(struct publisher *p, unsigned slot, const struct mql_query *q)
{
	struct mql_agent *a = p->agent;
	struct fold *f = atomic_load_explicit(&p->fold[slot],
					      memory_order_relaxed);

	if (f)
		return f;
	if (atomic_fetch_add(&a->nfold, 1) >= a->fold_bytes / LEAST_BYTES ||
	    fold_new(q, FIRST_BYTES, &f)) {
		atomic_fetch_sub(&a->nfold, 1);
		return NULL;
	}
	atomic_store_explicit(&p->fold[slot], f, memory_order_release);
	return f;
}

/* True: nothing more is to be done about the event. */
static bool
fold_hit(struct publisher *p, const struct matcher *m, uint16_t hit)
{
	const uint16_t slot = matcher_id(m, hit), *slots;
	const struct mql_query *q = matcher_fold(m, hit, &slots);
	struct mql_agent *a = p->agent;
	struct fold *f = q ? fold_of(p, slot, q) : NULL;
	unsigned side;
	int err;

	if (!f)
		return false;
	side = atomic_load_explicit(&a->runs.side[slot], memory_order_acquire);
	err = fold_event(f, side, p->eval, p->reader, slots,
			 &p->counts[slot], clock_wall_ms(),
			 UINT64_C(1) << budget_step(p, slot));
	if (err == MQL_ELIMIT)
		atomic_store_explicit(&a->fold_full, true,
				      memory_order_relaxed);
	if (err == MQL_ENOMEM) /* some of its aggregates may have it */
		counter_inc(&p->tally[slot].drop_ring);
	return !err || err == MQL_ENOMEM;
}

size_t
fold_hits(struct publisher *p, const struct matcher *m, size_t n)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t hit = p->hit[i], slot = matcher_id(m, hit);
		int64_t start = gauge_start(p->gauging, slot);

		if (!fold_hit(p, m, hit))
			p->hit[left++] = hit;
		gauge_stop(p->gauging, slot, start, &p->counts[slot]);
	}
	return left;
}
