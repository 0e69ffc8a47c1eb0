/* registry.h - which worker has which agent.
 *
 * An agent that comes back may be given to another worker by the kernel than
 * the one that knows it. The only thing that workers share under a lock; taken
 * when an agent says its first hello to a worker, and when it is forgotten. */
#ifndef SOURCE_JOB_REGISTRY_H
#define SOURCE_JOB_REGISTRY_H

#include "common/str.h"

struct registry; /* opaque */

enum { REGISTRY_NOBODY = -1 };

int registry_new(size_t max, struct registry **out); /* 0 or MQL_ENOMEM */
/* From now on; those that are in stay. Any thread. */
void registry_limit(struct registry *r, size_t max);
void registry_free(struct registry *r); /* NULL is allowed */

/* It is this worker's from here on; *before: whose it was, or NOBODY. 0,
 * MQL_ELIMIT (too many agents) or MQL_ENOMEM. Any thread. */
int registry_claim(struct registry *r, struct str id, int worker, int *before);

/* Nobody's, if it is still this worker's. Any thread. */
void registry_release(struct registry *r, struct str id, int worker);

#endif
