/* outputs.h - output workers: what the stages of many subscriptions are to do,
 * on several threads at once.
 *
 *     the job's turn: take from the workers --> outputs_run() --> deliver
 *                                                |  |  |  |
 *                                     stages:    a  b  c  d
 *                                                e     f
 *
 * Within a turn each stage belongs to one thread; the job's takes part, and
 * goes on when all are done. So between two runs everything belongs to the job,
 * as if it were alone. Who finds a stage free takes it: one that has much to do
 * does not hold up the others. Between runs the threads sleep. */
#ifndef SOURCE_JOB_OUTPUTS_H
#define SOURCE_JOB_OUTPUTS_H

#include <stddef.h>

struct outputs; /* opaque */

/* n threads beside the caller's; 0: all is done in that. 0, MQL_ENOMEM or
 * MQL_EOS. */
int outputs_new(unsigned n, struct outputs **out);
void outputs_free(struct outputs *o); /* NULL is allowed */

/* work(item[i]) for each i below n, once, in any thread and order; returns when
 * all are done. One caller at a time. */
void outputs_run(struct outputs *o, void (*work)(void *), void *const *item,
		 size_t n);

#endif
