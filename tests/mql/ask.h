/* ask.h - for tests: a query and an event in, a row out. */
#ifndef TESTS_MQL_ASK_H
#define TESTS_MQL_ASK_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "mql/mql.h"

/* Compile, or fail the test with the reason. The caller frees it. */
static inline struct mql_query *
ask_compile(const char *text)
{
	struct mql_diag d = { .text = "" };
	struct mql_query *q;
	int err = mql_query_compile(text, &q, &d);

	ck_assert_msg(!err, "%s: %d:%d: %s", text, d.line, d.col, d.text);
	return q;
}

/* The row of one event, which the caller frees; NULL when it does not match.
 * stats may be NULL. */
static inline char *
ask_stats(const char *text, const char *event, struct mql_runner_stats *stats)
{
	struct mql_query *q = ask_compile(text);
	struct mql_runner *r;
	const char *row;
	size_t len;

	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	ck_assert_msg(!mql_runner_event(r, event, strlen(event), &row, &len),
		      "bad event: %s", event);
	char *copy = row ? strndup(row, len) : NULL;
	if (stats)
		mql_runner_stats(r, stats);
	mql_runner_free(r);
	mql_query_free(q);
	return copy;
}

static inline char *
ask(const char *text, const char *event)
{
	return ask_stats(text, event, NULL);
}

static inline bool
ask_matches(const char *text, const char *event)
{
	char *row = ask(text, event);
	bool yes = row != NULL;

	free(row);
	return yes;
}

#endif
