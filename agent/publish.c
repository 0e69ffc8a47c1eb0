/* publish.c - what happens to an event, on the service's own thread.
 *
 *   1. read the fields that queries name, match, count, draw lots for
 *      `sample`, write each distinct row once into p->rows
 *   2. push these rows into the ring, or count the drop
 *
 * All inside of RCU's read side, which holds the matcher, the publisher and
 * the agent itself. Nothing is allocated or locked, and no system call made,
 * unless something matches for the first time on this thread, or the event is
 * one that is timed (budget.h). A pipe that waits for room leaves the read side
 * meanwhile: it would hold up the agent's thread, which is the one that makes
 * room.
 *
 * p->rows holds, one after the other, without padding:
 *
 *     u32 length of what follows, u16 n, u16 step, n x u16 slot, the text
 *
 * which is, without the length, also a record of the ring. */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/fold.h"
#include "agent/publish.h"
#include "agent/sight.h"
#include "common/clock.h"

enum {
	TAKEN = UINT16_MAX, /* in p->hit: already part of a row */
	WAIT_NS = 200 * 1000,
	ROW_MAX = WIRE_MAX_ROWS / 2, /* a frame must hold it */
};

/* May a row go by the query's cap? now 0: it is not known yet. */
static bool
within_cap(struct publisher *p, uint16_t slot, int64_t *now)
{
	struct cap *cap = &p->agent->runs.cap[slot];

	if (!cap_is_set(cap))
		return true;
	if (!*now)
		*now = clock_mono_ns();
	if (cap_take(cap, *now))
		return true;
	counter_inc(&p->tally[slot].drop_rate);
	return false;
}

/* Count the hits and leave those that lot and cap have kept; returns how many.
 */
static size_t
keep(struct publisher *p, const struct matcher *m, size_t n)
{
	int64_t now = 0, mono = 0;
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		uint16_t hit = p->hit[i], slot = matcher_id(m, hit);
		struct tally *t = &p->tally[slot];
		struct sampler *s = &p->agent->runs.sampler[slot];

		counter_inc(&t->matched);
		if (!now && query_sample_is_timed(matcher_query(m, hit)))
			now = clock_wall_ms();
		if (!matcher_sample(m, hit, s, p->reader, now))
			counter_inc(&t->sampled);
		else if (within_cap(p, slot, &mono))
			p->hit[kept++] = hit;
	}
	return kept;
}

static void
drop_all(struct publisher *p, const struct matcher *m, size_t n)
{
	for (size_t i = 0; i < n; i++)
		counter_inc(&p->tally[matcher_id(m, p->hit[i])].drop_ring);
}

/* The slots of a row, as they lie in p->rows or in the ring. */
static uint16_t
slot_at(const uint8_t *row, unsigned i)
{
	uint16_t slot;

	memcpy(&slot, row + 4 + 2 * i, sizeof slot);
	return slot;
}

static void
drop_row(struct publisher *p, const uint8_t *row, bool large)
{
	uint16_t n;

	memcpy(&n, row, sizeof n);
	for (unsigned i = 0; i < n; i++) {
		struct tally *t = &p->tally[slot_at(row, i)];

		counter_inc(large ? &t->drop_large : &t->drop_ring);
	}
}

static void
write_text(struct publisher *p, const struct matcher *m, uint16_t hit)
{
	uint16_t slot = matcher_id(m, hit);
	int64_t start = gauge_start(p->gauging, slot);

	matcher_write_row(m, hit, p->eval, p->reader, p->counts, &p->rows);
	gauge_stop(p->gauging, slot, start, &p->counts[slot]);
}

static void
count_row(struct publisher *p, const uint8_t *row, uint32_t len)
{
	uint16_t n;

	memcpy(&n, row, sizeof n);
	for (unsigned i = 0; i < n; i++) {
		const uint16_t slot = slot_at(row, i);
		struct tally *t = &p->tally[slot];

		counter_inc(&t->rows);
		counter_add(&t->bytes, len);
		gauge_touch(p->gauge.touched, slot);
	}
}

/* Write the row of hit[first] with the slots of all hits that share it, and
 * its weight. */
static void
write_row(struct publisher *p, const struct generation *g, size_t first,
	  size_t n)
{
	struct buf *b = &p->rows;
	uint16_t hit = p->hit[first], nslot = 0;
	uint16_t class = matcher_row(g->matcher, hit);
	uint16_t step = budget_step(p, matcher_id(g->matcher, hit));
	size_t begun = b->len, body = begun + sizeof(uint32_t);
	uint32_t len;

	buf_put(b, &(uint32_t){ 0 }, sizeof(uint32_t));
	buf_put(b, &nslot, sizeof nslot);
	buf_put(b, &step, sizeof step);
	for (size_t i = first; i < n; i++) {
		uint16_t slot;

		if (p->hit[i] == TAKEN ||
		    matcher_row(g->matcher, p->hit[i]) != class)
			continue;
		slot = matcher_id(g->matcher, p->hit[i]);
		if (budget_step(p, slot) != step)
			continue;
		buf_put(b, &slot, sizeof slot);
		p->hit[i] = TAKEN;
		nslot++;
	}
	memcpy(b->data + body, &nslot, sizeof nslot);
	write_text(p, g->matcher, hit);
	if (b->err || b->len - body > ring_max(&p->ring) ||
	    b->len - body > ROW_MAX) {
		drop_row(p, b->data + body, true);
		b->len = begun;
		b->err = 0;
		return;
	}
	len = (uint32_t)(b->len - body);
	memcpy(b->data + begun, &len, sizeof len);
	count_row(p, b->data + body, len);
}

static const struct event_meta *
stamp(struct mql_stream *s, const struct generation *g,
      const struct event_meta *own, struct event_meta *meta)
{
	if (!own)
		own = &s->meta;
	if (!g->uses_seq)
		return own;
	*meta = *own;
	meta->seq = 1 + atomic_fetch_add_explicit(&s->seq, 1,
						  memory_order_relaxed);
	return meta;
}

/* All that a guard can tell. */
static bool
refuses(const struct generation *g, const struct event *ev)
{
	switch (ev->form) {
	case EVENT_STRUCT:
		return guard_refuses(g->guard, ev->record);
	case EVENT_BUILT:
		return built_ok(ev->built) &&
		       guard_refuses_built(g->guard, ev->built, g->era);
	case EVENT_JSON:
		break;
	}
	return false;
}

/* --- budgets (budget.h) ------------------------------------------------------ */

/* Seen first: what is counted as skipped was seen. */
static void
count_skipped(struct publisher *p)
{
	for (size_t i = 0; i < p->gauge.nskipped; i++)
		counter_inc(&p->tally[p->gauge.skipped[i]].skipped);
}

/* All queries do, and so nothing of the event is read. */
static void
pass_over(struct publisher *p, const struct generation *g)
{
	counter_inc(&p->seen[g->tally]);
	for (size_t i = 0; i < matcher_size(g->matcher); i++)
		if (matcher_query(g->matcher, i))
			counter_inc(&p->tally[matcher_id(g->matcher, i)]
					     .skipped);
}

/* Read it, and write the rows. */
static void
look_at(struct publisher *p, struct mql_stream *s, const struct generation *g,
	struct event *ev)
{
	const struct matcher *m = g->matcher;
	struct event_meta meta;
	size_t n = 0;

	ev->meta = stamp(s, g, ev->meta, &meta);
	ev->era = g->era;
	if (reader_begin(p->reader, matcher_paths(m), ev)) {
		counter_inc(&p->bad[g->tally]);
		return;
	}
	if (ev->form != EVENT_JSON ||
	    matcher_may_match(m, &p->luck[s->index], ev->text))
		n = matcher_match(m, p->eval, p->reader, p->counts,
				  p->gauging, p->hit);
	if (reader_check(p->reader, n > 0)) {
		counter_inc(&p->bad[g->tally]);
		return;
	}
	counter_inc(&p->seen[g->tally]);
	if (p->gauging)
		count_skipped(p);
	if (!n || !(n = keep(p, m, n)))
		return;
	if (g->folds && !(n = fold_hits(p, m, n)))
		return;
	if (publisher_ready(p)) {
		drop_all(p, m, n);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (p->hit[i] != TAKEN)
			write_row(p, g, i, n);
}

/* Step 1. What a guard refuses costs too little to be measured. */
static __attribute__((noinline)) void
evaluate(struct publisher *p, struct mql_stream *s,
	 const struct generation *g, struct event *ev)
{
	if (refuses(g, ev)) {
		counter_inc(&p->seen[g->tally]);
		return;
	}
	if (!budget_begin(p, s)) {
		pass_over(p, g);
		return;
	}
	look_at(p, s, g, ev);
	if (p->gauging && p->gauge.every)
		budget_end(p, s);
}

/* For pipes, outside of the read side. Gives up when the agent closes, and in
 * a forked child, where nobody will ever make room. */
static bool
wait_and_push(struct publisher *p, const uint8_t *row, uint32_t len)
{
	const struct timespec pause = { .tv_nsec = WAIT_NS };
	struct mql_agent *a = p->agent;
	bool done = false;

	atomic_fetch_add(&a->waiting, 1);
	rcu_leave();
	while (!done && !atomic_load(&a->closing) && getpid() == a->pid) {
		nanosleep(&pause, NULL);
		done = ring_push(&p->ring, row, len);
	}
	rcu_enter();
	atomic_fetch_sub(&a->waiting, 1);
	return done;
}

/* Step 2. */
static __attribute__((noinline)) void
push_rows(struct publisher *p)
{
	const uint8_t *row = p->rows.data, *end = row + p->rows.len;
	uint32_t len;

	for (; row < end; row += len) {
		memcpy(&len, row, sizeof len);
		row += sizeof len;
		if (ring_push(&p->ring, row, len))
			continue;
		if (!p->agent->wait_when_full || !wait_and_push(p, row, len))
			drop_row(p, row, false);
	}
	buf_reset(&p->rows);
}

/* Show ev to the queries and queue the rows. ev->meta NULL: the stream's. */
static void
publish_event(struct publisher *p, struct mql_stream *s, struct event *ev)
{
	struct generation *g;

	g = atomic_load_explicit(&s->generation, memory_order_acquire);
	if (g)
		evaluate(p, s, g, ev);
	if (p->rows.len)
		push_rows(p);
}

void
publish_bad(struct publisher *p, struct mql_stream *s)
{
	struct generation *g;

	g = atomic_load_explicit(&s->generation, memory_order_acquire);
	if (g)
		counter_inc(&p->bad[g->tally]);
}

void
publish_built(struct publisher *p, struct mql_stream *s, const struct built *b)
{
	struct event ev = { .form = EVENT_BUILT, .built = b };

	if (s->schema)
		publish_bad(p, s);
	else
		publish_event(p, s, &ev);
}

/* --- in and out --------------------------------------------------------------- */

struct publisher *
publish_enter(struct mql_stream *s)
{
	struct mql_agent *a;

	rcu_enter();
	if (!mql_active(s))
		return NULL;
	if (sight_at_hand(s) && publisher_memo.self == rcu_self())
		return publisher_memo.p;
	a = atomic_load_explicit(&s->agent, memory_order_acquire);
	return a ? publisher_find(a) : NULL;
}

void
publish_leave(void)
{
	rcu_leave();
}

/* --- what the inline functions of mql/agent.h call ---------------------------- */

static __attribute__((noinline)) void
publish_struct(struct mql_stream *s, const void *record)
{
	struct event ev = { .form = EVENT_STRUCT, .record = record };
	struct publisher *p = publish_enter(s);

	ev.schema = s->schema;
	if (p && s->schema && record)
		publish_event(p, s, &ev);
	else if (p)
		publish_bad(p, s);
	publish_leave();
}

void
mql_publish_live(struct mql_stream *s, const void *record)
{
	if (!record || !sight_refuses(s, record))
		publish_struct(s, record);
}

void
mql_publish_json_live(struct mql_stream *s, const char *text, size_t len)
{
	struct event ev = { .form = EVENT_JSON, .text = { text, len } };
	struct publisher *p = publish_enter(s);

	if (p && !s->schema && text)
		publish_event(p, s, &ev);
	else if (p)
		publish_bad(p, s);
	publish_leave();
}

void
mql_publish_json_at_live(struct mql_stream *s, const char *text, size_t len,
			 int64_t ts_ms)
{
	struct event ev = { .form = EVENT_JSON, .text = { text, len } };
	struct publisher *p = publish_enter(s);
	struct event_meta meta;

	if (p && !s->schema && text) {
		meta = s->meta;
		meta.clock = NULL;
		meta.ts = ts_ms;
		ev.meta = &meta;
		publish_event(p, s, &ev);
	} else if (p) {
		publish_bad(p, s);
	}
	publish_leave();
}
