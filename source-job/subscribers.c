#include "source-job/subscribers.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/ledger.h"
#include "source-job/replays.h"
#include "source-job/requests.h"
#include "source-job/staged.h"
#include "wire/message.h"

enum {
	RECEIVE_MAX = 256, /* messages a turn */
	END_MS = 2000,     /* from the reason to END: agents' last word, then
			      what is queued */
};

void
subscribers_init(struct job *j)
{
	LIST_INIT(&j->subscribers.links);
	TAILQ_INIT(&j->subscribers.dirty);
}

static void
link_free(struct job *j, struct link *l)
{
	map_remove(&j->subscribers.by_peer, hop_key(&l->peer));
	LIST_REMOVE(l, entry);
	free(l);
}

void
subscribers_fini(struct job *j)
{
	struct link *l;

	while ((l = LIST_FIRST(&j->subscribers.links)))
		if (LIST_EMPTY(&l->subs)) /* nobody's */
			link_free(j, l);
		else
			sub_free(j, LIST_FIRST(&l->subs));
	map_fini(&j->subscribers.by_peer);
}

void
sub_mark(struct job *j, struct sub *s)
{
	if (sub_is_whole(s)) {
		crew_mark(j, s->crew);
		return;
	}
	if (s->dirty)
		return;
	s->dirty = true;
	TAILQ_INSERT_TAIL(&j->subscribers.dirty, s, of_dirty);
}

void
sub_free(struct job *j, struct sub *s)
{
	if (s->dirty)
		TAILQ_REMOVE(&j->subscribers.dirty, s, of_dirty);
	if (s->query)
		LIST_REMOVE(s, of_query);
	if (s->crew)
		crew_forget(s);
	LIST_REMOVE(s, of_link);
	if (LIST_EMPTY(&s->link->subs) && !s->link->nobody)
		link_free(j, s->link);
	j->subscribers.n--;
	replays_forget(j, s);
	staged_free(s->staged);
	queue_fini(&s->queue);
	free(s->canonical);
	free(s);
}

/* --- leaving ------------------------------------------------------------- */

void
sub_settle(struct job *j, struct sub *s)
{
	const struct query_count *c = query_shown(s->query);
	struct books_agent now = books_agent_settled(&s->query->all);

	sub_accept(j, s, c);
	if (s->crew)
		crew_settle(s);
	else
		staged_end(s);
	s->books.agent = ledger_since(&now, &s->before);
	s->books.targeted = c->targeted;
	s->books.live = c->live;
	s->books.refused = c->refused;
	LIST_REMOVE(s, of_query);
	s->query = NULL;
	s->state = SUB_SETTLED;
	sub_mark(j, s);
}

static void
start_leaving(struct job *j, struct sub *s, bool failed, const char *why)
{
	s->state = SUB_LEAVING;
	s->query->nstaying--;
	s->deadline = j->now + END_MS;
	replays_leave(s);
	s->failed = failed;
	snprintf(s->why, sizeof s->why, "%s", why);
}

void
sub_leave(struct job *j, struct sub *s, bool failed, const char *why)
{
	if (s->state != SUB_STAYING)
		return;
	start_leaving(j, s, failed, why);
	if (s->query->nstaying)
		sub_settle(j, s);
	else
		queries_close(j, s->query);
}

void
sub_leave_all(struct job *j, struct query *q, bool failed, const char *why)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		if (s->state == SUB_STAYING)
			start_leaving(j, s, failed, why);
	queries_close(j, q);
}

struct sub *
sub_find(const struct link *l, uint32_t id)
{
	struct sub *s = NULL;

	if (l)
		LIST_FOREACH(s, &l->subs, of_link)
			if (s->id == id)
				break;
	return s;
}

void
sub_lost(struct job *j, const struct sub *s)
{
	const uint64_t handed = s->books.source.delivered;

	if (s->link->nobody || s->merge || handed == s->done)
		return;
	counter_add(&j->counters.rows_unsure, handed - s->done);
	log_warn("%s%s%s is gone without a word: of %llu rows handed to it "
		 "%llu are lost, at most", s->client,
		 s->crew ? ", member " : "", s->crew ? s->member : "",
		 (unsigned long long)handed,
		 (unsigned long long)(handed - s->done));
}

/* Who leaves, and was given all the time, is given no more. */
static void
hurry(struct job *j, struct sub *s)
{
	if (s->state != SUB_STAYING && s->deadline > j->now + END_MS)
		s->deadline = j->now + END_MS;
}

/* --- messages -------------------------------------------------- */

static int
on_unsubscribe(struct job *j, struct link *l, struct str body)
{
	struct wire_unsubscribe m;
	int err = wire_unsubscribe_decode(body, &m);
	struct sub *s = err ? NULL : sub_find(l, m.id);

	if (s) {
		sub_leave(j, s, false, "unsubscribed");
		hurry(j, s);
	}
	arena_fini(&m.mem);
	return err;
}

static int
on_credit(struct job *j, struct link *l, struct str body)
{
	struct wire_credit m;
	int err = wire_credit_decode(body, &m);
	struct sub *s = err ? NULL : sub_find(l, m.id);

	if (s && m.bytes > s->credit) {
		sub_open(s, m.bytes);
		sub_mark(j, s);
	}
	if (s && m.rows > s->done && m.rows <= s->books.source.delivered)
		s->done = m.rows;
	arena_fini(&m.mem);
	return err;
}

static int
on_ping(struct job *j, const struct wire_peer *from, struct str body)
{
	struct wire_ping m;
	int err = wire_ping_decode(body, &m);

	if (!err) {
		wire_pong_encode(&m, hop_frame(&j->subscriber_hop));
		hop_send(&j->subscriber_hop, from);
	}
	arena_fini(&m.mem);
	return err;
}

static int
on_error(struct str body)
{
	struct wire_error m;
	int err = wire_error_decode(body, &m);

	if (!err)
		log_rarely(LOG_WARN, "a subscriber says: %.*s",
			   (int)m.text.len, m.text.len ? m.text.ptr : "");
	arena_fini(&m.mem);
	return err;
}

static int
on_goodbye(struct job *j, struct link *l)
{
	struct sub *s, *next;

	for (s = l ? LIST_FIRST(&l->subs) : NULL; s; s = next) {
		next = LIST_NEXT(s, of_link);
		sub_leave(j, s, false, "the subscriber said goodbye");
		hurry(j, s);
	}
	return 0;
}

static int
take(struct job *j, struct link *l, const struct wire_peer *from,
     unsigned kind, struct str body)
{
	if (l)
		l->heard = job_listened(j);
	switch (kind) {
	case WIRE_SUBSCRIBE:
		return subscribers_subscribe(j, l, from, body);
	case WIRE_UNSUBSCRIBE:
		return on_unsubscribe(j, l, body);
	case WIRE_CREDIT:
		return on_credit(j, l, body);
	case WIRE_PING:
		return on_ping(j, from, body);
	case WIRE_REQUEST:
		return requests_answer(j, from, body);
	case WIRE_ERROR:
		return on_error(body);
	case WIRE_GOODBYE:
		return on_goodbye(j, l);
	default:
		return MQL_EUNSUP;
	}
}

static void
receive(struct job *j, const struct wire_peer *from, struct str msg)
{
	struct link *l = map_get(&j->subscribers.by_peer, hop_key(from));
	struct str body;
	unsigned kind;
	int err = wire_get_header(msg.ptr, msg.len, &kind, &body);

	if (!err)
		err = take(j, l, from, kind, body);
	if (err)
		hop_complain(&j->subscriber_hop, from, j->now,
			     l ? &l->complained : NULL, err,
			     mql_strerror(err));
}

bool
subscribers_receive(struct job *j)
{
	struct wire_peer from;
	struct str msg;

	for (int i = 0; i < RECEIVE_MAX; i++) {
		if (!hop_receive(&j->subscriber_hop, &from, &msg))
			return false;
		receive(j, &from, msg);
	}
	return true;
}

/* --- time ---------------------------------------------------------------- */

static void
end_lease(struct job *j, struct link *l)
{
	char why[SUB_MAX_WHY];
	struct sub *s, *next;

	snprintf(why, sizeof why, "the lease ended: no word for %lld ms",
		 (long long)(job_listened(j) - l->heard));
	for (s = LIST_FIRST(&l->subs); s; s = next) {
		next = LIST_NEXT(s, of_link);
		s->silent = true;
		sub_leave(j, s, true, why);
		hurry(j, s);
	}
}

static void
tick(struct job *j, struct sub *s)
{
	if (s->state == SUB_STAYING)
		staged_tick(s);
	/* A send may have failed, or a deadline may have passed. */
	if (s->queue.rows || s->state == SUB_SETTLED)
		sub_mark(j, s);
}

void
subscribers_tick(struct job *j)
{
	struct crew *g;
	struct query *q;
	struct link *l;
	struct sub *s;

	LIST_FOREACH(q, &j->queries.all, entry)
		LIST_FOREACH(g, &q->crews, entry)
			if (!q->closing)
				staged_tick(&g->whole);
	LIST_FOREACH(l, &j->subscribers.links, entry) {
		if (job_listened(j) - l->heard > j->config.lease)
			end_lease(j, l);
		LIST_FOREACH(s, &l->subs, of_link)
			tick(j, s);
	}
	staged_run(j);
}
