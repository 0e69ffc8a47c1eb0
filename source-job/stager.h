/* stager.h - the stage of one subscription, what it is to do, and what came of
 * it.
 *
 *     the job:       stager_put()            results_next() --> rows, marks
 *                          |                      ^
 *     any thread:          +--> stager_run() -----+
 *
 * What is put waits until it is run, in order; what comes of it waits until the
 * job takes it. In between nothing of the job is touched, so that stages run
 * side by side (outputs.h). What waits to be taken has as much memory as what
 * the stage holds. */
#ifndef SOURCE_JOB_STAGER_H
#define SOURCE_JOB_STAGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "mql/query.h"
#include "source-job/batch.h"

struct partial;
struct results; /* mql/results.h */
struct stager; /* opaque */

/* query is borrowed for the stager's life. now: ms since the epoch. 0 or
 * MQL_ENOMEM. */
int stager_new(const struct mql_query *query, size_t max_bytes,
	       int64_t grace_ms, int64_t now, struct stager **out);
void stager_free(struct stager *st); /* NULL is allowed */

/* --- what it is to do -------------------------------------------------------- */

enum stager_kind {
	STAGER_ROWS,     /* rows, each of which stands for 1 << step events */
	STAGER_PARTIAL,  /* groups of agents */
	STAGER_COMPLETE, /* all agents have told everything before upto */
	STAGER_TICK,     /* time has passed */
	STAGER_END,      /* nothing comes any more: what is open is cut short */
};

struct stager_task {
	enum stager_kind kind;
	unsigned step;
	int64_t  now;  /* the clock, ms since the epoch */
	int64_t  upto; /* likewise */
	struct span rows; /* their batch is held until they are in */
	const struct partial *partial; /* borrowed until it is in */
};

/* It is copied. False: there is no room for one more before the next run; for
 * the first there always is. */
bool stager_put(struct stager *st, const struct stager_task *t);

/* What waits, in rows, or what takes as long. */
size_t stager_work(const struct stager *st);

/* Do it. Any thread, one at a time. */
void stager_run(struct stager *st);

/* What came of it: to be taken between two runs. */
struct results *stager_results(struct stager *st);

#endif
