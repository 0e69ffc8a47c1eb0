/* peer_rows.c - batches of one row, over and over. Each is made once by the
 * writer of wire/rows.h; from agent to agent only the number of its first row
 * changes, in place:
 *
 *     header (8)  u32 rows  u16 queries  u16 0  u32 id  u32 count  u64 first
 */
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/peers_private.h"
#include "wire/rows.h"

enum { FIRST_AT = WIRE_HEADER + 16, HEAD = FIRST_AT + 8, LATE_NS = 1000000000 };

struct peer_rows {
	struct peer_rows *next;
	uint32_t   id, batch;
	struct buf frame;
};

/* Blanks before the brace make it as long as it is said to be. */
static struct str
row_text(void)
{
	static const char row[] =
		"{\"customer_id\":424242,\"title\":\"Backpressure\","
		"\"episode\":7,\"country\":\"BR\",\"device\":\"ipad\","
		"\"latency_ms\":12.5,\"status\":200,\"headers\":{"
		"\"user-agent\":\"player/7.2 (like a browser)\","
		"\"host\":\"api.example\"},\"request_id\":"
		"\"7f3a90d2-11c4-4be5-9d07-6f1d0a5c33e8\"";
	static char text[PEERS_ROW];

	_Static_assert(sizeof row <= sizeof text, "the row fits");
	memset(text, ' ', sizeof text);
	memcpy(text, row, sizeof row - 1);
	text[sizeof text - 1] = '}';
	return (struct str){ text, sizeof text };
}

static void
fill(struct peer_rows *t, uint32_t id, uint32_t batch)
{
	struct rows_writer w;

	rows_writer_init(&w);
	for (uint64_t seq = 1; seq <= batch; seq++)
		if (rows_writer_add(&w, &id, &seq, 1, row_text()))
			bench_die("a batch of %u rows does not fit", batch);
	buf_reset(&t->frame);
	rows_writer_take(&w, &t->frame);
	rows_writer_fini(&w);
	t->id = id;
	t->batch = batch;
}

static struct peer_rows *
find(struct peers_process *h, uint32_t id, uint32_t batch)
{
	struct peer_rows *t = h->rows;

	while (t && (t->id != id || t->batch != batch))
		t = t->next;
	if (t)
		return t;
	if (!(t = calloc(1, sizeof *t)))
		bench_die("no memory");
	fill(t, id, batch);
	t->next = h->rows;
	h->rows = t;
	return t;
}

static bool
is_due(struct peer_run *r, int64_t now, uint64_t rate, uint32_t batch)
{
	if (!rate || (rate != PEERS_FLOOD && now < r->due))
		return false;
	if (rate == PEERS_FLOOD)
		return true;
	if (now - r->due > LATE_NS) /* it could not send: no burst */
		r->due = now;
	r->due += (int64_t)(1000000000ull * batch / rate);
	return true;
}

bool
peer_send_rows(struct peer *p, struct peer_run *r)
{
	struct peers_process *h = p->home;
	const uint32_t batch = atomic_load(&h->knobs->batch);
	const uint64_t rate = atomic_load(&h->knobs->rate);
	char head[HEAD];
	struct peer_rows *t;

	/* As drain_may_send(): while any credit is left. */
	if (!rate || p->a.spent >= p->a.credit ||
	    !is_due(r, h->now_ns, rate, batch))
		return false;
	t = find(h, r->id, batch);
	memcpy(head, t->frame.data, sizeof head);
	for (unsigned i = 0; i < 8; i++)
		head[FIRST_AT + i] = (char)((r->sent + 1) >> 8 * i);
	const struct str part[] = {
		{ head, sizeof head },
		{ (char *)t->frame.data + HEAD, t->frame.len - HEAD },
	};
	peer_send_parts(p, part, 2);
	p->a.spent += t->frame.len - WIRE_HEADER;
	r->sent += batch;
	PEER_COUNT(p, rows, batch);
	return true;
}
