/* delivery.c - rows, books and endings on their way to the subscribers.
 *
 * What merge.c has taken is sent by subscribers_flush() at the end of the turn.
 * Only there a subscription ends. */
#include "common/clock.h"
#include "common/log.h"
#include "mql/error.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/ledger.h"
#include "source-job/replays.h"
#include "source-job/staged.h"
#include "wire/message.h"
#include "wire/rows.h"

enum { META_MS = 1000 };

/* --- into the queues ------------------------------------------------------ */

uint64_t
sub_wants(const struct sub *s)
{
	uint64_t has = s->books.source.delivered + s->queue.rows;

	return has < s->limit ? s->limit - has : 0;
}

/* No credit that it ever gave would be enough for one of so many bytes. */
static bool
is_too_long(const struct sub *s, size_t row)
{
	return s->window && DATA_HEAD + DATA_ROW + row > s->window;
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
	if (s->link->unreachable || is_too_long(s, row.len) ||
	    queue_push(&s->queue, row))
		drop_slow(j, s, 1);
	else
		sub_mark(j, s);
	return sub_wants(s);
}

/* One by one, as many as it wants: how many found no room. What is left in rows
 * is too many. */
static uint64_t
give_some(struct sub *s, struct span *rows)
{
	uint64_t dropped = 0, room = sub_wants(s);
	struct str row;

	while (room && span_next(rows, &row)) {
		uint64_t gone = is_too_long(s, row.len) ? 1 :
				queue_offer(&s->queue, row);
		room += gone - 1; /* others may have made room */
		dropped += gone;
	}
	return dropped;
}

void
sub_give_span(struct job *j, struct sub *s, struct span rows)
{
	uint64_t dropped;

	s->queue.sent = rows.of->sent;
	if (s->link->nobody) { /* with others, who have them */
		if (s->query->nstaying == 1)
			counter_add(&j->counters.rows_unkept, rows.n);
		return;
	}
	if (s->link->unreachable && sub_wants(s)) {
		dropped = rows.n;
		rows.n = 0;
	} else if (rows.n > sub_wants(s) ||
		   is_too_long(s, rows.of->longest)) {
		dropped = give_some(s, &rows);
	} else {
		dropped = queue_offer_span(&s->queue, rows);
		rows.n = 0;
	}
	if (s->queue.rows)
		sub_mark(j, s);
	if (dropped)
		drop_slow(j, s, dropped);
	if (rows.n)
		drop_limit(j, s, rows.n);
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
	struct books b = s->books;

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

	replays_tell(s, &m.replay);
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

/* At once: it begins, or the last row of a window is out. */
static void
tell(struct job *j, struct sub *s)
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
note_latency(struct job *j, const struct queue_frame *f)
{
	if (f->sent)
		latency_add(&j->counters.row_latency,
			    clock_wall_us() - f->sent, f->n);
}

static int
send_frame(struct job *j, const struct link *l, const struct queue_frame *f)
{
	return f->rows.of ?
		hop_send_span(&j->subscriber_hop, &l->peer, f->own, f->rows) :
		hop_send_buf(&j->subscriber_hop, &l->peer, f->own);
}

/* As far as credit goes. What the socket does not take now is tried again at
 * the next tick; a peer that is gone has until its lease ends. */
static void
deliver(struct job *j, struct sub *s)
{
	struct queue_frame f;

	while (!s->link->unreachable && queue_head(&s->queue, &f)) {
		if (f.body > s->credit - s->used)
			return;
		int err = send_frame(j, s->link, &f);
		if (err == MQL_EUNREACH)
			s->link->unreachable = true;
		if (err)
			return;
		note_latency(j, &f);
		s->used += f.body;
		s->books.source.delivered += f.n;
		counter_add(&j->counters.rows_out, f.n);
		if (queue_pop(&s->queue, &s->closed))
			tell(j, s);
	}
}

/* Where it counts from comes before any row: should its link break now, it can
 * tell what it has missed. */
static void
begin(struct job *j, struct sub *s)
{
	if (!s->told)
		tell(j, s);
	s->told = true;
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
	const bool torn = s->replaying && s->queue.rows && job_draining(j);
	struct wire_end m = {
		.meta = { .id = s->id, .before = s->before,
			  .window = s->closed },
		.why = str_of(s->why),
		.failed = s->failed || torn,
		.leaves = job_draining(j), .lapsed = s->silent,
	};

	drop_queue(j, s);
	m.meta.books = books_of(s);
	replays_tell(s, &m.meta.replay);
	wire_end_encode(&m, hop_frame(&j->subscriber_hop));
	send_to(j, s->link);
	if (s->silent)
		sub_lost(j, s);
	sub_free(j, s);
}

static void
flush(struct job *j, struct sub *s)
{
	if (s->accepted) {
		begin(j, s);
		deliver(j, s);
	}
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
