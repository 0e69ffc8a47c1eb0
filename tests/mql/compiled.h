/* compiled.h - what the tests of the compiler's front ask of a query: how it
 * is spelled, or where and why it is refused. */
#ifndef TESTS_MQL_COMPILED_H
#define TESTS_MQL_COMPILED_H

#include <string.h>

#include "mql/query.h"
#include "tests/check_main.h"

struct refusal {
	const char *query;
	int         err, line, col, len; /* len: bytes marked */
	const char *part;                /* of the sentence */
};

static inline void
assert_refused(const struct refusal *r)
{
	struct mql_diag d = { 0 };
	struct mql_query *q;
	int err = mql_query_compile(r->query, &q, &d);

	ck_assert_msg(err == r->err && !q, "%s: %s, not %s: %s", r->query,
		      mql_strerror(err), mql_strerror(r->err), d.text);
	ck_assert_msg(d.line == r->line && d.col == r->col &&
		      d.end - d.beg == r->len, "%s: at %d:%d+%d: %s", r->query,
		      d.line, d.col, d.end - d.beg, d.text);
	ck_assert_msg(strstr(d.text, r->part) != NULL, "%s: %s", r->query,
		      d.text);
}

static inline void
assert_spelled(const char *query, const char *canonical)
{
	struct mql_diag d = { 0 };
	struct mql_query *q;

	ck_assert_msg(!mql_query_compile(query, &q, &d), "%s: %s", query,
		      d.text);
	ck_assert_str_eq(mql_query_text(q), canonical);
	mql_query_free(q);
}

/* The spelling of a query, compiled again, is the same spelling. */
static inline void
assert_settled(const struct mql_query *q)
{
	const char *text = mql_query_text(q);
	struct mql_diag d = { 0 };
	struct mql_query *again;

	ck_assert_msg(!mql_query_compile(text, &again, &d), "%s: %s", text,
		      d.text);
	ck_assert_str_eq(mql_query_text(again), text);
	mql_query_free(again);
}

#define EACH(i, array) \
	(size_t i = 0; i < sizeof(array) / sizeof(array)[0]; i++)

#endif
