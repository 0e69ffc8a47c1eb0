/* delivery.c - rows, books and endings on their way to the subscribers.
 *
 * merge_*() take what the agents' side brings; subscribers_flush() sends it
 * at the end of the turn. Only there a subscription ends. */
#include "common/log.h"
#include "mql/error.h"
#include "source-job/job.h"
#include "source-job/ledger.h"
#include "source-job/merge.h"
#include "source-job/run.h"
#include "source-job/staged.h"
#include "wire/message.h"

enum { META_MS = 1000 };

/* --- into the queues ------------------------------------------------------ */

static bool
is_full(const struct sub *s)
{
	return s->books.source.delivered + s->queue.rows >= s->limit;
}

/* Why the row cannot be queued, counted; NULL: it is queued. */
static uint64_t *
put(struct sub *s, struct str row)
{
	struct books_source *b = &s->books.source;

	if (is_full(s))
		return &b->drop_limit;
	if (s->link->unreachable ||
	    (s->window && queue_body(row) > s->window) ||
	    queue_push(&s->queue, row))
		return &b->drop_slow;
	return NULL;
}

bool
sub_give(struct job *j, struct sub *s, struct str row)
{
	uint64_t *drop;

	if (s->link->nobody) { /* with others, who have it */
		j->counters.rows_unkept += s->query->nstaying == 1;
		return true;
	}
	drop = put(s, row);

	if (!drop) {
		sub_mark(j, s);
		return !is_full(s);
	}
	++*drop;
	if (drop == &s->books.source.drop_limit)
		j->counters.drop_limit++;
	else
		j->counters.drop_slow++;
	return !is_full(s);
}

/* --- from the agents' side ----------------------------------------------- */

void
merge_row(struct job *j, struct query *q, struct str row)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query) {
		if (s->staged)
			staged_row(s, row);
		else
			sub_give(j, s, row);
	}
}

void
merge_partial(struct query *q, const struct partial *p)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		staged_partial(s, p);
}

void
merge_complete(struct query *q, int64_t upto)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		staged_complete(s, upto);
}

void
merge_lost(struct job *j, struct query *q, uint64_t n)
{
	struct sub *s;

	j->counters.rows_lost += n;
	LIST_FOREACH(s, &q->subs, of_query)
		s->books.source.lost += n;
}

void
merge_carried(struct query *q, const struct books_agent *books)
{
	struct books_agent past = ledger_settled(books);
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		books_agent_add(&s->before, &past);
}

void
merge_agent_lost(struct query *q)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		s->books.lost_agents++;
}

void
merge_agent_back(struct query *q, uint64_t lost_at)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		if (s->serial < lost_at)
			s->books.lost_agents--;
}

void
merge_agent_left(struct query *q)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		s->books.left++;
}

void
merge_done(struct job *j, struct query *q)
{
	while (!LIST_EMPTY(&q->subs))
		sub_settle(j, LIST_FIRST(&q->subs));
}

/* --- books --------------------------------------------------------------- */

size_t
query_refusals(struct job *j, const struct query *q, struct wire_refusal *to)
{
	struct agent *a;
	size_t n = 0;

	if (!query_shown(q)->refused)
		return 0;
	LIST_FOREACH(a, &j->agents.all, entry) {
		const struct run *r = a->run[q->slot];
		if (!r || r->state != RUN_REFUSED)
			continue;
		struct str why = str_of(r->why);
		size_t i = 0;
		while (i < n && !str_eq(to[i].why, why))
			i++;
		if (i == QUERY_MAX_REFUSALS)
			to[--i].why = STR("other reasons");
		else if (i == n)
			to[n++] = (struct wire_refusal){ .why = why };
		to[i].agents++;
	}
	return n;
}

/* Where q is over its budget, and why; likewise. */
static size_t
limits(struct job *j, const struct query *q, struct wire_limit *to)
{
	struct agent *a;
	size_t n = 0;

	LIST_FOREACH(a, &j->agents.all, entry) {
		const struct run *r = a->run[q->slot];
		if (!r || !run_is_limited(r))
			continue;
		struct str why = str_of(r->limit);
		size_t i = 0;
		while (i < n && (!str_eq(to[i].why, why) ||
				 !to[i].every != r->suspended))
			i++;
		if (i == QUERY_MAX_REFUSALS)
			i--;
		else if (i == n)
			to[n++] = (struct wire_limit){ .why = why };
		if (!r->suspended && r->every > to[i].every)
			to[i].every = r->every;
		to[i].agents++;
	}
	return n;
}

/* What a META says besides the books, the same for all who asked q. */
struct notes {
	struct wire_refusal refusal[QUERY_MAX_REFUSALS];
	struct wire_limit   limit[QUERY_MAX_REFUSALS];
	size_t nrefusal, nlimit;
};

static void
take_notes(struct job *j, const struct query *q, struct notes *n)
{
	n->nrefusal = q ? query_refusals(j, q, n->refusal) : 0;
	n->nlimit = q ? limits(j, q, n->limit) : 0;
}

static struct books
books_of(struct sub *s)
{
	struct books b;

	staged_count(s);
	b = s->books;

	b.source.waiting = s->queue.rows;
	if (!s->query)
		return b;
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

	take_notes(j, q, &notes);
	LIST_FOREACH(s, &q->subs, of_query)
		send_meta(j, s, &notes);
}

/* The last row of a window is out. */
static void
tell_window(struct job *j, struct sub *s)
{
	struct notes notes;

	take_notes(j, s->query, &notes);
	send_meta(j, s, &notes);
}

static void
meta(struct job *j, struct query *q)
{
	bool due = j->now - q->meta_at >= META_MS;

	if (due) {
		q->rate = (q->all.sent - q->meta_sent) * 1000 /
			  (uint64_t)(j->now - q->meta_at);
		q->meta_at = j->now;
		q->meta_sent = q->all.sent;
	}
	if (due || (q->changed && !q->closing))
		send_metas(j, q);
	q->changed = false;
}

/* --- rows ---------------------------------------------------------------- */

/* As far as credit goes. What the socket does not take now is tried again at
 * the next tick; a peer that is gone has until its lease ends. */
static void
deliver(struct job *j, struct sub *s)
{
	struct str frame;
	size_t body;
	uint32_t rows;

	while (!s->link->unreachable &&
	       (rows = queue_head(&s->queue, &frame, &body)) != 0) {
		if (body > s->credit - s->used)
			return;
		int err = hop_send_bytes(&j->subscriber_hop, &s->link->peer,
					 frame.ptr, frame.len);
		if (err == MQL_EUNREACH)
			s->link->unreachable = true;
		if (err)
			return;
		s->used += body;
		s->books.source.delivered += rows;
		j->counters.rows_out += rows;
		if (queue_pop(&s->queue, &s->closed))
			tell_window(j, s);
	}
}

static void
drop_queue(struct job *j, struct sub *s)
{
	uint64_t rows = queue_clear(&s->queue);

	s->books.source.drop_slow += rows;
	j->counters.drop_slow += rows;
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
	deliver(j, s);
	if (s->link->unreachable)
		drop_queue(j, s);
	if (s->books.source.delivered >= s->limit ||
	    (staged_done(s) && !s->queue.rows))
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
