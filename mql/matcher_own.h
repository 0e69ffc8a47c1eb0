/* matcher_own.h - the inside of a matcher, for matcher.c, which asks it, and
 * matcher_next.c, which makes it.
 *
 *     members   0 .............................. n      holes where one went
 *     segments  [----------- 0 -----------)[- 1 -)[2)   an index each
 *
 * Consecutive matchers share whatever is the same. A new query makes the last
 * segment anew, which takes in those before it that are not much larger, so
 * that a query is indexed again some times over its life, and an event is
 * shown to a few indexes only (the logarithmic method; Bentley and Saxe, 1980,
 * with the levels of an LSM tree).
 *
 * What consecutive matchers share beside, `struct line`: what publishers see
 * of events, and hints of the agent's thread. A hint may be out of date, when
 * a matcher was made and never came into force: it is looked at before it is
 * believed. */
#ifndef MQL_MATCHER_OWN_H
#define MQL_MATCHER_OWN_H

#include "mql/index.h"
#include "mql/matcher.h"
#include "mql/members.h"

enum {
	MATCHER_FEW   = 3,  /* so many run their programs */
	MATCHER_PLAIN = 8,  /* so many are tried one by one, on digests */
	MAX_SEGMENTS  = 8,
};

/* Places in the table by a hash of something; open addressing. */
struct hints {
	uint16_t *at; /* NOBODY: free */
	size_t    cap, n;
};

struct line {
	unsigned             refs;
	const struct schema *schema;
	struct habit        *habit; /* NULL: there was no index yet */
	struct hints         where, row;
	uint16_t            *place; /* by id, below nplace */
	size_t               nplace;
};

struct segment {
	struct index *ix;
	size_t        from, to;
};

struct matcher {
	struct line    *line;
	struct habit   *habit;  /* the line's; NULL: nothing is indexed */
	struct pathset *paths;
	unsigned       *paths_refs;
	bool            hides;  /* paths read other values than the event's */
	struct members  members;
	size_t          nlive, nfold;
	struct segment  segment[MAX_SEGMENTS];
	unsigned        nsegment;
	uint64_t        watched[PATHSET_MAX / 64]; /* slots that any access
						      looks at */
	struct pretest  pretest; /* last: all before it begins zeroed */
};

/* A query at i, and no hole? */
static inline bool
matcher_has(const struct matcher *m, size_t i)
{
	return i < m->members.n && members_at(&m->members, i)->q;
}

/* --- hints.c ------------------------------------------------------------------ */

typedef uint64_t hash_fn(const struct member *me); /* 0: like nobody */
typedef bool same_fn(const struct matcher *m, size_t i, size_t j);

/* A member that is the same as the one at i; itself when there is none, and
 * then it is the one to be found. 0 or MQL_ENOMEM. */
int hints_find(struct hints *h, const struct matcher *m, size_t i,
	       hash_fn *hash, same_fn *same, uint16_t *found);

/* --- matcher_member.c: on a matcher that nobody reads yet --------------------- */

struct line *line_new(const struct schema *schema); /* NULL: no memory */
void line_drop(struct line *l); /* one owner less; NULL is allowed */

/* Take ps, on failure too. 0 or MQL_ENOMEM. */
int matcher_own_paths(struct matcher *m, struct pathset *ps);
void matcher_drop_paths(struct pathset *ps, unsigned *refs);

/* 0, MQL_ELIMIT (refused, and nothing has changed), or MQL_ENOMEM: then m is
 * good for nothing but to be freed. */
int matcher_add(struct matcher *m, const struct matcher_query *of);
/* Let the habit, which there must be, see the fields that a member's accesses
 * look at. */
void matcher_watch(struct matcher *m, const struct member *me);
int matcher_take_out(struct matcher *m, uint16_t id); /* 0 or MQL_ENOMEM */

#endif
