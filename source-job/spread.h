/* spread.h - by what the rows of a shared subscription are spread.
 *
 *     row --> spread_of() --> a number; equal keys have equal ones
 *
 * The key is an expression over the columns of the row, or several between
 * commas: what would stand between `select` and `from`. The job's thread. */
#ifndef SOURCE_JOB_SPREAD_H
#define SOURCE_JOB_SPREAD_H

#include <stdint.h>

#include "common/str.h"
#include "mql/mql.h"

struct spread; /* opaque */

/* *out is NULL when there is nothing to spread by: no key is given, and query
 * has no groups whose values are columns of its rows. 0; MQL_ESYNTAX, MQL_ETYPE
 * or another error of query_compile() and its sentence in diag; MQL_ENOMEM. */
int spread_open(const struct mql_query *query, struct str key,
		struct spread **out, struct mql_diag *diag);
void spread_free(struct spread *sp); /* NULL is allowed */

/* For rendezvous_weight(). Rows of which nothing can be told belong to one. */
uint64_t spread_of(struct spread *sp, struct str row);

/* The key in canonical spelling. */
const char *spread_text(const struct spread *sp);

#endif
