/* job.h - the whole daemon, as its parts see each other.
 *
 *      agents                                             subscribers
 *        |   agents.c    sessions, silence    subscribers.c   |
 *        |   hello.c     who an agent is      subscribe.c     |
 *        |   ingest.c    rows -> queries      links, leases   |
 *        |   run.c       one query at one     staged.c        |
 *        |               agent, its books     groups, windows |
 *        |   watermark.c what is complete     queue.c         |
 *        |   at.c        is it asked?         delivery.c      |
 *        |                  power.c  off, on                  |
 *        +-> queries.c   what runs, the set   DATA META END --+
 *                  \________ merge.h ________/
 *
 * One thread runs it all: loop.c takes what both sockets have, lets the parts
 * work, and sends what they made, all in one turn. No part waits, and none
 * but loop.c reads a clock. The two sides meet in queries.h and merge.h only,
 * so that they can be given to different threads later. */
#ifndef SOURCE_JOB_JOB_H
#define SOURCE_JOB_JOB_H

#include "source-job/agents.h"
#include "source-job/config.h"
#include "source-job/hop.h"
#include "source-job/power.h"
#include "source-job/queries.h"
#include "source-job/saved.h"
#include "source-job/subscribers.h"

/* Rows, counted for /metrics; of a partial its events. X(name, help) */
#define JOB_COUNTERS(X)                                                  \
	X(rows_in,    "Rows received from agents")                       \
	X(partials_in, "Partials received from agents")                  \
	X(folded_in,  "Events received in partials")                     \
	X(rows_out,   "Rows handed to subscribers")                      \
	X(rows_bad,   "Rows that were no line of JSON, dropped")         \
	X(rows_stray, "Rows of a query that does not run there, dropped") \
	X(rows_lost,  "Rows lost on the link, by gaps in sequence numbers") \
	X(drop_slow,  "Rows dropped because a subscriber was slow")      \
	X(drop_limit, "Rows dropped past a subscriber's limit")          \
	X(folded,     "Rows put into groups, or held in order")          \
	X(results,    "Rows made of groups, or of what was held")        \
	X(drop_late,  "Rows dropped for want of an open window")         \
	X(drop_overflow, "Rows dropped for want of memory for groups")   \
	X(rows_unkept, "Rows of saved queries while nobody subscribed")  \
	X(subs_refused, "Subscriptions refused to peers that have too many")

struct job_counters {
#define X(name, help) uint64_t name;
	JOB_COUNTERS(X)
#undef X
};

struct job {
	struct config config;
	char     id[80];    /* unique per process: what peers are told */
	int64_t  now;       /* monotonic ms, read once a turn */
	int64_t  wall;      /* ms since the epoch, likewise: for windows */
	int64_t  started;
	int64_t  drain_by;  /* not 0: draining, until then */
	uint64_t serial;    /* orders joins and losses */

	struct wire_context *context;
	struct wire_keys *keys; /* NULL: none */
	struct power power;
	struct hop agent_hop, subscriber_hop;
	struct agents      agents;
	struct queries     queries;
	struct subscribers subscribers;
	struct saved saved;
	struct job_counters counters;
};

static inline bool
job_draining(const struct job *j)
{
	return j->drain_by != 0;
}

#endif
