/* agents.h - who the agents of a worker are, and whether they are there.
 *
 * An agent is known by its hello. Its link may break and come back from
 * another peer: the agent stays the same. One that says nothing for three
 * heartbeats is lost; it is remembered for a minute, so that its books go on
 * when it comes back. */
#ifndef SOURCE_JOB_AGENTS_H
#define SOURCE_JOB_AGENTS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/arena.h"
#include "source-job/clocks.h"
#include "source-job/credit.h"
#include "source-job/map.h"
#include "source-job/own.h"
#include "wire/message.h"
#include "wire/socket.h"

struct worker;
struct part;
struct query;
struct run;

enum {
	AGENT_MAX_STREAMS = 256,
	AGENT_SILENT_BEATS = 3,
};

struct agent {
	LIST_ENTRY(agent) entry;
	struct wire_peer peer;
	bool       connected;
	bool       deaf;      /* cannot be sent to; what it sent is read */
	struct arena mem;     /* of the texts below */
	struct str id, app, host, zone, version;
	struct str language; /* the version of MQL that it speaks */
	struct str self;      /* of these and its labels: see at.h */
	uint64_t   replay;    /* the query that it is for; 0: for all */
	enum own   own;       /* one of the daemon's, or OWN_NONE */
	uint64_t   session;   /* of its last hello: see own_hello() */
	bool       broken;    /* there is news of that */
	struct str *stream;
	size_t     nstream;
	size_t     nsuspect; /* of its hello */
	int64_t    heard, beat, complained; /* ms */
	int64_t    listened;  /* worker_listened() at heard */
	struct credit_line credit;
	uint64_t   rows;
	struct wire_health health; /* as its last heartbeat said */
	int64_t    health_at; /* ms; 0: it has not */
	uint64_t   cpu_rate;  /* us of processor time a second */
	struct clocks clocks; /* its and ours */
	struct run **run;     /* by slot of the query; NULL: none */
	size_t     nrun;      /* slots that it has room for */
};

static inline struct run *
agent_run(const struct agent *a, unsigned slot)
{
	return slot < a->nrun ? a->run[slot] : NULL;
}

/* Not for all queries. */
static inline bool
agent_is_private(const struct agent *a)
{
	return a->replay || a->own == OWN_LATE;
}

/* a's runs, one after another. */
#define FOREACH_RUN(r, a)                                                 \
	for (size_t slot_ = 0;                                            \
	     slot_ < (a)->nrun && ((r) = (a)->run[slot_], true); slot_++) \
		if (r)

struct route { /* of one entry of a batch's table: see ingest.c */
	struct part *part;  /* NULL: nowhere */
	uint64_t     lost;  /* before its rows, and bad ones among them */
};

struct agents {
	LIST_HEAD(, agent) all;
	struct map by_id, by_peer; /* by_peer: the connected ones */
	size_t     n;
	size_t     ndeaf;
	size_t     nprivate;   /* that are not for all queries */
	struct credit credit; /* what they may send ahead in all */
	_Atomic uint64_t known, connected; /* n, and of by_peer: any thread */
	_Atomic uint64_t ahead; /* bytes that they may send: likewise */
	struct route *route; /* scratch of ingest.c: 65536 */
};

int agents_init(struct worker *w); /* 0 or MQL_ENOMEM */
void agents_fini(struct worker *w);

/* Take what the socket has, up to a bound: true when more may wait. */
bool agents_receive(struct worker *w);

/* Signs of life, and the lack of them. Several times a heartbeat. */
void agents_tick(struct worker *w);

/* The link is gone or silent. a stays known for a while. */
void agents_lose(struct worker *w, struct agent *a);
void agents_forget(struct worker *w, struct agent *a); /* frees a */
/* It said goodbye; moves: another source-job counts it now. */
void agents_leave(struct worker *w, struct agent *a, bool moves);
void agent_free(struct agent *a); /* one that no worker has; NULL is allowed */

struct agent *agents_find(const struct worker *w, struct str id); /* or NULL */

/* From one worker to another: a is nobody's; then it is w's, with this hello
 * (a may be NULL: it is a new one). Takes a. 0, or as agents_hello(). */
void agents_detach(struct worker *w, struct agent *a);
int agents_adopt(struct worker *w, struct agent *a,
		 const struct wire_peer *from, struct str body);

/* What is in the agents' hop's frame. Who cannot be reached any more is lost
 * as soon as all that it had sent is read: its last rows and its goodbye may
 * be among that. */
void agents_send(struct worker *w, struct agent *a);
void agents_undeafen(struct worker *w, struct agent *a); /* a new link */
void agents_send_credit(struct worker *w, struct agent *a);
void agents_send_queries(struct worker *w, struct agent *a); /* a snapshot */

/* The frame in the agents' hop for each connected agent. */
void agents_broadcast(struct worker *w);

/* Does the agent have a stream that q asks, as far as it said? */
bool agent_wanted(const struct agent *a, const struct query *q);

/* 0, MQL_ELIMIT or MQL_ENOMEM. The name is copied. */
int agent_add_stream(struct agent *a, struct str name);

/* HELLO: 0, MQL_EBADFRAME, MQL_ELIMIT or MQL_ENOMEM. See hello.c. */
int agents_hello(struct worker *w, const struct wire_peer *from,
		 struct str body);

/* ROWS from a: 0, MQL_EBADFRAME or MQL_ENOMEM. See ingest.c. */
int ingest_rows(struct worker *w, struct agent *a, struct str body);

/* PARTIALS from a: likewise. MQL_EBADFRAME also for one that is wrong among
 * others, which are taken all the same. */
int ingest_partials(struct worker *w, struct agent *a, struct str body);

#endif
