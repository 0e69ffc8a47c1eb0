/* peer_groups.c - what agents fold: made by the fold of the query, once for
 * each pane and process, and sent by all of its agents as if it were their
 * own. An agent says how far it has told with its last message of a pane, as
 * agent/folds.c does. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench/bench.h"
#include "bench/peers_private.h"
#include "common/clock.h"
#include "mql/fold.h"
#include "mql/pace.h"
#include "wire/partials.h"

enum {
	FOLD_BYTES = 8 << 20, PIECE = 60 << 10, PIECES = 64, EVENT_MAX = 4096,
	TOTAL_MS = 1000, /* of a running total */
};

struct piece {
	size_t   from, len;
	uint64_t events;
};

struct peer_groups {
	struct peer_groups *next;
	uint64_t          text;  /* hash of the query */
	struct mql_query *q;
	struct fold      *fold;
	struct pathset   *paths;
	struct reader    *reader;
	struct eval      *eval;
	uint16_t         *slots;
	struct eval_counts counts;
	int64_t           pane, made; /* ms; the end of the pane made */
	struct buf        bytes;
	struct piece      piece[PIECES];
	unsigned          n;
};

static struct peer_groups *
open_groups(struct peers_process *h, uint64_t text, struct str fold)
{
	struct peer_groups *g = calloc(1, sizeof *g);

	if (!g)
		bench_die("no memory");
	if (query_compile(fold, &g->q, NULL)) {
		free(g);
		return NULL;
	}
	g->slots = calloc(query_paths(g->q) + 1, sizeof *g->slots);
	if (!g->slots || fold_new(g->q, FOLD_BYTES, &g->fold) ||
	    pathset_new(NULL, &g->paths) ||
	    reader_new(EVENT_MAX, &g->reader) || eval_new(&g->eval) ||
	    query_link(g->q, g->paths, g->slots))
		bench_die("the fold does not open: %.*s", (int)fold.len,
			  fold.ptr);
	g->text = text;
	g->pane = query_pane_ms(g->q);
	if (!g->pane)
		g->pane = TOTAL_MS;
	g->next = h->groups;
	h->groups = g;
	return g;
}

static struct peer_groups *
find(struct peers_process *h, uint64_t text)
{
	struct peer_groups *g = h->groups;

	while (g && g->text != text)
		g = g->next;
	return g;
}

bool
peer_groups_begin(struct peer *p, struct peer_run *r, struct str fold)
{
	struct peers_process *h = p->home;
	struct peer_groups *g = find(h, r->text);

	if (!g)
		g = open_groups(h, r->text, fold);
	if (g)
		r->due = h->wall - h->wall % g->pane + g->pane;
	return g;
}

/* One event for each group. */
static void
publish(struct peer_groups *g, unsigned i, int64_t at)
{
	const struct event_meta meta = { .ts = at };
	char text[256];
	const int len = snprintf(text, sizeof text,
		"{\"customer_id\":%u,\"title\":\"Backpressure\","
		"\"episode\":%u,\"country\":\"%s\",\"device\":\"tv\","
		"\"latency_ms\":%u,\"status\":200}", i, i % 10,
		i % 40 ? "US" : "BR", 10 + i * 7919 % 490);
	const struct event ev = { .form = EVENT_JSON, .meta = &meta,
				  .text = { text, (size_t)len } };

	if (reader_begin(g->reader, g->paths, &ev) ||
	    !query_match(g->q, g->slots, g->eval, g->reader, &g->counts))
		return;
	fold_event(g->fold, 0, g->eval, g->reader, g->slots, &g->counts, at,
		   1);
}

/* The pane that ends then. */
static void
make(struct peer_groups *g, int64_t end, uint32_t groups)
{
	uint64_t events;

	g->made = end;
	g->n = 0;
	buf_reset(&g->bytes);
	fold_clear(g->fold, 0, FOLD_BYTES);
	for (unsigned i = 0; i < groups; i++)
		publish(g, i, end - g->pane / 2);
	while (g->n < PIECES) {
		const size_t from = g->bytes.len;

		events = fold_put(g->fold, 0, PIECE, &g->bytes);
		if (!events)
			break;
		g->piece[g->n++] = (struct piece){
			from, g->bytes.len - from, events };
	}
}

static void
send_piece(struct peer *p, struct peer_run *r, const struct peer_groups *g,
	   unsigned i, uint64_t upto)
{
	const struct piece *c = &g->piece[i];
	struct wire_partial item = {
		.id = r->id, .first = r->sent + 1, .events = c->events,
		.upto = upto,
		.bytes = { (char *)g->bytes.data + c->from, c->len },
	};
	const struct wire_partials m = { .item = &item, .n = 1 };

	wire_partials_encode(&m, &p->home->frame);
	p->a.spent += p->home->frame.len - WIRE_HEADER;
	r->sent += c->events;
	PEER_COUNT(p, events, c->events);
	peer_send(p);
}

static void
send_nothing(struct peer *p, const struct peer_run *r, uint64_t upto)
{
	struct wire_partial item = { .id = r->id, .upto = upto };
	const struct wire_partials m = { .item = &item, .n = 1 };

	wire_partials_encode(&m, &p->home->frame);
	p->a.spent += p->home->frame.len - WIRE_HEADER;
	peer_send(p);
}

bool
peer_send_groups(struct peer *p, struct peer_run *r)
{
	struct peers_process *h = p->home;
	const uint32_t groups = atomic_load(&h->knobs->groups);
	struct peer_groups *g;
	int64_t end;

	if (h->wall < r->due || p->a.spent >= p->a.credit ||
	    !(g = find(h, r->text)))
		return false;
	end = h->wall - h->wall % g->pane;
	if (g->made != end)
		make(g, end, groups);
	for (unsigned i = 0; i < g->n; i++)
		send_piece(p, r, g, i, i + 1 < g->n ? 0 : (uint64_t)end);
	if (!g->n)
		send_nothing(p, r, (uint64_t)end);
	r->due = end + g->pane;
	return true;
}
