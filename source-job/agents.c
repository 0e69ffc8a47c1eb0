/* agents.c - the agents' sessions. Whatever an agent sends is untrusted: a
 * message either fits or is counted and answered with an error. */
#include "source-job/agents.h"

#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "mql/query.h"
#include "source-job/job.h"
#include "source-job/run.h"
#include "wire/message.h"

enum {
	RECEIVE_MAX = 256,   /* messages a turn: subscribers have theirs too */
	REMEMBER_MS = 60000, /* agents keep a run's counters as long */
};

int
agents_init(struct job *j)
{
	LIST_INIT(&j->agents.all);
	j->agents.route = calloc(UINT16_MAX + 1, sizeof *j->agents.route);
	return j->agents.route ? 0 : MQL_ENOMEM;
}

/* a's runs, one after another: r is NULL for an empty slot. */
#define FOREACH_RUN(r, a, j)                                              \
	for (size_t slot_ = 0;                                            \
	     slot_ < (j)->config.max_queries &&                           \
	     ((r) = (a)->run[slot_], true); slot_++)                      \
		if (r)

void
agents_undeafen(struct job *j, struct agent *a)
{
	j->agents.ndeaf -= a->deaf;
	a->deaf = false;
}

void
agents_forget(struct job *j, struct agent *a)
{
	struct run *r;

	FOREACH_RUN(r, a, j)
		run_free(r);
	if (a->connected)
		map_remove(&j->agents.by_peer, hop_key(&a->peer));
	map_remove(&j->agents.by_id, a->id);
	agents_undeafen(j, a);
	LIST_REMOVE(a, entry);
	j->agents.n--;
	arena_fini(&a->mem);
	free(a->run);
	free(a);
}

void
agents_fini(struct job *j)
{
	while (!LIST_EMPTY(&j->agents.all))
		agents_forget(j, LIST_FIRST(&j->agents.all));
	map_fini(&j->agents.by_id);
	map_fini(&j->agents.by_peer);
	free(j->agents.route);
}

bool
agent_wanted(const struct agent *a, const struct query *q)
{
	for (size_t i = 0; i < a->nstream; i++)
		if (query_wants_stream(q->compiled, a->stream[i]))
			return true;
	return a->nstream == 0;
}

/* --- coming and going ---------------------------------------------------- */

void
agents_lose(struct job *j, struct agent *a)
{
	struct run *r;

	if (!a->connected)
		return;
	log_info("lost agent %.*s of %.*s", (int)a->id.len, a->id.ptr,
		 (int)a->app.len, a->app.ptr);
	map_remove(&j->agents.by_peer, hop_key(&a->peer));
	a->connected = false;
	agents_undeafen(j, a);
	FOREACH_RUN(r, a, j)
		run_lose(j, r);
}

static void
leave(struct job *j, struct agent *a)
{
	struct wire_goodbye m = { .why = STR("goodbye") };
	struct run *r;

	/* It waits for this before it closes: see agent/thread.c. */
	wire_goodbye_encode(&m, hop_frame(&j->agent_hop));
	agents_send(j, a);
	log_debug("agent %.*s left", (int)a->id.len, a->id.ptr);
	FOREACH_RUN(r, a, j)
		run_leave(r);
	agents_forget(j, a);
}

void
agents_send(struct job *j, struct agent *a)
{
	if (a->deaf || !hop_send(&j->agent_hop, &a->peer))
		return;
	a->deaf = true;
	j->agents.ndeaf++;
}

void
agents_broadcast(struct job *j)
{
	struct agent *a;

	LIST_FOREACH(a, &j->agents.all, entry)
		if (a->connected)
			agents_send(j, a);
}

void
agents_send_credit(struct job *j, struct agent *a)
{
	struct wire_credit m = { .bytes = a->granted };

	a->beat = j->now;
	wire_credit_encode(&m, hop_frame(&j->agent_hop));
	agents_send(j, a);
}

void
agents_send_queries(struct job *j, struct agent *a)
{
	queries_encode(j, a, hop_frame(&j->agent_hop));
	agents_send(j, a);
}

/* --- messages -------------------------------------------------- */

static struct run *
find_run(struct job *j, struct agent *a, uint32_t query)
{
	struct query *q = queries_find(j, query);

	return q ? a->run[q->slot] : NULL;
}

static void
acknowledge(struct job *j, struct run *r, const struct wire_ack_entry *e)
{
	switch (e->state) {
	case WIRE_LIVE:
		run_live(j, r, &e->books);
		break;
	case WIRE_REFUSED:
		run_refused(r, e->why);
		break;
	case WIRE_ENDED:
		/* Of a query that rests: that is why it ended. */
		run_ended(j, r, &e->books, e->why.len ? e->why :
			  str_of(r->query->resting));
		break;
	}
}

/* It wants the whole set: what it refused in the last one it may take now. */
static int
ask_again(struct job *j, struct agent *a)
{
	struct run *r;
	int err;

	FOREACH_RUN(r, a, j)
		if (r->state == RUN_REFUSED && !r->query->closing &&
		    (err = run_open(a, r->query)))
			return err;
	agents_send_queries(j, a);
	return 0;
}

static int
on_ack(struct job *j, struct agent *a, struct str body)
{
	struct wire_ack m;
	int err = wire_ack_decode(body, &m);

	for (size_t i = 0; !err && i < m.nentry; i++) {
		struct run *r = find_run(j, a, m.entry[i].id);
		if (r) /* else of a query that we have given up by now */
			acknowledge(j, r, &m.entry[i]);
	}
	if (!err && m.resync)
		err = ask_again(j, a);
	arena_fini(&m.mem);
	return err;
}

static void
take_health(struct job *j, struct agent *a, const struct wire_health *h)
{
	int64_t ms = j->now - a->health_at;

	if (a->health_at && ms > 0 && h->cpu_ns >= a->health.cpu_ns)
		a->cpu_rate = (h->cpu_ns - a->health.cpu_ns) / (uint64_t)ms;
	a->health = *h;
	a->health_at = j->now;
}

static int
on_heartbeat(struct job *j, struct agent *a, struct str body)
{
	struct wire_heartbeat m;
	struct run *r;
	int err = wire_heartbeat_decode(body, &m);

	for (size_t i = 0; !err && i < m.nquery; i++)
		if ((r = find_run(j, a, m.query[i].id))) {
			run_report(j, r, &m.query[i].books);
			run_limit(r, &m.query[i]);
		}
	if (!err)
		take_health(j, a, &m.health);
	size_t known = a->nstream;
	for (size_t i = 0; !err && i < m.nstream; i++)
		err = agent_add_stream(a, m.stream[i]);
	if (a->nstream != known)
		FOREACH_RUN(r, a, j)
			run_retarget(r);
	arena_fini(&m.mem);
	return err;
}

static int
on_error(struct agent *a, struct str body)
{
	struct wire_error m;
	int err = wire_error_decode(body, &m);

	if (!err)
		log_warn("agent %.*s: %.*s", (int)a->id.len, a->id.ptr,
			 (int)m.text.len, m.text.ptr);
	arena_fini(&m.mem);
	return err;
}

static int
take(struct job *j, struct agent *a, unsigned kind, struct str body)
{
	a->heard = j->now;
	switch (kind) {
	case WIRE_ACK:
		return on_ack(j, a, body);
	case WIRE_ROWS:
		return ingest_rows(j, a, body);
	case WIRE_PARTIALS:
		return ingest_partials(j, a, body);
	case WIRE_HEARTBEAT:
		return on_heartbeat(j, a, body);
	case WIRE_ERROR:
		return on_error(a, body);
	case WIRE_GOODBYE:
		leave(j, a);
		return 0;
	default:
		return MQL_EUNSUP;
	}
}

static void
receive(struct job *j, const struct wire_peer *from, struct str msg)
{
	struct agent *a = map_get(&j->agents.by_peer, hop_key(from));
	struct str body;
	unsigned kind;
	int err = wire_get_header(msg.ptr, msg.len, &kind, &body);

	if (!err && kind == WIRE_HELLO)
		err = agents_hello(j, from, body);
	else if (!err && !a)
		err = MQL_ECLOSED;
	else if (!err)
		err = take(j, a, kind, body);
	if (!err)
		return;
	/* a may have left with a message that was fine, not with a bad one. */
	hop_complain(&j->agent_hop, from, j->now, a ? &a->complained : NULL,
		     err, err == MQL_ECLOSED ? "say hello" : mql_strerror(err));
}

/* All that they sent is read: no more can come. */
static void
lose_deaf(struct job *j)
{
	struct agent *a;

	if (!j->agents.ndeaf)
		return;
	LIST_FOREACH(a, &j->agents.all, entry)
		if (a->deaf)
			agents_lose(j, a);
}

bool
agents_receive(struct job *j)
{
	struct wire_peer from;
	struct str msg;

	for (int i = 0; i < RECEIVE_MAX; i++) {
		if (!hop_receive(&j->agent_hop, &from, &msg)) {
			j->agents.drained = j->now;
			lose_deaf(j);
			return false;
		}
		receive(j, &from, msg);
	}
	return true;
}

/* Who has not been read yet is not silent: were agents lost because we lag,
 * their hellos would make us lag more. */
void
agents_tick(struct job *j)
{
	int64_t silence = j->config.heartbeat * AGENT_SILENT_BEATS;
	struct agent *a, *next;

	for (a = LIST_FIRST(&j->agents.all); a; a = next) {
		next = LIST_NEXT(a, entry);
		if (!a->connected && j->now - a->heard > REMEMBER_MS)
			agents_forget(j, a);
		else if (a->connected &&
			 j->agents.drained - a->heard > silence)
			agents_lose(j, a);
		else if (a->connected &&
			 j->now - a->beat >= j->config.heartbeat)
			agents_send_credit(j, a);
	}
}
