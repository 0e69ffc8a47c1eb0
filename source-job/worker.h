/* worker.h - a set of agents, and all that is done for them alone.
 *
 *      job <--op.h--> worker 0: socket, agents, parts of the queries
 *          <--op.h--> worker 1: socket, agents, parts of the queries
 *          ...
 *
 * With --workers 1 the job's own thread runs the one worker, a turn of it in
 * each of its own. With more, the job's thread serves the subscribers, and all
 * others are workers: each has its own socket on the agents' endpoint, among
 * which the kernel spreads the links, and shares nothing with anybody but the
 * two channels (channel.h), the register of who has which agent (registry.h)
 * and a serial number. */
#ifndef SOURCE_JOB_WORKER_H
#define SOURCE_JOB_WORKER_H

#include <pthread.h>

#include "source-job/agents.h"
#include "source-job/channel.h"
#include "source-job/config.h"
#include "source-job/counters.h"
#include "source-job/hop.h"
#include "source-job/moving.h"
#include "source-job/part.h"

struct registry;

enum { WORKERS_MAX = 32 };

struct worker {
	unsigned index;
	const struct config *config;
	const char *id;     /* the source-job's: what peers are told */
	int64_t  now;       /* monotonic ms, read once a turn */
	int64_t  wall;      /* ms since the epoch, likewise */
	int64_t  next_tick;
	int64_t  due;       /* ms: a turn is wanted then, whatever comes */
	int64_t  full_since; /* not 0: no message is taken, the job is behind */
	int64_t  stood;     /* ms in all for which that was so, or for which
				we did not run */
	uint64_t token;     /* by which own agents are known: own.h */
	struct own_beat beat[OWN_N];
	struct registry *registry;
	_Atomic uint64_t *serial; /* orders joins and losses, for all */

	struct hop     hop;
	struct agents  agents;
	struct parts   parts;
	struct moving  moving;
	struct job_counters counters;
	struct channel in, out; /* from the job, to the job */
	struct bell    bell;
	bool           stopping;

	bool           started; /* has a thread of its own */
	pthread_t      thread;
};

/* index, config, id, token, registry, serial and hop.router are set. job is
 * rung when something is said to it. 0, MQL_ENOMEM or MQL_EOS. */
int worker_init(struct worker *w, struct bell *job);
void worker_fini(struct worker *w); /* a zeroed one is allowed */

/* A thread for it, until it has answered OP_STOP. 0 or MQL_EOS. */
int worker_start(struct worker *w);
void worker_join(struct worker *w); /* started or not */

/* Without a thread: one turn. True when there is more to do at once. */
bool worker_turn(struct worker *w);

/* A turn begins now, and the last one began then (0: it is the first): how much
 * of the ms between was nobody's silence, for we did not run. */
static inline int64_t
turn_missed(int64_t last, int64_t now)
{
	enum { TURN_MS = 200 }; /* twice as long as we ever wait */

	return last && now - last > TURN_MS ? now - last - TURN_MS : 0;
}

/* Time during which agents could be heard, in ms: silence is counted by it. */
static inline int64_t
worker_listened(const struct worker *w)
{
	return (w->full_since ? w->full_since : w->now) - w->stood;
}

#endif
