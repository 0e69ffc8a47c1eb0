/* publish.h - what the builder of events calls. */
#ifndef AGENT_PUBLISH_H
#define AGENT_PUBLISH_H

#include "agent/publisher.h"

/* Show a built event to the stream's queries and queue the rows. Publisher
 * thread, never blocks (except with wait_when_full). */
void publish_built(struct publisher *p, struct mql_stream *s,
		   const struct built *b);

/* Count an event of s that is no event. Publisher thread, never blocks. */
void publish_bad(struct publisher *p, struct mql_stream *s);

#endif
