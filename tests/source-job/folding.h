/* folding.h - what an agent that folds sends of some events. */
#ifndef TESTS_SOURCE_JOB_FOLDING_H
#define TESTS_SOURCE_JOB_FOLDING_H

#include "common/buf.h"
#include "tests/source-job/harness.h"

/* Append the partial that a query_fold_text() makes of lines of JSON, all of
 * them published at that time (ms since the epoch). Returns how many events it
 * is made of: those that match. */
uint64_t fold_lines(const char *fold, const char *lines, int64_t at,
		    struct buf *out);

/* Send bytes as a partial of so many events, from sequence number first. */
void agent_partial(struct agent *a, uint64_t first, uint64_t events,
		   uint64_t upto, struct str bytes);
/* Fold the lines by what was asked last, and send them from number first on:
 * returns the next number. */
uint64_t agent_fold(struct agent *a, uint64_t first, const char *lines,
		    int64_t at);
/* Everything before upto is told. */
void agent_upto(struct agent *a, int64_t upto);

#endif
