/* stage_own.h - the inside of a stage, shared by its parts:
 *
 *     stage.c          what comes in: events, rows, time
 *     stage_partial.c  groups that come in
 *     stage_close.c    what goes out: windows, totals
 */
#ifndef MQL_STAGE_OWN_H
#define MQL_STAGE_OWN_H

#include "mql/finish.h"
#include "mql/folder.h"
#include "mql/pane.h"
#include "mql/reduced.h"
#include "mql/stage.h"
#include "mql/window.h"

struct stage {
	const struct mql_query *q;
	struct stage_options    opt;
	struct group_layout     layout;
	struct budget           budget;
	struct panes            panes;
	struct windows          windows; /* of a time window */
	struct stage_source    *sources, *from;
	int64_t                 grace_ms;
	struct reduced          reduced; /* made with the first row */
	struct eval            *eval;
	struct eval_counts      counts;  /* of reduced rows */
	uint64_t                weight;  /* of the event at hand */
	struct finish           finish;
	struct folder           folder;
	struct stage_stats      stats;
	uint64_t                seq;     /* of rows that were held */
	uint64_t                given;   /* rows, of all windows */
	bool                    refused; /* no more are wanted */
	bool                    ended;
	int                     err;     /* of a close; the next event tells */
};

/* Give the rows of the first n panes as one window, and what it was. start:
 * INT64_MIN when it is none of time. */
void stage_close(struct stage *s, size_t n, int64_t start);

/* The clock, or an event by whose time the windows go, is there now. */
void stage_advance(struct stage *s, int64_t to);

/* Close the time windows that the watermark has passed. */
void stage_close_due(struct stage *s);

/* A running total: its groups, or those that changed since the last time. */
void stage_totals(struct stage *s, bool only_changed);

/* A row out. False when no more are wanted. */
bool stage_give(struct stage *s, struct str row, int64_t window);

#endif
