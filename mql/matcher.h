/* matcher.h - the live queries of one stream as one immutable object.
 *
 * Built on the agent's thread, then read by all publishers at once; swapped,
 * never changed. matcher_match() says which queries an event answers. */
#ifndef MQL_MATCHER_H
#define MQL_MATCHER_H

#include "mql/pretest.h"
#include "mql/query.h"

struct matcher; /* opaque */

struct matcher_query {
	const struct mql_query *q;  /* borrowed for the matcher's life */
	uint16_t                id; /* the caller's number, < 65536 */
	const struct mql_query *fold; /* of the same events, folded; or NULL.
					 Borrowed, too */
};

/* schema may be NULL; it is borrowed for the matcher's life. refused (one per
 * query, may be NULL) is set for a query that does not fit into the slots of
 * the stream, or that is not plain: it takes no part. Returns 0 or
 * MQL_ENOMEM. */
int matcher_new(const struct schema *schema, const struct matcher_query *query,
		size_t n, bool *refused, struct matcher **out);
void matcher_free(struct matcher *m); /* NULL is allowed */

/* Show m events only as the owner's policy, which is borrowed, lets them be
 * seen. Before anybody else has m. True: that changes what its queries see, so
 * that nothing is to be read around it. */
bool matcher_hide(struct matcher *m, const struct policy *policy);

size_t matcher_size(const struct matcher *m);
const struct pathset *matcher_paths(const struct matcher *m);

/* i < matcher_size() */
const struct mql_query *matcher_query(const struct matcher *m, size_t i);
uint16_t matcher_id(const struct matcher *m, size_t i);

/* The fold of the i-th query, or NULL, and its slots. */
const struct mql_query *matcher_fold(const struct matcher *m, size_t i,
				     const uint16_t **slots);

/* False: an event of this JSON text answers no query. Told by a look at the
 * raw bytes, where all queries allow it (pretest.h); luck is the thread's own,
 * for this stream, and begins zeroed. */
bool matcher_may_match(const struct matcher *m, struct luck *luck,
		       struct str text);

/* Evaluate on the event that r has begun with matcher_paths(). The indexes
 * (not ids) of matching queries go to hit[], ascending, room for
 * matcher_size(); returns how many. counts is indexed by the caller's id. */
size_t matcher_match(const struct matcher *m, struct eval *e,
		     struct reader *r, struct eval_counts *counts,
		     uint16_t *hit);

/* Is the event, which answers the i-th query, to be kept? As query_sample(). */
bool matcher_sample(const struct matcher *m, size_t i, struct sampler *s,
		    struct reader *r, int64_t now);

/* Append the row of the i-th query. */
void matcher_write_row(const struct matcher *m, size_t i, struct eval *e,
		       struct reader *r, struct eval_counts *counts,
		       struct buf *out);

/* Do queries i and j write the same row for every event? False when that takes
 * more than a look: of columns that are computed. */
bool matcher_same_row(const struct matcher *m, size_t i, size_t j);

#endif
