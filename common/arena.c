/* arena.c - chunks in a list; the head serves what is small.
 *
 *     arena.head -> [next|used|size| data ....free ] -> [ full ] -> NULL
 *
 * What is given is zeroed, not the chunk: most arenas use little of theirs. */
#include "common/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

enum {
	FIRST_BYTES = 960, /* will do for most; with its head malloc(3) has
			      such blocks at hand */
	CHUNK_BYTES = 4096,
	ALIGN = alignof(max_align_t),
};

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	alignas(max_align_t) char data[];
};

/* What is too large for a chunk gets one of its own, behind the head, so that
 * the free part of the head is not lost. */
static struct arena_chunk *
chunk_new(struct arena *a, size_t n)
{
	const size_t chunk = a->chunk ? a->chunk :
			     a->head ? CHUNK_BYTES : FIRST_BYTES;
	size_t size = n > chunk ? n : chunk;
	struct arena_chunk *c = malloc(sizeof *c + size);

	if (!c)
		return NULL;
	c->used = 0;
	c->size = size;
	if (a->head && n > chunk) {
		c->next = a->head->next;
		a->head->next = c;
	} else {
		c->next = a->head;
		a->head = c;
	}
	return c;
}

/* n bytes, whatever is in them. */
static void *
take(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->head;
	char *p;

	if (n > PTRDIFF_MAX / 2)
		return NULL;
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (!c || c->size - c->used < n)
		c = chunk_new(a, n);
	if (!c)
		return NULL;
	p = c->data + c->used;
	c->used += n;
	return p;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	void *p = take(a, n);

	return p ? memset(p, 0, n) : NULL;
}

void *
arena_grow(struct arena *a, const void *old, size_t oldn, size_t n)
{
	char *p = take(a, n);

	if (oldn > n)
		oldn = n;
	if (p && oldn)
		memcpy(p, old, oldn);
	if (p)
		memset(p + oldn, 0, n - oldn);
	return p;
}

struct str
arena_str(struct arena *a, struct str s)
{
	char *p = take(a, s.len + 1);

	if (!p)
		return (struct str){ NULL, 0 };
	if (s.len)
		memcpy(p, s.ptr, s.len);
	p[s.len] = 0;
	return (struct str){ p, s.len };
}

size_t
arena_bytes(const struct arena *a)
{
	size_t bytes = 0;

	for (const struct arena_chunk *c = a->head; c; c = c->next)
		bytes += sizeof *c + c->size;
	return bytes;
}

void
arena_fini(struct arena *a)
{
	struct arena_chunk *next;

	if (!a)
		return;
	for (struct arena_chunk *c = a->head; c; c = next) {
		next = c->next;
		free(c);
	}
	a->head = NULL;
}
