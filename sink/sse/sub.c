/* sub.c - see sub.h. */
#include "sink/sse/sub.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/clock.h"
#include "sink/sse/hub.h"
#include "sink/sse/meta.h"
#include "sink/sse/viewer.h"

enum {
	BATCH_MS = 50,
	BATCH_BYTES = 64 << 10,
	TURN_ITEMS = 4096,
	CHANGE_MS = 100, /* between metas that tell of a change */
};

static const char leaving[] = "the daemon is shutting down";

/* --- life ------------------------------------------------------------------- */

static void
name_epoch(char *epoch)
{
	uint64_t r = 0;

	if (getrandom(&r, sizeof r, GRND_NONBLOCK) != sizeof r)
		r = (uint64_t)clock_mono_ns() * UINT64_C(0x9e3779b97f4a7c15);
	snprintf(epoch, EPOCH_LEN + 1, "%012" PRIx64, r >> 16);
}

struct sub *
sub_new(const struct mql_query *q, uint64_t rate, size_t replay)
{
	struct sub *s = calloc(1, sizeof *s);

	if (!s)
		return NULL;
	s->canonical = strdup(mql_query_text(q));
	s->rate = rate;
	s->kind = client_query_kind(q, &s->since);
	s->began = clock_wall_ms();
	s->idle = clock_mono_ms();
	s->flushed = s->idle - BATCH_MS;
	s->told = s->idle - CHANGE_MS;
	s->balanced = true;
	LIST_INIT(&s->sources);
	name_epoch(s->epoch);
	ring_init(&s->ring, replay);
	pthread_mutex_init(&s->lock, NULL);
	if (!s->canonical) {
		sub_free(s);
		return NULL;
	}
	return s;
}

void
sub_free(struct sub *s)
{
	mql_tail_close(s->tail);
	batch_unref(s->meta);
	ring_fini(&s->ring);
	pthread_mutex_destroy(&s->lock);
	buf_fini(&s->rows);
	free(s->canonical);
	free(s);
}

/* --- into the ring ---------------------------------------------------------- */

/* Out of memory the rows are missing, and the numbers tell: a gap. */
static void
append(struct sub *s, enum batch_kind kind, const struct buf *text,
       uint32_t rows)
{
	struct batch *b = text->err ? NULL :
		batch_new(kind, (struct str){ (char *)text->data, text->len },
			  rows);

	if (b)
		ring_append(&s->ring, b);
	else
		ring_lose(&s->ring, rows);
	s->fresh = true;
}

static void
flush_rows(struct sub *s, int64_t now)
{
	if (!s->nrows)
		return;
	append(s, BATCH_ROWS, &s->rows, s->nrows);
	buf_reset(&s->rows);
	s->nrows = 0;
	s->flushed = now;
}

/* A row with a line end in it (which JSON allows between tokens) would end its
 * `data:` line. */
static void
put_row(struct sub *s, struct mql_slice row)
{
	bool cut = memchr(row.ptr, '\n', row.len) ||
		   memchr(row.ptr, '\r', row.len);
	size_t from;

	buf_puts(&s->rows, "data: ");
	from = s->rows.len;
	buf_put(&s->rows, row.ptr, row.len);
	buf_put_u8(&s->rows, '\n');
	for (size_t i = from; cut && i < s->rows.len - 1; i++)
		if (s->rows.data[i] == '\n' || s->rows.data[i] == '\r')
			s->rows.data[i] = ' ';
}

static void
take_row(struct sub *s, struct hub *h, struct mql_slice row)
{
	if (!row.len)
		return;
	put_row(s, row);
	s->nrows++;
	hub_count(&h->counters.rows_in, 1);
	if (s->rows.len >= BATCH_BYTES)
		flush_rows(s, clock_mono_ms());
}

/* An event with one line of data. */
static void
mark(struct sub *s, enum batch_kind kind, struct buf *text)
{
	buf_put_u8(text, '\n');
	append(s, kind, text, 0);
	buf_fini(text);
}

static void
take_window(struct sub *s, const struct mql_window *w)
{
	struct buf text = BUF_INIT;

	if (w->end == s->window.end && w->start == s->window.start)
		return;
	flush_rows(s, clock_mono_ms());
	s->window = *w;
	buf_puts(&text, "data: ");
	meta_write_window(s, w, &text);
	mark(s, BATCH_WINDOW, &text);
}

static void
take_gap(struct sub *s, const struct mql_item *item)
{
	struct buf text = BUF_INIT;

	flush_rows(s, clock_mono_ms());
	buf_puts(&text, "data: {\"rows\":");
	if (item->gap_more)
		buf_puts(&text, "null");
	else
		buf_printf(&text, "%" PRIu64, item->gap);
	buf_printf(&text, ",\"why\":\"the source-job was away\",\"ms\":%" PRIu64
		   "}", item->gap_ms);
	mark(s, BATCH_GAP, &text);
}

/* --- books and the end ------------------------------------------------------ */

static unsigned
viewers(struct sub *s)
{
	pthread_mutex_lock(&s->lock);
	unsigned n = s->nsources;
	pthread_mutex_unlock(&s->lock);
	return n;
}

void
sub_tell(struct sub *s, int64_t now)
{
	struct buf text = BUF_INIT;
	struct batch *b, *old;

	meta_write(s, viewers(s), &text);
	pthread_mutex_lock(&s->lock);
	b = text.err ? NULL : batch_new(BATCH_TEXT, (struct str){
		(char *)text.data, text.len }, 0);
	old = s->meta;
	if (b) {
		s->meta = b;
		atomic_fetch_add(&s->meta_seq, 1);
	}
	pthread_mutex_unlock(&s->lock);
	if (b)
		batch_unref(old);
	buf_fini(&text);
	s->told = now;
	s->changed = s->due = false;
	s->fresh = true;
}

struct batch *
sub_meta(struct sub *s, unsigned *seq)
{
	pthread_mutex_lock(&s->lock);
	struct batch *b = s->meta ? batch_ref(s->meta) : NULL;
	*seq = atomic_load(&s->meta_seq);
	pthread_mutex_unlock(&s->lock);
	return b;
}

/* The closing books, as the last in the ring. */
static void
end(struct sub *s, const char *why, bool failed, bool again)
{
	int64_t now = clock_mono_ms();
	struct buf text = BUF_INIT;

	flush_rows(s, now);
	s->up = false;
	snprintf(s->why, sizeof s->why, "%s", why ? why : "");
	buf_puts(&text, "\"why\":");
	meta_write_text(str_of(why ? why : "nobody says why"), &text);
	buf_printf(&text, ",\"failed\":%s,\"again\":%s,",
		   failed ? "true" : "false", again ? "true" : "false");
	meta_write(s, viewers(s), &text);
	append(s, again ? BATCH_LEAVE : BATCH_END, &text, 0);
	buf_fini(&text);
	sub_tell(s, now);
	atomic_store(&s->ended, true);
	mql_tail_close(s->tail);
	s->tail = NULL;
}

static void
take_end(struct sub *s, struct hub *h, const struct mql_item *item)
{
	if (atomic_load(&h->draining))
		end(s, leaving, true, true);
	else
		end(s, item->why, item->failed, false);
}

static void
take_link(struct sub *s, bool up, const char *why)
{
	s->up = up;
	snprintf(s->why, sizeof s->why, "%s", why ? why : "");
	s->due = true;
}

static void
take_books(struct sub *s, const struct mql_item *item)
{
	s->books = client_account_sum(&s->tail->ask.account);
	s->received = item->books.received;
	s->balanced = item->books.balanced;
	take_window(s, &item->window);
}

static void
take_item(struct sub *s, struct hub *h, const struct mql_item *item)
{
	if (item->kind != MQL_ROW)
		take_books(s, item);
	switch (item->kind) {
	case MQL_ROW:
		take_row(s, h, item->row);
		break;
	case MQL_LIVE:
		if (!s->up)
			take_link(s, true, NULL);
		s->changed = true;
		break;
	case MQL_META:
		s->due = true;
		break;
	case MQL_LINK:
		take_link(s, item->up, item->why);
		break;
	case MQL_GAP:
		take_gap(s, item);
		s->due = true;
		break;
	case MQL_END:
		take_end(s, h, item);
		break;
	}
}

void
sub_begin(struct sub *s, struct hub *h)
{
	struct mql_tail_options opt = MQL_TAIL_OPTIONS_INIT;
	struct mql_diag diag = { 0 };

	opt.query = s->canonical;
	opt.source_job = h->config->peer.source_job;
	opt.name = "mql-sink-sse " MQL_VERSION;
	opt.rate = s->rate;
	int err = client_tail_start(&opt, h->context, &s->tail, &diag);
	if (err) {
		end(s, *diag.text ? diag.text : mql_strerror(err), true, false);
		return;
	}
	snprintf(s->why, sizeof s->why, "asking the source-job at %s",
		 s->tail->where);
	sub_tell(s, clock_mono_ms());
}

bool
sub_turn(struct sub *s, struct hub *h)
{
	struct mql_item item;

	for (int i = 0; i < TURN_ITEMS; i++) {
		if (!s->tail || mql_tail_next(s->tail, 0, &item))
			return false;
		take_item(s, h, &item);
	}
	return true;
}

/* --- to the viewers ----------------------------------------------------------- */

void
sub_wake(struct sub *s)
{
	struct source *from;

	pthread_mutex_lock(&s->lock);
	LIST_FOREACH(from, &s->sources, of_sub)
		viewer_wake(from->viewer);
	pthread_mutex_unlock(&s->lock);
}

int
sub_flush(struct sub *s, struct hub *h, int64_t now)
{
	int64_t rows = s->flushed + BATCH_MS - now;
	int64_t meta = s->told + CHANGE_MS - now;
	int64_t wait = -1;

	(void)h;
	if (s->nrows && rows <= 0)
		flush_rows(s, now);
	else if (s->nrows)
		wait = rows;
	if (s->due || (s->changed && meta <= 0))
		sub_tell(s, now);
	else if (s->changed && (wait < 0 || meta < wait))
		wait = meta;
	if (s->fresh)
		sub_wake(s);
	s->fresh = false;
	return (int)wait;
}
