/* index_choose.h - under which of its accesses each query stands in an index.
 *
 * To look at a field costs about as much as to look at a few postings, so a
 * field pays only when it spares more than that: first each query takes what
 * finds it least, then fields that do not pay are given up one by one, and
 * their queries take the next best. */
#ifndef MQL_INDEX_CHOOSE_H
#define MQL_INDEX_CHOOSE_H

#include "common/arena.h"
#include "mql/index.h"

enum { NO_CHOICE = UINT16_MAX }; /* on the scan list */

struct choice {
	const struct index_entry *e;
	size_t          n;
	const uint64_t *used; /* slots that are looked at anyway; or NULL */
	uint32_t       *first; /* of an entry's accesses in share */
	float          *share; /* of events that an access finds */
	uint16_t       *at;    /* by entry: its access, or NO_CHOICE */
	unsigned        nslot; /* one more than the highest */
	double          expected; /* candidates an event */
	uint64_t        closed[PATHSET_MAX / 64]; /* slots that do not pay */
};

/* c has e, n and used; the rest is made, in mem. 0 or MQL_ENOMEM. */
int index_choose(struct choice *c, const struct habit *h, struct arena *mem);

static inline unsigned
entry_slot(const struct index_entry *e, const struct access_term *t)
{
	return e->slots[t->path];
}

#endif
