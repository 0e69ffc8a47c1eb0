/* matcher.h - the live queries of one stream as one immutable object.
 *
 * Built on the agent's thread, then read by all publishers at once; swapped,
 * never changed. matcher_match() says which queries an event answers: a few
 * are tried one by one; of many an index (index.h) says which may, and those
 * that ask the same are evaluated once. The answers are the same.
 *
 * A matcher that follows another shares with it what has not changed, so that
 * one query more or less costs microseconds, however many there are. All
 * matchers that follow one another are made and freed on one thread. */
#ifndef MQL_MATCHER_H
#define MQL_MATCHER_H

#include "mql/gauge.h"
#include "mql/pretest.h"
#include "mql/query.h"

struct matcher; /* opaque */

struct matcher_query {
	const struct mql_query *q;  /* borrowed for the matcher's life */
	uint16_t                id; /* the caller's number */
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

/* The matcher that follows m, which stays as it is: without the queries of the
 * ids removed, then with those added (refused as above, one per query added).
 * The queries that stay are m's own, and an id is one query's at a time. Now
 * and then all of it is made anew: then indexes change, as they do for nothing
 * else. Returns 0, or MQL_ENOMEM. */
int matcher_next(const struct matcher *m, const struct matcher_query *added,
		 size_t nadded, const uint16_t *removed, size_t nremoved,
		 bool *refused, struct matcher **out);

/* Show m events only as the owner's policy, which is borrowed, lets them be
 * seen. Before anybody else has m; the same policy for all that follow.
 * True: that changes what its queries see, so that nothing is to be read
 * around it. */
bool matcher_hide(struct matcher *m, const struct policy *policy);

/* Do the events differ from what the index was made for? Then a matcher_next()
 * that adds nothing makes a better one. The agent's thread. */
bool matcher_wants_rebuild(const struct matcher *m);

/* Queries stand at indexes below matcher_size(), the oldest first, with holes
 * where one was removed; matcher_live() of them. */
size_t matcher_size(const struct matcher *m);
size_t matcher_live(const struct matcher *m);
const struct pathset *matcher_paths(const struct matcher *m);

/* i < matcher_size(). The query is NULL for a hole. */
const struct mql_query *matcher_query(const struct matcher *m, size_t i);
uint16_t matcher_id(const struct matcher *m, size_t i);

/* The fold of the i-th query, or NULL, and its slots; is there any? */
const struct mql_query *matcher_fold(const struct matcher *m, size_t i,
				     const uint16_t **slots);
bool matcher_folds(const struct matcher *m);

/* Queries with the same number write the same row for every event. */
uint16_t matcher_row(const struct matcher *m, size_t i);

/* False: an event of this JSON text answers no query. Told by a look at the
 * raw bytes, where all queries allow it (pretest.h); luck is the thread's own,
 * for this stream, and begins zeroed. */
bool matcher_may_match(const struct matcher *m, struct luck *luck,
		       struct str text);

/* Evaluate on the event that r has begun with matcher_paths(). The indexes
 * (not ids) of matching queries go to hit[], ascending, room for
 * matcher_live(); returns how many. counts is indexed by the caller's id. g is
 * asked about each query that is tried; NULL: all are. */
size_t matcher_match(const struct matcher *m, struct eval *e,
		     struct reader *r, struct eval_counts *counts,
		     struct gauge *g, uint16_t *hit);

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
