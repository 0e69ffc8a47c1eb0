/* ledger.h - the arithmetic of the books, without a socket or a clock.
 *
 * A `view` is what the source-job knows of one run of a query at one agent.
 * The agent reports its counters once a second; between two reports each row
 * that arrives tells of one more event, so the view is moved along:
 *
 *     report      seen 90  matched 10  sent 6  queued 4
 *     5 rows      seen 91  matched 11  sent 11 queued 0   4 were the queued
 *
 * view.sent is also the sequence number of the last row accounted for: the
 * next row is number view.sent + 1, and a jump is a loss.
 *
 * A query's books are the sum of its runs' views, and a subscription's are
 * that sum minus the sum, settled, at the moment when it joined. So every row
 * that comes later is in its books exactly once, whoever shares the query. */
#ifndef SOURCE_JOB_LEDGER_H
#define SOURCE_JOB_LEDGER_H

#include <stdint.h>

#include "wire/books.h"

/* n more rows of the run were sent: first those that were queued. */
void ledger_rows(struct books_agent *view, uint64_t n);

/* Rows first ... first + count - 1 have come. 0 and the number lost before
 * them; MQL_EINVAL when they were accounted for already. */
int ledger_batch(struct books_agent *view, uint64_t first, uint64_t count,
		 uint64_t *lost);

/* The agent reports its counters, after the rows that they count. Rows that
 * they count and that never came are lost: returns how many. */
uint64_t ledger_report(struct books_agent *view,
		       const struct books_agent *said);

/* *view becomes next, and the sum that it is part of moves along. */
void ledger_post(struct books_agent *sum, struct books_agent *view,
		 const struct books_agent *next);

struct books_agent ledger_since(const struct books_agent *now,
				const struct books_agent *before);

#endif
