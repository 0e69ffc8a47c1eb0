/* folder.h - from an event to its group.
 *
 *     event --> time --> pane        (which pane: window.h)
 *       |
 *       +-----> key of its groups --> the group --> arguments --> aggregates
 *
 * What an agent (fold.h) and a stage (stage.h) do with each event of a query
 * that has groups or aggregates. One owner. */
#ifndef MQL_FOLDER_H
#define MQL_FOLDER_H

#include "mql/group.h"
#include "mql/prog.h"

struct folder {
	const struct mql_query *q;
	struct value *value; /* of the aggregates' arguments */
	struct buf    key;
};

/* q is borrowed. 0 or MQL_ENOMEM; end it all the same. */
int folder_init(struct folder *f, const struct mql_query *q);
void folder_fini(struct folder *f); /* zeroed is allowed */

/* When did it happen? *at is its @ts before, and the value of `on` after,
 * where the window names one. False: it cannot be put into a window. */
bool folder_time(const struct mql_query *q, const struct env *env,
		 int64_t *at);

/* The group of the event, made if need be. 0, MQL_ELIMIT (the budget is
 * spent) or MQL_ENOMEM. */
int folder_find(struct folder *f, const struct env *env, struct groups *g,
		struct group **of);

/* One more event for the group; as group_update(). */
int folder_update(struct folder *f, const struct env *env, struct groups *g,
		  struct group *of, int64_t at, uint64_t weight);

#endif
