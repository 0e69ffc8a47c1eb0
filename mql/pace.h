/* pace.h - when a query gives its rows, and which of them replace others.
 *
 * For those who run a stage (stage.h) or show what comes out of one. Any
 * thread. */
#ifndef MQL_PACE_H
#define MQL_PACE_H

#include "mql/query.h"

enum pace {
	PACE_EVENT,  /* a row of an event, as it comes */
	PACE_WINDOW, /* when a window closes */
	PACE_TOTAL,  /* running totals: what has changed, now and then */
	PACE_END,    /* at the end of the input */
};

enum pace query_pace(const struct mql_query *q);

/* The panes that its windows of @ts are made of, in ms, aligned to the epoch
 * (window.h); 0: no time window, or one of another time. */
int64_t query_pane_ms(const struct mql_query *q);

/* Running totals that are given as a whole each time, rather than what has
 * changed: they are ordered, or a group may leave them again (`limit`,
 * `having`). */
bool query_is_ranking(const struct mql_query *q);

/* Is the i-th column the value of a group? */
bool query_column_is_group(const struct mql_query *q, size_t i);

/* Do the columns tell all groups apart: is each value that is grouped by a
 * column? True for a total without groups. */
bool query_shows_groups(const struct mql_query *q);

#endif
