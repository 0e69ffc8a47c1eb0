/* drain.h - an orderly end: nobody is left without a word.
 *
 *     SIGTERM -> not ready, no new subscriptions, queries withdrawn
 *             -> agents' last books, what is queued delivered, END to all
 *             -> GOODBYE to the agents, exit status 0 */
#ifndef SOURCE_JOB_DRAIN_H
#define SOURCE_JOB_DRAIN_H

#include <stdbool.h>

struct job;

void drain_begin(struct job *j);

/* All subscriptions have ended, or time is up. */
bool drain_done(const struct job *j);

/* Whoever is left gets END now; agents get GOODBYE. */
void drain_end(struct job *j);

#endif
