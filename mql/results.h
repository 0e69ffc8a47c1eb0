/* results.h - a stage, and what came out of it, until somebody takes it.
 *
 *     rows, groups, time --> struct stage --> rows, marks --> results_next()
 *
 * With the last row of a window goes a mark, which says what it is of. What a
 * running total gives at a tick is marked like a window: from the beginning up
 * to now; so is a total that has become one of no row, when some were shown.
 * Rows that are made of single rows have no marks.
 *
 * For the two who make rows of what agents send: the source-job (stager.h
 * there) and, over several of these, the client (merge.h there). One owner. No
 * clock: time is an argument, in ms since the epoch. */
#ifndef MQL_RESULTS_H
#define MQL_RESULTS_H

#include "mql/stage.h"

struct results; /* opaque */

struct results_item {
	bool       is_mark;
	struct str row;
	/* Of a mark: */
	bool     timed;      /* it is a window of time; else of a total, or of
				what came meanwhile */
	bool     cut;        /* short, by the end */
	int64_t  start, end;
	uint64_t events;     /* in it */
	uint64_t late;       /* for one that was closed, so far */
	uint32_t agents, live; /* for marked() to fill in */
};

struct results_options {
	size_t  max_bytes; /* as stage_options has them */
	int64_t grace_ms;
	size_t  max_out;   /* bytes of rows that may wait: a group is small,
			      and its row as long as the query has it; 0: any */
	int64_t now;       /* where the first that is not a window begins */
	/* May be NULL: a mark is made now. It must not call anything here. */
	void  (*marked)(void *arg, struct results_item *mark);
	void   *arg;
};

/* q is borrowed for the life of *out. 0 or MQL_ENOMEM. */
int results_new(const struct mql_query *q, const struct results_options *opt,
		struct results **out);
void results_free(struct results *r); /* NULL is allowed */

/* For those who bring history: stage_source_add() and its like. */
struct stage *results_stage(struct results *r);

/* --- in ------------------------------------------------------------------- */

/* Which stands for 1 << step events. False: it is none. */
bool results_row(struct results *r, struct str row, unsigned step, int64_t now);
/* Groups of agents, as stage_partial() wants them. */
void results_partial(struct results *r, const struct partial *p, int64_t now);
/* All agents have told everything before upto. */
void results_complete(struct results *r, int64_t upto, int64_t now);
void results_tick(struct results *r, int64_t now); /* time has passed */
/* Nothing comes any more: what is open is cut short. */
void results_end(struct results *r, int64_t now);

/* --- out ------------------------------------------------------------------ */

/* The next one, borrowed until anything else is called. False: there is none.
 */
bool results_next(struct results *r, struct results_item *out);

/* Will there be no row any more, since the query's limit is reached? */
bool results_done(const struct results *r);

struct results_counts { /* of all that ever went in */
	uint64_t taken;    /* rows, and events of groups, that went in: */
	uint64_t late;     /* of them for a window that was closed, */
	uint64_t untimed;  /* without a time, */
	uint64_t overflow; /* for which was no memory */
	uint64_t past_limit; /* that came after the query's limit */
	uint64_t bad;      /* rows that were none */
	uint64_t results;  /* rows that were due; of them */
	uint64_t unkept;   /* that could not wait, for want of room: lost */
};
struct results_counts results_counts(const struct results *r);

#endif
