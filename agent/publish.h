/* publish.h - what the builder of events calls. */
#ifndef AGENT_PUBLISH_H
#define AGENT_PUBLISH_H

#include "agent/publisher.h"

/* Enter the read side and find the calling thread's publisher; NULL when there
 * is nothing to do. publish_leave() follows in any case. Publisher thread. */
struct publisher *publish_enter(struct mql_stream *s);
void publish_leave(void);

/* Show a built event to the stream's queries and queue the rows. Publisher
 * thread, never blocks (except with wait_when_full). */
void publish_built(struct publisher *p, struct mql_stream *s,
		   const struct built *b);

/* Count an event of s that is no event. Publisher thread, never blocks. */
void publish_bad(struct publisher *p, struct mql_stream *s);

#endif
