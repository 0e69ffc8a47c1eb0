/* fold.h - the groups of one query in one thread of a service, until they are
 * sent as partials.
 *
 *     publishing thread    fold_event(f, side, ...)
 *     agent's thread       fold_put(f, other side, ...), fold_clear()
 *
 * There are two sides, so that neither thread waits for the other: the agent
 * says which one is written (one switch for all folds), waits until no
 * publisher is in the other, and empties that. Memory is bounded for both
 * sides together; an event that finds no room is refused, and its owner sends
 * it as a row of its own: the answer stays exact. */
#ifndef MQL_FOLD_H
#define MQL_FOLD_H

#include "mql/partial.h"

struct fold; /* opaque */

/* q, query_fold_text() compiled, is borrowed for the fold's life. max_bytes:
 * of both sides. 0 or MQL_ENOMEM. */
int fold_new(const struct mql_query *q, size_t max_bytes, struct fold **out);
void fold_free(struct fold *f); /* NULL is allowed */

/* An event that matched, at the reader that has begun it with slots of
 * query_link() for q. now: the clock, ms since the epoch. 0, or why it was not
 * taken: MQL_ELIMIT (no room), MQL_EINVAL (no time to put it into a window),
 * MQL_ENOMEM. The publishing thread. */
int fold_event(struct fold *f, unsigned side, struct eval *e,
	       struct reader *r, const uint16_t *slots,
	       struct eval_counts *counts, int64_t now);

/* The other side: no publisher is in it. */
const struct panes *fold_panes(const struct fold *f, unsigned side);
void fold_clear(struct fold *f, unsigned side);

/* Were events refused for want of room since the last fold_clear()? Any
 * thread. */
bool fold_is_full(const struct fold *f);

#endif
