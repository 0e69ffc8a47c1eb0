/* publisher.h - what one publishing thread owns.
 *
 * Made at the thread's first event that is looked at, found again through a
 * thread-local note, or a pthread key of the agent. When the thread ends the
 * publisher is free for the next thread, as it is: counters only ever grow,
 * and what waits in the ring is still the agent's to drain. So there are never
 * more than there were threads at once. The list only grows until the agent is
 * closed, and can be walked by any thread.
 */
#ifndef AGENT_PUBLISHER_H
#define AGENT_PUBLISHER_H

#include "agent/counter.h"
#include "agent/rcu.h"
#include "agent/ring.h"
#include "agent/stream.h"
#include "mql/fold.h"
#include "mql/gauge.h"
#include "mql/pretest.h"
#include "mql/query.h"
#include "wire/books.h"

struct tally { /* per query slot */
	struct counter matched, sampled, drop_ring, drop_rate, drop_large;
	struct counter skipped;
	struct counter rows, bytes; /* that were made, wherever they went */
};

struct publisher {
	/* Events by generation.tally; no cache line is another thread's. */
	_Alignas(64) struct counter seen[2 * STREAM_MAX];
	struct counter    bad[2 * STREAM_MAX];
	struct publisher *next;
	struct mql_agent *agent;
	_Atomic bool      taken;   /* by a living thread */
	_Atomic(rcu_thread *) self;   /* as which it is inside */
	_Atomic size_t    bytes;   /* reserved for it */
	_Atomic bool      building; /* it holds an event under construction */
	struct reader    *reader;
	struct eval      *eval;
	uint16_t         *hit;     /* room for max_queries */
	struct tally     *tally;   /* max_queries of them */
	struct eval_counts *counts; /* the same */
	/* By query slot: made here by the first event, freed by the agent's
	 * thread with the run. */
	_Atomic(struct fold *) *fold;
	struct luck       luck[STREAM_MAX]; /* of their matchers */
	/* See budget.h: */
	uint32_t          until_timed, every; /* events */
	int64_t           timed_at, cpu_at;
	struct counter    rest[STREAM_MAX]; /* ns, for all its queries */
	struct gauge     *gauging; /* of the event at hand; NULL: it is not */
	struct gauge      gauge;
	/* From the first match on: */
	struct ring       ring;
	struct buf        rows;    /* an event's, on their way to the ring */
	/* From the first mql_event_begin() on: */
	struct mql_event *event;
};

/* What the calling thread has found last, so that it is found again by one
 * comparison. Agents are known by a number, since another one may come to lie
 * where a closed one was. */
struct publisher_memo {
	uint64_t          agent; /* its serial, or NOBODY */
	struct publisher *p;
	rcu_thread       *self; /* for rcu_try() */
};
#define NOBODY UINT64_MAX
/* In the static block of thread-local storage, of which the C library keeps
 * some for libraries that are loaded late: to find it is no call then. */
extern __attribute__((visibility("hidden"), tls_model("initial-exec")))
_Thread_local struct publisher_memo publisher_memo;

uint64_t publisher_serial(void); /* for a new agent; any thread */

/* The calling thread's publisher; NULL when memory is out: the event is lost,
 * and counted. NULL too in a forked child where the agent was asleep: it wakes.
 * Publisher thread, inside of RCU's read side. */
struct publisher *publisher_find(struct mql_agent *a);

/* Return when all threads that were inside with a publisher of the agent's have
 * left: who is inside without one has nothing yet but the agent itself, for
 * which there is rcu_wait(). The agent's thread. */
void publisher_wait(const struct mql_agent *a);

/* In a forked child: the calling thread has none yet, and nobody else is. */
void publisher_forget(struct mql_agent *a);

/* What the key does when a thread ends. */
void publisher_give_back(void *publisher);

/* Make ring and row buffer unless they are there. 0 or MQL_ENOMEM.
 * Publisher thread. */
int publisher_ready(struct publisher *p);

/* The newest of the agent's publishers. Any thread. */
struct publisher *publisher_first(const struct mql_agent *a);

/* Free all of them, but for those whose thread still holds an event of theirs
 * (it may go on with it, to no effect). No thread finds the agent any more. */
void publisher_free_all(struct mql_agent *a);

/* Add the counters of a slot to b, over all publishers: what is counted last
 * is read first (counter.h). Any thread. */
void publisher_sum(const struct mql_agent *a, unsigned slot,
		   struct books_agent *b);

#endif
