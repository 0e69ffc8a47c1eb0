/* job.h - the whole daemon, as its parts see each other.
 *
 *     agents                                                    subscribers
 *       |  worker 0, worker 1, ...              the job             |
 *       |  +------------------------+  op.h   +------------------+  |
 *       |  | agents.c  sessions     |         | queries.c what   |  |
 *       |  | hello.c   who they are | OP_OPEN |   runs           |  |
 *       +->| ingest.c  rows         |<--------| subscribers.c    |<-+
 *          | run.c     books of one | OP_ROWS |   links, leases  |
 *          | part.c    their sum,   |-------->| merge.c  sums,   |
 *          |   the set              |         |   rows, groups   |
 *          | at.c      is it asked? |channel.h| staged.c windows |<-> outputs
 *          | moving.c  agents that  |         | queue.c          |
 *          |   change the worker    |         | delivery.c       |
 *          +------------------------+         +------------------+
 *
 * The job has the queries and the subscribers. A worker has a set of agents,
 * and of each query a part. They share nothing: all that goes between them are
 * ops, through a channel in each direction. A row is read, checked and copied
 * out of its message by the worker, once for each query; the job refers to it
 * for each subscriber (queue.h). Groups are read and merged by the worker, and
 * once more by the job.
 *
 * With --workers 1 one thread is both: the job's turn (loop.c) has a turn of
 * its only worker in it. With N there are N - 1 workers with a thread each
 * (worker.h), and as many for stages (outputs.h), with which the job shares a
 * part of its turn. Else no part waits for another, and only a turn reads a
 * clock. */
#ifndef SOURCE_JOB_JOB_H
#define SOURCE_JOB_JOB_H

#include "source-job/config.h"
#include "source-job/counters.h"
#include "source-job/handed.h"
#include "source-job/hop.h"
#include "source-job/power.h"
#include "source-job/queries.h"
#include "source-job/replays.h"
#include "source-job/saved.h"
#include "source-job/staged.h"
#include "source-job/subscribers.h"
#include "source-job/worker.h"

struct job {
	struct config config;
	int      argc;      /* where that is from: see reload.h */
	char   **argv;
	uint64_t seats;     /* agents that credit is divided for: credit.h */
	char     id[80];    /* unique per process: what peers are told */
	int64_t  now;       /* monotonic ms, read once a turn */
	int64_t  stood;     /* ms in all for which we did not run */
	int64_t  wall;      /* ms since the epoch, likewise: for windows */
	int64_t  started;
	struct kafka_source *kafka; /* NULL: it is no source */
	uint64_t token; /* by which our own agents are known: own.h */
	int64_t  drain_by;  /* not 0: draining, until then */
	_Atomic uint64_t serial; /* orders joins and losses */

	struct wire_context *context;
	struct wire_keys *keys; /* NULL: none */
	struct power power;
	struct hop subscriber_hop;
	struct queries     queries;
	struct subscribers subscribers;
	struct stages stages;
	struct replays replays;
	struct saved saved;
	struct handed handed;
	struct job_counters counters;
	struct books_agent agents_all; /* of all queries that ever ran */
	unsigned nlisting;  /* lists that go round: see requests.c */

	struct worker   *worker;
	unsigned         nworker, nstopped;
	struct registry *registry;
	struct bell      bell;
};

/* Time during which subscribers could be heard, in ms: leases run by it. */
static inline int64_t
job_listened(const struct job *j)
{
	return j->now - j->stood;
}

static inline bool
job_draining(const struct job *j)
{
	return j->drain_by != 0;
}

/* Agents that are connected, and all that are remembered. */
static inline uint64_t
job_agents(const struct job *j)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < j->nworker; i++)
		n += counter_get(&j->worker[i].agents.connected);
	return n;
}

static inline uint64_t
job_agents_known(const struct job *j)
{
	uint64_t n = 0;

	for (unsigned i = 0; i < j->nworker; i++)
		n += counter_get(&j->worker[i].agents.known);
	return n;
}

#endif
