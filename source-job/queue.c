#include "source-job/queue.h"

#include <stdlib.h>

#include "common/buf.h"
#include "mql/error.h"
#include "wire/rows.h"

enum {
	ROW_OVERHEAD = 4, BODY_OVERHEAD = 16, /* of DATA: see rows.h */
	THINNED_MAX = 20,
};

struct chunk {
	struct chunk *next;
	struct buf    frame;
	size_t        len;  /* of the frame, once it is sealed */
	uint32_t      rows;
	bool          sealed, marked;
	int64_t       sent; /* its first row, by an agent */
	struct wire_window mark;
};

size_t
queue_body(struct str row)
{
	return BODY_OVERHEAD + ROW_OVERHEAD + row.len;
}

static void
chunk_free(struct chunk *c)
{
	if (!c)
		return;
	buf_fini(&c->frame);
	free(c);
}

static int
chunk_new(struct queue *q, struct chunk **out)
{
	struct chunk *c = q->spare;

	q->spare = NULL;
	if (!c && !(c = calloc(1, sizeof *c)))
		return MQL_ENOMEM;
	buf_reset(&c->frame);
	buf_room(&c->frame, q->expected);
	data_begin(&c->frame, q->id, q->numbered + 1);
	c->rows = 0;
	c->sent = q->sent;
	c->sealed = c->marked = false;
	c->next = NULL;
	*out = c;
	return 0;
}

static bool
takes(const struct queue *q, const struct chunk *c, struct str row)
{
	size_t body = c->frame.len - WIRE_HEADER + ROW_OVERHEAD + row.len;

	return !c->sealed && !c->marked && body <= q->frame;
}

static int
append(struct queue *q, struct chunk *c, struct str row)
{
	size_t before = c->frame.len;

	data_put_row(&c->frame, row);
	if (c->frame.err) { /* what was there is still good */
		c->frame.len = before;
		c->frame.err = 0;
		return MQL_ENOMEM;
	}
	c->rows++;
	q->bytes += c->frame.len - before;
	q->rows++;
	q->numbered++;
	return 0;
}

/* A chunk with this row alone, at the tail. */
static int
open_chunk(struct queue *q, struct str row)
{
	struct chunk *c;
	size_t header;
	int err = chunk_new(q, &c);

	if (err)
		return err;
	header = c->frame.len;
	if ((err = c->frame.err ? c->frame.err : append(q, c, row))) {
		chunk_free(c);
		return err;
	}
	q->bytes += header;
	if (q->tail)
		q->tail->next = c;
	else
		q->head = c;
	q->tail = c;
	return 0;
}

int
queue_push(struct queue *q, struct str row)
{
	struct chunk *c = q->tail;

	if (q->bytes + WIRE_HEADER + queue_body(row) > q->limit)
		return MQL_ELIMIT;
	return c && takes(q, c, row) ? append(q, c, row) : open_chunk(q, row);
}

/* --- thinning -------------------------------------------------------------- */

/* splitmix64, Steele et al. */
static uint64_t
lot(struct queue *q)
{
	uint64_t z = q->lots += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return z ^ z >> 31;
}

/* Forget every other row of c: how many. */
static uint32_t
thin_chunk(struct queue *q, struct chunk *c)
{
	const uint32_t rows = c->rows;
	char *to = (char *)c->frame.data + WIRE_HEADER + BODY_OVERHEAD;
	struct data_reader in;
	struct str row;

	data_end(&c->frame, 0, rows);
	if (data_reader_init(&in, (struct str){
			(char *)c->frame.data + WIRE_HEADER,
			c->frame.len - WIRE_HEADER }))
		return 0;
	while (data_reader_next(&in, &row)) {
		size_t size = ROW_OVERHEAD + row.len;

		if (lot(q) & 1) {
			memmove(to, row.ptr - ROW_OVERHEAD, size);
			to += size;
		} else {
			c->frame.len -= size;
			q->bytes -= size;
			c->rows--;
		}
	}
	return rows - c->rows;
}

/* Frames number their rows: those behind a gap move up. */
static void
renumber(struct queue *q, uint64_t first)
{
	for (struct chunk *c = q->head; c; c = c->next) {
		if (!c->sealed)
			data_number(&c->frame, first);
		first += c->rows;
	}
	q->numbered = first - 1;
}

static void
remove_empty(struct queue *q)
{
	struct chunk **at = &q->head, *c;

	q->tail = NULL;
	while ((c = *at)) {
		if (c->rows) {
			q->tail = c;
			at = &c->next;
			continue;
		}
		*at = c->next;
		q->bytes -= c->frame.len;
		chunk_free(c);
	}
}

/* Without those that are looked at, and those of windows, which are whole. */
static uint64_t
thin(struct queue *q)
{
	const uint64_t first = q->numbered + 1 - q->rows;
	uint64_t gone = 0;

	for (struct chunk *c = q->head; c; c = c->next)
		if (!c->sealed && !c->marked)
			gone += thin_chunk(q, c);
	q->rows -= gone;
	q->thinned++;
	remove_empty(q);
	renumber(q, first);
	return gone;
}

uint64_t
queue_offer(struct queue *q, struct str row)
{
	uint64_t gone = 0;

	if (q->thinned && lot(q) >> (64 - q->thinned))
		return 1;
	int err = queue_push(q, row);
	if (err != MQL_ELIMIT)
		return err != 0;
	if (q->thinned < THINNED_MAX)
		gone = thin(q);
	return gone + (!gone || lot(q) & 1 || queue_push(q, row));
}

/* --- the other end --------------------------------------------------------- */

uint32_t
queue_head(struct queue *q, struct buf **frame, size_t *body)
{
	struct chunk *c = q->head;

	if (!c)
		return 0;
	if (!c->sealed) {
		data_end(&c->frame, 0, c->rows);
		c->len = c->frame.len;
	}
	c->sealed = true;
	*frame = &c->frame;
	*body = c->len - WIRE_HEADER;
	return c->rows;
}

int64_t
queue_sent(const struct queue *q)
{
	return q->head ? q->head->sent : 0;
}

bool
queue_mark(struct queue *q, const struct wire_window *mark)
{
	struct chunk *c = q->tail;

	if (!c)
		return false;
	c->marked = true;
	c->mark = *mark;
	return true;
}

bool
queue_pop(struct queue *q, struct wire_window *mark)
{
	struct chunk *c = q->head;
	bool marked = c->marked;

	q->head = c->next;
	if (!q->head) {
		q->tail = NULL;
		q->thinned = 0;
	}
	if (!c->sealed)
		c->len = c->frame.len;
	q->expected = c->len;
	q->bytes -= c->len;
	q->rows -= c->rows;
	if (marked && mark)
		*mark = c->mark;
	if (q->spare || c->frame.cap > 2 * q->frame)
		chunk_free(c);
	else
		q->spare = c;
	return marked;
}

uint64_t
queue_clear(struct queue *q)
{
	uint64_t rows = q->rows;

	while (q->head)
		queue_pop(q, NULL);
	return rows;
}

void
queue_fini(struct queue *q)
{
	queue_clear(q);
	chunk_free(q->spare);
	q->spare = NULL;
}
