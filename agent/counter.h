/* counter.h - a number that one thread counts and others read.
 *
 * No locked instruction: only its owner writes it. Release and acquire cost
 * nothing on x86 and give readers this: who sees an effect counted and then
 * reads its cause (sampled, then matched, then seen) sees the cause counted
 * too. The books never show more out than in. */
#ifndef AGENT_COUNTER_H
#define AGENT_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

struct counter {
	_Atomic uint64_t n;
};

static inline void
counter_inc(struct counter *c) /* owner thread */
{
	uint64_t n = atomic_load_explicit(&c->n, memory_order_relaxed);

	atomic_store_explicit(&c->n, n + 1, memory_order_release);
}

static inline void
counter_add(struct counter *c, uint64_t by) /* owner thread */
{
	uint64_t n = atomic_load_explicit(&c->n, memory_order_relaxed);

	atomic_store_explicit(&c->n, n + by, memory_order_release);
}

static inline uint64_t
counter_get(const struct counter *c) /* any thread */
{
	return atomic_load_explicit(&c->n, memory_order_acquire);
}

#endif
