/* message.c - see message.h.
 *
 * A message is head, body, tail: the body is a batch that all viewers share,
 * the rest a few bytes of this viewer's. Compressed, head and tail are stored
 * blocks of deflate, and the body is what batch_deflated() has made: a viewer
 * needs no compressor, and gzip's checksum is put together from parts. */
#include "sink/sse/message.h"

#include <inttypes.h>
#include <stdio.h>
#include <zlib.h>

#include "common/clock.h"

enum { STORED = 5, TAIL_FIXED = 120 };

size_t
message_room(size_t n)
{
	return GZIP_HEAD + 2 * STORED + MESSAGE_HEAD + TAIL_FIXED +
	       n * POSITION_MAX;
}

/* --- pieces -------------------------------------------------------------------- */

static void
add_piece(struct viewer *v, const void *ptr, size_t len)
{
	if (len)
		v->piece[v->npiece++] = (struct str){ ptr, len };
}

static void
put_gzip_header(struct buf *b)
{
	static const uint8_t header[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0,
					  255 };

	buf_put(b, header, sizeof header);
}

static void
put_stored(struct viewer *v, struct buf *b, struct str text)
{
	if (!text.len)
		return;
	buf_put_u8(b, 0);
	buf_put_u16(b, (uint16_t)text.len);
	buf_put_u16(b, (uint16_t)~text.len);
	buf_put(b, text.ptr, text.len);
	v->crc = (uint32_t)crc32(v->crc, (const Bytef *)text.ptr,
				 (uInt)text.len);
	v->size += (uint32_t)text.len;
}

static int
add_body(struct viewer *v)
{
	if (!v->body)
		return 0;
	if (!v->gzip) {
		add_piece(v, v->body->text, v->body->len);
		return 0;
	}
	const struct deflated *d = batch_deflated(v->body);
	if (!d)
		return MQL_ENOMEM;
	add_piece(v, d->data, d->len);
	v->crc = (uint32_t)crc32_combine(v->crc, d->crc,
					 (z_off_t)v->body->len);
	v->size += (uint32_t)v->body->len;
	return 0;
}

/* Make the pieces. Takes body, which may be NULL. */
static enum message
compose(struct viewer *v, struct str head, struct batch *body, struct str tail)
{
	struct buf b = BUF_FIXED(v->text, message_room(v->nsource));
	size_t cut;

	v->at = v->npiece = 0;
	v->body = body;
	if (v->gzip && !v->begun)
		put_gzip_header(&b);
	v->begun = true;
	if (v->gzip)
		put_stored(v, &b, head);
	else
		buf_put(&b, head.ptr, head.len);
	cut = b.len;
	add_piece(v, b.data, cut);
	if (add_body(v))
		return MESSAGE_FAILED;
	if (v->gzip)
		put_stored(v, &b, tail);
	else
		buf_put(&b, tail.ptr, tail.len);
	add_piece(v, b.data + cut, b.len - cut);
	return b.err ? MESSAGE_FAILED : MESSAGE_MADE;
}

/* --- parts of a message -------------------------------------------------------- */

/* `event: rows.1`; rows of the only query have no name. */
static void
put_name(const struct viewer *v, const struct source *s, const char *name,
	 struct buf *b)
{
	if (v->nsource > 1)
		buf_printf(b, "event: %s.%u\n", name,
			   (unsigned)(s - v->source));
	else if (strcmp(name, "rows"))
		buf_printf(b, "event: %s\n", name);
}

static void
put_id(const struct viewer *v, struct buf *b)
{
	buf_puts(b, "id: ");
	for (unsigned i = 0; i < v->nsource; i++) {
		const struct source *s = &v->source[i];
		struct position p = { .kind = s->state, .place = s->at };

		memcpy(p.epoch, s->epoch, sizeof p.epoch);
		if (i)
			buf_puts(b, ",");
		position_write(&p, b);
	}
	buf_puts(b, "\n\n");
}

static uint64_t
waiting(const struct source *s)
{
	uint64_t rows = atomic_load_explicit(&s->sub->ring.rows,
					     memory_order_relaxed);

	return rows > s->at.rows ? rows - s->at.rows : 0;
}

static void
put_viewer(const struct source *s, struct buf *b)
{
	buf_printf(b, ",\"viewer\":{\"sent\":%" PRIu64 ",\"waiting\":%" PRIu64
		   ",\"dropped\":%" PRIu64 "}}\n", s->sent, waiting(s),
		   s->dropped);
}

static struct str
str_of_buf(const struct buf *b)
{
	return (struct str){ (char *)b->data, b->len };
}

struct parts {
	char       heads[MESSAGE_HEAD];
	char       tails[TAIL_FIXED + VIEWER_MAX_QUERIES * POSITION_MAX];
	struct buf head, tail;
};

static void
parts_init(struct parts *p)
{
	p->head = (struct buf)BUF_FIXED(p->heads, sizeof p->heads);
	p->tail = (struct buf)BUF_FIXED(p->tails, sizeof p->tails);
}

static enum message
finish_parts(struct viewer *v, struct parts *p, struct batch *body)
{
	if (p->head.err || p->tail.err) {
		batch_unref(body);
		return MESSAGE_FAILED;
	}
	return compose(v, str_of_buf(&p->head), body, str_of_buf(&p->tail));
}

/* --- each kind of message ------------------------------------------------------ */

static enum message
say_error(struct viewer *v, struct source *s)
{
	struct batch *error = s->error;
	struct parts p;

	s->error = NULL;
	s->state = POSITION_OVER;
	parts_init(&p);
	put_name(v, s, "error", &p.head);
	put_id(v, &p.tail);
	return finish_parts(v, &p, error);
}

static enum message
say_meta(struct viewer *v, struct source *s)
{
	struct batch *meta = sub_meta(s->sub, &s->meta_seq);
	struct parts p;

	if (!meta)
		return MESSAGE_NONE;
	parts_init(&p);
	put_name(v, s, "meta", &p.head);
	buf_puts(&p.head, "data: {");
	put_viewer(s, &p.tail);
	buf_puts(&p.tail, "\n");
	return finish_parts(v, &p, meta);
}

static enum message
say_gap(struct viewer *v, struct source *s)
{
	static const char *const why[] = {
		[GAP_NONE] = "",
		[GAP_SLOW] = "this viewer was slow",
		[GAP_REPLAY] = "the replay does not go back so far",
		[GAP_GONE] = "the subscription is gone",
	};
	struct parts p;

	parts_init(&p);
	put_name(v, s, "gap", &p.head);
	buf_puts(&p.head, "data: {\"rows\":");
	if (s->gap == GAP_GONE)
		buf_puts(&p.head, "null");
	else
		buf_printf(&p.head, "%" PRIu64, s->missed);
	buf_printf(&p.head, ",\"why\":\"%s\",\"ms\":null}\n", why[s->gap]);
	hub_count(&v->hub->counters.gaps, 1);
	s->gap = GAP_NONE;
	s->missed = 0;
	put_id(v, &p.tail);
	return finish_parts(v, &p, NULL);
}

/* An end of this viewer's own: why is a word of ours. */
static enum message
say_end(struct viewer *v, struct source *s, const char *why, bool again)
{
	unsigned seq;
	struct batch *meta = sub_meta(s->sub, &seq);
	struct parts p;

	parts_init(&p);
	put_name(v, s, "end", &p.head);
	buf_printf(&p.head, "data: {\"why\":\"%s\",\"failed\":%s,"
		   "\"again\":%s%s", why, again ? "true" : "false",
		   again ? "true" : "false", meta ? "," : "");
	put_viewer(s, &p.tail);
	if (!again)
		s->state = POSITION_OVER;
	put_id(v, &p.tail);
	hub_leave(v->hub, s);
	return finish_parts(v, &p, meta);
}

/* Takes b: the rest of it from where s stands, up to the limit. */
static struct batch *
rest_of(const struct viewer *v, struct source *s, struct batch *b)
{
	uint32_t from = (uint32_t)(s->at.rows - b->before.rows);
	uint32_t to = b->rows;

	if (v->limit && to - from > v->limit - s->sent)
		to = from + (uint32_t)(v->limit - s->sent);
	if (!from && to == b->rows)
		return b;
	struct batch *part = batch_slice(b, from, to);
	batch_unref(b);
	return part;
}

static enum message
say_rows(struct viewer *v, struct source *s, struct batch *b)
{
	struct parts p;

	if (!(b = rest_of(v, s, b)))
		return MESSAGE_FAILED;
	parts_init(&p);
	put_name(v, s, "rows", &p.head);
	s->at = batch_after(b);
	s->sent += b->rows;
	hub_count(&v->hub->counters.rows_out, b->rows);
	put_id(v, &p.tail);
	return finish_parts(v, &p, b);
}

static enum message
say_mark(struct viewer *v, struct source *s, struct batch *b)
{
	struct parts p;

	parts_init(&p);
	put_name(v, s, b->kind == BATCH_WINDOW ? "window" : "gap", &p.head);
	s->at = batch_after(b);
	put_id(v, &p.tail);
	return finish_parts(v, &p, b);
}

/* The subscription's own end: b has its closing books. */
static enum message
say_closing(struct viewer *v, struct source *s, struct batch *b)
{
	struct parts p;

	parts_init(&p);
	put_name(v, s, "end", &p.head);
	buf_puts(&p.head, "data: {");
	if (b->kind == BATCH_END)
		s->state = POSITION_OVER;
	put_viewer(s, &p.tail);
	put_id(v, &p.tail);
	hub_leave(v->hub, s);
	return finish_parts(v, &p, b);
}

/* --- what comes next ----------------------------------------------------------- */

/* The ring has gone on without this viewer. */
static enum message
fall_behind(struct viewer *v, struct source *s)
{
	struct place to = ring_resume(&s->sub->ring, false);

	s->missed = to.rows > s->at.rows ? to.rows - s->at.rows : 0;
	s->dropped += s->missed;
	hub_count(&v->hub->counters.rows_dropped, s->missed);
	s->at = to;
	s->gap = GAP_SLOW;
	return say_gap(v, s);
}

static enum message
say_next(struct viewer *v, struct source *s)
{
	bool passed;
	struct batch *b = ring_get(&s->sub->ring, s->at, &passed);

	if (passed)
		return fall_behind(v, s);
	if (!b)
		return MESSAGE_NONE;
	switch (b->kind) {
	case BATCH_ROWS:
		return say_rows(v, s, b);
	case BATCH_WINDOW:
	case BATCH_GAP:
		return say_mark(v, s, b);
	case BATCH_END:
	case BATCH_LEAVE:
	case BATCH_TEXT:
		break;
	}
	return say_closing(v, s, b);
}

static enum message
say(struct viewer *v, struct source *s, int64_t now)
{
	if (s->error)
		return say_error(v, s);
	if (!s->sub)
		return MESSAGE_NONE;
	if (s->meta_seq != atomic_load(&s->sub->meta_seq))
		return say_meta(v, s);
	if (s->gap)
		return say_gap(v, s);
	if (v->limit && s->sent >= v->limit)
		return say_end(v, s, "limit", false);
	if (now >= v->deadline)
		return say_end(v, s, "for", false);
	if (ring_has(&s->sub->ring, s->at))
		return say_next(v, s);
	if (atomic_load(&v->hub->closing))
		return say_end(v, s, "the daemon is shutting down", true);
	return MESSAGE_NONE;
}

static bool
all_over(const struct viewer *v)
{
	for (unsigned i = 0; i < v->nsource; i++)
		if (v->source[i].sub || v->source[i].error)
			return false;
	return true;
}

/* Nothing more comes. gzip wants its trailer. */
static enum message
finish(struct viewer *v)
{
	struct buf b = BUF_FIXED(v->text, message_room(v->nsource));

	if (v->finished || !v->gzip)
		return MESSAGE_END;
	v->finished = true;
	if (!v->begun)
		put_gzip_header(&b);
	buf_put_u8(&b, 3); /* an empty last block */
	buf_put_u8(&b, 0);
	buf_put_u32(&b, v->crc);
	buf_put_u32(&b, v->size);
	v->at = v->npiece = 0;
	add_piece(v, b.data, b.len);
	return MESSAGE_MADE;
}

enum message
message_next(struct viewer *v)
{
	int64_t now = v->deadline == INT64_MAX ? 0 : clock_mono_ms();

	for (unsigned i = 0; i < v->nsource; i++) {
		enum message m = say(v, &v->source[v->turn], now);
		v->turn = (v->turn + 1) % v->nsource;
		if (m != MESSAGE_NONE)
			return m;
	}
	if (all_over(v))
		return finish(v);
	if (atomic_exchange(&v->beat, false))
		return compose(v, STR(":\n\n"), NULL, (struct str){ 0 });
	return MESSAGE_NONE;
}
