/* any.h - take a frame of any kind apart, and put it together again. */
#ifndef TESTS_WIRE_ANY_H
#define TESTS_WIRE_ANY_H

#include "common/buf.h"

/* Decode a frame by its kind, reading all that a receiver would read. If it
 * is valid, append to `again` the frame that its content encodes to. 0 or the
 * decoder's error; MQL_EUNSUP for a kind that is not known. */
int any_decode(const void *frame, size_t len, struct buf *again);

#endif
