/* reduced.h - read the rows that agents send for a staged query.
 *
 * An agent projects an event onto the paths that the stage reads, each a
 * column under its canonical spelling, which no other path has (a path with
 * [*]: up to there), and @ts:
 *
 *     {"node":"a","metrics.latency":12,"e['@ts']":"x","@ts":1700000000000}
 *
 * so each path is one key at the top here. For `select *`, and with fields that
 * are chosen by prefix, the row is the event as it was, and its time that of
 * its arrival. One owner. */
#ifndef MQL_REDUCED_H
#define MQL_REDUCED_H

#include "event/reader.h"
#include "mql/query.h"

struct reduced {
	const struct mql_query *q;
	struct pathset *paths;
	struct reader  *reader;
	uint16_t       *slots;  /* of the query's paths */
	unsigned        ts; /* slot of @ts; `select *`: none */
	struct event_meta meta;
	struct event      event;
};

/* q is borrowed. 0 or MQL_ENOMEM; end it all the same. */
int reduced_init(struct reduced *r, const struct mql_query *q,
		 size_t max_event);
void reduced_fini(struct reduced *r); /* zeroed is allowed */

/* Point the reader at a row, which is borrowed until the next. *ts is its
 * time, now when it has none. 0 or MQL_EBADEVENT. */
int reduced_begin(struct reduced *r, struct str row, int64_t now,
		  int64_t *ts);

#endif
