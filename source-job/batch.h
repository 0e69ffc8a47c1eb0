/* batch.h - rows of one query, on their way to its subscribers.
 *
 *     worker: copies them once, out of agents' messages, as DATA has them:
 *             u32 length, bytes, u32 length, bytes, ...
 *     job:    refers to them, for each subscriber
 *     ZeroMQ: sends them from where they stand
 *
 * From when it is said to the job (part.h) a batch never changes. Whoever drops
 * the last reference frees it, in whatever thread. Two allocations for a batch,
 * none for a row. */
#ifndef SOURCE_JOB_BATCH_H
#define SOURCE_JOB_BATCH_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

enum { BATCH_BYTES = 64 << 10 }; /* unless those of one message are more */

struct batch {
	atomic_uint refs;
	uint32_t    n;       /* rows */
	size_t      longest; /* of them, in bytes */
	int64_t     sent;    /* the first, by its agent: us since the epoch of
				our clock; 0: not known */
	struct buf  rows;
};

/* With room for so many bytes and one reference; NULL: no memory. */
struct batch *batch_new(size_t bytes);
/* Room for so many more. False: no memory. */
bool batch_room(struct batch *b, size_t bytes);
void batch_put(struct batch *b, struct str row); /* there is room */

/* Bytes that a row takes. */
size_t batch_size(struct str row);

void batch_hold(struct batch *b); /* one reference more */
void batch_drop(struct batch *b); /* NULL is allowed */

/* --- some of its rows, one after another; borrows the batch ------------------ */

struct span {
	struct batch *of;
	size_t   at, len; /* bytes */
	uint32_t n;       /* rows */
};

struct span span_all(struct batch *b);

/* Take the next row off. False: there is none. */
bool span_next(struct span *s, struct str *row);

/* Take off as many rows as that many bytes hold, one at least; s has some. */
struct span span_cut(struct span *s, size_t bytes);

/* Where they stand. */
static inline struct str
span_bytes(const struct span *s)
{
	return (struct str){ (const char *)s->of->rows.data + s->at, s->len };
}

#endif
