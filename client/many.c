/* many.c - what a program of ours that has many tails may ask of a query, and
 * tell a tail; see tail.h. */
#include "client/tail.h"
#include "mql/query.h"
#include "mql/stage.h"

enum client_kind
client_query_kind(const struct mql_query *q, bool *since)
{
	enum query_rows rows = query_rows(q);

	*since = rows == QUERY_TOTAL || rows == QUERY_SINCE ||
		 (rows == QUERY_ROWS && query_limit(q) != UINT64_MAX);
	return rows == QUERY_TOTAL ? CLIENT_TOTAL :
	       rows == QUERY_WINDOWS ? CLIENT_WINDOWS : CLIENT_ROWS;
}

bool
client_query_group(const struct mql_query *q, size_t i, struct str *column)
{
	return query_group(q, i, column);
}

bool
client_query_extend(const struct mql_query *q, const char *columns,
		    struct buf *out)
{
	static const char verb[] = "select "; /* of the canonical spelling */
	const char *text = mql_query_text(q);

	if (!query_is_plain(q))
		return false;
	buf_puts(out, verb);
	buf_puts(out, columns);
	buf_puts(out, ", ");
	buf_puts(out, text + sizeof verb - 1);
	return true;
}

void
client_tail_hold(struct mql_tail *t, bool hold)
{
	t->ask.held = hold;
	for (size_t i = 0; i < t->nsession; i++)
		session_grant(t->session[i]);
}

void
client_tail_settle(struct mql_tail *t, uint64_t rows)
{
	t->ask.settles = true;
	t->ask.settled = rows;
}

void
client_tail_stay(struct mql_tail *t)
{
	t->ask.stays = true;
}

const char *
client_tail_trouble(const struct mql_tail *t)
{
	const char *why = NULL;

	for (size_t i = 0; i < t->nsession && !why; i++)
		why = client_link_trouble(&t->session[i]->link);
	return why;
}
