/* watermark.h - up to when all agents of a query have told everything.
 *
 * With its partials an agent says up to when it has told all (upto). What is
 * before the least of these is complete: windows that end by then need not
 * wait for the grace. Only agents that are live and have a stream that is
 * asked have a say; those that are lost, left or refused hold nobody up, and
 * one that says nothing holds back until the grace decides.
 *
 *     upto of the agents    |.......|..x.x..|x......|     time, in panes
 *                                        low^    ^
 *                                    behind: 2   next
 *
 * The least of ten thousand is not looked for with each word of each: windows
 * end where panes end, so it is enough to count those that are behind the
 * next end of a pane, and to look when there are none. */
#ifndef SOURCE_JOB_WATERMARK_H
#define SOURCE_JOB_WATERMARK_H

#include <stdbool.h>
#include <stdint.h>

struct job;
struct mql_query;
struct query;
struct run;

struct watermark { /* of a query; times in ms since the epoch */
	int64_t  pane;   /* ms; 0: there are no windows of @ts that agents
			    fold, and nothing of this matters */
	int64_t  low;    /* all are past it; 0: not yet known */
	int64_t  next;   /* the end of a pane that not all are past */
	uint32_t behind; /* how many are not */
	bool     moved;  /* look again at the end of the turn */
};

/* folded may be NULL. */
void watermark_init(struct watermark *w, const struct mql_query *folded);

/* r is in a new state, and may have a say; it leaves the old one. */
void watermark_join(struct run *r);
void watermark_leave(struct run *r);

/* r says up to when it has told everything; it never goes back. 0, or
 * MQL_EBADFRAME when no clock is there yet. */
int watermark_say(struct run *r, uint64_t upto);

/* End of a turn: close the windows that are complete now. */
void watermark_flush(struct job *j);

/* How many agents have told all of what is before end. */
uint32_t watermark_told(const struct job *j, const struct query *q,
			int64_t end);

#endif
