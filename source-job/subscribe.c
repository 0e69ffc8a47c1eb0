/* subscribe.c - a subscription is asked for: taken or refused. */
#include <stdio.h>
#include <stdlib.h>

#include "mql/error.h"
#include "mql/query.h"
#include "mql/stage.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/rates.h"
#include "source-job/replays.h"
#include "source-job/staged.h"
#include "wire/message.h"

enum { FRAME_MAX = 128 << 10, FRAME_MIN = 4 << 10 }; /* bytes, a DATA body */

static int
link_open(struct job *j, const struct wire_peer *from, struct link **out)
{
	struct link *l = calloc(1, sizeof *l);
	int err;

	if (!l)
		return MQL_ENOMEM;
	l->peer = *from;
	LIST_INIT(&l->subs);
	if ((err = map_put(&j->subscribers.by_peer, hop_key(&l->peer), l))) {
		free(l);
		return err;
	}
	LIST_INSERT_HEAD(&j->subscribers.links, l, entry);
	*out = l;
	return 0;
}

/* A frame is a part of the window: whatever is consumed, one will fit. */
static size_t
frame_bytes(uint64_t window)
{
	if (!window) /* to be opened later, we do not know how far */
		return FRAME_MIN;
	return window / 4 < FRAME_MAX ? (size_t)(window / 4) : FRAME_MAX;
}

void
sub_open(struct sub *s, uint64_t credit)
{
	s->credit = credit;
	if (credit - s->used > s->window)
		s->window = credit - s->used;
	s->queue.frame = frame_bytes(s->window);
}

static void
join(struct job *j, struct link *l, struct query *q, struct sub *s,
     const struct wire_subscribe *m)
{
	s->link = l;
	s->query = q;
	s->id = m->id;
	s->serial = atomic_fetch_add(&j->serial, 1) + 1;
	s->queue = (struct queue){ .id = m->id, .limit = j->config.queue,
				   .parts = m->parts };
	if (s->replaying) /* it is held instead */
		s->queue.limit = SIZE_MAX;
	sub_open(s, m->credit);
	s->before = books_agent_settled(&q->all);
	snprintf(s->client, sizeof s->client, "%.*s", (int)m->client.len,
		 m->client.len ? m->client.ptr : "");
	LIST_INSERT_HEAD(&l->subs, s, of_link);
	LIST_INSERT_HEAD(&q->subs, s, of_query);
	q->nstaying++;
	j->subscribers.n++;
}

void
sub_accept(struct job *j, struct sub *s, const struct query_count *c)
{
	struct wire_accepted m = {
		.id = s->id,
		.query_id = s->query->id,
		.source_job = str_of(j->id),
		.canonical = str_of(s->canonical),
		.lease_ms = (uint64_t)j->config.lease,
		.targeted = c->targeted,
		.live = c->live,
		.refused = c->refused,
		.merge = s->merge,
		.group = s->crew ? str_of(s->crew->name) : STR(""),
		.replay = s->replaying,
	};

	if (s->accepted)
		return;
	s->accepted = true;
	wire_accepted_encode(&m, hop_frame(&j->subscriber_hop));
	hop_send(&j->subscriber_hop, &s->link->peer); /* else: the lease */
	free(s->canonical);
	s->canonical = NULL;
	sub_mark(j, s);
}

/* Subscriptions of this peer: of all links with its key, if it has one. */
static uint64_t
subs_of(struct job *j, const struct wire_peer *peer)
{
	const struct link *l;
	const struct sub *s;
	uint64_t n = 0;

	LIST_FOREACH(l, &j->subscribers.links, entry)
		if (peer->key ? l->peer.key == peer->key :
		    str_eq(hop_key(&l->peer), hop_key(peer)))
			LIST_FOREACH(s, &l->subs, of_link)
				n++;
	return n;
}

/* Why a subscription is not taken, before its query is looked at. */
static int
admit(struct job *j, const struct link *l, const struct wire_peer *from,
      const struct wire_subscribe *m, const char **why)
{
	if (job_draining(j)) {
		*why = "source-job is shutting down";
		return MQL_ECLOSED;
	}
	if (j->power.off) {
		*why = j->power.why;
		return MQL_ECLOSED;
	}
	if (sub_find(l, m->id)) {
		*why = "this subscription id is in use";
		return MQL_EINVAL;
	}
	if (j->subscribers.n >= j->config.max_subscribers) {
		*why = "too many subscriptions; see --max-subscribers";
		return MQL_ELIMIT;
	}
	if (subs_of(j, from) >= j->config.max_per_peer) {
		counter_add(&j->counters.subs_refused, 1);
		*why = "you have too many subscriptions; see --max-per-peer";
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

/* The query's own limit is the stage's, where there is one. */
static uint64_t
limit_of(const struct mql_query *compiled, uint64_t asked)
{
	uint64_t own = query_is_plain(compiled) ? query_limit(compiled)
						: UINT64_MAX;

	return asked && asked < own ? asked : own;
}

/* One that has not joined. */
static void
give_up(struct job *j, struct sub *s)
{
	if (s) {
		replays_forget(j, s);
		if (s->crew)
			crew_forget(s);
		staged_free(s->staged);
		free(s->canonical);
	}
	free(s);
}

/* By itself, or as a member of a group; takes compiled. */
static int
fit(struct job *j, struct query *q, struct sub *s,
    const struct wire_subscribe *m, struct mql_query *compiled,
    struct mql_diag *diag)
{
	s->limit = limit_of(compiled, m->limit);
	s->rate = m->rate;
	s->merge = m->merge;
	return m->group.len ? crew_join(j, q, s, m, compiled, diag) :
			      staged_open(j, s, compiled, m->merge);
}

/* 0: it is none. */
static uint64_t
replay_of(const struct sub *s)
{
	return s->replaying ? s->replaying->id : 0;
}

/* Takes compiled. 0, or an error with its sentence in why, or in diag. */
static int
subscribe(struct job *j, struct link *l, const struct wire_peer *from,
	  const struct wire_subscribe *m, struct mql_query *compiled,
	  const char **why, struct mql_diag *diag)
{
	struct sub *s = calloc(1, sizeof *s);
	struct query *q = NULL;
	int err = MQL_ENOMEM;

	*why = NULL;
	if (s && (s->canonical = strdup(mql_query_text(compiled))))
		err = 0;
	if (!err)
		err = replays_admit(j, m, compiled, &s->replaying, why);
	if (!err)
		err = rates_admit(m, compiled, why);
	if (!err)
		err = queries_open(j, compiled, replay_of(s), m->rate, &q, why);
	if (err)
		mql_query_free(compiled);
	else
		err = fit(j, q, s, m, compiled, diag);
	if (!err)
		err = replays_begin(j, s, m);
	if (!err && !l)
		err = link_open(j, from, &l);
	if (err) {
		if (q && LIST_EMPTY(&q->subs))
			queries_close(j, q);
		give_up(j, s);
		return err;
	}
	l->heard = job_listened(j);
	if (m->force)
		queries_force(j, q);
	join(j, l, q, s, m);
	if (query_is_open(j, q)) /* else when all workers have heard of it */
		sub_accept(j, s, query_shown(q));
	/* `limit 0` has all its rows. */
	if (!s->limit || staged_done(sub_whole(s)))
		sub_leave(j, s, false, "limit");
	return 0;
}

int
subscribers_nobody(struct job *j, struct link **out)
{
	struct link *l = calloc(1, sizeof *l);

	*out = l;
	if (!l)
		return MQL_ENOMEM;
	LIST_INIT(&l->subs);
	l->heard = INT64_MAX;
	l->unreachable = l->nobody = true;
	LIST_INSERT_HEAD(&j->subscribers.links, l, entry);
	return 0;
}

/* It has no stage: what agents send is not needed. */
int
subscribers_hold(struct job *j, struct link *l, uint32_t id, const char *text,
		 const char *client, struct mql_diag *diag)
{
	const struct wire_subscribe m = { .id = id,
					  .client = str_of(client) };
	struct mql_query *compiled = NULL;
	struct query *q = NULL;
	const char *why = NULL;
	struct sub *s = NULL;
	int err = query_compile(str_of(text), &compiled, diag);

	if (!err && !(s = calloc(1, sizeof *s)))
		err = MQL_ENOMEM;
	if (!err)
		err = queries_open(j, compiled, 0, 0, &q, &why);
	if (!err) {
		s->limit = UINT64_MAX;
		join(j, l, q, s, &m);
		s = NULL;
	} else if (why) {
		snprintf(diag->text, sizeof diag->text, "%s", why);
	}
	mql_query_free(compiled);
	free(s);
	return err;
}

int
subscribers_subscribe(struct job *j, struct link *l,
		      const struct wire_peer *from, struct str body)
{
	struct mql_query *compiled = NULL;
	struct mql_diag diag = { 0 };
	struct wire_subscribe m;
	const char *why = NULL;
	int err, bad;

	if ((bad = wire_subscribe_decode(body, &m)))
		goto out;
	if ((err = admit(j, l, from, &m, &why)))
		goto refused;
	if ((err = query_compile(m.query, &compiled, &diag))) {
		if (!diag.text[0])
			goto refused;
		refuse_query(j, from, m.id, err, &diag);
		goto out;
	}
	if (!(err = subscribe(j, l, from, &m, compiled, &why, &diag)))
		goto out;
	if (!why && diag.text[0])
		why = diag.text;
refused:
	hop_refuse(&j->subscriber_hop, from, m.id, err, "%s",
		   why ? why : mql_strerror(err));
out:
	arena_fini(&m.mem);
	return bad;
}
