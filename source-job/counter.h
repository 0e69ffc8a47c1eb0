/* counter.h - numbers that one thread counts and any thread may read.
 *
 * One writer needs no atomic addition: a load and a store, neither of which
 * can be torn. A reader gets a number of a moment ago. */
#ifndef SOURCE_JOB_COUNTER_H
#define SOURCE_JOB_COUNTER_H

#include <stdatomic.h>
#include <stdint.h>

/* The thread that counts. */
static inline void
counter_set(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(c, n, memory_order_relaxed);
}

static inline void
counter_add(_Atomic uint64_t *c, uint64_t n)
{
	counter_set(c, atomic_load_explicit(c, memory_order_relaxed) + n);
}

/* Any thread. */
static inline uint64_t
counter_get(const _Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

#endif
