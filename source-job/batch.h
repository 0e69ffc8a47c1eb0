/* batch.h - rows of one agent's message, on their way to subscribers.
 *
 * The message is kept as it came; rows are slices of it, never copied between
 * threads, and every query that it answers has a run of slices:
 *
 *     slice:  [q1 q1 q1][q2][q3 q3]        message: ....{...}...{...}..
 *
 * Whoever has dropped the last reference frees it, in whatever thread. One
 * allocation for a message, none for a row. */
#ifndef SOURCE_JOB_BATCH_H
#define SOURCE_JOB_BATCH_H

#include <stdatomic.h>
#include <stdint.h>

#include "common/str.h"
#include "wire/socket.h"

struct slice {
	uint32_t at, len;
};

struct batch {
	atomic_uint      refs;
	const char      *base;   /* what slices are of */
	int64_t          sent;   /* by its agent: us since the epoch of our
				    clock; 0: not known */
	struct wire_kept message;
	struct slice     slice[];
};

/* With room for n slices and one reference; NULL: no memory. */
struct batch *batch_new(size_t n);
void batch_hold(struct batch *b, unsigned n); /* so many references more */
void batch_drop(struct batch *b);

static inline struct str
batch_row(const struct batch *b, size_t i)
{
	return (struct str){ b->base + b->slice[i].at, b->slice[i].len };
}

#endif
