/* partial.h - groups on their way from one process to another.
 *
 *     agent         fold.h --> partial_put() --> bytes
 *     source-job    bytes --> partial_read() --> stage_partial(), once for
 *                                                each subscription
 *
 * The bytes (integers as LEB128, signed ones in zigzag):
 *
 *     panes:   { start, latest, u32 n, n groups } up to the end
 *     group:   { events, key with its length, a state per aggregate }
 *
 * start is the pane's (ms since the epoch; 0 without a time window), latest
 * the time of its last event. Keys are those of key.h, states those of
 * aggregate.h, in the order of the query's aggregates: both sides have
 * compiled the same text, see query_fold_text(). One owner. */
#ifndef MQL_PARTIAL_H
#define MQL_PARTIAL_H

#include "mql/pane.h"
#include "mql/query.h"

struct partial; /* opaque: what was read */

/* q is query_fold_text() compiled; borrowed for the partial's life. 0 or
 * MQL_ENOMEM. */
int partial_new(const struct mql_query *q, struct partial **out);
void partial_free(struct partial *p); /* NULL is allowed */

/* Take the bytes in place of what was read before. They come from a socket:
 * all of them are checked, and memory is bounded by a multiple of their
 * length. 0, MQL_EBADFRAME or MQL_ENOMEM; then it is empty. */
int partial_read(struct partial *p, struct str bytes);

/* Events in it. */
uint64_t partial_events(const struct partial *p);

/* Put what was read into from into p as well; both are of the same query.
 * Returns how many of its events found no memory. */
uint64_t partial_add(struct partial *p, const struct partial *from);

/* Memory that it takes. */
size_t partial_bytes(const struct partial *p);

/* Its panes, in ascending order of time. */
const struct panes *partial_panes(const struct partial *p);

/* Append the groups from a place on (zeroed: the first), which is advanced,
 * until out has grown by max bytes, give or take a group, or all are written:
 * then from->pane is ps->n. *events is how many events they are made of.
 * out->err tells when memory is out. */
struct partial_place {
	size_t              pane;
	const struct group *group; /* NULL: the first one */
};
void partial_put(const struct panes *ps, struct partial_place *from,
		 size_t max, struct buf *out, uint64_t *events);

#endif
