/* agent.h - the agent as its own files see it.
 *
 *   service's threads                      the agent's thread (thread.c)
 *   publish.c, builder.c                   link.c     the state of the link
 *     generation (stream.h) <------RCU---- matchers.c the query set in force
 *     ring (publisher.h) ----------------> drain.c    rows into frames
 *     fold ------------------------------> folds.c    groups into frames
 *     counters ------------------------->  report.c   acks, heartbeats
 *
 * Who may touch what is said part by part below. A publisher never waits for
 * the agent's thread and never wakes it. */
#ifndef AGENT_AGENT_H
#define AGENT_AGENT_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "agent/budget.h"
#include "agent/folds.h"
#include "agent/life.h"
#include "agent/link.h"
#include "agent/owner.h"
#include "agent/teller.h"
#include "agent/publisher.h"
#include "agent/run.h"
#include "agent/stream.h"
#include "agent/suspects.h"
#include "agent/waker.h"
#include "common/arena.h"
#include "mql/agent.h"
#include "wire/discovery.h"
#include "wire/message.h"
#include "wire/rows.h"
#include "wire/socket.h"

/* The most that max_queries may be. What a publisher keeps for each, 50 bytes,
 * is memory only once such a slot is used. */
enum { QUERIES_MAX = UINT16_MAX };

struct mql_agent {
	/* --- never changes after open: any thread ------------------------ */
	struct arena  mem; /* of the texts below */
	struct str    app, host, zone, version;
	struct str    name; /* @agent: host:pid:random */
	char         *source_job; /* where to look: wire/discovery.h */
	size_t        ring_bytes, max_event;
	unsigned      max_queries;
	size_t        fold_bytes; /* of all folds together */
	struct suspects suspects; /* the agent's thread */
	struct budget_limits budget; /* its last parts change */
	bool          wait_when_full, off;
	void        (*callback)(void *arg, const char *line);
	void         *callback_arg;
	struct owner  owner;  /* and its switch: see there */
	pthread_key_t key;    /* the calling thread's publisher */
	uint64_t      serial; /* of this process's agents; never 0 */
	bool          has_key;
	struct agent_loop *loop; /* whose threads serve it; NULL: it has its
				    own. See agent_open_in() */

	/* --- of the process it is in (life.h) ----------------------------- */
	pid_t              pid;
	_Atomic enum life  life;
	_Atomic int64_t    wake_at; /* not to be waked before */
	struct mql_agent  *next_open;
	struct stream_table streams;

	/* All that follows is zeroed in a forked child: what the parent's
	 * threads had is forgotten there. */

	/* --- shared, atomic or locked ------------------------------------ */
	_Atomic(struct publisher *) publishers;
	_Atomic uint64_t starved; /* events lost for want of memory */
	_Atomic uint64_t sent, drop_link; /* written by the agent's thread */
	_Atomic uint32_t queries;
	_Atomic uint32_t nfold; /* folds that there are */
	_Atomic bool     fold_full; /* one of them refused an event */
	_Atomic uint64_t cpu_ns, query_bytes; /* as of the last heartbeat */
	_Atomic bool     connected;
	_Atomic(const char *) reason; /* of the link's state */
	_Atomic uint64_t refused;  /* queries */
	_Atomic uint32_t waiting;  /* publishers, for room in a ring */
	_Atomic bool     closing;
	int64_t          deadline; /* for the rows; set before closing */
	int64_t          latest;   /* for all of it */
	_Atomic int64_t  opened;
	pthread_t        thread;
	struct waker     waker;
	pthread_mutex_t  end_lock;
	pthread_cond_t   end_news;
	bool             ended, abandoned;

	/* --- the agent's thread ------------------------------------------ */
	struct teller       *log;
	struct run_table     runs;
	struct link          link;
	struct wire_context *context;
	struct wire_keys *keys; /* NULL: none */
	struct wire_discovery *discovery; /* of source_job */
	struct rows_writer   writer;
	struct buf           frame;  /* the message being sent */
	struct partials     *partials; /* the next one of that kind */
	struct publisher    *drain_at; /* where the next drain begins */
	struct wire_ack      ack;    /* the one being put together */
	bool                 ack_due;
	int64_t              flowed; /* when rows moved last, mono ms */
	bool                 moved;  /* in the last round */
	unsigned             streams_told; /* by hello and heartbeats */
	uint64_t             starved_told;
};

/* One line to the service's log callback. The agent's thread. */
__attribute__((format(printf, 2, 3)))
void agent_say(struct mql_agent *a, const char *fmt, ...);

void agent_wake(struct mql_agent *a); /* any thread */

/* Who serves many agents of a process with one thread: bench/agents_loop.h. */
struct agent_loop {
	struct wire_context *context; /* outlives the agents */
	/* Take the agent's steps, as below, from now on in a thread that is
	 * always the same. 0, MQL_ENOMEM or MQL_EOS. */
	int (*start)(struct agent_loop *l, struct mql_agent *a);
};

/* mql_agent_open() for a fleet in one process: no thread is started, and the
 * agent's descriptors are in the service's table. A forked child must not
 * publish. */
int agent_open_in(const struct mql_agent_options *opt,
		  struct agent_loop *loop, struct mql_agent **out);

int agent_name(struct mql_agent *a);  /* a new one. 0 or MQL_ENOMEM */
int agent_start(struct mql_agent *a); /* its thread. 0, MQL_ENOMEM, MQL_EOS */
void agent_free(struct mql_agent *a); /* the thread is gone, or never was */

/* --- thread.c --------------------------------------------------------------- */

void *thread_main(void *agent); /* all of these: */

void thread_begin(struct mql_agent *a);
/* How long there is nothing to do, if nothing comes in (link_wait()). */
int  thread_pause_ms(const struct mql_agent *a);
/* Then one round. False: it was the last one. */
bool thread_round(struct mql_agent *a);
void thread_end(struct mql_agent *a); /* it may be gone then */

/* --- matchers.c ------------------------------------------------------------ */

/* Take in a QUERIES message. */
void matchers_take(struct mql_agent *a, const struct wire_queries *m);
/* Bring the matchers in line with the runs, if they are not; say "live" for
 * those that now are. When memory is out it is tried again on a later call. */
void matchers_apply(struct mql_agent *a);
/* The owner wants no query to run: end them, for this reason. */
void matchers_silence(struct mql_agent *a, const char *why);
void matchers_end_all(struct mql_agent *a, int64_t until);
void matchers_rest_all(struct mql_agent *a, int64_t until);
/* Close the books of runs that are through. */
void matchers_settle(struct mql_agent *a, int64_t now);
bool matchers_idle(const struct mql_agent *a); /* no run but RESTING ones */

/* --- drain.c ---------------------------------------------------------------- */

/* Move rows from the rings into frames as far as link and credit allow; says
 * whether any moved. */
bool drain_rings(struct mql_agent *a);
/* Strike the rows of an ending run that wait behind others: drop_link. */
void drain_strike(struct mql_agent *a, struct run *r);

/* Does what r has matched have somewhere to go, now or later? */
bool drain_wants(const struct run *r);
/* n rows, or events that were folded, of r go nowhere: drop_link. */
void drain_drop(struct mql_agent *a, struct run *r, uint64_t n);
/* A frame with r->framed rows, or events, of each run was sent, or was not. */
void drain_framed(struct mql_agent *a, bool sent);
/* While any credit is left a frame may go, with so many bytes in it already. */
bool drain_may_send(const struct mql_agent *a, size_t bytes);

/* --- report.c --------------------------------------------------------------- */

/* Entries of the next ACK. why is copied. False when memory is out: nothing
 * is said yet. */
bool report_live(struct mql_agent *a, struct run *r);
bool report_refused(struct mql_agent *a, uint32_t id, const char *why);
/* why: it ends by our own doing, borrowed for ever; or NULL. */
bool report_ended(struct mql_agent *a, uint32_t id, int64_t since,
		  const struct books_agent *books, const char *why);
void report_send_ack(struct mql_agent *a); /* if one is due */
void report_heartbeat(struct mql_agent *a);

/* --- health.c --------------------------------------------------------------- */

/* What it costs, for a heartbeat. The agent's thread. */
void health_report(struct mql_agent *a, struct wire_health *h);

#endif
