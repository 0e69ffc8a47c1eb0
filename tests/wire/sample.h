/* sample.h - one small example of every kind of frame, with every field used:
 * the frames of tests/wire/golden. */
#ifndef TESTS_WIRE_SAMPLE_H
#define TESTS_WIRE_SAMPLE_H

#include "wire/frame.h"

void sample_encode(enum wire_kind kind, struct buf *b);

#endif
