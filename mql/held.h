/* held.h - rows that wait for their window, or the input, to end.
 *
 * Each has a key, which says where it belongs among the others (see key.h),
 * and is otherwise bytes: an event's row, or what its owner needs to make one.
 * Rows of equal keys keep the order in which they came, or, with by_content,
 * that of their bytes: then the order does not depend on that of arrival.
 *
 * When only the first `limit` are wanted the others are thrown away as it
 * goes, so that a top ten over any input needs the room of a few hundred rows.
 * One owner. */
#ifndef MQL_HELD_H
#define MQL_HELD_H

#include "common/buf.h"
#include "common/str.h"
#include "mql/budget.h"

struct held_row {
	struct str key;  /* order */
	struct str same; /* rows of one `same` are one; empty: all differ */
	struct str row;
};

struct held_item; /* held.c */

struct held {
	struct budget    *budget;
	uint64_t          limit;
	bool              by_content;
	struct held_item *item;
	size_t            n, cap;
	struct buf        text;  /* of all items */
	size_t            taken; /* from the budget */
	bool              full;  /* item[limit - 1] is the worst that counts */
};

void held_init(struct held *h, struct budget *b, uint64_t limit,
	       bool by_content);
void held_fini(struct held *h); /* zeroed is allowed */

/* Could a row of this key be among the first ones? If not, it need not even
 * be made. */
bool held_wants(const struct held *h, struct str key);

/* seq: where it stands in the order of arrival. Copies. 0, MQL_ELIMIT (the
 * budget is spent) or MQL_ENOMEM. */
int held_add(struct held *h, const struct held_row *row, uint64_t seq);

/* Go through the rows of n of them in order, as if they were one, until fn
 * returns false. 0 or MQL_ENOMEM. */
int held_each(struct held *const *h, size_t n,
	      bool (*fn)(void *arg, const struct held_row *row), void *arg);

#endif
