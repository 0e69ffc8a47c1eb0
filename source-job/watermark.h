/* watermark.h - up to when all agents of a query have told everything.
 *
 * With its partials an agent says up to when it has told all. What is before
 * the least of these is complete: windows that end by then need not wait for
 * the grace. Only agents that are live and have a stream that is asked have a
 * say; those that are lost, left or refused hold nobody up, and one that says
 * nothing holds back until the grace decides.
 *
 * Windows end where panes end, so of each agent only the pane matters up to
 * whose beginning it has told all. Workers say how these move, many at once
 * (OP_TOLD); the job counts the agents at each of the last panes:
 *
 *     long behind | 0  0  1  0  7 9991  3 | all (ended)      agents
 *                         ^ low: complete up to here
 *
 * so that neither the least of ten thousand nor how many are past the end of a
 * window is ever looked for among the agents. */
#ifndef SOURCE_JOB_WATERMARK_H
#define SOURCE_JOB_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

struct mql_query;
struct told;

/* AHEAD: of our clock, where an agent's word is taken for no more than that. */
enum { WATERMARK_PANES = 1024, WATERMARK_AHEAD = WATERMARK_PANES / 2 };

/* Instead of a pane: no say; everything, for ever. */
#define TOLD_NOTHING INT64_MIN
#define TOLD_ALL     INT64_MAX

struct watermark { /* of a query; zeroed: no windows that matter */
	int64_t   pane;   /* ms; 0: there are no windows of @ts that agents
			     fold, and nothing of this matters */
	int64_t   top;    /* the latest pane of any */
	uint32_t *at;     /* agents at each of the WATERMARK_PANES up to it */
	uint32_t  behind; /* agents before these */
	uint32_t  ended;  /* that have told all */
	int64_t   low;    /* ms: complete, as was last said; 0: not yet */
	bool      moved;  /* look again at the end of the turn */
};

/* folded may be NULL. 0 or MQL_ENOMEM. */
int watermark_init(struct watermark *w, const struct mql_query *folded);
void watermark_fini(struct watermark *w);

/* A worker says how its agents have moved. */
void watermark_move(struct watermark *w, const struct told *by, unsigned n);

/* Complete up to here, in ms, if that has grown since it was asked last; else
 * 0. */
int64_t watermark_low(struct watermark *w);

/* How many agents have told all of what is before end. */
uint32_t watermark_told(const struct watermark *w, int64_t end);

#endif
