/* rows_writer.c - rows of many queries into one frame. See rows.h.
 *
 * The table comes first on the wire and is known last, so the rows wait in
 * `body` and one copy joins them. */
#include <stdlib.h>

#include "mql/error.h"
#include "wire/rows.h"

enum { HEAD = 8, ENTRY = 16, TIME = 8, MAX_QUERIES = UINT16_MAX };

void
rows_writer_init(struct rows_writer *w)
{
	*w = (struct rows_writer){ 0 };
}

void
rows_writer_fini(struct rows_writer *w)
{
	if (!w)
		return;
	buf_fini(&w->body);
	free(w->query);
	free(w->slot);
	rows_writer_init(w);
}

static size_t
body_size(const struct rows_writer *w)
{
	return HEAD + (size_t)w->nqueries * ENTRY + w->body.len +
	       (w->timed ? TIME : 0);
}

size_t
rows_writer_size(const struct rows_writer *w)
{
	return w->nrows ? WIRE_HEADER + body_size(w) : 0;
}

/* Where id is, or would go. */
static uint32_t *
find(const struct rows_writer *w, uint32_t id)
{
	uint32_t mask = 2 * w->capqueries - 1;
	uint32_t at = id * 0x9e3779b1u; /* ids count up: spread them */

	for (at ^= at >> 16;; at++) {
		uint32_t *slot = &w->slot[at & mask];
		if (*slot == 0 || w->query[*slot - 1].id == id)
			return slot;
	}
}

static void
hash_all(struct rows_writer *w)
{
	memset(w->slot, 0, 2 * w->capqueries * sizeof *w->slot);
	for (uint32_t i = 0; i < w->nqueries; i++)
		*find(w, w->query[i].id) = i + 1;
}

/* Room for n more queries. */
static int
reserve(struct rows_writer *w, uint32_t n)
{
	uint32_t cap = w->capqueries ? w->capqueries : 8;
	struct rows_query *query;
	uint32_t *slot;

	while (cap < w->nqueries + n)
		cap *= 2;
	if (cap == w->capqueries)
		return 0;
	query = realloc(w->query, cap * sizeof *query);
	if (!query)
		return MQL_ENOMEM;
	w->query = query;
	slot = realloc(w->slot, 2 * cap * sizeof *slot);
	if (!slot)
		return MQL_ENOMEM;
	w->slot = slot;
	w->capqueries = cap;
	hash_all(w);
	return 0;
}

/* Count the row for query id; a query is entered with its first row. False
 * when the number leaves a hole, or the weight is another. */
static bool
count_row(struct rows_writer *w, uint32_t id, uint64_t seq, uint16_t *index)
{
	uint32_t *slot = find(w, id);

	if (*slot == 0) {
		w->query[w->nqueries++] = (struct rows_query){ id, 0, seq,
							       w->step };
		*slot = w->nqueries;
	}
	*index = (uint16_t)(*slot - 1);
	if (seq != w->query[*index].first + w->query[*index].count ||
	    w->query[*index].step != w->step)
		return false;
	w->query[*index].count++;
	return true;
}

/* Take back the counts of the first n queries of a row that was not added,
 * and the queries that it entered. */
static void
uncount(struct rows_writer *w, const uint32_t *id, uint16_t n, uint32_t had)
{
	for (uint16_t i = 0; i < n; i++)
		w->query[*find(w, id[i]) - 1].count--;
	w->nqueries = had;
	hash_all(w);
}

int
rows_writer_add(struct rows_writer *w, const uint32_t *id,
		const uint64_t *seq, uint16_t n, struct str row)
{
	size_t more = 6 + (size_t)n * (2 + ENTRY) + row.len;
	uint32_t had = w->nqueries;
	size_t len = w->body.len;
	int err = 0;
	uint16_t i;

	if (more > WIRE_MAX_ROWS - body_size(w) || had + n > MAX_QUERIES)
		return MQL_ELIMIT;
	if ((err = reserve(w, n)))
		return err;
	buf_put_u32(&w->body, (uint32_t)row.len);
	buf_put_u16(&w->body, n);
	for (i = 0; i < n; i++) {
		uint16_t index;
		if (!count_row(w, id[i], seq[i], &index)) {
			err = MQL_ELIMIT;
			break;
		}
		buf_put_u16(&w->body, index);
	}
	buf_put(&w->body, row.ptr, row.len);
	if (!err && !(err = w->body.err)) {
		w->nrows++;
		w->weighed |= w->step > 0;
		return 0;
	}
	uncount(w, id, i, had);
	w->body.len = len;
	w->body.err = 0;
	return err;
}

void
rows_writer_take(struct rows_writer *w, struct buf *out)
{
	if (w->nrows == 0)
		return;
	wire_put_header(out, WIRE_ROWS);
	buf_put_u32(out, w->nrows);
	buf_put_u16(out, (uint16_t)w->nqueries);
	buf_put_u16(out, (uint16_t)(w->weighed | w->timed << 1));
	for (uint32_t i = 0; i < w->nqueries; i++) {
		const struct rows_query *q = &w->query[i];

		buf_put_u32(out, q->id);
		buf_put_u32(out, q->count | (uint32_t)q->step << 24);
		buf_put_u64(out, q->first);
	}
	buf_put(out, w->body.data, w->body.len);
	if (w->timed)
		buf_put_u64(out, w->sent);
	buf_reset(&w->body);
	w->nrows = w->nqueries = 0;
	w->weighed = false;
	hash_all(w);
}
