/* ring.h - a byte ring between one producer and one consumer.
 *
 *          tail                  head
 *     .....[len|bytes..][len|bytes]...............[pad]
 *
 * Records never wrap: one that does not fit before the end leaves a pad
 * there and starts at the front, so the consumer reads in place. Neither side
 * waits for the other. Positions count bytes since the ring was made; the
 * size is a power of two. A zeroed ring is empty and takes nothing. */
#ifndef AGENT_RING_H
#define AGENT_RING_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RING_MIN = 4096 };

struct ring {
	uint8_t *data;
	size_t   size;
	char     apart[48]; /* the two sides' positions: a cache line each */
	_Atomic size_t head; /* producer's */
	size_t   tail_seen;  /* producer's memory of tail */
	char     apart2[48];
	_Atomic size_t tail; /* consumer's */
};

/* Map size bytes (a power of two, at least RING_MIN). 0 or MQL_ENOMEM. */
int ring_init(struct ring *r, size_t size);
void ring_fini(struct ring *r);

/* The longest record that ring_push() ever takes. */
size_t ring_max(const struct ring *r);

/* Copy a record of len >= 1 bytes in; false when there is no room now.
 * Producer thread, never blocks. */
bool ring_push(struct ring *r, const void *record, size_t len);

/* Walk from the oldest record: begin, then next until NULL. A record is
 * aligned to 8 and may be written to until it is released. Consumer thread. */
size_t ring_begin(const struct ring *r);
void *ring_next(struct ring *r, size_t *at, size_t *len);

/* Give back everything before the position that ring_next() left in at. */
void ring_release(struct ring *r, size_t at);

#endif
