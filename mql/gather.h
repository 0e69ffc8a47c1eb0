/* gather.h - groups of many put together, and put out again, unfinished.
 *
 *     partials of agents --> gather_add() --> gather_put() --> bytes of one
 *
 * For who stands between those that fold and the one that finishes: nothing is
 * closed or judged here, panes only grow until they are put. One owner. */
#ifndef MQL_GATHER_H
#define MQL_GATHER_H

#include "mql/partial.h"

struct gather; /* opaque */

/* fold is query_fold_text() compiled; borrowed. It takes max_bytes at most. 0
 * or MQL_ENOMEM. */
int gather_new(const struct mql_query *fold, size_t max_bytes,
	       struct gather **out);
void gather_free(struct gather *g); /* NULL is allowed */

/* Returns how many of its events found no room. */
uint64_t gather_add(struct gather *g, const struct partial *p);

/* Is half of the room taken? */
bool gather_is_full(const struct gather *g);

/* Append a partial of about max bytes; returns of how many events it is made.
 * 0: none is left, and g is empty, or out->err is set. */
uint64_t gather_put(struct gather *g, size_t max, struct buf *out);

#endif
