/* sight.h - where most events end: refused by the first look of a guard.
 *
 * So there is nothing in the way: neither a call nor room for what would be
 * needed behind it. What is here is inlined into a leaf, which calls nothing
 * but in its last step. All for publisher threads, outside of the read side;
 * true: the event is seen, and done with. False says nothing. */
#ifndef AGENT_SIGHT_H
#define AGENT_SIGHT_H

#include "agent/publisher.h"
#include "mql/guard_term.h"

/* Is publisher_memo.p the thread's publisher for s? Inside of the read side. */
static inline bool
sight_at_hand(const struct mql_stream *s)
{
	return publisher_memo.agent == atomic_load_explicit(&s->serial,
						   memory_order_acquire);
}

/* It is the agent's business, once. */
static inline void
sight_count(const struct generation *g)
{
	counter_inc(&publisher_memo.p->seen[g->tally]);
}

static inline bool
sight_refuses(struct mql_stream *s, const void *record)
{
	struct generation *g;
	rcu_hold r = rcu_try(publisher_memo.self);

	if (!r.reader)
		return false;
	g = atomic_load_explicit(&s->generation, memory_order_acquire);
	if (!sight_at_hand(s) || !g ||
	    !guard_refuses_at_sight(g->guard, record)) {
		rcu_done(r);
		return false;
	}
	sight_count(g);
	rcu_done(r);
	return true;
}

/* own: who has built it. */
static inline bool
sight_refuses_built(const struct publisher *own, struct mql_stream *s,
		    const struct built *b)
{
	struct generation *g;
	rcu_hold r = rcu_try(publisher_memo.self);

	if (!r.reader)
		return false;
	g = atomic_load_explicit(&s->generation, memory_order_acquire);
	if (!sight_at_hand(s) || publisher_memo.p != own || !g ||
	    !built_ok(b) ||
	    !guard_refuses_built_at_sight(g->guard, b, g->era)) {
		rcu_done(r);
		return false;
	}
	sight_count(g);
	rcu_done(r);
	return true;
}

#endif
