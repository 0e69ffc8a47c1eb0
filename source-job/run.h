/* run.h - one query at one agent: how it stands and what it has counted.
 *
 *     pending --live--> live --ended--> ended
 *        |  \--refused--> refused <--ended, but still asked-- live
 *        +--- any ---(agent silent)---> gone --(agent is back)--> pending
 *
 * A run that was lost keeps its books: when its agent comes back in time it
 * goes on counting where it was. */
#ifndef SOURCE_JOB_RUN_H
#define SOURCE_JOB_RUN_H

#include "source-job/queries.h"

struct agent;
struct job;

enum run_state { RUN_PENDING, RUN_LIVE, RUN_REFUSED, RUN_ENDED, RUN_GONE };

struct run {
	struct agent   *agent;
	struct query   *query;
	enum run_state  state;
	bool            targeted; /* the agent has a stream that is asked */
	bool            begun;    /* view counts */
	bool            again;    /* told again, not acknowledged since */
	bool            heeded;   /* it has a say: see watermark.c */
	uint64_t        lost_at;  /* not 0: told as lost, at this serial */
	int64_t         upto;     /* ms since the epoch: all before was told;
				     0: not said. See watermark.h */
	struct books_agent view;
	char           *why;      /* RUN_REFUSED; may be NULL */
	/* Over its budget there, as the last heartbeat said: */
	uint32_t        every;    /* one event in so many; 0 and 1: all */
	bool            suspended;
	char           *limit;    /* why; may be NULL */
};

/* The agent is told of the query, for the first time or again: pending. Unless
 * it is not asked (at.h): then it has no run. 0 or MQL_ENOMEM. */
int run_open(struct agent *a, struct query *q);

/* The query or the agent is done: its books stay in the query's sum. */
void run_free(struct run *r);

/* What the agent answers: its ACK entries and its reports. */
void run_live(struct job *j, struct run *r, const struct books_agent *books);
void run_refused(struct run *r, struct str why);
/* why: the agent itself, or an operator, has ended it; empty: the query did. */
void run_ended(struct job *j, struct run *r, const struct books_agent *books,
	       struct str why);
void run_report(struct job *j, struct run *r, const struct books_agent *books);
struct wire_counts;
void run_limit(struct run *r, const struct wire_counts *c);
bool run_is_limited(const struct run *r);

/* Rows first ... first + count - 1 have come, or a partial of as many events.
 * False: not of this run. */
bool run_rows(struct job *j, struct run *r, uint64_t first, uint64_t count);

void run_lose(struct job *j, struct run *r); /* no sign of life */
void run_leave(struct run *r);               /* a goodbye; then free it */
void run_retarget(struct run *r);            /* the agent's streams changed */

#endif
