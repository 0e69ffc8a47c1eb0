/* budget.h - how much memory one stage may hold. Bytes are taken before they
 * are allocated and given back when they are freed. One owner. */
#ifndef MQL_BUDGET_H
#define MQL_BUDGET_H

#include <stdbool.h>
#include <stddef.h>

struct budget {
	size_t used, max;
};

/* False, and nothing is taken, when n more would be too much. */
static inline bool
budget_take(struct budget *b, size_t n)
{
	if (b->used > b->max || n > b->max - b->used)
		return false;
	b->used += n;
	return true;
}

static inline void
budget_give(struct budget *b, size_t n)
{
	b->used -= n;
}

#endif
