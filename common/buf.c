/* buf.c - see buf.h. */
#include "common/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mql/error.h"

enum { FIRST_BYTES = 256 };

void
buf_fini(struct buf *b)
{
	if (!b)
		return;
	if (!b->fixed) {
		free(b->data);
		b->data = NULL;
		b->cap = 0;
	}
	buf_reset(b);
}

/* Make the capacity at least need. */
static int
grow(struct buf *b, size_t need)
{
	size_t cap = b->cap ? b->cap : FIRST_BYTES;
	uint8_t *data;

	if (b->fixed)
		return MQL_ELIMIT;
	while (cap < need)
		cap *= 2;
	data = realloc(b->data, cap);
	if (!data)
		return MQL_ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

uint8_t *
buf_grow(struct buf *b, size_t n)
{
	if (b->err)
		return NULL;
	if (n > b->cap - b->len) {
		b->err = n > PTRDIFF_MAX - b->len ? MQL_ENOMEM
						  : grow(b, b->len + n);
		if (b->err)
			return NULL;
	}
	return b->data + b->len;
}

void
buf_puts(struct buf *b, const char *z)
{
	buf_put(b, z, strlen(z));
}

static void
put_le(struct buf *b, uint64_t v, size_t n)
{
	uint8_t le[8];

	for (size_t i = 0; i < n; i++)
		le[i] = (uint8_t)(v >> 8 * i);
	buf_put(b, le, n);
}

void
buf_put_u16(struct buf *b, uint16_t v)
{
	put_le(b, v, 2);
}

void
buf_put_u32(struct buf *b, uint32_t v)
{
	put_le(b, v, 4);
}

void
buf_put_u64(struct buf *b, uint64_t v)
{
	put_le(b, v, 8);
}

void
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	uint8_t *to;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return; /* EILSEQ of wide characters, which we never print */
	to = buf_room(b, (size_t)n + 1); /* the NUL is written, not kept */
	if (!to)
		return;
	va_start(ap, fmt);
	vsnprintf((char *)to, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

int
buf_detach(struct buf *b, uint8_t **data, size_t *len)
{
	if (b->err)
		return b->err;
	*data = b->data;
	*len = b->len;
	*b = (struct buf)BUF_INIT;
	return 0;
}
