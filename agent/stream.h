/* stream.h - a stream and the matcher that its publishers read.
 *
 *     struct mql_stream
 *       live ------------- how many queries; all that an idle publish loads
 *       generation --RCU-> { guard, matcher, parity }
 *
 * A generation is one matcher in force, from its swap in to its swap out.
 * Publishers count the events that they show it in one tally of two: one
 * increment whatever the number of queries. Two neighbours have different
 * parities, so once rcu_wait() has returned the old one's number is final and
 * exact, and is added to `past`. A query remembers what past stood at when it
 * came in, so that those which stay are not touched when others come and go.
 *
 * The streams of an agent lie in one mapping that a forked child sees zeroed:
 * there nobody asks. life.h says how it comes alive again. */
#ifndef AGENT_STREAM_H
#define AGENT_STREAM_H

#include <pthread.h>
#include <stdatomic.h>

#include "agent/counter.h"
#include "common/arena.h"
#include "event/reader.h"
#include "mql/guard.h"
#include "mql/matcher.h"

enum { STREAM_MAX = 64 };

struct mql_agent;
struct run;

struct generation {
	struct guard   *guard;   /* of structs and built events */
	unsigned  tally;         /* where it is counted: 2 * stream + parity */
	bool      uses_seq;
	uint64_t  era;           /* no other of the stream has this one */
	struct matcher *matcher;
	bool      folds; /* some query does */
	/* What seen and bad stood at when this generation came into force. */
	uint64_t  seen, bad;
};

/* Runs, by slot, that a generation has and the one before has not, and the
 * other way round. */
struct stream_change {
	uint16_t *in, *out; /* max_queries of them; heap */
	size_t    nin, nout;
};

struct mql_stream {
	_Atomic uint32_t live; /* first: see mql_active() */
	_Atomic uint8_t  floor; /* what all queries pass over: budget.h */
	uint16_t         index;
	_Atomic(struct generation *) generation;
	_Atomic uint64_t serial; /* the agent's */
	_Atomic(struct mql_agent *) agent; /* NULL, serial 0: it is closed */
	struct schema    *schema; /* NULL: JSON and built events */
	struct str        name;
	bool              barred; /* by the service's owner: never asked */
	struct event_meta meta;   /* all but seq */
	/* The agent's thread only. */
	unsigned           parity; /* of the last generation */
	bool               fresh;  /* no run has been asked about it */
	bool               dirty;  /* is to get a new generation */
	struct generation *next;   /* built, waiting for its swap */
	struct stream_change change; /* what that swap changes */
	uint64_t           past_seen, past_bad; /* by generations gone */
	uint64_t           era;    /* of the last generation built */
	/* ns that publishers spent on it for all of its queries: when they
	 * were looked at last, and a second's (budget.h). */
	uint64_t           rest_stood, rest;
	uint8_t            counted_floor; /* that rest is of */
	/* @seq, counted while it is asked for: a cache line of its own. */
	_Alignas(64) _Atomic uint64_t seq;
};

/* The table grows under the lock, and entries never change afterwards. What a
 * stream is made of is kept outside of the mapping too, for a child. */
struct stream_table {
	pthread_mutex_t    lock;
	struct arena       mem;   /* names */
	struct mql_stream *at;    /* STREAM_MAX of them */
	_Atomic unsigned   n;
	struct {
		struct str     name;
		struct schema *schema;
	} spec[STREAM_MAX];
};

int stream_table_init(struct stream_table *t); /* 0 or MQL_ENOMEM */

/* No publisher that comes from now on finds the agent, and those that had
 * found it have left when this returns. */
void stream_table_close(struct mql_agent *a);

/* What the streams own is freed. They themselves stay for ever, as zeroes
 * that need no memory: who publishes after the end does nothing. */
void stream_table_fini(struct stream_table *t);

/* In a forked child, where they are zeroed: write the streams anew. When they
 * can wake, they are live once. */
void stream_table_revive(struct mql_agent *a, bool can_wake);
void stream_table_rouse(struct stream_table *t); /* live once */
void stream_table_hush(struct stream_table *t);  /* not live */

/* Any thread. *schema is taken when *fresh says that the stream is new. */
int stream_table_open(struct mql_agent *a, const char *name,
		      struct schema *schema, struct mql_stream **out,
		      bool *fresh);
unsigned stream_count(const struct stream_table *t); /* any thread */

/* --- the agent's thread ---------------------------------------------------- */

/* Build s->next, which follows the one in force: without the runs of the slots
 * `out`, and with those of `in` (oldest first). refused[i] is set for one that
 * does not fit. When none is left s->next is NULL. 0 or MQL_ENOMEM. */
int stream_build(struct mql_agent *a, struct mql_stream *s,
		 struct run *const *in, size_t nin, const uint16_t *out,
		 size_t nout, bool *refused);

/* Put s->next in force and return what was, which must be retired after
 * rcu_wait(): then s->change, too, is what happened. */
struct generation *stream_swap(struct mql_agent *a, struct mql_stream *s);
void stream_retire(struct mql_agent *a, struct mql_stream *s,
		   struct generation *g);

/* Events that the stream's generations were shown since the agent opened. */
void stream_seen(struct mql_agent *a, const struct mql_stream *s,
		 uint64_t *seen, uint64_t *bad);

void generation_free(struct generation *g); /* NULL is allowed */

#endif
