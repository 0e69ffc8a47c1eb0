/* merge.h - what the workers tell the job of its queries.
 *
 * Nothing here sends, ends or frees anything of a subscriber: what it causes
 * goes out at the end of the turn. */
#ifndef SOURCE_JOB_MERGE_H
#define SOURCE_JOB_MERGE_H

#include <stdbool.h>

#include "source-job/queries.h"

/* Take what the workers have said, up to a bound: true when more may wait. */
bool merge_take(struct job *j);

/* The same at the end, when nobody acts on it any more: only free it. */
void merge_discard(struct job *j);

/* After that: close the windows that are complete now. */
void merge_windows(struct job *j);

/* No agent runs q any more: settle what is left of its subscriptions. */
void merge_done(struct job *j, struct query *q);

#endif
