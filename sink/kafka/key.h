/* key.h - the key of a record, made of its row.
 *
 * An expression of MQL on the row's columns; or, of a query with groups, the
 * values of the groups, so that a compacted topic keeps the latest row of each.
 * A text is its own bytes, anything else is as JSON writes it; several groups
 * are a JSON array. One owner thread. */
#ifndef SINK_KAFKA_KEY_H
#define SINK_KAFKA_KEY_H

#include "common/str.h"
#include "mql/mql.h"

struct key; /* opaque */

/* The expression text. 0, or what mql_query_compile() says, with places in
 * text; on failure *out is NULL. */
int key_new(const char *text, struct key **out, struct mql_diag *diag);

/* What q groups by; without groups the constant text name. 0, MQL_ENOMEM; or
 * MQL_EUNSUP: some group is no column of its rows. */
int key_of_groups(const struct mql_query *q, const char *name,
		  struct key **out);

void key_free(struct key *k); /* NULL is allowed */

/* The key of row; ptr NULL: it has none. Borrowed until the next call. 0, or
 * MQL_EBADEVENT, MQL_ENOMEM. A key that is but a field is found without a look
 * at what stands behind it. */
int key_make(struct key *k, struct str row, struct str *out);

#endif
