/* lists.h - the answers of several source-jobs, as one. Pure: no socket. */
#ifndef CLIENT_LISTS_H
#define CLIENT_LISTS_H

#include "common/buf.h"
#include "common/str.h"

struct answer { /* of one source-job */
	const char *endpoint;
	char       *json; /* valid; NULL: none */
};

/* Append what "agents", "queries" or "streams" is of all of them.
 *
 * agents: each once, with the `source_job` where it is; queries: those with
 * the same text are one, numbers are added, and the id is "7@2": 7 at the
 * second of the list; streams: likewise, by name. Each list is sorted.
 * Look at out->err. */
void lists_merge(const char *what, const struct answer *a, size_t n,
		 struct buf *out);

/* The text of the query with that id ("7@2", or "7" when it is the only one of
 * that number) in answers to "queries", raw; empty when there is none, or "7"
 * is more than one: *several. */
struct str lists_find(const struct answer *a, size_t n, const char *id,
		      bool *several);

/* Its id at this source-job; 0: it does not run there. */
unsigned long lists_id(const struct answer *a, struct str text);

#endif
