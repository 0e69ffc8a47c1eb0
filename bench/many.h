/* many.h - events of 46 fields as C structs, and queries about them drawn by
 * chance, for the many-query benchmark. The same seed gives the same.
 *
 * A query has two to four terms: half of them equalities, a fifth ranges, the
 * rest in-lists and prefixes, of values that events have. */
#ifndef BENCH_MANY_H
#define BENCH_MANY_H

#include "event/schema.h"

enum { MANY_EVENTS = 512, MANY_FIELDS = 46 };

struct many; /* opaque */

/* Which field the first term is about, and that it is an equality. */
enum many_first {
	MANY_ANY,        /* any field, any term */
	MANY_SELECTIVE,  /* country, device, customer_id and the like */
	MANY_RARE,       /* what few events share: customer_id, event_id .. */
	MANY_CUSTOMER,   /* customer_id == N, and nothing else */
};

struct many *many_new(void); /* or the benchmark ends */
void many_free(struct many *s);

const struct mql_field *many_fields(void); /* MANY_FIELDS of them */
const void *many_event(const struct many *s, size_t i); /* any i */

/* The text of another query; the caller frees it. */
char *many_query(struct many *s, enum many_first first);

#endif
