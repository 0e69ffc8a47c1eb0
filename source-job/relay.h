/* relay.h - a subscription whose last merge is the subscriber's.
 *
 *     agents' rows --> relay_row() ---------------------------> sub_give()
 *           groups --> relay_partial() --> struct gather --+
 *             time --> relay_tick(), relay_complete() <----+--> sub_give()
 *
 * He asks several source-jobs, so that windows, groups and order are of what
 * all of them bring. This one adds up the groups of its agents and passes them
 * on a few times a second, behind the byte WIRE_GROUPS; of a window of @ts it
 * says up to when all of its agents have told everything. See staged.h, whose
 * calls come here for such a subscription. */
#ifndef SOURCE_JOB_RELAY_H
#define SOURCE_JOB_RELAY_H

#include "source-job/subscribers.h"

struct partial;
struct relay;

/* 0 or MQL_ENOMEM. */
int relay_new(struct job *j, struct sub *s, struct relay **out);
void relay_free(struct relay *r); /* NULL is allowed */

void relay_row(struct relay *r, struct str row);
void relay_partial(struct relay *r, const struct partial *p);
void relay_tick(struct relay *r);
void relay_complete(struct relay *r, int64_t upto);
void relay_end(struct relay *r);

#endif
