/* mql.h - the language as a library: compile a query once, try it on events.
 *
 *     struct mql_query *q;
 *     struct mql_diag   d;
 *     if (mql_query_compile("select * where ms > 250", &q, &d))
 *             fprintf(stderr, "%d:%d: %s\n", d.line, d.col, d.text);
 *
 * A query never changes after it is compiled: any number of threads may use
 * it at once, each with a runner of its own. */
#ifndef MQL_MQL_H
#define MQL_MQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "mql/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct mql_query;  /* opaque */
struct mql_runner; /* opaque: one query on many events, one thread */

/* Where and why a query was refused. Filled on failure only. */
struct mql_diag {
	int  line, col;   /* both from 1; col counts characters (UTF-8) */
	int  beg, end;    /* byte offsets into the text, end exclusive */
	char text[240];   /* one sentence, what was expected included */
};

/* Compile text into *out, which the caller frees with mql_query_free().
 * diag may be NULL. Returns 0, MQL_ESYNTAX, MQL_ETYPE, MQL_EUNSUP (a clause
 * or function of the language that is not there yet), MQL_ELIMIT or
 * MQL_ENOMEM; on failure *out is NULL. Any thread. */
MQL_API int mql_query_compile(const char *text, struct mql_query **out,
			      struct mql_diag *diag);
MQL_API void mql_query_free(struct mql_query *q); /* NULL is allowed */

/* Print d as people read it: `3:14: sentence`, the line, and a caret. */
MQL_API void mql_diag_print(const struct mql_diag *d, const char *text,
			    FILE *to);

/* The same query in one fixed spelling. Lives as long as q. */
MQL_API const char *mql_query_text(const struct mql_query *q);

/* Names of the projection's columns in order; none for `select *`, and none of
 * those that only a row can tell, as with e[^'prefix']. The name
 * (of *len bytes, borrowed from q) is NULL when there is no i-th column. */
MQL_API size_t mql_query_columns(const struct mql_query *q);
MQL_API const char *mql_query_column(const struct mql_query *q, size_t i,
				     size_t *len);

/* The program's listing, one instruction a line. */
MQL_API void mql_query_disassemble(const struct mql_query *q, FILE *to);

/* What runs where, fields read, cost bound, warnings. */
MQL_API void mql_query_explain(const struct mql_query *q, FILE *to);

/* What a query can call: functions, then aggregates, in the order of the
 * reference. All texts are static but args. */
struct mql_function {
	const char *name;
	char        args[80]; /* for people: "text, integer [, integer]" */
	const char *result;   /* "string", "number", ... or "any" */
	const char *group;    /* "Text", ... "Aggregates" */
	const char *about;    /* one line */
	const char *example, *gives; /* an expression and what it is */
	bool        aggregate; /* gives: of the values 1, 2, 2 and 5 */
};
/* The i-th of them; false: there are no more. Any thread. */
MQL_API bool mql_function_at(size_t i, struct mql_function *out);

/* A runner borrows q. max_event: the largest text in bytes (0: 1 MiB).
 * Returns 0 or MQL_ENOMEM. */
MQL_API int mql_runner_new(const struct mql_query *q, size_t max_event,
			   struct mql_runner **out);
MQL_API void mql_runner_free(struct mql_runner *r); /* NULL is allowed */

/* What @ts says from the next event on: ms since the epoch. Time windows that
 * end before it give their rows. */
MQL_API void mql_runner_time(struct mql_runner *r, int64_t ms);

/* Where rows go from now on, instead of to mql_runner_event(), whose *row is
 * then always NULL. A query with groups, aggregates, windows, an order or
 * `distinct` gives its rows in this way only: when a window closes, or at the
 * end. row is borrowed for the call; fn returns false when no more are
 * wanted. */
MQL_API void mql_runner_rows(struct mql_runner *r,
			     bool (*fn)(void *arg, const char *row, size_t len),
			     void *arg);

/* Who is told of each time window after its rows: from when to when (ms since
 * the epoch), and how many events were in it. */
MQL_API void mql_runner_windows(struct mql_runner *r,
				void (*fn)(void *arg, int64_t start,
					   int64_t end, uint64_t events),
				void *arg);

/* Try one event. *row is its row, or NULL when it does not match (or was
 * sampled out, or the limit is reached: then it is not even looked at);
 * borrowed until the next call. Returns 0, MQL_EBADEVENT or MQL_ENOMEM. */
MQL_API int mql_runner_event(struct mql_runner *r, const char *text,
			     size_t len, const char **row, size_t *rowlen);

/* The input is over: what was collected is given. Once, and no event after
 * it. */
MQL_API void mql_runner_end(struct mql_runner *r);

/* True when no row will come any more: the query's `limit` is reached, or the
 * sink wants none. */
MQL_API bool mql_runner_done(const struct mql_runner *r);

/* What happened so far. seen = unmatched + matched; where each event is its
 * own row, matched = sampled + rows. bad: events that gave an error, and
 * nothing else. mismatches: orderings of a string against a number, each
 * false. regex_limited: matches that would have cost too much, each false.
 * Left out of the windows and groups: late (the window was closed), untimed
 * (no time to put it into a window), overflow (no room for another group). */
struct mql_runner_stats {
	uint64_t seen, matched, sampled, rows, bad, mismatches, regex_limited;
	uint64_t late, untimed, overflow;
};
MQL_API void mql_runner_stats(const struct mql_runner *r,
			      struct mql_runner_stats *out);

#ifdef __cplusplus
}
#endif
#endif
