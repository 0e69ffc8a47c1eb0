/* fake_source_job.c - see fake_source_job.h. */
#include <check.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/clock.h"
#include "mql/error.h"
#include "tests/agent/fake_source_job.h"

/* libzmq is not built for ThreadSanitizer: what goes from thread to thread
 * inside it would look like a race. */
__attribute__((visibility("default")))
const char *__tsan_default_options(void);

const char *
__tsan_default_options(void)
{
	return "ignore_noninstrumented_modules=1:die_after_fork=0";
}

void
fake_init(struct fake *f)
{
	memset(f, 0, sizeof *f);
	snprintf(f->name, sizeof f->name, "fake-1");
	f->credit = UINT64_C(1) << 40;
	f->heartbeat_ms = 20;
	f->silence_ms = 60000;
	f->lease_ms = 60000;
	f->keep = true;
	snprintf(f->endpoint, sizeof f->endpoint, "tcp://127.0.0.1:*");
	f->query = calloc(FAKE_QUERIES, sizeof *f->query);
	ck_assert_ptr_nonnull(f->query);
	ck_assert_int_eq(wire_context_new(1, &f->context), 0);
	fake_listen(f);
}

void
fake_listen(struct fake *f)
{
	char why[200] = "";
	int64_t end = clock_mono_ms() + 10000;
	int err;

	do /* the old socket may take a moment to let go of the port */
		err = wire_router_open(f->context, f->endpoint, WIRE_ROLE_ALL,
				       &f->router, why, sizeof why);
	while (err == MQL_EINUSE && clock_mono_ms() < end);
	ck_assert_msg(!err, "%s", why);
	snprintf(f->endpoint, sizeof f->endpoint, "%s",
		 wire_router_endpoint(f->router));
}

void
fake_die(struct fake *f)
{
	wire_router_close(f->router, 0);
	f->router = NULL;
}

static void
free_query(struct fake_query *q)
{
	free(q->text);
	partial_free(q->partial);
	stage_free(q->stage);
	mql_query_free(q->fold);
	mql_query_free(q->whole);
	buf_fini(&q->out);
}

void
fake_forget(struct fake *f)
{
	for (size_t i = 0; i < f->nquery; i++)
		free_query(&f->query[i]);
	for (size_t i = 0; i < f->nrow; i++)
		free(f->row[i]);
	free(f->row);
	f->row = NULL;
	f->nquery = f->nrow = 0;
	f->set = 0;
}

void
fake_fini(struct fake *f)
{
	if (f->router)
		fake_die(f);
	wire_context_free(f->context);
	fake_forget(f);
	free(f->query);
}

/* --- out ---------------------------------------------------------------------- */

void
fake_send(struct fake *f, const void *data, size_t len)
{
	wire_router_send(f->router, &f->peer, data, len);
}

static void
send_buf(struct fake *f, struct buf *b)
{
	ck_assert_int_eq(b->err, 0);
	fake_send(f, b->data, b->len);
	buf_fini(b);
}

static void
welcome(struct fake *f)
{
	struct str can[] = { WIRE_WEIGHTS };
	struct wire_welcome m = {
		.capability = can, .ncapability = !f->old,
		.source_job = str_of(f->name),
		.heartbeat_ms = f->heartbeat_ms, .silence_ms = f->silence_ms,
		.lease_ms = f->lease_ms, .credit = f->credit,
	};
	struct buf b = BUF_INIT;

	wire_welcome_encode(&m, &b);
	send_buf(f, &b);
}

static struct str
fold_of(const struct fake_query *q)
{
	return q->whole ? str_of(query_fold_text(q->whole))
			: (struct str){ NULL, 0 };
}

void
fake_snapshot(struct fake *f)
{
	struct wire_query add[FAKE_QUERIES];
	struct wire_queries m = { .version = f->set, .add = add };
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < f->nquery; i++)
		if (f->query[i].listed)
			add[m.nadd++] = (struct wire_query){
				.id = f->query[i].id,
				.text = str_of(f->query[i].text),
				.fold = fold_of(&f->query[i]) };
	wire_queries_encode(&m, &b);
	send_buf(f, &b);
}

static void
delta(struct fake *f, struct wire_queries *m)
{
	struct buf b = BUF_INIT;

	m->base = f->set++;
	m->version = f->set;
	wire_queries_encode(m, &b);
	send_buf(f, &b);
}

static struct fake_query *
add(struct fake *f, struct str text, struct mql_query *whole)
{
	struct fake_query *q = &f->query[f->nquery];
	struct wire_query add = { .id = (uint32_t)f->nquery + 1,
				  .text = text };
	struct wire_queries m = { .add = &add, .nadd = 1 };

	ck_assert_uint_lt(f->nquery, FAKE_QUERIES);
	f->nquery++;
	*q = (struct fake_query){ .id = add.id, .listed = true, .next = 1,
				  .whole = whole };
	q->text = strndup(text.ptr, text.len);
	ck_assert_ptr_nonnull(q->text);
	add.fold = fold_of(q);
	delta(f, &m);
	return q;
}

struct fake_query *
fake_ask(struct fake *f, const char *text)
{
	return add(f, str_of(text), NULL);
}

static bool
take_result(void *query, struct str row, int64_t window)
{
	struct fake_query *q = query;

	(void)window;
	buf_put(&q->out, row.ptr, row.len);
	buf_puts(&q->out, "\n");
	return true;
}

struct fake_query *
fake_ask_fold(struct fake *f, const char *text)
{
	struct fake_query *q;
	struct mql_query *whole;

	ck_assert_int_eq(mql_query_compile(text, &whole, NULL), 0);
	q = add(f, query_agent_text(whole), whole);
	const struct stage_options opt = { .row = take_result, .arg = q };
	ck_assert_int_eq(mql_query_compile(query_fold_text(whole), &q->fold,
					   NULL), 0);
	ck_assert_int_eq(partial_new(q->fold, &q->partial), 0);
	ck_assert_int_eq(stage_new(whole, &opt, &q->stage), 0);
	return q;
}

const char *
fake_answer(struct fake_query *q)
{
	stage_end(q->stage);
	buf_put_u8(&q->out, 0);
	return (const char *)q->out.data;
}

void
fake_withdraw(struct fake *f, struct fake_query *q)
{
	struct wire_queries m = { .remove = &q->id, .nremove = 1 };

	q->listed = false;
	delta(f, &m);
}

void
fake_insist(struct fake *f, struct fake_query *q)
{
	struct wire_query add = { .id = q->id, .text = str_of(q->text),
				  .fold = fold_of(q), .force = true };
	struct wire_queries m = { .add = &add, .nadd = 1 };

	delta(f, &m);
}

void
fake_give_credit(struct fake *f, uint64_t bytes)
{
	struct wire_credit m = { .bytes = bytes };
	struct buf b = BUF_INIT;

	wire_credit_encode(&m, &b);
	send_buf(f, &b);
}

/* --- in ----------------------------------------------------------------------- */

static struct fake_query *
by_id(struct fake *f, uint32_t id)
{
	return id && id <= f->nquery ? &f->query[id - 1] : NULL;
}

static void
keep_text(char *to, size_t size, struct str s)
{
	snprintf(to, size, "%.*s", (int)s.len, s.len ? s.ptr : "");
}

static void
add_streams(struct fake *f, const struct str *name, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(f->streams);

		snprintf(f->streams + at, sizeof f->streams - at, "%.*s ",
			 (int)name[i].len, name[i].ptr);
	}
}

static void
add_labels(struct fake *f, const struct wire_label *label, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t at = strlen(f->labels);

		snprintf(f->labels + at, sizeof f->labels - at, "%.*s=%.*s ",
			 (int)label[i].name.len, label[i].name.ptr,
			 (int)label[i].value.len, label[i].value.ptr);
	}
}

static void
take_hello(struct fake *f, struct str body)
{
	struct wire_hello m;

	ck_assert_int_eq(wire_hello_decode(body, &m), 0);
	f->hellos++;
	f->session = m.session;
	keep_text(f->agent, sizeof f->agent, m.agent);
	keep_text(f->app, sizeof f->app, m.app);
	keep_text(f->host, sizeof f->host, m.host);
	keep_text(f->zone, sizeof f->zone, m.zone);
	keep_text(f->version, sizeof f->version, m.version);
	f->streams[0] = 0;
	add_streams(f, m.stream, m.nstream);
	f->labels[0] = 0;
	add_labels(f, m.label, m.nlabel);
	f->nsuspect = m.nsuspect;
	f->crashes = m.nsuspect ? m.suspect->crashes : 0;
	keep_text(f->suspicion, sizeof f->suspicion,
		  m.nsuspect ? m.suspect->why : STR(""));
	arena_fini(&m.mem);
	if (f->mute)
		return;
	welcome(f);
	fake_snapshot(f);
}

/* It may be said again, for an answer that got lost: then it is a report. */
static void
take_live(struct fake *f, struct fake_query *q, const struct books_agent *books)
{
	if (q->state == FAKE_LIVE && q->session == f->session)
		return;
	q->session = f->session;
	q->before = *books;
	q->next = books->sent + 1;
}

static void
take_entry(struct fake *f, const struct wire_ack_entry *e)
{
	struct fake_query *q = by_id(f, e->id);

	if (!q)
		return;
	q->acks++;
	if (e->state == WIRE_LIVE)
		take_live(f, q, &e->books);
	q->state = e->state == WIRE_LIVE ? FAKE_LIVE :
		   e->state == WIRE_ENDED ? FAKE_ENDED : FAKE_REFUSED;
	keep_text(q->why, sizeof q->why, e->why);
	if (e->state == WIRE_REFUSED)
		return;
	q->books = e->books;
}

static void
take_ack(struct fake *f, struct str body)
{
	struct wire_ack m;

	ck_assert_int_eq(wire_ack_decode(body, &m), 0);
	f->at_version = m.version;
	f->resyncs += m.resync;
	for (size_t i = 0; i < m.nentry; i++)
		take_entry(f, &m.entry[i]);
	arena_fini(&m.mem);
	if (m.resync)
		fake_snapshot(f);
}

/* Rows, or events, first ... first + n - 1 have come. */
static void
take_numbers(struct fake_query *q, uint64_t first, uint64_t n)
{
	ck_assert_ptr_nonnull(q);
	ck_assert_uint_ge(first, q->next);
	q->gap += first - q->next;
	q->next = first + n;
	q->rows += n;
}

static void
take_partial(struct fake_query *q, const struct wire_partial *wp)
{
	if (wp->events) {
		take_numbers(q, wp->first, wp->events);
		q->folded += wp->events;
		q->partials++;
		ck_assert_int_eq(partial_read(q->partial, wp->bytes), 0);
		ck_assert_uint_eq(partial_events(q->partial), wp->events);
		ck_assert_int_eq(stage_partial(q->stage, q->partial,
					       clock_wall_ms()), 0);
	}
	q->upto = wp->upto ? wp->upto : q->upto;
}

static void
take_partials(struct fake *f, struct str body)
{
	struct wire_partials m;

	ck_assert_int_eq(wire_partials_decode(body, &m), 0);
	f->received_bytes += body.len;
	for (size_t i = 0; i < m.n; i++)
		take_partial(by_id(f, m.item[i].id), &m.item[i]);
	arena_fini(&m.mem);
}

static void
take_rows(struct fake *f, struct str body)
{
	struct rows_reader r;
	const uint8_t *index;
	struct str row;
	uint16_t n;

	ck_assert_int_eq(rows_reader_init(&r, body), 0);
	f->received_bytes += body.len;
	for (unsigned i = 0; i < r.nqueries; i++) {
		struct rows_query rq = rows_reader_query(&r, i);

		take_numbers(by_id(f, rq.id), rq.first, rq.count);
		by_id(f, rq.id)->weight += (uint64_t)rq.count << rq.step;
	}
	while (rows_reader_next(&r, &row, &index, &n)) {
		for (unsigned i = 0; i < n; i++) {
			struct rows_query rq = rows_reader_query(
				&r, rows_index(index, i));
			struct fake_query *q = by_id(f, rq.id);

			if (q->stage)
				ck_assert_int_eq(stage_row_of(q->stage, row,
						 rq.step, clock_wall_ms()), 0);
		}
		if (!f->keep)
			continue;
		f->row = realloc(f->row, (f->nrow + 1) * sizeof *f->row);
		ck_assert_ptr_nonnull(f->row);
		f->row[f->nrow++] = strndup(row.ptr, row.len);
	}
}

static void
take_heartbeat(struct fake *f, struct str body)
{
	struct wire_heartbeat m;

	ck_assert_int_eq(wire_heartbeat_decode(body, &m), 0);
	f->heartbeats++;
	f->health = m.health;
	add_streams(f, m.stream, m.nstream);
	for (size_t i = 0; i < m.nquery; i++) {
		struct fake_query *q = by_id(f, m.query[i].id);

		if (!q)
			continue;
		q->books = m.query[i].books;
		q->every = m.query[i].every;
		q->suspended = m.query[i].suspended;
		snprintf(q->limit, sizeof q->limit, "%.*s",
			 (int)m.query[i].why.len, m.query[i].why.ptr ?
			 m.query[i].why.ptr : "");
	}
	arena_fini(&m.mem);
}

static void
take_goodbye(struct fake *f, struct str body)
{
	struct wire_goodbye m, back = { .why = STR("goodbye") };
	struct buf b = BUF_INIT;

	ck_assert_int_eq(wire_goodbye_decode(body, &m), 0);
	f->goodbyes++;
	f->moves = m.moves;
	arena_fini(&m.mem);
	if (!f->polite)
		return;
	wire_goodbye_encode(&back, &b);
	send_buf(f, &b);
}

static void
take(struct fake *f, struct str msg)
{
	struct str body;
	unsigned kind;

	ck_assert_int_eq(wire_get_header(msg.ptr, msg.len, &kind, &body), 0);
	if (kind == WIRE_HELLO)
		take_hello(f, body);
	else if (kind == WIRE_ACK)
		take_ack(f, body);
	else if (kind == WIRE_ROWS)
		take_rows(f, body);
	else if (kind == WIRE_PARTIALS)
		take_partials(f, body);
	else if (kind == WIRE_HEARTBEAT)
		take_heartbeat(f, body);
	else if (kind == WIRE_GOODBYE)
		take_goodbye(f, body);
	else if (kind == WIRE_ERROR)
		f->errors++;
	else
		ck_abort_msg("an agent has no business to send kind %u", kind);
}

void
fake_pump(struct fake *f, int ms)
{
	struct pollfd fd = { .fd = wire_router_fd(f->router),
			     .events = POLLIN };
	struct wire_peer from;
	struct str msg;
	bool any = false;

	for (int i = 0; i < 2; i++) {
		while (wire_router_recv(f->router, &from, &msg) == 1) {
			f->peer = from;
			take(f, msg);
			any = true;
		}
		if (any || i)
			return;
		poll(&fd, 1, ms);
	}
}

bool
fake_balanced(const struct fake_query *q)
{
	const struct books_agent *b = &q->books;

	return b->seen >= b->matched + b->skipped &&
	       b->matched == b->sampled + b->sent + b->queued +
			     books_agent_dropped(b) &&
	       q->before.sent + q->rows + q->gap == b->sent;
}
