/* group.h - groups: a key each, and the states of the query's aggregates.
 *
 *     slot[]  hash of key -> struct group  in an arena
 *                              +- state of aggregate 0, 1, ...
 *                              +- key bytes, see key.h
 *
 * Without aggregates it is a set of keys, which is how distinct rows are told.
 * All memory of a table goes at once, with its pane. What it holds is taken
 * from a budget that all tables of a stage share; a group that does not fit is
 * refused. New groups stop at three quarters of the budget, so that those that
 * are there can grow. One owner. */
#ifndef MQL_GROUP_H
#define MQL_GROUP_H

#include "common/arena.h"
#include "mql/aggregate.h"
#include "mql/budget.h"

/* Where the states stand in a group: the same for all tables of a query. */
struct group_layout {
	const struct aggregate_call *agg; /* borrowed */
	unsigned nagg;
	size_t  *at;   /* of each state, from the group's beginning */
	size_t   size; /* of a group without its key */
};

struct group {
	struct group *next;         /* in the order in which they came */
	struct group *next_changed;
	uint64_t      hash;
	struct str    key;
	uint64_t      events;  /* that it is made of */
	struct str    event;   /* the first one, where rows are whole events */
	int64_t       event_at;
	bool          changed;
};

struct groups {
	const struct group_layout *layout;
	struct budget *budget;
	struct arena   mem;
	struct group **slot;    /* a power of two, 0: free */
	size_t         nslot, n;
	size_t         taken;   /* from the budget */
	struct group  *first, **last;
	struct group  *changed; /* since groups_settle() */
};

/* 0 or MQL_ENOMEM. */
int group_layout_init(struct group_layout *l, const struct aggregate_call *agg,
		      unsigned nagg);
void group_layout_fini(struct group_layout *l);

/* Both are borrowed. Nothing is allocated until a group is added. */
void groups_init(struct groups *g, const struct group_layout *l,
		 struct budget *b);
void groups_fini(struct groups *g); /* zeroed is allowed */

/* The group of that key, made if need be (*made says so). 0, MQL_ELIMIT (the
 * budget is spent) or MQL_ENOMEM. */
int groups_get(struct groups *g, struct str key, struct group **out,
	       bool *made);

/* One more event: value[i] for each aggregate, which it counts weight times
 * (aggregate.h). Nulls are skipped. 0, MQL_ELIMIT (the budget is spent:
 * nothing is counted) or MQL_ENOMEM. */
int group_update(struct groups *g, struct group *to, const struct value *value,
		 int64_t at, uint64_t weight);

/* Keep the event as the group's first, unless an earlier one is there. */
int group_keep_event(struct groups *g, struct group *to, struct str event,
		     int64_t at);

/* What a group of another table is made of goes into g as well. 0,
 * MQL_ELIMIT or MQL_ENOMEM. */
int group_merge(struct groups *g, const struct group *from);

/* So does everything of from; it ends at the first error. */
int groups_merge(struct groups *g, const struct groups *from);

/* States written and read, see aggregate.h. What is read goes into a group
 * that was just made. 0, MQL_EBADFRAME, MQL_ELIMIT or MQL_ENOMEM. */
void group_put(const struct groups *g, const struct group *of,
	       struct buf *out);
int group_read(struct groups *g, struct group *to, struct str *in);

/* The result of aggregate i. Its text goes to scratch. */
struct value group_result(const struct groups *g, const struct group *of,
			  unsigned i, int64_t span_ms, struct buf *scratch);

/* From now on nothing has changed. */
void groups_settle(struct groups *g);

#endif
