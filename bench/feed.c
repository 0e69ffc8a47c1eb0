/* feed.c - see feed.h. */
#include "bench/feed.h"

#include <poll.h>
#include <stdatomic.h>
#include <string.h>

#include "bench/bench.h"
#include "wire/message.h"
#include "wire/rows.h"
#include "wire/socket.h"

enum { FRAME_BYTES = 64 << 10, LOOK_MS = 1 };

struct serving {
	struct feed     *f;
	struct wire_peer peer;
	uint32_t         id;      /* 0: nobody has subscribed */
	uint64_t         used, credit, sent;
	struct buf       frame;
};

static void
say(struct serving *s)
{
	wire_router_send(s->f->router, &s->peer, s->frame.data, s->frame.len);
	buf_reset(&s->frame);
}

static void
subscribed(struct serving *s, struct str body)
{
	struct wire_subscribe m;

	if (!wire_subscribe_decode(body, &m)) {
		struct wire_accepted yes = {
			.id = m.id, .query_id = 1, .source_job = STR("feed"),
			.canonical = m.query, .lease_ms = 60000,
		};
		s->id = m.id;
		s->credit = m.credit;
		wire_accepted_encode(&yes, &s->frame);
		say(s);
	}
	arena_fini(&m.mem);
}

static void
pinged(struct serving *s, struct str body)
{
	struct wire_ping m;

	if (!wire_ping_decode(body, &m)) {
		wire_pong_encode(&m, &s->frame);
		say(s);
	}
	arena_fini(&m.mem);
}

static void
credited(struct serving *s, struct str body)
{
	struct wire_credit m;

	if (!wire_credit_decode(body, &m))
		s->credit = m.bytes;
	arena_fini(&m.mem);
}

static void
listen_to(struct serving *s)
{
	struct wire_peer from;
	struct str msg, body;
	unsigned kind;

	while (wire_router_recv(s->f->router, &from, &msg) == 1) {
		s->peer = from;
		if (wire_get_header(msg.ptr, msg.len, &kind, &body))
			continue;
		if (kind == WIRE_SUBSCRIBE)
			subscribed(s, body);
		else if (kind == WIRE_PING)
			pinged(s, body);
		else if (kind == WIRE_CREDIT)
			credited(s, body);
	}
}

/* One frame, if there is credit for it. */
static int
send_some(struct serving *s)
{
	const struct feed *f = s->f;
	uint32_t n = 0;

	if (!s->id || s->sent == f->rows || s->used + FRAME_BYTES > s->credit)
		return 0;
	size_t at = data_begin(&s->frame, s->id, s->sent + 1);
	while (s->frame.len < FRAME_BYTES && s->sent < f->rows) {
		const struct str row = f->row[s->sent % f->nrows];
		if (s->frame.len + row.len + 64 > FRAME_BYTES)
			break;
		data_put_row(&s->frame, row);
		s->sent++;
		n++;
	}
	data_end(&s->frame, at, n);
	s->used += s->frame.len - WIRE_HEADER;
	say(s);
	return 1;
}

static void *
run(void *arg)
{
	struct serving s = { .f = arg };
	struct pollfd fd = { .events = POLLIN };

	while (!atomic_load(&s.f->stopping)) {
		listen_to(&s);
		if (send_some(&s))
			continue;
		fd.fd = wire_router_fd(s.f->router);
		poll(&fd, 1, LOOK_MS);
	}
	buf_fini(&s.frame);
	return NULL;
}

void
feed_start(struct feed *f)
{
	char why[200];

	if (wire_context_new(1, &f->context) ||
	    wire_router_open(f->context, "tcp://127.0.0.1:0",
			     WIRE_ROLE_ALL, &f->router, why, sizeof why))
		bench_die("the feed cannot listen");
	f->endpoint = wire_router_endpoint(f->router);
	f->stopping = 0;
	if (pthread_create(&f->thread, NULL, run, f))
		bench_die("no thread for the feed");
}

void
feed_stop(struct feed *f)
{
	atomic_store(&f->stopping, 1);
	pthread_join(f->thread, NULL);
	wire_router_close(f->router, 0);
	wire_context_free(f->context);
}
