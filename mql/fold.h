/* fold.h - the groups of one query in one thread of a service, until they are
 * sent as partials.
 *
 *     publishing thread    fold_event(f, side, ...)
 *     agent's thread       fold_put(f, other side, ...), fold_clear()
 *
 * There are two sides, so that neither thread waits for the other: the agent
 * says which one is written, waits until no publisher is in the other, and
 * empties that. Memory is bounded; an event that finds no room is refused,
 * and its owner sends it as a row of its own: the answer stays exact. */
#ifndef MQL_FOLD_H
#define MQL_FOLD_H

#include "mql/partial.h"

struct fold; /* opaque */

/* q, query_fold_text() compiled, is borrowed for the fold's life. max_bytes:
 * of each side. 0 or MQL_ENOMEM. */
int fold_new(const struct mql_query *q, size_t max_bytes, struct fold **out);
void fold_free(struct fold *f); /* NULL is allowed */

/* An event that matched, at the reader that has begun it with slots of
 * query_link() for q. now: the clock, ms since the epoch. weight: for how many
 * such events it stands (aggregate.h); it is one event all the same, where
 * events are counted. 0, or why it was not taken: MQL_ELIMIT (no room),
 * MQL_EINVAL (no time to put it into a window), MQL_ENOMEM. The publishing
 * thread. */
int fold_event(struct fold *f, unsigned side, struct eval *e,
	       struct reader *r, const uint16_t *slots,
	       struct eval_counts *counts, int64_t now, uint64_t weight);

/* --- the side that no publisher is in: the agent's thread ------------------- */

/* Append what it holds as a partial, about max bytes of it, from where the
 * last call ended. Returns the number of events in that; 0: all is out, or
 * out->err says why not (MQL_ENOMEM): then nothing was appended, and it can
 * be tried again. */
uint64_t fold_put(struct fold *f, unsigned side, size_t max,
		  struct buf *out);

/* Events that fold_put() would still append. */
uint64_t fold_left(const struct fold *f, unsigned side);

/* Empty it, and bound it anew. */
void fold_clear(struct fold *f, unsigned side, size_t max_bytes);

#endif
