/* publish.h - the one path that every form of event takes. */
#ifndef AGENT_PUBLISH_H
#define AGENT_PUBLISH_H

#include "agent/publisher.h"

/* Enter the read side and find the calling thread's publisher; NULL when there
 * is nothing to do. publish_leave() follows in any case. Publisher thread. */
struct publisher *publish_enter(struct mql_stream *s);
void publish_leave(struct mql_stream *s);

/* Show ev to the stream's queries and queue the rows. ev->meta is set here.
 * Publisher thread, never blocks (except with wait_when_full). */
void publish_event(struct publisher *p, struct mql_stream *s,
		   struct event *ev);

/* Count an event of s that is no event. Publisher thread, never blocks. */
void publish_bad(struct publisher *p, struct mql_stream *s);

#endif
