/* fold.h - events of a query with groups, on the service's own thread.
 *
 * Such an event makes no row: it goes into a table of groups that the thread
 * has of the query (mql/fold.h), which the agent's thread sends as a partial
 * when its time has come (folds.h). One that finds no room there makes a row
 * after all. */
#ifndef AGENT_FOLD_H
#define AGENT_FOLD_H

#include <stddef.h>

struct matcher;
struct publisher;

/* Of the first n in p->hit, which match, fold those that can be. Leaves those
 * that make rows; returns how many. Inside the read side. */
size_t fold_hits(struct publisher *p, const struct matcher *m, size_t n);

#endif
