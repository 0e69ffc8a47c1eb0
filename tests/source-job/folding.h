/* folding.h - what an agent that folds sends of some events. */
#ifndef TESTS_SOURCE_JOB_FOLDING_H
#define TESTS_SOURCE_JOB_FOLDING_H

#include "common/buf.h"

/* Append the partial that a query_fold_text() makes of lines of JSON, all of
 * them published at that time (ms since the epoch). Returns how many events it
 * is made of: those that match. */
uint64_t fold_lines(const char *fold, const char *lines, int64_t at,
		    struct buf *out);

#endif
