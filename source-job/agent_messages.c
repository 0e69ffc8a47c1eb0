/* agent_messages.c - what agents say. It is untrusted: a message either fits
 * or is counted and answered with an error. */
#include "common/clock.h"
#include "common/log.h"
#include "mql/error.h"
#include "source-job/queries.h"
#include "source-job/run.h"
#include "source-job/worker.h"
#include "wire/message.h"

enum { RECEIVE_MAX = 256 }; /* messages a turn: the job has words for us too */

static struct run *
find_run(struct worker *w, struct agent *a, uint32_t query)
{
	struct part *part = parts_find(w, query);

	return part ? agent_run(a, part->query->slot) : NULL;
}

/* Of a query that rests: that is why it ended. */
static struct str
why_ended(const struct run *r, const struct wire_ack_entry *e)
{
	if (e->why.len || !r->part->resting)
		return e->why;
	return str_of(r->part->worker->parts.why);
}

static void
acknowledge(struct run *r, const struct wire_ack_entry *e)
{
	switch (e->state) {
	case WIRE_LIVE:
		run_live(r, &e->books);
		break;
	case WIRE_REFUSED:
		run_refused(r, e->why);
		break;
	case WIRE_ENDED:
		run_ended(r, &e->books, why_ended(r, e));
		break;
	}
}

/* It wants the whole set: what it refused in the last one it may take now. */
static int
ask_again(struct worker *w, struct agent *a)
{
	struct run *r;
	int err;

	FOREACH_RUN(r, a)
		if (r->state == RUN_REFUSED && !r->part->closing &&
		    (err = run_open(a, r->part)))
			return err;
	agents_send_queries(w, a);
	return 0;
}

static int
on_ack(struct worker *w, struct agent *a, struct str body)
{
	struct wire_ack m;
	int err = wire_ack_decode(body, &m);

	for (size_t i = 0; !err && i < m.nentry; i++) {
		struct run *r = find_run(w, a, m.entry[i].id);
		if (r) /* else of a query that we have given up by now */
			acknowledge(r, &m.entry[i]);
	}
	if (!err && m.resync)
		err = ask_again(w, a);
	arena_fini(&m.mem);
	return err;
}

static void
take_health(struct worker *w, struct agent *a, const struct wire_health *h)
{
	int64_t ms = w->now - a->health_at;

	if (a->health_at && ms > 0 && h->cpu_ns >= a->health.cpu_ns)
		a->cpu_rate = (h->cpu_ns - a->health.cpu_ns) / (uint64_t)ms;
	a->health = *h;
	a->health_at = w->now;
}

/* Whose clock is it that rows are timed by? */
static void
compare_clocks(struct worker *w, struct agent *a, const struct wire_health *h)
{
	int64_t trip;

	if (!h->at)
		return;
	trip = clocks_take(&a->clocks, clock_mono_ns() / 1000,
			   clock_wall_us(), h->at, h->held, h->wall);
	if (trip >= 0)
		latency_add(&w->counters.agent_round_trip_latency, trip, 1);
}

static int
on_heartbeat(struct worker *w, struct agent *a, struct str body)
{
	struct wire_heartbeat m;
	struct run *r;
	int err = wire_heartbeat_decode(body, &m);

	for (size_t i = 0; !err && i < m.nquery; i++)
		if ((r = find_run(w, a, m.query[i].id))) {
			run_report(r, &m.query[i].books);
			run_limit(r, &m.query[i]);
			run_cost(r, &m.query[i].cost);
		}
	if (!err) {
		take_health(w, a, &m.health);
		own_beat(w, a, m.at);
		compare_clocks(w, a, &m.health);
	}
	size_t known = a->nstream;
	for (size_t i = 0; !err && i < m.nstream; i++)
		err = agent_add_stream(a, m.stream[i]);
	if (a->nstream != known)
		FOREACH_RUN(r, a)
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
		log_rarely(LOG_WARN, "agent %.*s: %.*s", (int)a->id.len,
			   a->id.ptr, (int)m.text.len, m.text.ptr);
	arena_fini(&m.mem);
	return err;
}

static int
on_goodbye(struct worker *w, struct agent *a, struct str body)
{
	struct wire_goodbye m;
	int err = wire_goodbye_decode(body, &m);

	arena_fini(&m.mem);
	if (!err)
		agents_leave(w, a, m.moves);
	return err;
}

static int
take(struct worker *w, struct agent *a, unsigned kind, struct str body)
{
	a->heard = w->now;
	a->listened = worker_listened(w);
	switch (kind) {
	case WIRE_ACK:
		return on_ack(w, a, body);
	case WIRE_ROWS:
		return ingest_rows(w, a, body);
	case WIRE_PARTIALS:
		return ingest_partials(w, a, body);
	case WIRE_HEARTBEAT:
		return on_heartbeat(w, a, body);
	case WIRE_ERROR:
		return on_error(a, body);
	case WIRE_GOODBYE:
		return on_goodbye(w, a, body);
	default:
		return MQL_EUNSUP;
	}
}

static void
receive(struct worker *w, const struct wire_peer *from, struct str msg)
{
	struct agent *a = map_get(&w->agents.by_peer, hop_key(from));
	struct str body;
	unsigned kind;
	int err = wire_get_header(msg.ptr, msg.len, &kind, &body);

	if (!err && kind == WIRE_HELLO)
		err = agents_hello(w, from, body);
	else if (!err && !a)
		err = MQL_ECLOSED;
	else if (!err)
		err = take(w, a, kind, body);
	if (!err)
		return;
	/* a may have left with a message that was fine, not with a bad one. */
	hop_complain(&w->hop, from, w->now, a ? &a->complained : NULL,
		     err, err == MQL_ECLOSED ? "say hello" : mql_strerror(err));
}

/* All that they sent is read: no more can come. */
static void
lose_deaf(struct worker *w)
{
	struct agent *a;

	if (!w->agents.ndeaf)
		return;
	LIST_FOREACH(a, &w->agents.all, entry)
		if (a->deaf)
			agents_lose(w, a);
}

/* While the job is behind, agents wait at the socket, and their credit is not
 * renewed: what is too much is dropped there, and counted. */
static bool
is_full(struct worker *w)
{
	bool full = channel_is_full(&w->out);

	if (full && !w->full_since)
		w->full_since = w->now;
	if (!full && w->full_since) {
		w->stood += w->now - w->full_since;
		w->full_since = 0;
	}
	return full;
}

bool
agents_receive(struct worker *w)
{
	struct wire_peer from;
	struct str msg;

	for (int i = 0; i < RECEIVE_MAX; i++) {
		if (is_full(w))
			return false;
		if (!hop_receive(&w->hop, &from, &msg)) {
			lose_deaf(w);
			moving_flush(w, true);
			return false;
		}
		receive(w, &from, msg);
	}
	return true;
}

