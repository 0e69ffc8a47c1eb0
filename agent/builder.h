/* builder.h - the event that a thread puts together with mql_event_*(). */
#ifndef AGENT_BUILDER_H
#define AGENT_BUILDER_H

#include <stddef.h>

struct mql_event;

/* max_event: as it was made with. NULL is allowed. */
void builder_free(struct mql_event *e, size_t max_event);

#endif
