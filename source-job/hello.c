/* hello.c - an agent introduces itself, for the first time or again. */
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "source-job/at.h"
#include "source-job/queries.h"
#include "source-job/registry.h"
#include "source-job/run.h"
#include "source-job/worker.h"
#include "wire/message.h"

enum { TEXTS_CHUNK = 512 }; /* bytes: mostly all of an agent's texts */

int
agent_add_stream(struct agent *a, struct str name)
{
	for (size_t i = 0; i < a->nstream; i++)
		if (str_eq(a->stream[i], name))
			return 0;
	if (a->nstream == AGENT_MAX_STREAMS)
		return MQL_ELIMIT;
	if (!(a->nstream & (a->nstream - 1))) { /* full: twice as many */
		size_t old = a->nstream * sizeof name;
		size_t size = old ? 2 * old : sizeof name;
		struct str *grown = arena_grow(&a->mem, a->stream, old, size);
		if (!grown)
			return MQL_ENOMEM;
		a->stream = grown;
	}
	struct str copy = arena_str(&a->mem, name);
	if (!copy.ptr)
		return MQL_ENOMEM;
	a->stream[a->nstream++] = copy;
	return 0;
}

/* Copy what we keep of a hello: the message may be a megabyte. */
static int
describe(const struct worker *w, struct agent *a, const struct wire_hello *m)
{
	const struct str from[] = { m->agent, m->app, m->host, m->zone,
				    m->version, m->language };
	struct str *const to[] = { &a->id, &a->app, &a->host, &a->zone,
				   &a->version, &a->language };
	int err;

	struct buf self = BUF_INIT;

	a->stream = NULL;
	a->nstream = 0;
	a->nsuspect = m->nsuspect;
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		*to[i] = arena_str(&a->mem, from[i]);
		if (!to[i]->ptr)
			return MQL_ENOMEM;
	}
	a->replay = at_replay(m);
	a->own = own_of(m, w->token);
	at_describe(m, &self);
	a->self = arena_str(&a->mem, (struct str){ (char *)self.data,
						   self.len });
	err = self.err || !a->self.ptr ? MQL_ENOMEM : 0;
	buf_fini(&self);
	for (size_t i = 0; !err && i < m->nstream; i++)
		err = agent_add_stream(a, m->stream[i]);
	return err;
}

/* Forget one that is gone. */
static bool
make_room(struct worker *w)
{
	struct agent *a;

	LIST_FOREACH(a, &w->agents.all, entry) {
		if (!a->connected && !moving_leaves(w, a)) {
			agents_forget(w, a);
			return true;
		}
	}
	return false;
}

static int
claim(struct worker *w, struct str id, int *before)
{
	int err = registry_claim(w->registry, id, (int)w->index, before);

	if (err == MQL_ELIMIT && make_room(w))
		err = registry_claim(w->registry, id, (int)w->index, before);
	return err;
}

static int
enlist(struct worker *w, struct agent *a)
{
	int err = map_put(&w->agents.by_id, a->id, a);

	if (err)
		return err;
	LIST_INSERT_HEAD(&w->agents.all, a, entry);
	w->agents.n++;
	w->agents.nprivate += agent_is_private(a);
	return 0;
}

static int
add(struct worker *w, const struct wire_hello *m, struct agent **out)
{
	struct agent *a = calloc(1, sizeof *a);
	int err;

	if (!a)
		return MQL_ENOMEM;
	a->mem.chunk = TEXTS_CHUNK;
	if (!(err = describe(w, a, m)))
		err = enlist(w, a);
	if (err)
		agent_free(a);
	else
		*out = a;
	return err;
}

/* A known agent may have new streams, and its texts move to a new arena. */
static int
update(struct worker *w, const struct wire_hello *m, struct agent *a)
{
	struct agent fresh = *a;
	int err;

	fresh.mem = (struct arena){ .chunk = TEXTS_CHUNK };
	if ((err = describe(w, &fresh, m))) {
		arena_fini(&fresh.mem);
		return err;
	}
	map_remove(&w->agents.by_id, a->id);
	w->agents.nprivate -= agent_is_private(a);
	own_forget(w, a); /* what it was */
	arena_fini(&a->mem);
	*a = fresh;
	w->agents.nprivate += agent_is_private(a);
	return map_put(&w->agents.by_id, a->id, a); /* has room: one less */
}

/* a speaks from this peer now; whoever spoke from it before does not. */
static int
attach(struct worker *w, struct agent *a, const struct wire_peer *from)
{
	struct agent *before = map_get(&w->agents.by_peer, hop_key(from));
	struct part *part;
	int err;

	if (before && before != a)
		agents_lose(w, before);
	if (a->connected)
		map_remove(&w->agents.by_peer, hop_key(&a->peer));
	a->connected = false;
	agents_undeafen(w, a);
	a->peer = *from;
	a->heard = w->now;
	a->listened = worker_listened(w);
	if ((err = map_put(&w->agents.by_peer, hop_key(&a->peer), a)))
		return err;
	a->connected = true;
	LIST_FOREACH(part, &w->parts.all, entry)
		if (!part->closing && (err = run_open(a, part)))
			return err;
	return 0;
}

static void
welcome(struct worker *w, struct agent *a)
{
	struct str can[] = { WIRE_WEIGHTS, WIRE_TIMES };
	struct wire_welcome m = {
		.capability = can, .ncapability = 2,
		.source_job = str_of(w->id),
		.heartbeat_ms = (uint64_t)w->config->heartbeat,
		.silence_ms = (uint64_t)w->config->heartbeat *
			      AGENT_SILENT_BEATS,
		.lease_ms = (uint64_t)w->config->lease,
	};

	credit_begin(&w->agents.credit, &a->credit);
	m.credit = a->credit.granted;
	a->beat = w->now;
	wire_welcome_encode(&m, hop_frame(&w->hop));
	agents_send(w, a);
	if (a->connected)
		agents_send_queries(w, a);
}

/* a is NULL for one that we do not know. */
static int
greet(struct worker *w, struct agent *a, const struct wire_peer *from,
      const struct wire_hello *m)
{
	int err = a ? update(w, m, a) : add(w, m, &a);

	if (err || (err = attach(w, a, from)))
		return err;
	own_hello(a, m->session);
	log_debug("agent %.*s of %.*s says hello", (int)a->id.len, a->id.ptr,
		  (int)a->app.len, a->app.ptr);
	welcome(w, a);
	return 0;
}

/* One that is not ours: it is a new one, or another worker has it, or had it
 * and is to give it back. */
static int
introduce(struct worker *w, const struct wire_peer *from,
	  const struct wire_hello *m, struct str body)
{
	int before, err;

	if (moving_again(w, m->agent, from, body))
		return 0;
	if ((err = claim(w, m->agent, &before)))
		return err;
	if (before != REGISTRY_NOBODY && before != (int)w->index)
		return moving_want(w, (unsigned)before, m->agent, from, body);
	if ((err = greet(w, NULL, from, m)))
		registry_release(w->registry, m->agent, (int)w->index);
	return err;
}

int
agents_hello(struct worker *w, const struct wire_peer *from, struct str body)
{
	struct agent *a;
	struct wire_hello m;
	int err = wire_hello_decode(body, &m);

	if (!err && !m.agent.len)
		err = MQL_EBADFRAME;
	if (!err) {
		a = agents_find(w, m.agent);
		err = a && !moving_leaves(w, a) ? greet(w, a, from, &m) :
			introduce(w, from, &m, body);
	}
	arena_fini(&m.mem);
	return err;
}

/* --- from another worker ----------------------------------------------------- */

/* A query that has ended here meanwhile has its books already. */
static void
adopt_runs(struct worker *w, struct agent *a)
{
	struct run *r;

	FOREACH_RUN(r, a) {
		struct part *part = w->parts.slot[r->slot];
		if (part && part->query->serial == r->of)
			run_attach(r, part);
		else
			run_free(r);
	}
}

int
agents_adopt(struct worker *w, struct agent *a, const struct wire_peer *from,
	     struct str body)
{
	struct wire_hello m;
	int err = a ? enlist(w, a) : 0;

	if (err) {
		agent_free(a);
		return err;
	}
	if (a)
		adopt_runs(w, a);
	if (!(err = wire_hello_decode(body, &m)))
		err = greet(w, a, from, &m);
	arena_fini(&m.mem);
	return err;
}
