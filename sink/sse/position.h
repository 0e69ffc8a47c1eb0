/* position.h - what an `id:` says: where each query of a stream stands.
 *
 *     5f0c2a91d3e4-1204          1,204 rows of that subscription
 *     5f0c2a91d3e4-1204.3        and three windows or gaps
 *     5f0c2a91d3e4-end           it has ended
 *     error                      the query was wrong
 *
 * Several queries are separated by commas. It comes back from a stranger. */
#ifndef SINK_SSE_POSITION_H
#define SINK_SSE_POSITION_H

#include <stdbool.h>

#include "common/buf.h"
#include "sink/sse/batch.h"

enum { EPOCH_LEN = 12, POSITION_MAX = EPOCH_LEN + 45 /* as text */ };

enum position_kind { POSITION_NONE, POSITION_AT, POSITION_OVER };

struct position {
	enum position_kind kind;
	char               epoch[EPOCH_LEN + 1];
	struct place       place;
};

/* Up to n positions from text; those that are not there, or make no sense, are
 * POSITION_NONE. */
void position_parse(struct str text, struct position *to, size_t n);

void position_write(const struct position *p, struct buf *out);

#endif
