/* pane.h - the events of one stretch of time, as groups or as held rows.
 *
 * A query without a time window has one pane. Panes are kept in the order of
 * time; mostly there are a few. One owner. */
#ifndef MQL_PANE_H
#define MQL_PANE_H

#include "mql/group.h"
#include "mql/held.h"

struct pane {
	int64_t       start;
	uint64_t      events;
	int64_t       latest; /* time of an event, ms; when events > 0 */
	struct groups groups; /* of a folded query; else what was seen, for
				 distinct rows */
	struct held   held;   /* rows of an ordered query */
};

struct panes {
	const struct group_layout *layout;
	struct budget *budget;
	uint64_t       limit;      /* of the rows that are held */
	bool           by_content; /* see held.h */
	struct pane  **item;
	size_t         n, cap;
};

void panes_fini(struct panes *ps); /* zeroed is allowed */

/* The pane that starts there, made if need be. 0, MQL_ELIMIT (the budget is
 * spent) or MQL_ENOMEM. */
int panes_get(struct panes *ps, int64_t start, struct pane **out);

/* n more events, the latest of them then. */
void pane_count(struct pane *p, uint64_t n, int64_t latest);

/* How many of the panes, from the first one on, start before end. */
size_t panes_before(const struct panes *ps, int64_t end);

/* Free the first n. */
void panes_drop(struct panes *ps, size_t n);

#endif
