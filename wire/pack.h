/* pack.h - is it safe to unpack this MessagePack?
 *
 * msgpack_unpack_next() allocates what a container announces before it has
 * seen any of it, so five bytes could ask for 100 GB. This looks first
 * whether everything announced is there. Private to wire/. */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include <stdint.h>

#include "common/str.h"

/* Is body one value, whole, with nothing after it, and at most WIRE_MAX_DEPTH
 * deep? Takes no memory. Any thread. */
bool pack_bounded(struct str body);

#endif
