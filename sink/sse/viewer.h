/* viewer.h - one open stream: what libmicrohttpd's reader calls for bytes.
 *
 *     ring --\
 *     meta ---> message --> pieces --> libmicrohttpd's buffer
 *     gap  --/              (texts of its own, and shared batches)
 *
 * It belongs to the thread of its connection. When it has nothing to say the
 * connection is suspended, and viewer_wake() resumes it: any thread. A viewer
 * keeps no rows but the batch that it is in the middle of; what is in front
 * of it is in the ring. */
#ifndef SINK_SSE_VIEWER_H
#define SINK_SSE_VIEWER_H

#include <microhttpd.h>

#include "sink/sse/hub.h"

enum { VIEWER_MAX_QUERIES = 16 };

struct viewer_options {
	uint64_t limit;  /* rows of each query; 0: none */
	int64_t  for_ms; /* 0: without end */
	bool     gzip;
};

struct viewer; /* opaque */

/* n sources, zeroed. NULL: out of memory. */
struct viewer *viewer_new(struct hub *h, size_t n,
			  const struct viewer_options *opt);
/* To be filled before viewer_respond(): by hub_join(), or with an error (the
 * viewer takes the reference), or as over. */
struct source *viewer_source(struct viewer *v, size_t i);
void viewer_free(struct viewer *v); /* leaves what it has joined */

/* The response that reads from v, which takes it: v is freed with it. NULL:
 * out of memory, and v is freed. */
struct MHD_Response *viewer_respond(struct viewer *v,
				    struct MHD_Connection *connection);

/* Any thread, while v is on the list of a subscription whose lock is held. */
void viewer_wake(struct viewer *v);
void viewer_tick(struct viewer *v, struct hub *h, int64_t now);

#endif
