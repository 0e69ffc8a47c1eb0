/* hub.h - all subscriptions, and the one thread that owns their tails.
 *
 *     source-job ==> tails (one thread) --> ring of each subscription
 *                                             |        |        |
 *                        HTTP threads:     viewer   viewer   viewer
 *
 * A viewer joins the subscription of its query, or makes the hub begin one.
 * The tails' thread puts rows into batches, appends them to the ring, and
 * wakes the viewers; they read for themselves. A subscription without viewers
 * lingers for a while, so that one who comes back finds it.
 *
 * Locks, in this order: hub, subscription, viewer, libmicrohttpd's own. */
#ifndef SINK_SSE_HUB_H
#define SINK_SSE_HUB_H

#include <stdatomic.h>
#include <sys/queue.h>

#include "mql/mql.h"
#include "sink/sse/config.h"
#include "sink/sse/sub.h"

/* X(name, help): since the start. */
#define HUB_COUNTERS(X)                                                    \
	X(rows_in,       "Rows taken from the source-job")                 \
	X(rows_out,      "Rows written to viewers")                        \
	X(rows_dropped,  "Rows that viewers missed because they were slow") \
	X(gaps,          "Gaps told to viewers")                           \
	X(bytes_out,     "Bytes written to viewers")                       \
	X(streams,       "Streams begun")                                  \
	X(resumed,       "Streams begun with a Last-Event-ID")             \
	X(refused,       "Requests refused for a limit")                   \
	X(bad_queries,   "Wrong queries")                                  \
	X(requests,      "HTTP requests")

struct hub {
	const struct config *config;
	struct wire_context *context;
	pthread_mutex_t lock;
	TAILQ_HEAD(subs, sub) subs;   /* lock */
	TAILQ_HEAD(fresh, sub) fresh; /* lock: not begun yet */
	size_t          nsubs;        /* lock; both lists */
	_Atomic unsigned nviewers;
	_Atomic bool    draining;     /* no new streams; tails are stopped */
	_Atomic bool    closing;      /* viewers end at once */
	bool            stopping;     /* lock: the thread ends */
	int             wakefd;
	pthread_t       thread;
	struct {
#define X(name, help) _Atomic uint64_t name;
		HUB_COUNTERS(X)
#undef X
	} counters;
};

/* Start the thread. config and keys (NULL: none) are borrowed. 0, MQL_ENOMEM or
 * MQL_EOS. */
int hub_start(struct hub *h, const struct config *config,
	      const struct wire_keys *keys);
void hub_stop(struct hub *h); /* viewers must be gone; once started only */

/* Where s may join, made if need be: q compiled, rate of mql_tail_options,
 * position as it came, or NULL. s->sub is set, s->at and s->gap say where to
 * begin, and s is on the list of its subscription until hub_leave(). 0;
 * MQL_ELIMIT: too many queries; MQL_ENOMEM; MQL_ECLOSED: draining. */
int hub_join(struct hub *h, const struct mql_query *q, uint64_t rate,
	     const struct position *position, struct source *s);
void hub_leave(struct hub *h, struct source *s);

/* End all queries in an orderly way: their viewers get `end`. */
void hub_drain(struct hub *h);
/* Let viewers end now, whatever they have got. */
void hub_close(struct hub *h);

static inline void
hub_count(_Atomic uint64_t *counter, uint64_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

#endif
