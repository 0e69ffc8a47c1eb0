#include "source-job/queue.h"

#include <stdlib.h>

#include "common/buf.h"
#include "mql/error.h"
#include "wire/rows.h"

enum {
	HEAD = WIRE_HEADER + DATA_HEAD,
	THINNED_MAX = 20,
	SHARE_MIN = 8 << 10, /* bytes: less is cheaper to copy */
};

struct chunk {
	struct chunk *next;
	struct buf    frame; /* all of it, or the head in front of rows */
	struct span   rows;  /* of a batch that it holds; of none: in frame */
	size_t        len;   /* of both, once it is sealed */
	uint32_t      n;     /* rows */
	bool          sealed, marked;
	int64_t       sent;  /* its first row, by an agent */
	struct wire_window mark;
};

size_t
queue_body(struct str row)
{
	return DATA_HEAD + batch_size(row);
}

static size_t
length(const struct chunk *c)
{
	return c->sealed ? c->len : c->frame.len + c->rows.len;
}

static void
chunk_free(struct chunk *c)
{
	if (!c)
		return;
	batch_drop(c->rows.of);
	buf_fini(&c->frame);
	free(c);
}

/* An empty one, with its head. */
static struct chunk *
chunk_new(struct queue *q, size_t room)
{
	struct chunk *c = q->spare;

	q->spare = NULL;
	if (!c && !(c = calloc(1, sizeof *c)))
		return NULL;
	buf_reset(&c->frame);
	buf_room(&c->frame, room);
	data_begin(&c->frame, q->id, q->numbered + 1);
	c->rows = (struct span){ 0 };
	c->n = 0;
	c->sent = q->sent;
	c->sealed = c->marked = false;
	c->next = NULL;
	if (!c->frame.err)
		return c;
	chunk_free(c);
	return NULL;
}

static void
link_in(struct queue *q, struct chunk *c)
{
	if (q->tail)
		q->tail->next = c;
	else
		q->head = c;
	q->tail = c;
}

static bool
is_full(const struct queue *q, size_t more)
{
	return q->bytes + HEAD + more > q->limit;
}

/* The chunk that takes so many bytes: the last, or a new one. */
static struct chunk *
chunk_for(struct queue *q, size_t more)
{
	struct chunk *c = q->tail;

	if (c && !c->sealed && !c->marked && !c->rows.of &&
	    c->frame.len - WIRE_HEADER + more <= q->frame)
		return c;
	return chunk_new(q, q->expected);
}

/* What was put into c since it had that many bytes. It may be new. */
static int
put(struct queue *q, struct chunk *c, size_t before, uint32_t n)
{
	const bool fresh = !c->n;

	if (c->frame.err) { /* what was there is still good */
		c->frame.len = before;
		c->frame.err = 0;
		if (fresh)
			chunk_free(c);
		return MQL_ENOMEM;
	}
	if (fresh)
		link_in(q, c);
	c->n += n;
	q->bytes += length(c) - (fresh ? 0 : before);
	q->rows += n;
	q->numbered += n;
	return 0;
}

static int
push(struct queue *q, struct str row)
{
	struct chunk *c = chunk_for(q, batch_size(row));

	if (!c)
		return MQL_ENOMEM;
	const size_t before = c->frame.len;
	data_put_row(&c->frame, row);
	return put(q, c, before, 1);
}

int
queue_push(struct queue *q, struct str row)
{
	return is_full(q, batch_size(row)) ? MQL_ELIMIT : push(q, row);
}

/* --- rows of a batch ------------------------------------------------------- */

static int
copy(struct queue *q, const struct span *rows)
{
	const struct str from = span_bytes(rows);
	struct chunk *c = chunk_for(q, from.len);

	if (!c)
		return MQL_ENOMEM;
	const size_t before = c->frame.len;
	buf_put(&c->frame, from.ptr, from.len);
	return put(q, c, before, rows->n);
}

static int
share(struct queue *q, const struct span *rows)
{
	struct chunk *c = chunk_new(q, HEAD);

	if (!c)
		return MQL_ENOMEM;
	c->rows = *rows;
	batch_hold(rows->of);
	return put(q, c, 0, rows->n);
}

/* Who waits for a few rows must not hold all of a batch. */
static bool
pays(const struct queue *q, const struct span *rows)
{
	return q->parts && rows->len >= SHARE_MIN &&
	       rows->len >= rows->of->rows.cap / 2;
}

uint64_t
queue_offer_span(struct queue *q, struct span rows)
{
	const size_t room = q->frame > DATA_HEAD ? q->frame - DATA_HEAD : 0;
	uint64_t gone = 0;
	struct str row;

	while (rows.n) {
		struct span s = span_cut(&rows, room);

		if (q->thinned || is_full(q, s.len))
			while (span_next(&s, &row))
				gone += queue_offer(q, row);
		else if (pays(q, &s) ? share(q, &s) : copy(q, &s))
			gone += s.n;
	}
	return gone;
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

static struct str
rows_of(const struct chunk *c)
{
	return c->rows.of ? span_bytes(&c->rows) : (struct str){
		(const char *)c->frame.data + HEAD, c->frame.len - HEAD };
}

/* Every other row of c goes in again; c is done with. */
static void
keep_half(struct queue *q, struct chunk *c)
{
	const struct str rows = rows_of(c);

	for (size_t at = 0; at < rows.len;) {
		struct str row = data_row(rows.ptr + at);

		at += batch_size(row);
		if (lot(q) & 1)
			push(q, row); /* for want of memory it is gone */
	}
	chunk_free(c);
}

static void
keep(struct queue *q, struct chunk *c)
{
	c->next = NULL;
	if (!c->sealed)
		data_number(&c->frame, q->numbered + 1);
	link_in(q, c);
	q->bytes += length(c);
	q->rows += c->n;
	q->numbered += c->n;
}

/* All goes in anew, with new numbers; half of it but for the frame that is
 * looked at, and those of windows, which are whole. How many rows are gone. */
static uint64_t
thin(struct queue *q)
{
	const uint64_t had = q->rows;
	const int64_t sent = q->sent;
	struct chunk *c = q->head, *next;

	q->head = q->tail = NULL;
	q->numbered -= q->rows;
	q->rows = q->bytes = 0;
	for (; c; c = next) {
		next = c->next;
		q->sent = c->sent;
		if (c->sealed || c->marked)
			keep(q, c);
		else
			keep_half(q, c);
	}
	q->sent = sent;
	q->thinned++;
	return had - q->rows;
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

bool
queue_head(struct queue *q, struct queue_frame *out)
{
	struct chunk *c = q->head;

	if (!c)
		return false;
	if (!c->sealed) {
		data_end(&c->frame, 0, c->n);
		c->len = length(c);
	}
	c->sealed = true;
	*out = (struct queue_frame){ .own = &c->frame, .rows = c->rows,
				     .body = c->len - WIRE_HEADER, .n = c->n,
				     .sent = c->sent };
	return true;
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
	q->bytes -= length(c);
	q->rows -= c->n;
	if (c->rows.of) {
		batch_drop(c->rows.of);
		c->rows = (struct span){ 0 };
	} else {
		q->expected = length(c);
	}
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
