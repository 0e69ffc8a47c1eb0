/* peer_bare.c - subscribers, and peers that know nothing of mql: the limit
 * for those that do. */
#include "bench/peers_private.h"
#include "wire/message.h"
#include "wire/rows.h"

/* --- bare ----------------------------------------------------------------------- */

enum { BARE_BYTES = 64 };

static void
say(struct peer *p, char what)
{
	char text[BARE_BYTES] = { what };

	peer_send_parts(p, &(struct str){ text, sizeof text }, 1);
}

static void
bare_up(struct peer *p)
{
	PEER_COUNT(p, greeted, 1);
	say(p, 'h');
}

static void
bare_take(struct peer *p, struct str body, struct str rest)
{
	(void)rest;
	if (body.len && body.ptr[0] == 'q')
		say(p, 'a');
	else if (body.len && body.ptr[0] == 'd')
		PEER_COUNT(p, received, atomic_load(&p->home->knobs->batch));
}

static void
bare_down(struct peer *p)
{
	PEER_COUNT(p, greeted, -1);
}

static void
nothing(struct peer *p)
{
	(void)p;
}

/* A batch as large as that of an agent. */
static bool
bare_row(struct peer *p)
{
	static char batch[1 << 20] = { 'd' };
	const uint64_t rate = atomic_load(&p->home->knobs->rate);
	const uint32_t rows = atomic_load(&p->home->knobs->batch);
	const size_t len = (size_t)rows * PEERS_ROW;

	if (!rate || len > sizeof batch || p->home->now_ns < p->due)
		return false;
	if (rate != PEERS_FLOOD) {
		if (p->home->now_ns - p->due > 1000000000)
			p->due = p->home->now_ns;
		p->due += (int64_t)(1000000000ull * rows / rate);
	}
	peer_send_parts(p, &(struct str){ batch, len }, 1);
	PEER_COUNT(p, rows, rows);
	return true;
}

const struct peer_role peer_bare = {
	bare_up, bare_take, bare_down, nothing, bare_row, nothing,
};

/* --- subscribers ------------------------------------------------------------------ */

enum { CREDIT = 4 << 20, PING_MS = 1000 };

static void
sub_up(struct peer *p)
{
	struct wire_subscribe m = {
		.id = 1, .query = str_of(p->home->opt->query),
		.credit = CREDIT, .client = STR("bench"), .parts = true,
	};

	p->s = (struct peer_subscriber){ .granted = CREDIT };
	wire_subscribe_encode(&m, &p->home->frame);
	peer_send(p);
}

static void
take_data(struct peer *p, struct str body, struct str rest)
{
	struct data_reader in;
	struct wire_credit m = { .id = 1 };

	if (rest.len ? data_reader_init_parts(&in, body, rest) :
		       data_reader_init(&in, body)) {
		PEER_COUNT(p, errors, 1);
		return;
	}
	PEER_COUNT(p, received, in.nrows);
	p->s.used += in.size;
	if (p->s.granted - p->s.used > CREDIT / 2)
		return;
	p->s.granted = m.bytes = p->s.used + CREDIT;
	wire_credit_encode(&m, &p->home->frame);
	peer_send(p);
}

static void
sub_take(struct peer *p, struct str frame, struct str rest)
{
	struct str body;
	unsigned kind;

	if (wire_get_header(frame.ptr, frame.len, &kind, &body))
		kind = WIRE_ERROR;
	if (kind == WIRE_DATA) {
		take_data(p, body, rest);
	} else if (kind == WIRE_ACCEPTED && !p->s.accepted) {
		p->s.accepted = true;
		PEER_COUNT(p, greeted, 1);
	} else if (kind == WIRE_ERROR) {
		PEER_COUNT(p, errors, 1);
	}
}

static void
sub_down(struct peer *p)
{
	if (p->s.accepted)
		PEER_COUNT(p, greeted, -1);
	p->s.accepted = false;
}

static void
sub_beat(struct peer *p)
{
	struct wire_ping m = { .n = 1 };

	if (p->home->now - p->s.beat < PING_MS)
		return;
	p->s.beat = p->home->now;
	wire_ping_encode(&m, &p->home->frame);
	peer_send(p);
}

static bool
no_row(struct peer *p)
{
	(void)p;
	return false;
}

const struct peer_role peer_subscriber = {
	sub_up, sub_take, sub_down, sub_beat, no_row, nothing,
};
