/* queries.h - the queries that run, each once.
 *
 * A query is what agents run: the text of its rows, and, where agents can fold
 * these into groups, that of the fold. Each worker has a part of it (part.h).
 * It lives from the first subscription with both to the last word of the last
 * agent about it:
 *
 *     opened --(OP_OPEN to all workers)--> runs --(OP_CLOSE)--> closing
 *     closing --(OP_DONE of each worker)--> its subscriptions are settled, it
 *     is freed
 *
 * Here is what the workers have told of it, added up (merge.h). The job's
 * thread; workers read what never changes: slot, serial, texts and what is
 * compiled of them. */
#ifndef SOURCE_JOB_QUERIES_H
#define SOURCE_JOB_QUERIES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "source-job/map.h"
#include "source-job/notes.h"
#include "source-job/op.h"
#include "source-job/watermark.h"
#include "wire/books.h"

struct crew;
struct job;
struct mql_query;
struct partial;
struct sub;

struct query_part { /* of one worker */
	struct books_agent all;   /* what it said last */
	struct query_count count;
	struct notes *notes;      /* why its agents refuse; NULL: none does */
	struct rate_use use;      /* how they use its rate */
	bool open;                /* it has said something */
	_Atomic uint64_t cpu_ns;  /* of its agents' services; the worker
				     counts: counters.h */
	/* Groups that were used here, to be used again there. */
	_Atomic(struct partial *) spare;
};

struct query {
	LIST_ENTRY(query) entry;
	/* these never change: */
	uint64_t   serial;  /* unique */
	unsigned   slot;    /* index of its runs at each agent */
	char      *key;     /* what agents get: both texts, see queries.c */
	struct str text, fold; /* in the key; fold may be empty */
	struct mql_query *compiled; /* text: not the whole of a query that has
				       a stage */
	struct mql_query *folded;   /* fold; NULL: rows are wanted */
	uint64_t   replay; /* not 0: of history, under this id, for the agent
			      that brings it (at.h). It is not shared */

	_Atomic bool held; /* it is saved, or was while it ran: any thread */
	uint32_t   id;      /* for agents and operators */
	size_t     nframe;  /* bytes it takes in a message */
	int64_t    opened;  /* ms */
	bool       closing;
	bool       resting; /* nobody is asked: see power.h */
	unsigned   nopen, ndone; /* workers that have opened, and ended it */

	/* the workers' side */
	struct books_agent all;   /* sum of the parts' */
	struct query_count count; /* likewise */
	struct query_count at_open;  /* asked when the last worker opened it */
	struct query_count at_close; /* what it was when closing began */
	struct watermark watermark;
	struct rate_plan plan;    /* as workers were told */

	/* the subscribers' side */
	LIST_HEAD(, sub) subs;
	LIST_HEAD(, crew) crews; /* of those: see crew.h */
	unsigned   nstaying; /* those that have no reason to end */
	bool       changed;  /* count or notes changed: META is due */
	int64_t    meta_at;
	uint64_t   meta_sent; /* all.sent at meta_at */
	uint64_t   rate;      /* rows a second, before meta_at, */
	uint64_t   meta_cpu, cpu_rate; /* and ns of services' processors */

	struct query_part of[]; /* by worker */
};

struct queries {
	LIST_HEAD(, query) all;
	struct map     by_id, by_key;  /* by_key: those not closing */
	struct query **slot;           /* WIRE_MAX_LIST of them */
	size_t         n, nclosing;
	size_t         nframes;        /* sum of nframe: a snapshot must fit */
	uint32_t       last_id;
	uint64_t       last_serial;
	int64_t        rates_at; /* rates_tick() is due, ms */
};

int queries_init(struct job *j); /* 0 or MQL_ENOMEM */
void queries_fini(struct job *j); /* after the workers */

/* The query that is the agents' part of this one, or a new one, with this cap
 * (rates.h) until another subscription has another; for a replay a new one. 0,
 * MQL_ELIMIT with a sentence in why, an error of query_compile(), or
 * MQL_ENOMEM. */
int queries_open(struct job *j, const struct mql_query *compiled,
		 uint64_t replay, uint64_t cap, struct query **out,
		 const char **why);

/* Whoever asks insists that agents run it where it is a suspect. */
void queries_force(struct job *j, struct query *q);

/* Nobody wants q any more: withdraw it from the agents. Its subscriptions get
 * merge_done() when they have all answered, never within this call. */
void queries_close(struct job *j, struct query *q);

/* Take all queries out of the agents' sets, for this reason; they keep their
 * subscriptions. And let them back in. */
void queries_rest(struct job *j, const char *why);
void queries_wake(struct job *j);

struct query *queries_find(struct job *j, uint32_t id); /* NULL: none */

/* End of a turn: finish what no worker has any more. */
void queries_flush(struct job *j);

/* Has every worker heard of it, so that the counts are of all agents? */
bool query_is_open(const struct job *j, const struct query *q);

/* Why agents refuse or restrict q; the texts are q's. */
void query_notes(const struct job *j, const struct query *q,
		 struct notes *notes);

/* Processor time that it has cost all services, in ns. */
uint64_t query_cpu_ns(const struct job *j, const struct query *q);

/* What subscribers see; it does not count down while a query closes. */
const struct query_count *query_shown(const struct query *q);

#endif
