/* ring.h - the last rows of a subscription, one writer and many readers, each
 * at a place of its own.
 *
 *     overwritten | batch batch batch batch ... batch | to come
 *                   ^ first       ^ a slow viewer     ^ next
 *
 * It is the queue of every viewer and the replay for who comes back: bounded
 * in bytes, the oldest batch gives way. A reader whose place is gone is told
 * how many rows it missed. Any thread; the lock is held for a search only. */
#ifndef SINK_SSE_RING_H
#define SINK_SSE_RING_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "sink/sse/batch.h"

struct ring {
	pthread_mutex_t lock;
	struct batch  **slot;
	size_t          head, n, cap; /* cap is a power of two, or 0 */
	size_t          bytes, max;
	struct place    next;
	_Atomic uint64_t sum, rows;   /* of next, without the lock */
};

/* max: bytes of batches that are kept; the last one always is. */
void ring_init(struct ring *r, size_t max);
void ring_fini(struct ring *r);

/* Takes b (also on failure) and says where it stands. 0 or MQL_ENOMEM: then
 * its rows are lost, and the ring goes on behind them. */
int ring_append(struct ring *r, struct batch *b);

/* There was no memory for a batch of so many rows: they are missing. */
void ring_lose(struct ring *r, uint32_t rows);

struct place ring_next(struct ring *r);
struct place ring_first(struct ring *r); /* the oldest that is there */

/* Is there something at or behind p? Cheap. */
static inline bool
ring_has(const struct ring *r, struct place p)
{
	return atomic_load_explicit(&((struct ring *)(uintptr_t)r)->sum,
				    memory_order_acquire) > place_sum(p);
}

/* The batch at p, a reference for the caller; NULL: nothing is there yet, or
 * not any more (*passed). */
struct batch *ring_get(struct ring *r, struct place p, bool *passed);

/* Where to go on when p is passed: the oldest batch, or, to leave room, the
 * one behind which at most half of the ring is. */
struct place ring_resume(struct ring *r, bool oldest);

#endif
