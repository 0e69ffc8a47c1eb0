/* op.h - what the job and its workers tell each other.
 *
 * The job holds the queries and the subscribers; a worker holds agents, and a
 * part of every query (part.h). Each op is complete in itself: one that speaks
 * of a query says what all its agents at that worker have counted so far, so
 * that the books are exact between any two ops. Whoever takes an op owns what
 * it points to, unless it says "borrowed". */
#ifndef SOURCE_JOB_OP_H
#define SOURCE_JOB_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source-job/rate.h"
#include "wire/books.h"

struct batch;
struct listing;
struct move;
struct notes;
struct partial;
struct query;

enum op_kind {
	/* the job to a worker */
	OP_OPEN,   /* query: ask your agents, under this id */
	OP_CLOSE,  /* query: withdraw it; the last word is OP_DONE */
	OP_REST,   /* why: no query is to be asked, until each is waked */
	OP_WAKE,   /* query: is asked again, under this new id */
	OP_RATE,   /* query: plan: so much may be sent of it: see rates.h */
	OP_FORCE,  /* query: somebody insists, where it is a suspect */
	OP_GIVE,   /* move: give this agent away */
	OP_TAKE,   /* move: take it */
	OP_LIST,   /* listing: fill it in */
	OP_STOP,   /* say goodbye and end */

	/* a worker to the job, of a query, with its books */
	OP_STANDS, /* counts or books have changed; the first: it is open */
	OP_ROWS,   /* batch */
	OP_PARTIAL, /* partial: groups, merged from those of its agents */
	OP_LOST,   /* rows can no longer arrive: lost */
	OP_CARRIED, /* runs were found that had counted this much before */
	OP_AGENT_LOST, /* a live agent, at this serial */
	OP_AGENT_BACK, /* the one that was lost then */
	OP_AGENT_LEFT, /* a live one, with a goodbye */
	OP_TOLD,   /* how far agents have told everything: see watermark.h */
	OP_NOTES,  /* notes: why agents refuse or restrict it; NULL: none */
	OP_USE,    /* use: how agents use its rate: see rates.h */
	OP_DONE,   /* no agent runs it any more; the last op of the query */

	/* a worker to the job, of other things */
	OP_WANT,   /* move: another worker has this agent */
	OP_GIVEN,  /* move: here it is */
	OP_LISTED, /* listing: filled in */
	OP_HEARD,  /* id, an enum own: all is said that it had said before its
		      heartbeat of the time serial, ms since the epoch; it is
		      still to acknowledge n queries */
	OP_STOPPED,
};

struct query_count { /* agents, by what they said about the query */
	uint32_t targeted, live, refused;
	uint32_t awaited; /* still to end, once it is withdrawn */
};

/* So many more agents have told everything before this pane begins. */
struct told {
	int64_t pane;
	int32_t by;
};

enum { OP_TOLD_MAX = 8 };

struct op {
	unsigned      kind;   /* enum op_kind */
	uint32_t      id;
	uint32_t      n;
	unsigned      step;   /* OP_ROWS: each stands for 1 << step events */
	size_t        bytes;  /* of memory that it holds on to */
	struct query *query;  /* borrowed; it lives until the last OP_DONE */
	struct query_count count;
	uint64_t      lost;   /* rows that did not arrive, part of the books */
	uint64_t      serial;
	struct books_agent all; /* sum over the worker's agents */
	union {
		struct batch      *batch;
		struct partial    *partial;
		struct books_agent carried; /* settled */
		struct told        told[OP_TOLD_MAX]; /* n of them */
		struct notes      *notes;
		struct rate_plan   plan;    /* OP_OPEN and OP_RATE */
		struct rate_use    use;
		struct move       *move;
		struct listing    *listing;
		bool               broken; /* OP_HEARD: its link was, since the
					      last one */
		char              *why; /* may be NULL */
	};
};

#endif
