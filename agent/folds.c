/* folds.c - see folds.h. */
#include "agent/agent.h"

#include <stdlib.h>

#include "common/clock.h"
#include "mql/prog.h"
#include "mql/window.h"
#include "wire/partials.h"

enum {
	MESSAGE_BYTES = 64 << 10,
	PERIOD_MS = 1000, SHORTEST_MS = 50, LONGEST_MS = 10000,
	MOST_BYTES = 1 << 20, LEAST_BYTES = 8 << 10, /* of one side */
	ITEMS = 256,
};

struct partials { /* the message that is being put together */
	struct wire_partial item[ITEMS];
	size_t     n;
	struct buf bytes; /* of all items, in their order */
};

int
folds_init(struct mql_agent *a)
{
	a->partials = calloc(1, sizeof *a->partials);
	return a->partials ? 0 : MQL_ENOMEM;
}

void
folds_fini(struct mql_agent *a)
{
	if (a->partials)
		buf_fini(&a->partials->bytes);
	free(a->partials);
}

/* --- when --------------------------------------------------------------------- */

static bool
is_of_clock(const struct run *r)
{
	const struct shape *s = &r->fold->shape;

	return s->window == WINDOW_TIME && s->on == NO_ENTRY;
}

static int64_t
next_multiple(int64_t now, int64_t of)
{
	return now - now % of + of;
}

static int64_t
due_after(const struct run *r, int64_t now)
{
	const struct shape *s = &r->fold->shape;
	int64_t period = PERIOD_MS, due;
	struct windows w;

	if (is_of_clock(r)) {
		windows_init(&w, s->size_ms, s->every_ms);
		due = next_multiple(now, LONGEST_MS);
		return w.pane < due - now ? next_multiple(now, w.pane) : due;
	}
	if (s->window == WINDOW_TIME && s->grace_ms >= 0 &&
	    s->grace_ms / 4 < period)
		period = s->grace_ms / 4 > SHORTEST_MS ? s->grace_ms / 4
						       : SHORTEST_MS;
	return next_multiple(now, period);
}

static bool
is_due(const struct run *r, int64_t now)
{
	/* A clock that was set back must not put it off. */
	return now >= r->due || r->due - now > LONGEST_MS;
}

/* Its sides, if it is due? */
static bool
can_turn(const struct run *r)
{
	return r->fold && r->state == RUN_LIVE &&
	       (r->streams || r->spent.suspended) && r->id && !r->says &&
	       !r->flushing;
}

int64_t
folds_idle_ms(const struct mql_agent *a)
{
	const int64_t now = clock_wall_ms();
	int64_t ms = INT32_MAX;
	const struct run *r;

	if (TAILQ_EMPTY(&a->runs.fold) || !drain_may_send(a, 0))
		return ms;
	TAILQ_FOREACH(r, &a->runs.fold, of_fold) {
		if (!can_turn(r))
			continue;
		if (is_due(r, now))
			return 0;
		ms = r->due - now < ms ? r->due - now : ms;
	}
	return ms;
}

/* --- frames ------------------------------------------------------------------- */

static void
flush(struct mql_agent *a)
{
	struct partials *ps = a->partials;
	const struct wire_partials m = { .item = ps->item, .n = ps->n };
	const char *at = (const char *)ps->bytes.data;

	if (!ps->n)
		return;
	for (size_t i = 0; i < ps->n; i++) {
		ps->item[i].bytes.ptr = at;
		at += ps->item[i].bytes.len;
	}
	wire_partials_encode(&m, &a->frame);
	a->link.spent += a->frame.len - WIRE_HEADER;
	drain_framed(a, !link_send(a));
	ps->n = 0;
	buf_reset(&ps->bytes);
}

static struct wire_partial *
add_item(struct mql_agent *a, struct run *r)
{
	struct partials *ps = a->partials;

	if (ps->n == ITEMS || ps->bytes.len >= MESSAGE_BYTES)
		flush(a);
	ps->item[ps->n] = (struct wire_partial){ .id = r->id };
	return &ps->item[ps->n++];
}

/* One partial of at most a message's length. False when none can be sent now,
 * or there is none. */
static bool
add_partial(struct mql_agent *a, struct run *r, struct fold *f, unsigned side)
{
	struct partials *ps = a->partials;
	struct wire_partial *item;
	uint64_t events;
	size_t begun;

	if (!fold_left(f, side) || !drain_may_send(a, ps->bytes.len))
		return false;
	item = add_item(a, r);
	begun = ps->bytes.len;
	events = fold_put(f, side, MESSAGE_BYTES - begun, &ps->bytes);
	if (!events) { /* out of memory: later */
		ps->bytes.err = 0;
		ps->n--;
		return false;
	}
	item->first = r->done.sent + r->framed + 1;
	item->events = events;
	item->bytes.len = ps->bytes.len - begun;
	run_frame(a, r, events);
	r->spent.partials += item->bytes.len;
	run_watch(a, r, true);
	return true;
}

/* --- sides -------------------------------------------------------------------- */

/* In no matcher: no publisher writes either side. */
static bool
is_out(const struct run *r)
{
	return !r->streams && r->state != RUN_LIVE;
}

static size_t
share(const struct mql_agent *a)
{
	const uint32_t n = atomic_load(&a->nfold);
	const size_t each = a->fold_bytes / 2 / (n ? n : 1);

	if (each > MOST_BYTES)
		return MOST_BYTES;
	return each < LEAST_BYTES ? LEAST_BYTES : each;
}

static struct fold *
fold_at(struct publisher *p, const struct run *r)
{
	return atomic_load_explicit(&p->fold[r->slot], memory_order_acquire);
}

/* All of a side, of all publishers. False when some has to wait. */
static bool
send_side(struct mql_agent *a, struct run *r, unsigned side)
{
	bool all = true;

	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		struct fold *f = fold_at(p, r);

		while (f && add_partial(a, r, f, side))
			;
		if (f && !fold_left(f, side))
			fold_clear(f, side, share(a));
		else if (f)
			all = false;
	}
	return all;
}

/* Turn the sides of what is due, and wait until the old ones are at rest. */
static void
turn(struct mql_agent *a, int64_t now)
{
	const bool full = atomic_exchange(&a->fold_full, false);
	bool any = false;
	struct run *r;

	TAILQ_FOREACH(r, &a->runs.fold, of_fold) {
		if (!can_turn(r) || (!full && !is_due(r, now)))
			continue;
		atomic_fetch_xor(&a->runs.side[r->slot], 1);
		r->flushing = any = true;
		r->turned = now;
	}
	if (any)
		publisher_wait(a);
}

/* Rows of events that found no room may still be in a ring. */
static bool
rings_are_empty(const struct mql_agent *a)
{
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		size_t at = ring_begin(&p->ring), len;

		if (ring_next(&p->ring, &at, &len))
			return false;
	}
	return true;
}

/* All that was folded by r->turned is out: say so, where it matters. */
static void
say_upto(struct mql_agent *a, struct run *r)
{
	struct partials *ps = a->partials;
	struct wire_partial *last = ps->n ? &ps->item[ps->n - 1] : NULL;

	if (!is_of_clock(r) || !rings_are_empty(a))
		return;
	if (!last || last->id != r->id)
		last = add_item(a, r);
	last->upto = (uint64_t)r->turned;
}

static void
send_run(struct mql_agent *a, struct run *r)
{
	const unsigned side = atomic_load(&a->runs.side[r->slot]);
	const bool all = send_side(a, r, !side);

	if (is_out(r))
		send_side(a, r, side);
	if (!all || !r->flushing)
		return;
	r->flushing = false;
	r->due = due_after(r, r->turned);
	say_upto(a, r);
}

void
folds_send(struct mql_agent *a)
{
	struct run *r;

	if (TAILQ_EMPTY(&a->runs.fold))
		return;
	if (drain_may_send(a, 0))
		turn(a, clock_wall_ms());
	TAILQ_FOREACH(r, &a->runs.fold, of_fold) {
		if (!r->flushing && !is_out(r))
			continue;
		if (drain_wants(r))
			send_run(a, r);
		else if (is_out(r))
			folds_strike(a, r);
	}
	flush(a);
}

/* --- what is not sent ----------------------------------------------------------- */

void
folds_strike(struct mql_agent *a, struct run *r)
{
	for (struct publisher *p = publisher_first(a); r->fold && p;
	     p = p->next) {
		struct fold *f = fold_at(p, r);

		for (unsigned side = 0; f && side < 2; side++) {
			drain_drop(a, r, fold_left(f, side));
			fold_clear(f, side, share(a));
		}
	}
	r->flushing = false;
}

void
folds_free(struct mql_agent *a, struct run *r)
{
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		struct fold *f = fold_at(p, r);

		if (!f)
			continue;
		atomic_store(&p->fold[r->slot], NULL);
		fold_free(f);
		atomic_fetch_sub(&a->nfold, 1);
	}
}
