/* pack.h - MessagePack from a peer, and into a buffer.
 *
 * msgpack_unpack_next() allocates what a container announces before it has
 * seen any of it, so five bytes could ask for 100 GB, and a tree costs two
 * dozen bytes for each value of one. So a body is looked through first: is
 * everything announced there, and is it of a bounded size? Private to
 * wire/. Any thread. */
#ifndef WIRE_PACK_H
#define WIRE_PACK_H

#include <msgpack.h>
#include <stdint.h>

#include "common/arena.h"
#include "common/buf.h"
#include "common/str.h"
#include "wire/frame.h"

/* Values in a body: a full list of entries, twice as long as they are now. */
enum { PACK_MAX_VALUES = 32 * WIRE_MAX_LIST };

/* Is body one value, whole, with nothing after it, at most WIRE_MAX_DEPTH deep
 * and made of at most PACK_MAX_VALUES? Takes no memory. */
bool pack_bounded(struct str body);

/* A body that is bounded, as a tree; its texts and bytes point into the body.
 * 0, MQL_EBADFRAME or MQL_ENOMEM. Whatever it returns, u is to be given to
 * msgpack_unpacked_destroy(). */
int pack_read(struct str body, msgpack_unpacked *u);

/* What o is, or MQL_EBADFRAME. */
int pack_uint(const msgpack_object *o, uint64_t max, uint64_t *to);
/* An array of at least `least` values. */
int pack_array(const msgpack_object *o, size_t least, msgpack_object_array *to);
/* An array of at most WIRE_MAX_LIST, and room in mem for as many elements of
 * this size; *to is NULL for an empty one. MQL_ENOMEM, too. */
int pack_list(const msgpack_object *o, size_t size, struct arena *mem,
	      msgpack_object_array *list, void **to);

/* For msgpack_packer_init(): append to a struct buf. */
int pack_append(void *to, const char *data, size_t n);

#endif
