/* columns.c - the projection's names, for programs outside the tree that print
 * a header before the first row. */
#include "mql/query.h"

size_t
mql_query_columns(const struct mql_query *q)
{
	return query_columns(q);
}

const char *
mql_query_column(const struct mql_query *q, size_t i, size_t *len)
{
	struct str name = { NULL, 0 };

	if (i < query_columns(q))
		name = query_column(q, i);
	*len = name.len;
	return name.ptr;
}
