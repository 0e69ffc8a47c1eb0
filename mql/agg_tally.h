/* agg_tally.h - keys in ascending order, and how often each came.
 *
 * What a percentile keeps of its values, whether they are numbers or buckets.
 * Grows from a few; one owner thread; item is freed with free(3). */
#ifndef MQL_AGG_TALLY_H
#define MQL_AGG_TALLY_H

#include "mql/agg.h"

/* The first item that is not below key. */
uint32_t agg_tally_place(const struct agg_tally *t, int64_t key);

static inline bool
agg_tally_is_at(const struct agg_tally *t, uint32_t at, int64_t key)
{
	return at < t->n && t->item[at].key == key;
}

/* Room for more: 0 or MQL_ENOMEM. */
int agg_tally_grow(struct agg_tally *t);

/* A new key at its place: 0 or MQL_ENOMEM, and then t is as before. */
int agg_tally_insert(struct agg_tally *t, uint32_t at, int64_t key,
		     uint64_t count);

/* A new key at a place that is not the first: for its room the lowest item
 * goes into the next. */
void agg_tally_squeeze_in(struct agg_tally *t, uint32_t at, int64_t key,
			  uint64_t count);

#endif
