/* members.h - the queries of a matcher, in a table of which the next matcher
 * shares all that did not change.
 *
 *     members --> [chunk 0 | chunk 1 | ...]   each of 64, with owners counted
 *
 * To change a member is to copy its chunk, unless nobody else has it. Members
 * never move: one that is gone leaves a hole. All that changes or frees is for
 * one thread; any thread may look. */
#ifndef MQL_MEMBERS_H
#define MQL_MEMBERS_H

#include "mql/query.h"

enum {
	MEMBERS_MAX   = UINT16_MAX,
	MEMBERS_CHUNK = 64,
	NOBODY        = UINT16_MAX,
};

/* Where the paths of a query stand in the set, and behind them those of its
 * fold. Shared by all its members in consecutive tables. */
struct slots {
	unsigned                refs;
	const struct mql_query *fold; /* or NULL */
	uint16_t                at[];
};

/* Those with the same predicate form a ring-less list, and it is evaluated
 * once: it is known by the place of the one that came first, its lead, even
 * when that one is gone. */
struct member {
	const struct mql_query *q;    /* NULL: gone */
	struct slots           *slots; /* NULL: gone */
	uint16_t                id;
	uint16_t                lead;
	uint16_t                first; /* of a lead: who is in the list */
	uint16_t                next, prev;
	uint16_t                row;   /* the same number, the same row */
};

struct members {
	struct chunk **chunk;
	unsigned       cap; /* chunks that there is room for */
	size_t         n;   /* with the holes */
};

struct chunk {
	unsigned      refs, n; /* n members are in it, and what is behind them
				  was never written: most have one or two */
	struct member at[MEMBERS_CHUNK];
};

static inline const struct member *
members_at(const struct members *ms, size_t i) /* i < ms->n */
{
	return &ms->chunk[i / MEMBERS_CHUNK]->at[i % MEMBERS_CHUNK];
}

/* A table that shares all of old's members, with room for `more` others.
 * Returns 0, MQL_ELIMIT or MQL_ENOMEM. */
int members_init(struct members *ms, const struct members *old, size_t more);
void members_fini(struct members *ms); /* a zeroed one is allowed */

/* The member for writing, or NULL when memory is out. */
struct member *members_own(struct members *ms, size_t i);

/* One more, zeroed, at ms->n - 1, within the room; or NULL. */
struct member *members_push(struct members *ms);

/* The same for members that write the same row; 0 where that takes more than a
 * look: of columns that are computed. matcher.c */
uint64_t member_row_hash(const struct member *me);

/* n slots and one owner; one owner less. */
struct slots *slots_new(size_t n);
void slots_drop(struct slots *l); /* NULL is allowed */

#endif
