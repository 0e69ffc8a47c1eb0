/* folds.h - groups of all publishers, into PARTIALS frames.
 *
 *     publisher 1   [side 0 | side 1]  \
 *     publisher 2   [side 0 | side 1]   > the side that rests --> partials
 *     publisher 3   [side 0 | side 1]  /
 *
 * When a run is due, its sides are turned; after a grace period of RCU nobody
 * writes the old ones, and they are sent and emptied, as far as link and
 * credit allow; until all of them are out, the sides are not turned again. A
 * fold that is full in the meantime makes rows (fold.h).
 *
 * Due is: a window of @ts when one of its panes is over; what has no window,
 * or one by the events' own time, once a second or, with a grace, four times
 * in that; everything, when a fold is full or the run ends. With the partials
 * of a window of @ts goes the time up to which they are complete.
 *
 * All on the agent's thread. */
#ifndef AGENT_FOLDS_H
#define AGENT_FOLDS_H

#include <stdint.h>

struct mql_agent;
struct run;

int folds_init(struct mql_agent *a); /* 0 or MQL_ENOMEM */
void folds_fini(struct mql_agent *a);

/* Send what is due. */
void folds_send(struct mql_agent *a);

/* How long nothing is due, in ms. */
int64_t folds_idle_ms(const struct mql_agent *a);

/* What a run that is in no matcher has folded will not be sent: drop_link. */
void folds_strike(struct mql_agent *a, struct run *r);

/* Free the folds of a run that is in no matcher. */
void folds_free(struct mql_agent *a, struct run *r);

#endif
