/* report.c - what the agent says about its queries: acknowledgements and
 * heartbeats. All on the agent's thread. */
#include <string.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	ACK_ENTRIES = 512,   /* a message: well under WIRE_MAX_CONTROL */
	BEAT_QUERIES = 1024, /* the same */
};

/* --- acks ------------------------------------------------------------------------ */

static struct wire_ack_entry *
entry(struct mql_agent *a, uint32_t id, enum wire_ack_state state)
{
	struct wire_ack *ack = &a->ack;
	const size_t size = ack->nentry * sizeof *ack->entry;
	struct wire_ack_entry *room;

	if (ack->nentry == ACK_ENTRIES) {
		report_send_ack(a);
		return entry(a, id, state);
	}
	if (!(ack->nentry & (ack->nentry - 1))) { /* full: twice as many */
		room = arena_grow(&ack->mem, ack->entry, size,
				  size ? 2 * size : sizeof *room);
		if (!room)
			return NULL;
		ack->entry = room;
	}
	a->ack_due = true;
	ack->entry[ack->nentry] = (struct wire_ack_entry){
		.id = id, .state = state,
	};
	return &ack->entry[ack->nentry++];
}

bool
report_live(struct mql_agent *a, struct run *r)
{
	struct wire_ack_entry *e = entry(a, r->id, WIRE_LIVE);

	if (!e)
		return false;
	/* What a new run has counted in the moments since then is news, to be
	 * reported; the counters of one that goes on are where it begins. */
	if (r->known)
		run_books(a, r, &r->told);
	parting_add(a, r, &r->told);
	r->known = true;
	e->since = (uint64_t)r->since;
	e->books = r->told;
	return true;
}

bool
report_refused(struct mql_agent *a, uint32_t id, const char *why)
{
	struct wire_ack_entry *e = entry(a, id, WIRE_REFUSED);

	if (!e)
		return false;
	e->why = arena_str(&a->ack.mem, str_of(why));
	atomic_fetch_add(&a->refused, 1);
	return true;
}

bool
report_ended(struct mql_agent *a, uint32_t id, int64_t since,
	     const struct books_agent *books, const char *why)
{
	struct wire_ack_entry *e = entry(a, id, WIRE_ENDED);

	if (!e)
		return false;
	e->why = str_of(why);
	e->since = (uint64_t)since;
	e->books = *books;
	return true;
}

void
report_send_ack(struct mql_agent *a)
{
	int err = 0;

	if (!a->ack_due)
		return;
	a->ack.version = a->link.version;
	if (a->link.state == LINK_LIVE) {
		wire_ack_encode(&a->ack, &a->frame);
		err = link_send(a);
	}
	arena_fini(&a->ack.mem);
	a->ack = (struct wire_ack){ 0 };
	a->ack_due = false;
	if (err == MQL_ENOMEM) /* on a new link all is said again */
		link_step(a, EV_SILENCE, NULL);
}

/* --- heartbeats ------------------------------------------------------------------- */

static void
send_beat(struct mql_agent *a, struct wire_heartbeat *hb)
{
	wire_heartbeat_encode(hb, &a->frame);
	link_send(a);
	hb->nquery = 0;
	hb->nstream = 0;
}

/* Streams since the hello, or since the last heartbeat. */
static void
new_streams(struct mql_agent *a, struct wire_heartbeat *hb, struct str *name)
{
	unsigned n = stream_count(&a->streams);

	hb->stream = name;
	for (unsigned i = a->streams_told; i < n; i++)
		name[hb->nstream++] = a->streams.at[i].name;
	a->streams_told = n;
}

/* No more than can be in one heartbeat: it is zeroed every time. */
static size_t
room_for_queries(const struct mql_agent *a)
{
	const unsigned n = a->runs.n[RUN_LIVE] + a->runs.n[RUN_ENDING];

	return n < BEAT_QUERIES ? n + 1 : BEAT_QUERIES;
}

/* The books of one, if they have changed. */
static void
tell_run(struct mql_agent *a, struct run *r, struct wire_heartbeat *hb)
{
	struct books_agent books;

	if (!r->id || r->says)
		return;
	run_books(a, r, &books);
	if (!memcmp(&books, &r->told, sizeof books) && r->spent.told)
		return;
	r->told = books;
	hb->query[hb->nquery] = (struct wire_counts){
		.id = r->id, .books = books,
	};
	budget_say(a, r, &hb->query[hb->nquery++]);
	if (hb->nquery == BEAT_QUERIES)
		send_beat(a, hb);
}

void
report_heartbeat(struct mql_agent *a)
{
	struct wire_heartbeat hb = {
		.at = (uint64_t)clock_wall_ms(), .version = a->link.version,
	};
	struct str name[STREAM_MAX];
	struct run *r;

	health_report(a, &hb.health);
	new_streams(a, &hb, name);
	hb.query = arena_alloc(&hb.mem, room_for_queries(a) *
			       sizeof *hb.query);
	if (hb.query) {
		TAILQ_FOREACH(r, &a->runs.state[RUN_LIVE], of_state)
			tell_run(a, r, &hb);
		TAILQ_FOREACH(r, &a->runs.state[RUN_ENDING], of_state)
			tell_run(a, r, &hb);
	}
	send_beat(a, &hb);
	arena_fini(&hb.mem);
}
