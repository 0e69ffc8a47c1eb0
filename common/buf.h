/* buf.h - a byte buffer whose failures can be checked once.
 *
 * Two kinds: one that grows on the heap (BUF_INIT), and one over the caller's
 * own memory that never grows (BUF_FIXED) for paths that must not allocate.
 * Appends after a failed append do nothing, so a writer may append freely and
 * look at buf.err at the end: MQL_ENOMEM, or MQL_ELIMIT when a fixed buffer
 * is full. Not thread-safe; one owner. */
#ifndef COMMON_BUF_H
#define COMMON_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct buf {
	uint8_t *data;
	size_t   len, cap;
	int      err;   /* first failure, 0 while all went well */
	bool     fixed; /* data is the caller's; never grown, never freed */
};

#define BUF_INIT { 0 }
#define BUF_FIXED(mem, size) \
	{ .data = (void *)(mem), .cap = (size), .fixed = true }

/* Free what a growing buffer holds; it is empty and usable again. A fixed
 * one is emptied and keeps its memory. NULL is allowed. */
void buf_fini(struct buf *b);

/* Forget the content and the error; keep the memory. */
static inline void
buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = 0;
}

/* Append n bytes, copied from src. */
static inline void buf_put(struct buf *b, const void *src, size_t n);
void buf_puts(struct buf *b, const char *z);
static inline void buf_put_u8(struct buf *b, uint8_t v);
void buf_put_u16(struct buf *b, uint16_t v); /* little-endian */
void buf_put_u32(struct buf *b, uint32_t v);
void buf_put_u64(struct buf *b, uint64_t v);
/* A fixed buffer needs room for one byte more than the text. */
__attribute__((format(printf, 2, 3)))
void buf_printf(struct buf *b, const char *fmt, ...);

/* Make room for n more bytes and return where they go, or NULL (b->err is
 * set). The caller writes at most n bytes and adds what it wrote to len. */
uint8_t *buf_grow(struct buf *b, size_t n); /* when there is no room yet */

static inline uint8_t *
buf_room(struct buf *b, size_t n)
{
	if (__builtin_expect(!b->err && n <= b->cap - b->len, 1))
		return b->data + b->len;
	return buf_grow(b, n);
}

/* Rows are written with these. */
static inline void
buf_put(struct buf *b, const void *src, size_t n)
{
	uint8_t *to = n ? buf_room(b, n) : NULL;

	if (!to)
		return;
	memcpy(to, src, n);
	b->len += n;
}

static inline void
buf_put_u8(struct buf *b, uint8_t v)
{
	uint8_t *to = buf_room(b, 1);

	if (!to)
		return;
	*to = v;
	b->len++;
}

/* Hand the bytes to the caller, who frees them with free(3). Growing buffers
 * only. Returns 0 and empties the buffer, or b->err and leaves it as it is. */
int buf_detach(struct buf *b, uint8_t **data, size_t *len);

#endif
