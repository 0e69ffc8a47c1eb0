/* agents.h - who the agents are, and whether they are there.
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
#include "source-job/map.h"
#include "wire/message.h"
#include "wire/socket.h"

struct job;
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
	struct str self;      /* of these and its labels: see at.h */
	struct str *stream;
	size_t     nstream;
	int64_t    heard, beat, complained; /* ms */
	uint64_t   used, granted; /* bytes of rows since the welcome */
	uint64_t   rows;
	struct wire_health health; /* as its last heartbeat said */
	int64_t    health_at; /* ms; 0: it has not */
	uint64_t   cpu_rate;  /* us of processor time a second */
	struct run **run;         /* by query slot; NULL: none */
};

struct agents {
	LIST_HEAD(, agent) all;
	struct map by_id, by_peer; /* by_peer: the connected ones */
	size_t     n;
	size_t     ndeaf;
	int64_t    drained; /* ms: when all that had come was read */
	struct query **route; /* scratch of ingest.c: 65536 */
};

int agents_init(struct job *j); /* 0 or MQL_ENOMEM */
void agents_fini(struct job *j);

/* Take what the socket has, up to a bound: true when more may wait. */
bool agents_receive(struct job *j);

/* Signs of life, and the lack of them. Several times a heartbeat. */
void agents_tick(struct job *j);

/* The link is gone or silent. a stays known for a while. */
void agents_lose(struct job *j, struct agent *a);
void agents_forget(struct job *j, struct agent *a); /* frees a */

/* What is in the agents' hop's frame. Who cannot be reached any more is lost
 * as soon as all that it had sent is read: its last rows and its goodbye may
 * be among that. */
void agents_send(struct job *j, struct agent *a);
void agents_undeafen(struct job *j, struct agent *a); /* a new link */
void agents_send_credit(struct job *j, struct agent *a);
void agents_send_queries(struct job *j, struct agent *a); /* a snapshot */

/* The frame in the agents' hop for each connected agent. */
void agents_broadcast(struct job *j);

/* Does the agent have a stream that q asks, as far as it said? */
bool agent_wanted(const struct agent *a, const struct query *q);

/* 0, MQL_ELIMIT or MQL_ENOMEM. The name is copied. */
int agent_add_stream(struct agent *a, struct str name);

/* HELLO: 0, MQL_EBADFRAME, MQL_ELIMIT or MQL_ENOMEM. See hello.c. */
int agents_hello(struct job *j, const struct wire_peer *from, struct str body);

/* ROWS from a: 0, MQL_EBADFRAME or MQL_ENOMEM. See ingest.c. */
int ingest_rows(struct job *j, struct agent *a, struct str body);

/* PARTIALS from a: likewise. MQL_EBADFRAME also for one that is wrong among
 * others, which are taken all the same. */
int ingest_partials(struct job *j, struct agent *a, struct str body);

#endif
