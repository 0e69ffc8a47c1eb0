/* staged.h - where a subscription makes rows of its own of the agents' rows.
 *
 *     agents' rows --> staged_rows() ---> stager.h --> sub_give() --> queue
 *           groups --> staged_partial() --^     |
 *             time --> staged_tick(),  ---^     +-- of all that wait at once,
 *                      staged_complete()            by staged_run()
 *
 * Of a query with groups, aggregates, windows, an order or `distinct` the
 * agents run the filter and send the fields that the rest needs, or fold these
 * into groups and send those; mql/stage.h is that rest. Each subscription has
 * a stage of its own, though it may share the agents' part with others: who
 * comes later begins with his own windows and counts from there. Its memory is
 * bounded by --stage-memory. */
#ifndef SOURCE_JOB_STAGED_H
#define SOURCE_JOB_STAGED_H

#include "source-job/subscribers.h"

struct mql_query;
struct partial;

/* Give s the stage that the query needs, if it needs one; takes the query.
 * merge: the last merge is the subscriber's (relay.h). 0 or MQL_ENOMEM. */
int staged_open(struct job *j, struct sub *s, struct mql_query *query,
		bool merge);
void staged_free(struct staged *st); /* NULL is allowed */

/* What it is to do waits for staged_run(), which does it for all, by as many
 * threads as there are (outputs.h), before anything else asks what came of it:
 * a run ends each part of a turn in which something was put. */
struct stages {
	struct outputs *outputs;
	void   **waiting; /* struct staged *, with room for all */
	size_t   nwaiting, cap;
	size_t   n;       /* that there are */
};

int stages_init(struct stages *all, unsigned threads); /* of outputs_new() */
void stages_fini(struct stages *all); /* a zeroed one is allowed */
void staged_run(struct job *j);

/* Rows of agents, which are held until they are in. s has a stage. */
void staged_rows(struct sub *s, struct span rows, unsigned step);

/* Groups of an agent, whose query folds as that of s. Without a stage they are
 * not needed. */
void staged_partial(struct sub *s, const struct partial *p);

/* For those below s may have none: then they do nothing. */

/* Close the windows whose time has come; once a second, give what has changed
 * of a running total. Several times a second. */
void staged_tick(struct sub *s);

/* All agents have told everything before this time: close the windows that
 * end by then. */
void staged_complete(struct sub *s, int64_t upto);

/* No row will come any more: give all that is left. */
void staged_end(struct sub *s);

/* Will the stage give no row any more, since its limit is reached? */
bool staged_done(const struct sub *s);

/* The query in canonical spelling; NULL without a stage. */
const char *staged_text(const struct sub *s);

#endif
