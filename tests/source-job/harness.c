/* harness.c - peers of the daemon under test that say what a test wants. See
 * harness.h. */
#include "tests/source-job/harness.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "mql/error.h"

enum { DEADLINE_MS = 20000 };
const struct wire_keys *peer_keys;

/* --- a peer -------------------------------------------------------------- */

void
peer_open(struct peer *p, const char *endpoint)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	unsigned changes;

	*p = (struct peer){ 0 };
	ck_assert_int_eq(wire_context_new(1, &p->context), 0);
	wire_context_use(p->context, peer_keys);
	ck_assert_int_eq(wire_dealer_open(p->context, endpoint, &p->dealer),
			 0);
	while (wire_dealer_link(p->dealer, &changes) != WIRE_LINK_UP) {
		ck_assert_msg(clock_mono_ms() < deadline, "no link");
		wire_dealer_wait(p->dealer, 100, -1);
	}
}

void
peer_close(struct peer *p)
{
	wire_dealer_close(p->dealer, 0);
	wire_context_free(p->context);
	buf_fini(&p->frame);
}

void
peer_send_bytes(struct peer *p, const void *data, size_t len)
{
	ck_assert_int_eq(wire_dealer_send(p->dealer, data, len), 0);
}

void
peer_send(struct peer *p)
{
	ck_assert_int_eq(p->frame.err, 0);
	peer_send_bytes(p, p->frame.data, p->frame.len);
	buf_reset(&p->frame);
}

/* what: for the sentence when nothing comes */
static void
recv_or_fail(struct peer *p, const char *what, unsigned *kind,
	     struct str *body)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	unsigned changes;
	struct str msg;

	while (wire_dealer_recv_parts(p->dealer, &msg, &p->rest) != 1) {
		ck_assert_msg(clock_mono_ms() < deadline,
			      "waiting for %s, nothing came", what);
		wire_dealer_link(p->dealer, &changes);
		wire_dealer_wait(p->dealer, 1000, -1);
	}
	ck_assert_int_eq(wire_get_header(msg.ptr, msg.len, kind, body), 0);
}

void
peer_recv(struct peer *p, unsigned *kind, struct str *body)
{
	recv_or_fail(p, "any message", kind, body);
}

struct str
peer_expect(struct peer *p, unsigned kind)
{
	int64_t deadline = clock_mono_ms() + DEADLINE_MS;
	const char *what = wire_kind_name(kind);
	struct str body;
	unsigned got;

	do {
		ck_assert_msg(clock_mono_ms() < deadline, "no %s", what);
		recv_or_fail(p, what, &got, &body);
	} while (got != kind);
	return body;
}

void
peer_expect_full(const struct daemon *d, const char *agent)
{
	struct wire_hello m = { .agent = str_of(agent), .app = STR("test"),
				.session = 1 };
	struct wire_error e;
	struct peer p;

	peer_open(&p, d->agents);
	wire_hello_encode(&m, &p.frame);
	peer_send(&p);
	struct str body = peer_expect(&p, WIRE_ERROR);
	ck_assert_int_eq(wire_error_decode(body, &e), 0);
	ck_assert_int_eq(e.code, MQL_ELIMIT);
	arena_fini(&e.mem);
	peer_close(&p);
}

/* --- a fake agent -------------------------------------------------------- */

void
agent_hello(struct agent *a, const char *id, const char *stream)
{
	struct str streams[1] = { str_of(stream) };
	struct wire_hello m = { .agent = str_of(id), .app = STR("test"),
				.host = STR("here"), .pid = 1, .session = 1,
				.stream = streams, .nstream = stream != NULL };
	struct wire_welcome w;

	wire_hello_encode(&m, &a->peer.frame);
	peer_send(&a->peer);
	struct str body = peer_expect(&a->peer, WIRE_WELCOME);
	ck_assert_int_eq(wire_welcome_decode(body, &w), 0);
	a->credit = w.credit;
	arena_fini(&w.mem);
	agent_queries(a);
}

void
agent_open(struct agent *a, const struct daemon *d, const char *id,
	   const char *stream)
{
	*a = (struct agent){ 0 };
	peer_open(&a->peer, d->agents);
	agent_hello(a, id, stream);
}

void
agent_close(struct agent *a)
{
	peer_close(&a->peer);
}

static void
take_query(struct agent *a, const struct wire_query *q)
{
	a->added = q->id;
	snprintf(a->fold, sizeof a->fold, "%.*s", (int)q->fold.len,
		 q->fold.len ? q->fold.ptr : "");
}

void
agent_queries(struct agent *a)
{
	struct wire_queries m;
	struct str body = peer_expect(&a->peer, WIRE_QUERIES);

	ck_assert_int_eq(wire_queries_decode(body, &m), 0);
	if (m.base)
		ck_assert_uint_eq(m.base, a->version);
	a->version = m.version;
	a->added = a->removed = 0;
	for (size_t i = 0; i < m.nadd; i++)
		if (!a->added || a->added != a->wanted)
			take_query(a, &m.add[i]);
	if (m.nremove)
		a->removed = m.remove[m.nremove - 1];
	arena_fini(&m.mem);
}

void
agent_until_added(struct agent *a)
{
	while (!a->added)
		agent_queries(a);
}

void
agent_until_query(struct agent *a, uint32_t id)
{
	a->wanted = id;
	while (a->added != id)
		agent_queries(a);
}

void
agent_until_removed(struct agent *a)
{
	while (!a->removed)
		agent_queries(a);
}

void
agent_ack(struct agent *a, uint32_t id, enum wire_ack_state state,
	  const struct books_agent *books)
{
	struct wire_ack_entry e = { .id = id, .state = state };
	struct wire_ack m = { .version = a->version, .entry = &e,
			      .nentry = 1 };

	if (books)
		e.books = *books;
	if (state == WIRE_REFUSED)
		e.why = STR("no thanks");
	wire_ack_encode(&m, &a->peer.frame);
	peer_send(&a->peer);
}

void
agent_go_live(struct agent *a)
{
	agent_until_added(a);
	agent_ack(a, a->added, WIRE_LIVE, NULL);
}

void
agent_end(struct agent *a, const struct books_agent *books)
{
	agent_until_removed(a);
	agent_ack(a, a->removed, WIRE_ENDED, books);
}

void
agent_report(struct agent *a, uint32_t id, const struct books_agent *books)
{
	struct wire_counts c = { .id = id, .books = *books };
	struct wire_heartbeat m = { .at = 1, .version = a->version,
				    .query = &c, .nquery = 1 };

	wire_heartbeat_encode(&m, &a->peer.frame);
	peer_send(&a->peer);
}

void
agent_rows(struct agent *a, uint32_t id, uint64_t first, unsigned n,
	   size_t size)
{
	struct rows_writer w;
	struct buf row = BUF_INIT;

	rows_writer_init(&w);
	for (uint64_t seq = first; seq < first + n; seq++) {
		buf_reset(&row);
		buf_printf(&row, "{\"seq\":%llu,\"fill\":\"",
			   (unsigned long long)seq);
		while (row.len + 2 < size)
			buf_put_u8(&row, 'x');
		buf_puts(&row, "\"}");
		struct str s = { (char *)row.data, row.len };
		ck_assert_int_eq(rows_writer_add(&w, &id, &seq, 1, s), 0);
	}
	rows_writer_take(&w, &a->peer.frame);
	peer_send(&a->peer);
	rows_writer_fini(&w);
	buf_fini(&row);
}

unsigned
agent_lines(struct agent *a, uint32_t id, uint64_t first, const char *text)
{
	struct rows_writer w;
	unsigned n = 0;

	rows_writer_init(&w);
	for (const char *nl; (nl = strchr(text, '\n')); text = nl + 1, n++) {
		struct str s = { text, (size_t)(nl - text) };
		uint64_t seq = first + n;
		ck_assert_int_eq(rows_writer_add(&w, &id, &seq, 1, s), 0);
	}
	rows_writer_take(&w, &a->peer.frame);
	peer_send(&a->peer);
	rows_writer_fini(&w);
	return n;
}

struct books_agent
agent_sent(uint64_t n)
{
	return (struct books_agent){ .seen = n, .matched = n, .sent = n };
}

/* --- a fake subscriber --------------------------------------------------- */

void
tail_open(struct tail *t, const struct daemon *d)
{
	*t = (struct tail){ .id = 7, .group = "", .key = "", .member = "" };
	peer_open(&t->peer, d->subscribers);
}

void
tail_close(struct tail *t)
{
	peer_close(&t->peer);
}

void
tail_ask(struct tail *t, const char *query, uint64_t limit, uint64_t credit)
{
	struct wire_subscribe m = { .id = t->id, .query = str_of(query),
				    .limit = limit, .credit = credit,
				    .client = STR("test 1"),
				    .parts = t->parts, .merge = t->merge,
				    .rate = t->rate,
				    .key = str_of(t->key),
				    .group = str_of(t->group),
				    .member = str_of(t->member) };

	t->accepted = false;
	t->error = 0;
	wire_subscribe_encode(&m, &t->peer.frame);
	peer_send(&t->peer);
}

void
tail_subscribe(struct tail *t, const char *query)
{
	tail_ask(t, query, 0, 64 << 20);
	TAIL_UNTIL(t, t->accepted || t->error);
	ck_assert_msg(t->accepted, "refused: %s", t->why);
}

void
tail_credit(struct tail *t, uint64_t bytes)
{
	struct wire_credit m = { .id = t->id, .bytes = bytes };

	wire_credit_encode(&m, &t->peer.frame);
	peer_send(&t->peer);
}

void
tail_ping(struct tail *t)
{
	struct wire_ping m = { .n = 1 };

	wire_ping_encode(&m, &t->peer.frame);
	peer_send(&t->peer);
}

void
tail_unsubscribe(struct tail *t)
{
	struct wire_unsubscribe m = { .id = t->id };

	wire_unsubscribe_encode(&m, &t->peer.frame);
	peer_send(&t->peer);
}

static void
take_meta(struct tail *t, const struct wire_meta *m)
{
	t->metas++;
	t->books = m->books;
	t->before = m->before;
	t->window = m->window;
	t->refusal[0] = '\0';
	if (m->nrefusal)
		snprintf(t->refusal, sizeof t->refusal, "%.*s",
			 (int)m->refusal[0].why.len, m->refusal[0].why.ptr);
}

static void
take_rows(struct tail *t, struct str body)
{
	struct data_reader r;
	struct str row;

	ck_assert(t->parts || !t->peer.rest.len);
	t->cut += t->peer.rest.len > 0;
	ck_assert_int_eq(t->peer.rest.len ?
		data_reader_init_parts(&r, body, t->peer.rest) :
		data_reader_init(&r, body), 0);
	ck_assert(r.subscription == t->id && r.first == t->rows + 1);
	while (data_reader_next(&r, &row)) {
		size_t n = strlen(t->text);
		t->rows++;
		if (row.len + 2 < sizeof t->text - n)
			snprintf(t->text + n, sizeof t->text - n, "%.*s\n",
				 (int)row.len, row.ptr);
	}
}

static void
take_end(struct tail *t, struct str body)
{
	struct wire_end m;

	ck_assert_int_eq(wire_end_decode(body, &m), 0);
	take_meta(t, &m.meta);
	t->ended = true;
	t->failed = m.failed;
	t->lapsed = m.lapsed;
	snprintf(t->why, sizeof t->why, "%.*s", (int)m.why.len, m.why.ptr);
	arena_fini(&m.meta.mem);
}

static void
take_accepted(struct tail *t, struct str body)
{
	struct wire_accepted m;

	ck_assert_int_eq(wire_accepted_decode(body, &m), 0);
	ck_assert_uint_eq(m.id, t->id);
	ck_assert(m.merge == t->merge && str_eq(m.group, str_of(t->group)));
	t->accepted = true;
	t->query_id = m.query_id;
	t->books.targeted = m.targeted;
	arena_fini(&m.mem);
}

static void
take_error(struct tail *t, struct str body)
{
	struct wire_error m;

	ck_assert_int_eq(wire_error_decode(body, &m), 0);
	t->error = m.code;
	t->col = m.col;
	snprintf(t->why, sizeof t->why, "%.*s", (int)m.text.len, m.text.ptr);
	arena_fini(&m.mem);
}

void
tail_step(struct tail *t)
{
	struct wire_meta meta;
	struct str body;
	unsigned kind;

	peer_recv(&t->peer, &kind, &body);
	switch (kind) {
	case WIRE_ACCEPTED:
		take_accepted(t, body);
		break;
	case WIRE_DATA:
		take_rows(t, body);
		break;
	case WIRE_META:
		ck_assert_int_eq(wire_meta_decode(body, &meta), 0);
		take_meta(t, &meta);
		arena_fini(&meta.mem);
		break;
	case WIRE_END:
		take_end(t, body);
		break;
	case WIRE_ERROR:
		take_error(t, body);
		break;
	default:
		break;
	}
}

const char *
tail_request(struct tail *t, const char *what, const char *arg, bool *ok)
{
	static char text[65536];
	struct wire_request m = { .id = 5, .what = str_of(what),
				  .arg = str_of(arg) };
	struct wire_reply r;

	wire_request_encode(&m, &t->peer.frame);
	peer_send(&t->peer);
	struct str body = peer_expect(&t->peer, WIRE_REPLY);
	ck_assert_int_eq(wire_reply_decode(body, &r), 0);
	ck_assert_uint_eq(r.id, 5);
	*ok = r.ok;
	snprintf(text, sizeof text, "%.*s", (int)r.text.len, r.text.ptr);
	arena_fini(&r.mem);
	return text;
}
