/* set.h - the constants of `in (...)`: one look-up, however many there are. */
#ifndef MQL_SET_H
#define MQL_SET_H

#include "common/arena.h"
#include "event/value.h"

struct set {
	struct value *member; /* ascending: booleans, numbers, strings */
	size_t        n;
};

/* A set of the n values at v, which are copied (their text is not); nulls
 * are left out, for nothing is `in` by being null. Arrays and objects are no
 * constants. It lives in a. Returns 0 or MQL_ENOMEM. */
int set_init(struct set *s, struct arena *a, const struct value *v, size_t n);

/* Is v equal to a member? 1 and 1.0 are. Any thread. */
bool set_has(const struct set *s, const struct value *v);

#endif
