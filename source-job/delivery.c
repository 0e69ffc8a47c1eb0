/* delivery.c - rows, books and endings on their way to the subscribers.
 *
 * What merge.c has taken is sent by subscribers_flush() at the end of the turn.
 * Only there a subscription ends. */
#include "common/log.h"
#include "mql/error.h"
#include "source-job/batch.h"
#include "common/clock.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/ledger.h"
#include "source-job/staged.h"
#include "wire/message.h"

enum { META_MS = 1000 };

/* --- into the queues ------------------------------------------------------ */

uint64_t
sub_wants(const struct sub *s)
{
	uint64_t has = s->books.source.delivered + s->queue.rows;

	return has < s->limit ? s->limit - has : 0;
}

/* No credit that it ever gave would be enough. */
static bool
is_too_long(const struct sub *s, struct str row)
{
	return s->window && queue_body(row) > s->window;
}

static void
drop_limit(struct job *j, struct sub *s, uint64_t n)
{
	s->books.source.drop_limit += n;
	counter_add(&j->counters.drop_limit, n);
}

static void
drop_slow(struct job *j, struct sub *s, uint64_t n)
{
	s->books.source.drop_slow += n;
	counter_add(&j->counters.drop_slow, n);
}

bool
sub_give(struct job *j, struct sub *s, struct str row)
{
	if (sub_is_whole(s))
		return crew_give(j, s->crew, row);
	if (!sub_wants(s)) {
		drop_limit(j, s, 1);
		return false;
	}
	if (s->link->unreachable || is_too_long(s, row) ||
	    queue_push(&s->queue, row))
		drop_slow(j, s, 1);
	else
		sub_mark(j, s);
	return sub_wants(s);
}

void
sub_give_batch(struct job *j, struct sub *s, const struct batch *b,
	       size_t first, size_t n)
{
	const size_t end = first + n;
	uint64_t dropped = 0, room = sub_wants(s);

	if (s->link->nobody) { /* with others, who have them */
		if (s->query->nstaying == 1)
			counter_add(&j->counters.rows_unkept, n);
		return;
	}
	if (s->link->unreachable) {
		dropped = room < n ? room : n;
		first += dropped;
		room = 0;
	}
	s->queue.sent = b->sent;
	for (; first < end && room; first++) {
		struct str row = batch_row(b, first);
		uint64_t gone = is_too_long(s, row) ? 1 :
				queue_offer(&s->queue, row);
		room += gone - 1; /* others may have made room */
		dropped += gone;
	}
	if (s->queue.rows)
		sub_mark(j, s);
	if (dropped)
		drop_slow(j, s, dropped);
	if (first < end)
		drop_limit(j, s, end - first);
}

void
sub_close(struct sub *s, const struct wire_window *w)
{
	if (sub_is_whole(s))
		crew_close(s->crew, w);
	else if (!queue_mark(&s->queue, w))
		s->closed = *w; /* no row waits: the next META tells it */
}

/* --- books --------------------------------------------------------------- */

static struct books
books_of(struct sub *s)
{
	struct books b;

	staged_count(sub_whole(s));
	b = s->books;

	b.source.waiting = s->queue.rows;
	if (!s->query)
		return b;
	if (s->crew)
		crew_books(s, &b.source);
	const struct query_count *c = query_shown(s->query);
	b.agent = ledger_since(&s->query->all, &s->before);
	b.targeted = c->targeted;
	b.live = c->live;
	b.refused = c->refused;
	return b;
}

static void
send_to(struct job *j, struct link *l)
{
	if (!l->unreachable &&
	    hop_send(&j->subscriber_hop, &l->peer) == MQL_EUNREACH)
		l->unreachable = true;
}

static void
send_meta(struct job *j, struct sub *s, struct notes *n)
{
	struct wire_meta m = { .id = s->id, .books = books_of(s),
			       .before = s->before, .refusal = n->refusal,
			       .nrefusal = n->nrefusal, .window = s->closed,
			       .limit = n->limit, .nlimit = n->nlimit };

	wire_meta_encode(&m, hop_frame(&j->subscriber_hop));
	send_to(j, s->link);
}

static void
send_metas(struct job *j, struct query *q)
{
	struct notes notes;
	struct sub *s;

	query_notes(j, q, &notes);
	LIST_FOREACH(s, &q->subs, of_query)
		if (s->accepted)
			send_meta(j, s, &notes);
}

/* The last row of a window is out. */
static void
tell_window(struct job *j, struct sub *s)
{
	struct notes notes = { 0 };

	if (s->query)
		query_notes(j, s->query, &notes);
	send_meta(j, s, &notes);
}

/* What it has brought and cost since the last META of a second. */
static void
query_rates(struct job *j, struct query *q)
{
	const uint64_t ms = (uint64_t)(j->now - q->meta_at);
	const uint64_t cpu = query_cpu_ns(j, q);

	q->rate = (q->all.sent - q->meta_sent) * 1000 / ms;
	q->cpu_rate = (cpu - q->meta_cpu) * 1000 / ms;
	q->meta_at = j->now;
	q->meta_sent = q->all.sent;
	q->meta_cpu = cpu;
}

static void
meta(struct job *j, struct query *q)
{
	bool due = j->now - q->meta_at >= META_MS;

	if (due)
		query_rates(j, q);
	if (due || (q->changed && !q->closing))
		send_metas(j, q);
	q->changed = false;
}

/* --- rows ---------------------------------------------------------------- */

static void
note_latency(struct job *j, const struct sub *s, uint32_t rows)
{
	const int64_t sent = queue_sent(&s->queue);

	if (sent)
		latency_add(&j->counters.row_latency, clock_wall_us() - sent,
			    rows);
}

/* As far as credit goes. What the socket does not take now is tried again at
 * the next tick; a peer that is gone has until its lease ends. */
static void
deliver(struct job *j, struct sub *s)
{
	struct buf *frame;
	size_t body;
	uint32_t rows;

	while (!s->link->unreachable &&
	       (rows = queue_head(&s->queue, &frame, &body)) != 0) {
		if (body > s->credit - s->used)
			return;
		int err = hop_send_buf(&j->subscriber_hop, &s->link->peer,
				       frame);
		if (err == MQL_EUNREACH)
			s->link->unreachable = true;
		if (err)
			return;
		note_latency(j, s, rows);
		s->used += body;
		s->books.source.delivered += rows;
		counter_add(&j->counters.rows_out, rows);
		if (queue_pop(&s->queue, &s->closed))
			tell_window(j, s);
	}
}

static void
drop_queue(struct job *j, struct sub *s)
{
	uint64_t rows = queue_clear(&s->queue);

	drop_slow(j, s, rows);
}

/* --- the end of a turn --------------------------------------------------- */

static void
end(struct job *j, struct sub *s)
{
	struct wire_end m = {
		.meta = { .id = s->id, .before = s->before,
			  .window = s->closed },
		.why = str_of(s->why),
		.failed = s->failed,
		.leaves = job_draining(j), .lapsed = s->lapsed,
	};

	drop_queue(j, s);
	m.meta.books = books_of(s);
	wire_end_encode(&m, hop_frame(&j->subscriber_hop));
	send_to(j, s->link);
	sub_free(j, s);
}

static void
flush(struct job *j, struct sub *s)
{
	if (s->accepted)
		deliver(j, s);
	if (s->link->unreachable)
		drop_queue(j, s);
	if (s->books.source.delivered >= s->limit ||
	    (staged_done(sub_whole(s)) && !s->queue.rows))
		sub_leave(j, s, false, "limit");
	if (s->state == SUB_SETTLED &&
	    (!s->queue.rows || j->now >= s->deadline))
		end(j, s);
}

void
subscribers_flush(struct job *j)
{
	struct sub *s;
	struct query *q;

	while ((s = TAILQ_FIRST(&j->subscribers.dirty))) {
		TAILQ_REMOVE(&j->subscribers.dirty, s, of_dirty);
		s->dirty = false;
		flush(j, s);
	}
	LIST_FOREACH(q, &j->queries.all, entry)
		meta(j, q);
}
