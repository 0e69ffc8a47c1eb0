/* batch.h - a piece of a stream that many viewers send: rows, or one event.
 *
 * Made once, never changed, counted references. Its text is what stands in an
 * SSE message between the name of the event and its id: `data:` lines. Who
 * sends it compressed takes batch_deflated(): made by the first who asks,
 * then shared, so that a viewer has no compressor of its own.
 *
 * Where a batch stands: after so many rows and marks (windows, gaps, the end)
 * of its subscription. Any thread. */
#ifndef SINK_SSE_BATCH_H
#define SINK_SSE_BATCH_H

#include <stdint.h>

#include "common/str.h"

enum batch_kind {
	BATCH_TEXT,   /* meta, an error: not in a ring */
	BATCH_ROWS,
	BATCH_WINDOW, /* marks: */
	BATCH_GAP,
	BATCH_END,
	BATCH_LEAVE,  /* an end after which one may come again */
};

struct place { /* how many came before */
	uint64_t rows, marks;
};

struct deflated {
	uint32_t crc; /* of the text */
	size_t   len;
	uint8_t  data[];
};

struct batch {
	_Atomic unsigned            refs;
	enum batch_kind             kind;
	struct place                before; /* set by ring_append() */
	uint32_t                    rows;   /* in it */
	struct deflated *_Atomic    deflated;
	size_t                      len;
	char                        text[];
};

/* Copies text; one reference is the caller's. NULL: out of memory. */
struct batch *batch_new(enum batch_kind kind, struct str text, uint32_t rows);
struct batch *batch_ref(struct batch *b);
void batch_unref(struct batch *b); /* NULL is allowed */

/* Rows [from, to) of b as a batch of its own; NULL: out of memory. */
struct batch *batch_slice(const struct batch *b, uint32_t from, uint32_t to);

/* Raw deflate that ends on a byte and refers to nothing before it. Lives as
 * long as b; NULL: out of memory. */
const struct deflated *batch_deflated(struct batch *b);

static inline uint64_t
place_sum(struct place p)
{
	return p.rows + p.marks;
}

/* The place behind b. */
static inline struct place
batch_after(const struct batch *b)
{
	return (struct place){ b->before.rows + b->rows,
			       b->before.marks + (b->kind != BATCH_ROWS) };
}

#endif
