/* rates.h - how many rows a second of a query all its agents may send, divided
 * over those that have something to send (rate.h).
 *
 * A query's cap is that of its subscriber who wants most; none if one of them
 * has none: identical queries run once. Each worker looks at its agents once a
 * second and tells the job how many there are of each kind; the job adds that
 * up and tells the sums to all workers, who tell their agents what has changed
 * (CREDIT). Agents begin with an equal part each (QUERIES). What the cap holds
 * back is counted where it is: drop_rate. */
#ifndef SOURCE_JOB_RATES_H
#define SOURCE_JOB_RATES_H

#include "source-job/rate.h"

struct job;
struct mql_query;
struct op;
struct part;
struct query;
struct run;
struct wire_subscribe;
struct worker;

/* --- the job ------------------------------------------------------------ */

/* Can there be a cap on the rows of this subscription? 0, or MQL_EUNSUP and a
 * sentence in why. */
int rates_admit(const struct wire_subscribe *m,
		const struct mql_query *compiled, const char **why);

/* What a new query begins with. */
struct rate_plan rates_begin(const struct job *j, uint64_t cap);

/* Caps and sums, to all workers if they have changed. Several times a second.
 */
void rates_tick(struct job *j);

/* --- a worker ----------------------------------------------------------- */

void rates_obey(struct worker *w, const struct op *op); /* OP_RATE */

/* Look at the agents of what has a cap, and tell them. Several times a second.
 */
void rates_look(struct worker *w);

void rates_forget(struct run *r); /* it is freed, or begins anew */

#endif
