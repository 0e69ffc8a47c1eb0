/* guard.h - a quick no, before an event is looked at by way of a reader.
 *
 *     where country == 'BR' and latency_ms > 100 and title =~ /x/
 *           `------------- guarded ------------'
 *
 * The first conditions of a conjunction, as far as they compare a field with a
 * constant, each resolved to the place in the service's struct where the
 * field lies: a load and a comparison. Fields of built events are found by
 * their layout (event/layout.h). When one of them is false for each
 * query, nobody is answered by the event. Most events end here.
 *
 * Few queries only: many are the index's work. Immutable; any thread. */
#ifndef MQL_GUARD_H
#define MQL_GUARD_H

#include "mql/query.h"

struct guard; /* opaque */

enum { GUARD_QUERIES = 8 };

/* The guard of n queries that are linked to ps: of structs when there is a
 * schema, else of built events. It refuses nothing when a query cannot be
 * guarded, or there is none. 0 or MQL_ENOMEM. */
int guard_new(const struct schema *schema, const struct pathset *ps,
	      const struct mql_query *const *q, size_t n, struct guard **out);
void guard_free(struct guard *g); /* NULL is allowed */

/* True: no query matches the record, and trying them would count nothing
 * (eval_counts). False says nothing. */
bool guard_refuses(const struct guard *g, const void *record);

/* The same of a built event; for the era see struct event. */
bool guard_refuses_built(const struct guard *g, const struct built *b,
			 uint64_t era);

#endif
