/* peer_agent.c - the stand-in for an agent: see docs/wire.md, section 3, and
 * agent/link.c, which is the real one. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/peers_private.h"
#include "mql/error.h"
#include "mql/query.h"
#include "wire/message.h"

enum { HELLO_MS = 1000, ENTRIES = 512 };

static uint64_t
hash(struct str a, struct str b)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (size_t i = 0; i < a.len + 1 + b.len; i++) {
		char c = i < a.len ? a.ptr[i] : i == a.len ? '\0' :
			 b.ptr[i - a.len - 1];
		h = (h ^ (uint8_t)c) * 1099511628211u;
	}
	return h;
}

static struct books_agent
books(const struct peer_run *r)
{
	return (struct books_agent){
		.seen = r->sent, .matched = r->sent, .sent = r->sent };
}

/* --- hello --------------------------------------------------------------------- */

static void
hello(struct peer *p)
{
	char name[80], host[32], zone[32], rack[16];
	struct str stream = STR("requests");
	struct wire_label label = { STR("rack"), { rack, 0 } };
	struct wire_hello m = {
		.app = STR("fleet"), .version = STR("1.0"),
		.language = STR(MQL_VERSION), .pid = (uint64_t)getpid(),
		.session = p->a.session, .stream = &stream, .nstream = 1,
		.label = &label, .nlabel = 1,
	};

	snprintf(name, sizeof name, "peer-%u:%ld:%u", p->index,
		 (long)getpid(), p->a.life);
	snprintf(host, sizeof host, "peer-%u", p->index);
	snprintf(zone, sizeof zone, "zone-%u", p->index % 4);
	label.value.len = (size_t)snprintf(rack, sizeof rack, "%u",
					   p->index % 100);
	m.agent = str_of(name);
	m.host = str_of(host);
	m.zone = str_of(zone);
	p->a.beat = p->home->now;
	wire_hello_encode(&m, &p->home->frame);
	peer_send(p);
}

static void
up(struct peer *p)
{
	p->a.session++;
	p->a.synced = false;
	p->a.heard = p->home->now;
	p->a.heartbeat = HELLO_MS;
	p->a.silence = 3 * HELLO_MS;
	hello(p);
}

/* What runs goes on running; as long as no lease ends it. */
static void
down(struct peer *p)
{
	if (p->a.live) {
		PEER_COUNT(p, greeted, -1);
		PEER_COUNT(p, live, -(int64_t)p->a.nrun);
	}
	p->a.live = false;
}

static void
die(struct peer *p)
{
	free(p->a.run);
	p->a = (struct peer_agent){ .life = p->a.life + 1 };
}

static void
welcome(struct peer *p, struct str body)
{
	struct wire_welcome m;

	if (wire_welcome_decode(body, &m)) {
		PEER_COUNT(p, errors, 1);
	} else if (!p->a.live) {
		p->a.live = true;
		p->a.credit = m.credit;
		p->a.spent = p->a.version = 0;
		p->a.heartbeat = (int64_t)m.heartbeat_ms;
		p->a.silence = (int64_t)m.silence_ms;
		/* Not all at the same time. */
		p->a.beat = p->home->now - random() % p->a.heartbeat;
		for (unsigned i = 0; i < p->a.nrun; i++)
			p->a.run[i].id = 0; /* until the snapshot names it */
		PEER_COUNT(p, greeted, 1);
		PEER_COUNT(p, live, p->a.nrun);
	}
	arena_fini(&m.mem);
}

/* --- queries ------------------------------------------------------------------- */

static struct peer_run *
find(struct peer *p, uint32_t id, uint64_t text)
{
	for (unsigned i = 0; i < p->a.nrun; i++)
		if (id ? p->a.run[i].id == id : p->a.run[i].text == text)
			return &p->a.run[i];
	return NULL;
}

static void
send_ack(struct peer *p, struct wire_ack *m)
{
	m->version = p->a.version;
	wire_ack_encode(m, &p->home->frame);
	peer_send(p);
	m->nentry = 0;
}

static void
say(struct peer *p, struct wire_ack *m, struct wire_ack_entry e)
{
	if (m->nentry == ENTRIES)
		send_ack(p, m);
	m->entry[m->nentry++] = e;
}

static void
end(struct peer *p, struct peer_run *r, struct wire_ack *m)
{
	if (r->id)
		say(p, m, (struct wire_ack_entry){
			.id = r->id, .state = WIRE_ENDED, .since = r->since,
			.books = books(r) });
	*r = p->a.run[--p->a.nrun];
	PEER_COUNT(p, live, -1);
}

static struct peer_run *
add_run(struct peer *p)
{
	struct peer_agent *a = &p->a;

	if (a->nrun == a->cap) {
		a->cap = a->cap ? 2 * a->cap : 2;
		a->run = realloc(a->run, a->cap * sizeof *a->run);
		if (!a->run)
			bench_die("no memory");
	}
	PEER_COUNT(p, live, 1);
	a->run[a->nrun] = (struct peer_run){ 0 };
	return &a->run[a->nrun++];
}

/* As an agent does: an error of the text is its own refusal. */
static int
compile(struct str text)
{
	struct mql_query *q;
	int err = query_compile(text, &q, NULL);

	mql_query_free(q);
	return err;
}

static void
begin(struct peer *p, const struct wire_query *q, struct wire_ack *m)
{
	const uint64_t text = hash(q->text, q->fold);
	struct peer_run *r = find(p, 0, text);
	int err = 0;

	if (!r) {
		err = compile(q->text);
		if (err) {
			PEER_COUNT(p, refused, 1);
			say(p, m, (struct wire_ack_entry){
				.id = q->id, .state = WIRE_REFUSED,
				.why = str_of(mql_strerror(err)) });
			return;
		}
		r = add_run(p);
		r->text = text;
		r->since = (uint64_t)p->home->wall;
		/* Not all at the same time. */
		r->due = p->home->now_ns + random() % 1000000;
		r->fold = q->fold.len && peer_groups_begin(p, r, q->fold);
	}
	r->id = q->id;
	r->said = r->sent;
	say(p, m, (struct wire_ack_entry){
		.id = r->id, .state = WIRE_LIVE, .since = r->since,
		.books = books(r) });
}

static void
apply(struct peer *p, const struct wire_queries *q)
{
	struct wire_ack_entry entry[ENTRIES];
	struct wire_ack m = { .entry = entry };
	struct peer_run *r;

	p->a.version = q->version;
	for (size_t i = 0; i < q->nremove; i++)
		if ((r = find(p, q->remove[i], 0)))
			end(p, r, &m);
	for (size_t i = 0; i < q->nadd; i++)
		begin(p, &q->add[i], &m);
	/* Those that a whole set does not name rest, as if asked by a
	 * source-job that is gone. */
	if (!q->base)
		for (unsigned i = p->a.nrun; i-- > 0;)
			if (!p->a.run[i].id)
				end(p, &p->a.run[i], &m);
	send_ack(p, &m);
}

static void
queries(struct peer *p, struct str body)
{
	struct wire_queries m;

	if (wire_queries_decode(body, &m)) {
		PEER_COUNT(p, errors, 1);
	} else if (m.base && m.base != p->a.version) {
		send_ack(p, &(struct wire_ack){ .resync = true });
	} else {
		p->a.synced = true;
		apply(p, &m);
	}
	arena_fini(&m.mem);
}

/* --- messages ------------------------------------------------------------------ */

static void
heartbeat(struct peer *p, bool paired)
{
	struct wire_counts count[ENTRIES];
	struct wire_heartbeat m = {
		.at = (uint64_t)p->home->wall, .version = p->a.version,
		.query = count,
		.health = { .cpu_ns = 1000000 * p->a.session,
			    .memory = 1 << 20 },
	};

	for (unsigned i = 0; i < p->a.nrun && m.nquery < ENTRIES; i++) {
		struct peer_run *r = &p->a.run[i];

		if (!r->id || r->said == r->sent)
			continue;
		r->said = r->sent;
		count[m.nquery++] = (struct wire_counts){
			.id = r->id, .books = books(r) };
	}
	p->a.beat = p->home->now;
	p->a.paired = paired;
	wire_heartbeat_encode(&m, &p->home->frame);
	peer_send(p);
}

static void
credit(struct peer *p, struct str body)
{
	struct wire_credit m;

	if (wire_credit_decode(body, &m))
		PEER_COUNT(p, errors, 1);
	else if (m.bytes > p->a.credit)
		p->a.credit = m.bytes;
	else if (!m.id && p->home->now - p->a.beat >= p->a.heartbeat / 2)
		heartbeat(p, true);
	arena_fini(&m.mem);
}

static void
on_error(struct peer *p, struct str body)
{
	struct wire_error m;
	bool stranger = !wire_error_decode(body, &m) &&
			m.code == MQL_ECLOSED;

	arena_fini(&m.mem);
	if (!stranger) {
		PEER_COUNT(p, errors, 1);
		return;
	}
	down(p);
	up(p);
}

static void
take(struct peer *p, struct str frame, struct str rest)
{
	struct str body = { 0 };
	unsigned kind;

	if (rest.len ||
	    wire_get_header(frame.ptr, frame.len, &kind, &body))
		kind = WIRE_NONE;
	p->a.heard = p->home->now;
	switch (kind) {
	case WIRE_WELCOME:
		welcome(p, body);
		break;
	case WIRE_QUERIES:
		queries(p, body);
		break;
	case WIRE_CREDIT:
		credit(p, body);
		break;
	case WIRE_ERROR:
		on_error(p, body);
		break;
	case WIRE_GOODBYE:
		down(p);
		break;
	default:
		PEER_COUNT(p, errors, 1);
	}
}

/* --- time ----------------------------------------------------------------------- */

static void
beat(struct peer *p)
{
	const int64_t now = p->home->now;

	if (now - p->a.heard > p->a.silence)
		peer_hang_up(p);
	else if (p->a.live && now - p->a.beat >= p->a.heartbeat +
					(p->a.paired ? p->a.heartbeat / 4 : 0))
		heartbeat(p, false);
	else if (!p->a.live && now - p->a.beat >= HELLO_MS)
		hello(p);
}

static bool
row(struct peer *p)
{
	bool any = false;

	if (!p->a.live || !p->a.synced)
		return false;
	for (unsigned i = 0; i < p->a.nrun && !zmtp_wants_write(&p->z); i++) {
		struct peer_run *r = &p->a.run[i];

		if (r->id)
			any |= r->fold ? peer_send_groups(p, r) :
					 peer_send_rows(p, r);
	}
	return any;
}

const struct peer_role peer_agent = { up, take, down, beat, row, die };
