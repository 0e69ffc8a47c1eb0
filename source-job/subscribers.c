#include "source-job/subscribers.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "mql/query.h"
#include "source-job/job.h"
#include "source-job/ledger.h"
#include "source-job/requests.h"
#include "wire/message.h"

enum {
	RECEIVE_MAX = 256,  /* messages a turn */
	FRAME_BYTES = 128 << 10, /* of a DATA body */
	FRAME_MIN = 4 << 10,
	END_MS = 2000,      /* from the reason to END: agents' last word, then
			       what is queued */
};

static struct str
peer_key(const struct wire_peer *p)
{
	return (struct str){ (const char *)p->id, p->len };
}

void
subscribers_init(struct job *j)
{
	LIST_INIT(&j->subscribers.links);
	TAILQ_INIT(&j->subscribers.dirty);
}

void
subscribers_fini(struct job *j)
{
	struct link *l;

	while ((l = LIST_FIRST(&j->subscribers.links)))
		sub_free(j, LIST_FIRST(&l->subs));
	map_fini(&j->subscribers.by_peer);
}

void
sub_mark(struct job *j, struct sub *s)
{
	if (s->dirty)
		return;
	s->dirty = true;
	TAILQ_INSERT_TAIL(&j->subscribers.dirty, s, of_dirty);
}

static void
link_free(struct job *j, struct link *l)
{
	map_remove(&j->subscribers.by_peer, peer_key(&l->peer));
	LIST_REMOVE(l, entry);
	free(l);
}

void
sub_free(struct job *j, struct sub *s)
{
	if (s->dirty)
		TAILQ_REMOVE(&j->subscribers.dirty, s, of_dirty);
	if (s->query)
		LIST_REMOVE(s, of_query);
	LIST_REMOVE(s, of_link);
	if (LIST_EMPTY(&s->link->subs))
		link_free(j, s->link);
	j->subscribers.n--;
	queue_fini(&s->queue);
	free(s);
}

/* --- leaving ------------------------------------------------------------------ */

void
sub_settle(struct job *j, struct sub *s)
{
	const struct query_count *c = query_shown(s->query);
	struct books_agent now = ledger_settled(&s->query->all);

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

/* --- subscribing ---------------------------------------------------------------- */

static struct sub *
find_sub(const struct link *l, uint32_t id)
{
	struct sub *s = NULL;

	if (l)
		LIST_FOREACH(s, &l->subs, of_link)
			if (s->id == id)
				break;
	return s;
}

static int
link_open(struct job *j, const struct wire_peer *from, struct link **out)
{
	struct link *l = calloc(1, sizeof *l);
	int err;

	if (!l)
		return MQL_ENOMEM;
	l->peer = *from;
	LIST_INIT(&l->subs);
	if ((err = map_put(&j->subscribers.by_peer, peer_key(&l->peer), l))) {
		free(l);
		return err;
	}
	LIST_INSERT_HEAD(&j->subscribers.links, l, entry);
	*out = l;
	return 0;
}

/* A frame is a part of the window, so that credit never fits no frame. */
static size_t
frame_bytes(uint64_t window)
{
	size_t part = (size_t)(window / 4);

	if (!window || part > FRAME_BYTES)
		return FRAME_BYTES;
	return part < FRAME_MIN ? FRAME_MIN : part;
}

static void
join(struct job *j, struct link *l, struct query *q, struct sub *s,
     const struct wire_subscribe *m)
{
	s->link = l;
	s->query = q;
	s->id = m->id;
	s->serial = ++j->serial;
	s->credit = s->window = m->credit;
	s->queue = (struct queue){ .id = m->id, .limit = j->config.queue,
				   .frame = frame_bytes(m->credit) };
	s->before = ledger_settled(&q->all);
	snprintf(s->client, sizeof s->client, "%.*s", (int)m->client.len,
		 m->client.len ? m->client.ptr : "");
	LIST_INSERT_HEAD(&l->subs, s, of_link);
	LIST_INSERT_HEAD(&q->subs, s, of_query);
	q->nstaying++;
	j->subscribers.n++;
}

static void
accept_sub(struct job *j, const struct sub *s, struct str canonical)
{
	const struct query_count *c = query_shown(s->query);
	struct wire_accepted m = {
		.id = s->id,
		.query_id = s->query->id,
		.source_job = str_of(j->id),
		.canonical = canonical,
		.lease_ms = (uint64_t)j->config.lease,
		.targeted = c->targeted,
		.live = c->live,
		.refused = c->refused,
	};

	wire_accepted_encode(&m, hop_frame(&j->subscriber_hop));
	hop_send(&j->subscriber_hop, &s->link->peer); /* else: the lease */
}

/* Why a subscription is not taken, before its query is looked at. */
static int
admit(struct job *j, const struct link *l, const struct wire_subscribe *m,
      const char **why)
{
	if (job_draining(j)) {
		*why = "source-job is shutting down";
		return MQL_ECLOSED;
	}
	if (find_sub(l, m->id)) {
		*why = "this subscription id is in use";
		return MQL_EINVAL;
	}
	if (j->subscribers.n >= j->config.max_subscribers) {
		*why = "too many subscriptions; see --max-subscribers";
		return MQL_ELIMIT;
	}
	return 0;
}

static void
refuse_query(struct job *j, const struct wire_peer *to, uint32_t id, int code,
	     const struct mql_diag *d)
{
	struct wire_error m = {
		.id = id,
		.code = code,
		.text = str_of(d->text),
		.line = d->line,
		.col = d->col,
		.beg = d->beg,
		.end = d->end,
	};

	wire_error_encode(&m, hop_frame(&j->subscriber_hop));
	hop_send(&j->subscriber_hop, to);
}

/* Takes compiled. 0, or an error with its sentence in why. */
static int
subscribe(struct job *j, struct link *l, const struct wire_peer *from,
	  const struct wire_subscribe *m, struct mql_query *compiled,
	  const char **why)
{
	struct buf canonical = BUF_INIT;
	uint64_t limit = query_limit(compiled);
	struct sub *s = calloc(1, sizeof *s);
	struct query *q = NULL;
	int err;

	buf_puts(&canonical, mql_query_text(compiled));
	*why = NULL;
	err = s ? canonical.err : MQL_ENOMEM;
	if (err)
		mql_query_free(compiled);
	else
		err = queries_open(j, compiled, &q, why);
	if (!err && !l)
		err = link_open(j, from, &l);
	if (err) {
		if (q && LIST_EMPTY(&q->subs))
			queries_close(j, q);
		free(s);
		goto out;
	}
	s->limit = m->limit && m->limit < limit ? m->limit : limit;
	l->heard = j->now;
	join(j, l, q, s, m);
	accept_sub(j, s, (struct str){ (char *)canonical.data,
				       canonical.len });
	if (!s->limit) /* `limit 0` has all its rows */
		sub_leave(j, s, false, "limit");
out:
	buf_fini(&canonical);
	return err;
}

static int
on_subscribe(struct job *j, struct link *l, const struct wire_peer *from,
	     struct str body)
{
	struct mql_query *compiled = NULL;
	struct mql_diag diag = { 0 };
	struct wire_subscribe m;
	const char *why = NULL;
	int err, bad;

	if ((bad = wire_subscribe_decode(body, &m)))
		goto out;
	if ((err = admit(j, l, &m, &why)))
		goto refused;
	if ((err = query_compile(m.query, &compiled, &diag))) {
		if (!diag.text[0])
			goto refused;
		refuse_query(j, from, m.id, err, &diag);
		goto out;
	}
	if (!(err = subscribe(j, l, from, &m, compiled, &why)))
		goto out;
refused:
	hop_refuse(&j->subscriber_hop, from, m.id, err, "%s",
		   why ? why : mql_strerror(err));
out:
	arena_fini(&m.mem);
	return bad;
}

/* --- the other messages ------------------------------------------------------------ */

static int
on_unsubscribe(struct job *j, struct link *l, struct str body)
{
	struct wire_unsubscribe m;
	int err = wire_unsubscribe_decode(body, &m);
	struct sub *s = err ? NULL : find_sub(l, m.id);

	if (s)
		sub_leave(j, s, false, "unsubscribed");
	arena_fini(&m.mem);
	return err;
}

static int
on_credit(struct job *j, struct link *l, struct str body)
{
	struct wire_credit m;
	int err = wire_credit_decode(body, &m);
	struct sub *s = err ? NULL : find_sub(l, m.id);

	if (s && m.bytes > s->credit) {
		s->credit = m.bytes;
		if (s->credit - s->used > s->window)
			s->window = s->credit - s->used;
		sub_mark(j, s);
	}
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
		log_warn("a subscriber says: %.*s", (int)m.text.len,
			 m.text.len ? m.text.ptr : "");
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
	}
	return 0;
}

static int
take(struct job *j, struct link *l, const struct wire_peer *from,
     unsigned kind, struct str body)
{
	if (l)
		l->heard = j->now;
	switch (kind) {
	case WIRE_SUBSCRIBE:
		return on_subscribe(j, l, from, body);
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
	struct link *l = map_get(&j->subscribers.by_peer, peer_key(from));
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

/* --- time ------------------------------------------------------------------------- */

static void
end_lease(struct job *j, struct link *l)
{
	char why[SUB_MAX_WHY];
	struct sub *s, *next;

	snprintf(why, sizeof why, "the lease ended: no word for %lld ms",
		 (long long)(j->now - l->heard));
	for (s = LIST_FIRST(&l->subs); s; s = next) {
		next = LIST_NEXT(s, of_link);
		sub_leave(j, s, true, why);
	}
}

void
subscribers_tick(struct job *j)
{
	struct link *l;
	struct sub *s;

	LIST_FOREACH(l, &j->subscribers.links, entry) {
		if (j->now - l->heard > j->config.lease)
			end_lease(j, l);
		/* A send may have failed, or a deadline may have passed. */
		LIST_FOREACH(s, &l->subs, of_link)
			if (s->queue.rows || s->state == SUB_SETTLED)
				sub_mark(j, s);
	}
}
