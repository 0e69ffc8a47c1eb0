/* merge.h - what the agents' side tells the subscribers' side of a query.
 *
 * None of these sends, ends or frees anything: what they cause goes out at
 * the end of the turn. */
#ifndef SOURCE_JOB_MERGE_H
#define SOURCE_JOB_MERGE_H

#include "source-job/queries.h"

struct partial;

/* A row for all subscriptions of q; copied. Cheap: called per row. */
void merge_row(struct job *j, struct query *q, struct str row);

/* Groups that an agent has folded, which q was opened to take (its folded),
 * for all subscriptions of q; borrowed. */
void merge_partial(struct query *q, const struct partial *p);

/* All agents have told everything before this time. */
void merge_complete(struct query *q, int64_t upto);

/* n rows were sent by an agent and can no longer arrive. */
void merge_lost(struct job *j, struct query *q, uint64_t n);

/* A run was found that had counted this much before we heard of it. */
void merge_carried(struct query *q, const struct books_agent *books);

/* A live agent was lost; it is back, told lost at that serial; it left. */
void merge_agent_lost(struct query *q);
void merge_agent_back(struct query *q, uint64_t lost_at);
void merge_agent_left(struct query *q);

/* No agent runs q any more: settle what is left of its subscriptions. */
void merge_done(struct job *j, struct query *q);

#endif
