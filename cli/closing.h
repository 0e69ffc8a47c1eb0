/* closing.h - the books in one sentence, at the end of a query. */
#ifndef CLI_CLOSING_H
#define CLI_CLOSING_H

#include "common/buf.h"
#include "mql/client.h"

/* `1,204 rows from 3 of 3 agents; matched 1,204 of 80,112 seen; dropped 0`,
 * and after it what else is not zero. */
void closing_fleet(const struct mql_books *b, uint64_t rows, struct buf *out);

/* The same for a query over files: no agents, no link. */
void closing_files(const struct mql_runner_stats *s, struct buf *out);

/* Matched, and not among the rows, all causes. */
uint64_t closing_dropped(const struct mql_books *b);

/* Since `then` (NULL: the beginning) about one in so many of the rows that the
 * query should have is here, or, where its rows are made of others, in them: 1,
 * all. What the query itself samples, or a limit cuts off, is not missing. */
double closing_one_in(const struct mql_books *now,
		      const struct mql_books *then);

/* Append what a broken link has cost: gap is an MQL_GAP. */
void closing_gap(const struct mql_item *gap, struct buf *out);

#endif
