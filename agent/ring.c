/* ring.c - see ring.h. Each side publishes its position with release order
 * and reads the other's with acquire order; nothing else is shared. */
#include <string.h>
#include <sys/mman.h>

#include "agent/ring.h"
#include "mql/error.h"

struct record {
	uint32_t len;   /* PAD: the rest of the ring is unused */
	uint32_t zero;  /* what follows is aligned to 8 */
};

enum { ALIGN = 8 };
#define PAD UINT32_MAX

static size_t
footprint(size_t len)
{
	size_t padded = (len + ALIGN - 1) & ~(size_t)(ALIGN - 1);

	return sizeof(struct record) + padded;
}

int
ring_init(struct ring *r, size_t size)
{
	void *mem = mmap(NULL, size, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (mem == MAP_FAILED)
		return MQL_ENOMEM;
	madvise(mem, size, MADV_WIPEONFORK); /* no child has a use for it */
	r->data = mem;
	r->size = size;
	return 0;
}

void
ring_fini(struct ring *r)
{
	if (r->data)
		munmap(r->data, r->size);
	memset(r, 0, sizeof *r);
}

size_t
ring_max(const struct ring *r)
{
	return r->size / 2 - sizeof(struct record);
}

static struct record *
record_at(const struct ring *r, size_t at)
{
	return (void *)(r->data + (at & (r->size - 1)));
}

static bool
has_room(struct ring *r, size_t head, size_t need)
{
	if (r->size - (head - r->tail_seen) >= need)
		return true;
	r->tail_seen = atomic_load_explicit(&r->tail, memory_order_acquire);
	return r->size - (head - r->tail_seen) >= need;
}

bool
ring_push(struct ring *r, const void *record, size_t len)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_relaxed);
	size_t need = footprint(len), pad = 0, left;

	if (!r->size || len > ring_max(r))
		return false;
	left = r->size - (head & (r->size - 1));
	if (left < need)
		pad = left;
	if (!has_room(r, head, pad + need))
		return false;
	if (pad)
		record_at(r, head)->len = PAD;
	struct record *rec = record_at(r, head + pad);
	rec->len = (uint32_t)len;
	rec->zero = 0;
	memcpy(rec + 1, record, len);
	atomic_store_explicit(&r->head, head + pad + need,
			      memory_order_release);
	return true;
}

size_t
ring_begin(const struct ring *r)
{
	return atomic_load_explicit(&r->tail, memory_order_relaxed);
}

void *
ring_next(struct ring *r, size_t *at, size_t *len)
{
	size_t head = atomic_load_explicit(&r->head, memory_order_acquire);
	struct record *rec;

	if (*at == head)
		return NULL;
	rec = record_at(r, *at);
	if (rec->len == PAD) { /* a record follows it always */
		*at += r->size - (*at & (r->size - 1));
		rec = record_at(r, *at);
	}
	*at += footprint(rec->len);
	*len = rec->len;
	return rec + 1;
}

void
ring_release(struct ring *r, size_t at)
{
	atomic_store_explicit(&r->tail, at, memory_order_release);
}
