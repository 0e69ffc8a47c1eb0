/* run.h - one query at one agent: how it stands and what it has counted.
 *
 *     pending --live--> live --ended--> ended
 *        |  \--refused--> refused <--ended, but still asked-- live
 *        +--- any ---(agent silent)---> gone --(agent is back)--> pending
 *
 * A run that was lost keeps its books: when its agent comes back in time it
 * goes on counting where it was, be it at another worker. The worker's thread.
 */
#ifndef SOURCE_JOB_RUN_H
#define SOURCE_JOB_RUN_H

#include "source-job/part.h"
#include "wire/message.h"

struct agent;
struct rate_line;

enum run_state { RUN_PENDING, RUN_LIVE, RUN_REFUSED, RUN_ENDED, RUN_GONE };

struct run {
	struct agent   *agent;
	struct part    *part;     /* NULL: on its way to another worker */
	uint64_t        of;       /* serial of its query */
	unsigned        slot;     /* in the agent's list */
	enum run_state  state;
	bool            targeted; /* the agent has a stream that is asked */
	bool            begun;    /* view counts */
	bool            again;    /* told again, not acknowledged since */
	uint64_t        lost_at;  /* not 0: told as lost, at this serial */
	int64_t         upto;     /* ms since the epoch: all before was told;
				     0: not said */
	int64_t         told;     /* the pane that the job knows of it: see
				     watermark.h */
	struct books_agent view;
	char           *why;      /* RUN_REFUSED; may be NULL */
	/* Over its budget there, as the last heartbeat said: */
	uint32_t        every;    /* one event in so many; 0 and 1: all */
	bool            suspended;
	char           *limit;    /* why; may be NULL */
	struct rate_line *rate;   /* its part of a cap: rates.c; or NULL */
	/* What it costs its service, by heartbeats half a second apart: */
	struct wire_cost cost;    /* so far, */
	int64_t         cost_at;  /* at that time, ms; 0: it is not known; */
	uint64_t        cpu_rate; /* ns a second before, */
	uint32_t        rows_rate, bytes_rate; /* and these */
};

/* The agent is told of the query, for the first time or again: pending. Unless
 * it is not asked (at.h): then it has no run. 0 or MQL_ENOMEM. */
int run_open(struct agent *a, struct part *part);

/* The query or the agent is done: its books stay in the part's sum. */
void run_free(struct run *r);

/* What the agent answers: its ACK entries and its reports. */
void run_live(struct run *r, const struct books_agent *books);
void run_refused(struct run *r, struct str why);
/* why: the agent itself, or an operator, has ended it; empty: the query did. */
void run_ended(struct run *r, const struct books_agent *books, struct str why);
void run_report(struct run *r, const struct books_agent *books);
void run_limit(struct run *r, const struct wire_counts *c);
bool run_is_limited(const struct run *r);
void run_cost(struct run *r, const struct wire_cost *c);
/* Are the rates those of the last moments? */
bool run_costs(const struct run *r);

/* Rows first ... first + count - 1 have come, or a partial of as many events:
 * so many were lost before them. False: not of this run. What has come, and
 * what was lost, is in the part's sum; the job is still to be told. */
bool run_rows(struct run *r, uint64_t first, uint64_t count, uint64_t *lost);

/* It has told everything before this time; it never goes back. 0, or
 * MQL_EBADFRAME when no clock is there yet. */
int run_told(struct run *r, uint64_t upto);

void run_lose(struct run *r);     /* no sign of life */
/* A goodbye; then free it. moves: to another source-job. */
void run_leave(struct run *r, bool moves);
void run_retarget(struct run *r); /* the agent's streams changed */

/* From one worker to another. */
void run_detach(struct run *r);
void run_attach(struct run *r, struct part *part);

#endif
