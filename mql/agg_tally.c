/* agg_tally.c - see agg_tally.h. */
#include "mql/agg_tally.h"

#include <stdlib.h>

enum { FIRST = 4 };

uint32_t
agg_tally_place(const struct agg_tally *t, int64_t key)
{
	uint32_t lo = 0, hi = t->n;

	while (lo < hi) {
		const uint32_t mid = lo + (hi - lo) / 2;
		if (t->item[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

int
agg_tally_grow(struct agg_tally *t)
{
	const uint32_t cap = t->cap ? 2 * t->cap : FIRST;
	struct agg_tally_item *item = realloc(t->item, cap * sizeof *item);

	if (!item)
		return MQL_ENOMEM;
	t->item = item;
	t->cap = cap;
	return 0;
}

int
agg_tally_insert(struct agg_tally *t, uint32_t at, int64_t key,
		 uint64_t count)
{
	struct agg_tally_item *to;

	if (t->n == t->cap && agg_tally_grow(t))
		return MQL_ENOMEM;
	to = t->item + at;
	memmove(to + 1, to, (t->n++ - at) * sizeof *to);
	*to = (struct agg_tally_item){ key, count };
	return 0;
}

void
agg_tally_squeeze_in(struct agg_tally *t, uint32_t at, int64_t key,
		     uint64_t count)
{
	struct agg_tally_item *const item = t->item;
	const uint64_t lowest = item->count;

	memmove(item, item + 1, (at - 1) * sizeof *item);
	item[at - 1] = (struct agg_tally_item){ key, count };
	agg_add(&item->count, lowest);
}
