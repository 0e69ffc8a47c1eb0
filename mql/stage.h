/* stage.h - what comes behind the filter: groups, windows, order, limit.
 *
 *     event that matches --> stage_event() --+
 *                                            +--> groups of panes
 *     row of an agent ----> stage_row()  ----+         |
 *     groups of an agent -> stage_partial() -+         |
 *                                                      v
 *     time ---------------> stage_tick() ----> closed windows --> rows
 *
 * The same object serves `mql eval`, where events come straight from the
 * filter, and the source-job, where they come as the reduced rows that agents
 * send: the agents' part of a staged query is a projection onto the paths that
 * the stage reads, each as one column under its spelling (`a.b`, `@ts`).
 *
 * Time windows are aligned to the epoch. A window is closed when the watermark
 * passes its end: the largest time seen less the grace (`on`), or the clock
 * less the grace (@ts). What comes later is counted as late and left out.
 * Hopping windows are put together from panes of the common divisor; one
 * without events gives no row. Memory is bounded: groups beyond the budget are
 * counted and left out.
 *
 * Rows come in the order of `order by`; ties, and groups without one, in the
 * order of the groups' values; held rows in that of arrival, with `on` by time
 * and then by their bytes, so that the answer is the same in whatever order
 * the events came.
 *
 * One owner thread. No clock: time is an argument. */
#ifndef MQL_STAGE_H
#define MQL_STAGE_H

#include "mql/query.h"

struct stage; /* opaque */

/* Usual values of grace_ms: of events that come as they happen; and of those of
 * the past, which stand where they were written, not always when they happened.
 */
enum { STAGE_GRACE_MS = 2000, STAGE_PAST_GRACE_MS = 60 * 1000 };

struct stage_options {
	size_t   max_bytes;  /* of groups and held rows; 0: 64 MiB */
	size_t   max_event;  /* of a row or event; 0: 1 MiB */
	int64_t  grace_ms;   /* where the query does not say */
	/* A finished row, borrowed for the call; false: no more are wanted.
	 * window: its start, ms since the epoch; INT64_MIN: none. */
	bool   (*row)(void *arg, struct str row, int64_t window);
	/* Before the row of a group is made; may be NULL. False: there is no
	 * room for it; it counts as given, and is not made. */
	bool   (*room)(void *arg);
	/* A time window is complete (after its rows); may be NULL. */
	void   (*closed)(void *arg, int64_t start, int64_t end,
			 uint64_t events);
	void    *arg;
};

struct stage_stats {
	uint64_t events;  /* that came in, by themselves or in groups */
	uint64_t late;    /* for a window that was closed */
	uint64_t untimed; /* without a time to put them into a window */
	uint64_t overflow; /* for want of memory: see max_bytes; and windows
			      that could not be given for want of it */
	uint64_t groups;  /* now */
	uint64_t bytes;   /* now */
	uint64_t totals;  /* how often a running total was given, though it
			     may have been of no row */
	int64_t  watermark; /* ms; INT64_MIN: none yet */
};

/* Does q need a stage (query_is_plain() is false), or does each event make its
 * row by itself? */
bool query_is_plain(const struct mql_query *q);

/* What the rows of q are made of. */
enum query_rows {
	QUERY_ROWS,    /* an event makes a row, or none, whatever came before */
	QUERY_SINCE,   /* rows that depend on when one began: `distinct`,
			  windows by count, an order without a window */
	QUERY_WINDOWS, /* windows of time, each complete */
	QUERY_TOTAL,   /* running totals: groups that changed */
};
enum query_rows query_rows(const struct mql_query *q);

/* q is borrowed for the stage's life. 0 or MQL_ENOMEM. */
int stage_new(const struct mql_query *q, const struct stage_options *opt,
	      struct stage **out);
void stage_free(struct stage *s); /* NULL is allowed */

/* An event that matched, at the reader that has begun it with slots of
 * query_link(). now: the clock, ms since the epoch, which is the event's @ts.
 * 0, or MQL_ENOMEM. */
int stage_event(struct stage *s, struct eval *e, struct reader *r,
		const uint16_t *slots, struct eval_counts *counts, int64_t now);

/* A reduced row of an agent; for `select *` the event itself, whose time is
 * that of its arrival. 0, MQL_EBADEVENT or MQL_ENOMEM. */
int stage_row(struct stage *s, struct str row, int64_t now);
/* One that stands for 1 << step events, because its agent tries some only. A
 * window by count is of those that were tried, each for itself. */
int stage_row_of(struct stage *s, struct str row, unsigned step, int64_t now);

/* Groups of an agent. p is of query_fold_text() of this query. What is late
 * or finds no room is counted, by events. 0 or MQL_ENOMEM. */
struct partial;
int stage_partial(struct stage *s, const struct partial *p, int64_t now);

/* One of several who bring rows, each in an order of its own, as of history
 * that several replay: windows `on` a time close by the one that is furthest
 * behind, of those that hold. Zeroed but for holds. */
struct stage_source {
	struct stage_source *next;
	int64_t seen;  /* the latest time */
	bool    some;  /* it has brought a row */
	bool    holds; /* what it still brings may be of long ago */
};

/* src is borrowed until it is dropped, which does not close a window. */
void stage_source_add(struct stage *s, struct stage_source *src);
void stage_source_drop(struct stage *s, struct stage_source *src);

/* What comes next is from src; NULL: from nobody who was added. */
void stage_source_next(struct stage *s, struct stage_source *src);

/* src does not hold any more. */
void stage_source_release(struct stage *s, struct stage_source *src);

/* Everything before this time is in: all who send have said so. Windows of
 * @ts that end by then need not wait for the grace. */
void stage_complete(struct stage *s, int64_t upto);

/* Close the windows whose time has come. For a query without a window
 * (a running total): give the groups that changed since the last tick, or, with
 * `order by`, `having` or `limit`, the whole ranking when any has. */
void stage_tick(struct stage *s, int64_t now);

/* The input is over: close everything; a running total gives every group. */
void stage_end(struct stage *s);

/* True when the limit is reached: nothing will come any more. (With a time or
 * count window the limit holds for each window, and this is never so.) */
bool stage_done(const struct stage *s);

void stage_stats(const struct stage *s, struct stage_stats *out);

#endif
