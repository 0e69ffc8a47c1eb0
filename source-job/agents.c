/* agents.c - agents come and go. */
#include "source-job/agents.h"

#include <stdlib.h>

#include "common/clock.h"
#include "common/log.h"
#include "mql/error.h"
#include "mql/query.h"
#include "source-job/queries.h"
#include "source-job/registry.h"
#include "source-job/run.h"
#include "source-job/worker.h"
#include "wire/message.h"

enum {
	REMEMBER_MS = 60000, /* agents keep a run's counters as long */
};

int
agents_init(struct worker *w)
{
	LIST_INIT(&w->agents.all);
	w->agents.route = calloc(UINT16_MAX + 1, sizeof *w->agents.route);
	return w->agents.route ? 0 : MQL_ENOMEM;
}

void
agents_undeafen(struct worker *w, struct agent *a)
{
	w->agents.ndeaf -= a->deaf;
	a->deaf = false;
}

struct agent *
agents_find(const struct worker *w, struct str id)
{
	return map_get(&w->agents.by_id, id);
}

void
agent_free(struct agent *a)
{
	if (!a)
		return;
	for (size_t i = 0; i < a->nrun; i++)
		if (a->run[i])
			run_free(a->run[i]);
	arena_fini(&a->mem);
	free(a->run);
	free(a);
}

/* Out of all lists. */
static void
remove_agent(struct worker *w, struct agent *a)
{
	if (a->connected)
		map_remove(&w->agents.by_peer, hop_key(&a->peer));
	map_remove(&w->agents.by_id, a->id);
	agents_undeafen(w, a);
	credit_end(&w->agents.credit, &a->credit);
	LIST_REMOVE(a, entry);
	w->agents.n--;
	w->agents.nprivate -= agent_is_private(a);
	own_forget(w, a);
}

void
agents_detach(struct worker *w, struct agent *a)
{
	struct run *r;

	FOREACH_RUN(r, a)
		run_detach(r);
	remove_agent(w, a);
	a->connected = false;
}

void
agents_forget(struct worker *w, struct agent *a)
{
	moving_forget(w, a);
	remove_agent(w, a);
	registry_release(w->registry, a->id, (int)w->index);
	agent_free(a);
}

void
agents_fini(struct worker *w)
{
	while (!LIST_EMPTY(&w->agents.all))
		agents_forget(w, LIST_FIRST(&w->agents.all));
	map_fini(&w->agents.by_id);
	map_fini(&w->agents.by_peer);
	free(w->agents.route);
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
agents_lose(struct worker *w, struct agent *a)
{
	struct run *r;

	if (!a->connected)
		return;
	log_rarely(LOG_INFO, "lost agent %.*s of %.*s", (int)a->id.len,
		   a->id.ptr, (int)a->app.len, a->app.ptr);
	map_remove(&w->agents.by_peer, hop_key(&a->peer));
	a->connected = false;
	agents_undeafen(w, a);
	credit_end(&w->agents.credit, &a->credit);
	FOREACH_RUN(r, a)
		run_lose(r);
}

void
agents_leave(struct worker *w, struct agent *a, bool moves)
{
	struct wire_goodbye m = { .why = STR("goodbye") };
	struct run *r;

	/* It waits for this before it closes: see agent/thread.c. */
	wire_goodbye_encode(&m, hop_frame(&w->hop));
	agents_send(w, a);
	log_debug("agent %.*s left", (int)a->id.len, a->id.ptr);
	FOREACH_RUN(r, a)
		run_leave(r, moves);
	agents_forget(w, a);
}

void
agents_send(struct worker *w, struct agent *a)
{
	if (a->deaf || !hop_send(&w->hop, &a->peer))
		return;
	a->deaf = true;
	w->agents.ndeaf++;
}

void
agents_broadcast(struct worker *w)
{
	struct agent *a;

	LIST_FOREACH(a, &w->agents.all, entry)
		if (a->connected)
			agents_send(w, a);
}

void
agents_send_credit(struct worker *w, struct agent *a)
{
	struct wire_credit m = { .bytes = a->credit.granted,
				 .at = (uint64_t)clock_mono_ns() / 1000 };

	a->beat = w->now;
	wire_credit_encode(&m, hop_frame(&w->hop));
	agents_send(w, a);
}

void
agents_send_queries(struct worker *w, struct agent *a)
{
	parts_encode(w, a, hop_frame(&w->hop));
	agents_send(w, a);
}

void
agents_tick(struct worker *w)
{
	int64_t silence = w->config->heartbeat * AGENT_SILENT_BEATS;
	struct agent *a, *next;

	for (a = LIST_FIRST(&w->agents.all); a; a = next) {
		next = LIST_NEXT(a, entry);
		if (!a->connected && w->now - a->heard > REMEMBER_MS)
			agents_forget(w, a);
		else if (a->connected &&
			 worker_listened(w) - a->listened > silence)
			agents_lose(w, a);
		else if (a->connected &&
			 w->now - a->beat >= w->config->heartbeat)
			agents_send_credit(w, a);
	}
}
