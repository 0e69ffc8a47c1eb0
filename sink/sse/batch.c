/* batch.c - see batch.h. */
#include "sink/sse/batch.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <zlib.h>

enum { LEVEL = 3, WINDOW_BITS = 15, MEMORY = 8, FLUSH_BYTES = 16 };

struct batch *
batch_new(enum batch_kind kind, struct str text, uint32_t rows)
{
	struct batch *b = malloc(sizeof *b + text.len);

	if (!b)
		return NULL;
	*b = (struct batch){ .kind = kind, .rows = rows, .len = text.len };
	atomic_init(&b->refs, 1);
	atomic_init(&b->deflated, NULL);
	if (text.len)
		memcpy(b->text, text.ptr, text.len);
	return b;
}

struct batch *
batch_ref(struct batch *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
	return b;
}

void
batch_unref(struct batch *b)
{
	if (!b || atomic_fetch_sub_explicit(&b->refs, 1,
					    memory_order_acq_rel) != 1)
		return;
	free(atomic_load_explicit(&b->deflated, memory_order_relaxed));
	free(b);
}

/* Where line n begins, from at on. */
static size_t
line(const struct batch *b, size_t at, uint32_t n)
{
	while (n-- && at < b->len) {
		const char *end = memchr(b->text + at, '\n', b->len - at);
		at = end ? (size_t)(end - b->text) + 1 : b->len;
	}
	return at;
}

struct batch *
batch_slice(const struct batch *b, uint32_t from, uint32_t to)
{
	size_t beg = line(b, 0, from), end = line(b, beg, to - from);
	struct batch *part = batch_new(b->kind, (struct str){ b->text + beg,
							      end - beg },
				       to - from);

	if (part) {
		part->before = b->before;
		part->before.rows += from;
	}
	return part;
}

static struct deflated *
deflate_text(const struct batch *b)
{
	z_stream z = { 0 };
	struct deflated *d = NULL;

	if (deflateInit2(&z, LEVEL, Z_DEFLATED, -WINDOW_BITS, MEMORY,
			 Z_DEFAULT_STRATEGY))
		return NULL;
	size_t room = deflateBound(&z, b->len) + FLUSH_BYTES;
	if (!(d = malloc(sizeof *d + room)))
		goto out;
	z.next_in = (Bytef *)(uintptr_t)b->text;
	z.avail_in = (uInt)b->len;
	z.next_out = d->data;
	z.avail_out = (uInt)room;
	deflate(&z, Z_SYNC_FLUSH);
	d->len = room - z.avail_out;
	d->crc = (uint32_t)crc32(0, (const Bytef *)b->text, (uInt)b->len);
out:
	deflateEnd(&z);
	return d;
}

const struct deflated *
batch_deflated(struct batch *b)
{
	struct deflated *have = atomic_load(&b->deflated);

	if (have)
		return have;
	struct deflated *made = deflate_text(b);
	if (made && !atomic_compare_exchange_strong(&b->deflated, &have,
						    made)) {
		free(made); /* another thread was faster */
		return have;
	}
	return made;
}
