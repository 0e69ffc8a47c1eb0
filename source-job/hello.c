/* hello.c - an agent introduces itself, for the first time or again. */
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "source-job/at.h"
#include "source-job/job.h"
#include "source-job/run.h"
#include "wire/message.h"

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
describe(struct agent *a, const struct wire_hello *m)
{
	const struct str from[] = { m->agent, m->app, m->host, m->zone,
				    m->version };
	struct str *const to[] = { &a->id, &a->app, &a->host, &a->zone,
				   &a->version };
	int err;

	struct buf self = BUF_INIT;

	a->stream = NULL;
	a->nstream = 0;
	for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
		*to[i] = arena_str(&a->mem, from[i]);
		if (!to[i]->ptr)
			return MQL_ENOMEM;
	}
	at_describe(m, &self);
	a->self = arena_str(&a->mem, (struct str){ (char *)self.data,
						   self.len });
	err = self.err || !a->self.ptr ? MQL_ENOMEM : 0;
	buf_fini(&self);
	for (size_t i = 0; !err && i < m->nstream; i++)
		err = agent_add_stream(a, m->stream[i]);
	return err;
}

static bool
make_room(struct job *j)
{
	struct agent *a;

	if (j->agents.n < j->config.max_agents)
		return true;
	LIST_FOREACH(a, &j->agents.all, entry) {
		if (!a->connected) {
			agents_forget(j, a);
			return true;
		}
	}
	return false;
}

static int
add(struct job *j, const struct wire_hello *m, struct agent **out)
{
	struct agent *a;
	int err;

	if (!make_room(j))
		return MQL_ELIMIT;
	a = calloc(1, sizeof *a);
	if (!a)
		return MQL_ENOMEM;
	a->run = calloc(j->config.max_queries, sizeof(struct run *));
	err = a->run ? describe(a, m) : MQL_ENOMEM;
	if (!err)
		err = map_put(&j->agents.by_id, a->id, a);
	if (err) {
		arena_fini(&a->mem);
		free(a->run);
		free(a);
		return err;
	}
	LIST_INSERT_HEAD(&j->agents.all, a, entry);
	j->agents.n++;
	*out = a;
	return 0;
}

/* A known agent may have new streams, and its texts move to a new arena. */
static int
update(struct job *j, const struct wire_hello *m, struct agent *a)
{
	struct agent fresh = *a;
	int err;

	fresh.mem = (struct arena){ 0 };
	if ((err = describe(&fresh, m))) {
		arena_fini(&fresh.mem);
		return err;
	}
	map_remove(&j->agents.by_id, a->id);
	arena_fini(&a->mem);
	*a = fresh;
	return map_put(&j->agents.by_id, a->id, a); /* has room: one less */
}

/* a speaks from this peer now; whoever spoke from it before does not. */
static int
attach(struct job *j, struct agent *a, const struct wire_peer *from)
{
	struct agent *before = map_get(&j->agents.by_peer, hop_key(from));
	struct query *q;
	int err;

	if (before && before != a)
		agents_lose(j, before);
	if (a->connected)
		map_remove(&j->agents.by_peer, hop_key(&a->peer));
	a->connected = false;
	agents_undeafen(j, a);
	a->peer = *from;
	a->heard = j->now;
	if ((err = map_put(&j->agents.by_peer, hop_key(&a->peer), a)))
		return err;
	a->connected = true;
	LIST_FOREACH(q, &j->queries.all, entry)
		if (!q->closing && (err = run_open(a, q)))
			return err;
	return 0;
}

static void
welcome(struct job *j, struct agent *a)
{
	struct wire_welcome m = {
		.source_job = str_of(j->id),
		.heartbeat_ms = (uint64_t)j->config.heartbeat,
		.silence_ms = (uint64_t)j->config.heartbeat *
			      AGENT_SILENT_BEATS,
		.lease_ms = (uint64_t)j->config.lease,
		.credit = j->config.agent_credit,
	};

	a->beat = j->now;
	a->used = 0;
	a->granted = m.credit;
	wire_welcome_encode(&m, hop_frame(&j->agent_hop));
	agents_send(j, a);
	if (a->connected)
		agents_send_queries(j, a);
}

int
agents_hello(struct job *j, const struct wire_peer *from, struct str body)
{
	struct agent *a;
	struct wire_hello m;
	int err;

	if ((err = wire_hello_decode(body, &m)))
		goto out;
	err = MQL_EBADFRAME;
	if (!m.agent.len)
		goto out;
	a = map_get(&j->agents.by_id, m.agent);
	err = a ? update(j, &m, a) : add(j, &m, &a);
	if (err || (err = attach(j, a, from)))
		goto out;
	log_debug("agent %.*s of %.*s says hello", (int)a->id.len, a->id.ptr,
		  (int)a->app.len, a->app.ptr);
	welcome(j, a);
out:
	arena_fini(&m.mem);
	return err;
}
