/* inbox.c - what the source-job says, decoded and handed on.
 *
 * Nothing that it can send harms: what does not decode is counted, answered
 * at most once a second, and forgotten. On the agent's thread. */
#include "agent/agent.h"
#include "common/clock.h"

enum { SCOLD_MS = 1000 };

/* Tell the peer that its message made no sense, at most once a second. */
static void
scold(struct mql_agent *a, int code, const char *text)
{
	struct wire_error m = { .code = code, .text = str_of(text) };
	int64_t now = clock_mono_ms();

	a->link.garbage++;
	if (a->link.scolded && now - a->link.scolded < SCOLD_MS)
		return;
	a->link.scolded = now;
	agent_say(a, "the source-job sent a bad message: %s", text);
	wire_error_encode(&m, &a->frame);
	link_send(a);
}

static int
take_welcome(struct mql_agent *a, struct str body)
{
	struct wire_welcome m;
	int err = wire_welcome_decode(body, &m);

	if (!err)
		link_step(a, EV_WELCOME, &m);
	arena_fini(&m.mem);
	return err;
}

static int
take_queries(struct mql_agent *a, struct str body)
{
	struct wire_queries m;
	int err = wire_queries_decode(body, &m);

	if (!err && a->link.state == LINK_LIVE)
		matchers_take(a, &m);
	if (err == MQL_ENOMEM) /* it is asked for again */
		a->ack.resync = a->ack_due = true;
	arena_fini(&m.mem);
	return err;
}

static int
take_credit(struct mql_agent *a, struct str body)
{
	struct wire_credit m;
	struct run *r;
	int err = wire_credit_decode(body, &m);

	if (!err && a->link.state == LINK_LIVE) {
		if (m.bytes > a->link.credit)
			a->link.credit = m.bytes;
		else if (!m.id)
			link_pair_beat(a);
		if (m.id && (r = run_by_id(a, m.id, RUN_LIVE)))
			run_cap(a, r, m.rate);
		if (!m.id) {
			a->link.asked = m.at;
			a->link.asked_at = clock_mono_ns() / 1000;
		}
	}
	arena_fini(&m.mem);
	return err;
}

static int
take_error(struct mql_agent *a, struct str body)
{
	struct wire_error m;
	int err = wire_error_decode(body, &m);

	if (!err && m.code == MQL_ECLOSED)
		link_step(a, EV_STRANGER, NULL);
	else if (!err)
		agent_say(a, "the source-job says: %.*s", (int)m.text.len,
			  m.text.ptr ? m.text.ptr : "");
	arena_fini(&m.mem);
	return err;
}

static int
take_body(struct mql_agent *a, unsigned kind, struct str body)
{
	if (kind == WIRE_WELCOME)
		return take_welcome(a, body);
	if (kind == WIRE_QUERIES)
		return take_queries(a, body);
	if (kind == WIRE_CREDIT)
		return take_credit(a, body);
	if (kind == WIRE_ERROR)
		return take_error(a, body);
	if (kind != WIRE_GOODBYE)
		return MQL_EUNSUP;
	link_step(a, EV_GOODBYE, NULL);
	return 0;
}

void
inbox_take(struct mql_agent *a, struct str msg)
{
	struct str body;
	unsigned kind;
	int err;

	a->link.heard = clock_mono_ms();
	err = wire_get_header(msg.ptr, msg.len, &kind, &body);
	if (!err)
		err = take_body(a, kind, body);
	if (err == MQL_EVERSION)
		link_trouble(a, wire_other_version);
	if (err == MQL_EUNSUP)
		scold(a, err, "an agent has no use for this kind of message");
	else if (err)
		scold(a, err, mql_strerror(err));
}
