/* rows_reader.c - row batches, checked once and then read without a check.
 * See rows.h for their layout. */
#include <stdlib.h>

#include "mql/error.h"
#include "wire/little.h"
#include "wire/rows.h"

enum { ROWS_HEAD = 8, ENTRY = 16, TIME = 8 };

/* --- ROWS ------------------------------------------------------------------ */

struct rows_query
rows_reader_query(const struct rows_reader *r, unsigned i)
{
	const char *p = r->body.ptr + ROWS_HEAD + (size_t)i * ENTRY;

	struct rows_query q = { get_u32(p), get_u32(p + 4), get_u64(p + 8),
				0 };

	if (r->weighed) {
		q.step = q.count >> 24;
		q.count &= 0xffffff;
	}
	return q;
}

/* Does the row at r->at end within the body, name one query at least, and
 * only such as are in the table? left[] counts down their rows. */
static bool
row_ok(struct rows_reader *r, uint32_t *left)
{
	size_t rest = r->body.len - r->at;
	const char *p = r->body.ptr + r->at;
	uint32_t len;
	uint16_t n;

	if (rest < 6)
		return false;
	len = get_u32(p);
	n = get_u16(p + 4);
	if (n == 0 || 2u * n > rest - 6 || len > rest - 6 - 2u * n)
		return false;
	for (unsigned i = 0; i < n; i++) {
		uint16_t index = get_u16(p + 6 + 2 * i);
		if (index >= r->nqueries || left[index] == 0)
			return false;
		left[index]--;
	}
	r->at += 6 + 2u * n + len;
	return true;
}

static bool
rows_ok(struct rows_reader *r, uint32_t *left)
{
	for (unsigned i = 0; i < r->nqueries; i++) {
		struct rows_query q = rows_reader_query(r, i);
		if (q.first == 0 || q.first > (uint64_t)INT64_MAX - q.count ||
		    q.step > ROWS_MAX_STEP)
			return false;
		left[i] = q.count;
	}
	for (uint32_t i = 0; i < r->nrows; i++)
		if (!row_ok(r, left))
			return false;
	for (unsigned i = 0; i < r->nqueries; i++)
		if (left[i] != 0)
			return false;
	return r->at == r->body.len;
}

/* The time, which stands behind all else. */
static bool
take_time(struct rows_reader *r)
{
	if (r->body.len < ROWS_HEAD + TIME)
		return false;
	r->body.len -= TIME;
	r->sent = get_u64(r->body.ptr + r->body.len);
	return r->sent <= INT64_MAX;
}

int
rows_reader_init(struct rows_reader *r, struct str body)
{
	uint32_t *left;
	unsigned flags;
	bool ok;

	*r = (struct rows_reader){ .body = body };
	if (body.len < ROWS_HEAD)
		return MQL_EBADFRAME;
	r->nrows = get_u32(body.ptr);
	r->nqueries = get_u16(body.ptr + 4);
	flags = get_u16(body.ptr + 6);
	r->weighed = flags & 1;
	if (flags & 2 && !take_time(r))
		return MQL_EBADFRAME;
	r->at = ROWS_HEAD + (size_t)r->nqueries * ENTRY;
	if (r->at > r->body.len)
		return MQL_EBADFRAME;
	left = calloc(r->nqueries + 1u, sizeof *left);
	if (!left)
		return MQL_ENOMEM;
	ok = rows_ok(r, left);
	free(left);
	r->at = ROWS_HEAD + (size_t)r->nqueries * ENTRY;
	return ok ? 0 : MQL_EBADFRAME;
}

bool
rows_reader_next(struct rows_reader *r, struct str *row,
		 const uint8_t **index, uint16_t *n)
{
	const char *p = r->body.ptr + r->at;

	if (r->row == r->nrows)
		return false;
	*n = get_u16(p + 4);
	*index = (const uint8_t *)p + 6;
	*row = (struct str){ p + 6 + 2u * *n, get_u32(p) };
	r->at += 6 + 2u * *n + row->len;
	r->row++;
	return true;
}

/* --- DATA ------------------------------------------------------------------ */

size_t
data_begin(struct buf *out, uint32_t subscription, uint64_t first)
{
	size_t begun = out->len;

	wire_put_header(out, WIRE_DATA);
	buf_put_u32(out, subscription);
	buf_put_u32(out, 0);
	buf_put_u64(out, first);
	return begun;
}

/* Of a frame that is alone in its buffer. */
void
data_number(struct buf *out, uint64_t first)
{
	set_u64(out->data + WIRE_HEADER + 8, first);
}

void
data_put_row(struct buf *out, struct str row)
{
	uint8_t *to = buf_room(out, 4 + row.len);

	if (!to)
		return;
	set_u32(to, (uint32_t)row.len);
	memcpy(to + 4, row.ptr, row.len);
	out->len += 4 + row.len;
}

void
data_end(struct buf *out, size_t begun, uint32_t nrows)
{
	if (!out->err)
		set_u32(out->data + begun + WIRE_HEADER + 4, nrows);
}

struct str
data_row(const char *at)
{
	return (struct str){ at + DATA_ROW, get_u32(at) };
}

static bool
data_ok(const struct data_reader *r)
{
	size_t at = 0;

	for (uint32_t i = 0; i < r->nrows; i++) {
		uint32_t len;
		if (r->rows.len - at < DATA_ROW)
			return false;
		len = get_u32(r->rows.ptr + at);
		if (len > r->rows.len - at - DATA_ROW)
			return false;
		at += DATA_ROW + (size_t)len;
	}
	return at == r->rows.len;
}

int
data_reader_init_parts(struct data_reader *r, struct str head,
		       struct str rows)
{
	*r = (struct data_reader){ .rows = rows,
				   .size = head.len + rows.len };
	if (head.len != DATA_HEAD)
		return MQL_EBADFRAME;
	r->subscription = get_u32(head.ptr);
	r->nrows = get_u32(head.ptr + 4);
	r->first = get_u64(head.ptr + 8);
	return data_ok(r) ? 0 : MQL_EBADFRAME;
}

int
data_reader_init(struct data_reader *r, struct str body)
{
	size_t n = body.len < DATA_HEAD ? body.len : DATA_HEAD;

	return data_reader_init_parts(
		r, (struct str){ body.ptr, n },
		(struct str){ n ? body.ptr + n : NULL, body.len - n });
}

bool
data_reader_next(struct data_reader *r, struct str *row)
{
	if (r->row == r->nrows)
		return false;
	*row = data_row(r->rows.ptr + r->at);
	r->at += DATA_ROW + row->len;
	r->row++;
	return true;
}
