/* arena.h - memory that is freed all at once.
 *
 * For trees and decoded messages: a parse that fails half-way leaks nothing.
 * Zeroed memory, aligned for any type. Not thread-safe; one owner. A zeroed
 * arena is an empty one. */
#ifndef COMMON_ARENA_H
#define COMMON_ARENA_H

#include "common/str.h"

struct arena {
	struct arena_chunk *head;
	size_t chunk; /* bytes that are asked for at a time; 0: 960 at first,
			 then 4096 */
};

/* n zeroed bytes, or NULL. They live until arena_fini(). */
void *arena_alloc(struct arena *a, size_t n);

/* As realloc(3): at least n bytes that begin with what old (of oldn bytes)
 * held. The old block stays allocated. */
void *arena_grow(struct arena *a, const void *old, size_t oldn, size_t n);

/* A NUL-terminated copy; ptr is NULL when memory is out. */
struct str arena_str(struct arena *a, struct str s);

size_t arena_bytes(const struct arena *a); /* that it has asked for */

void arena_fini(struct arena *a); /* NULL is allowed */

#endif
