/* drain.c - rows from the publishers' rings into frames.
 *
 * A row goes out in the order of its ring, when link and credit allow; until
 * then it stays where it is, the ring fills, and publishers drop and count.
 * What belongs to a query that is at rest, or unknown to the source-job that
 * is there now, is dropped here as drop_link. A record is
 *
 *     u16 n, u16 step, n x u16 slot, the row's text  (publish.c writes it)
 *
 * All on the agent's thread. */
#include <string.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	STRUCK = UINT16_MAX,   /* a slot that is accounted for already */
	FRAME_BYTES = 64 << 10, /* full enough to be sent */
	TURN_BYTES = 1 << 20,  /* then somebody else may have a turn */
};

struct record {
	uint16_t *slot;
	uint16_t  n, step;
	struct str row;
};

static struct record
record_of(void *bytes, size_t len)
{
	uint16_t *u = bytes;
	size_t head = sizeof *u * (2u + u[0]);

	return (struct record){
		u + 2, u[0], u[1], { (char *)bytes + head, len - head },
	};
}

/* Does the row have somewhere to go, now or later? Never for a run at rest,
 * or one that ends without the source-job knowing it. */
bool
drain_wants(const struct run *r)
{
	return r->state == RUN_LIVE || (r->state == RUN_ENDING && r->id);
}

void
drain_drop(struct mql_agent *a, struct run *r, uint64_t n)
{
	r->done.drop_link += n;
	atomic_fetch_add_explicit(&a->drop_link, n, memory_order_relaxed);
}

/* --- frames ---------------------------------------------------------------------- */

void
drain_framed(struct mql_agent *a, bool sent)
{
	struct run_table *t = &a->runs;

	while (t->nframed) {
		struct run *r = &t->at[t->framed[--t->nframed]];

		if (sent)
			r->done.sent += r->framed;
		else
			r->done.drop_link += r->framed;
		atomic_fetch_add_explicit(sent ? &a->sent : &a->drop_link,
					  r->framed, memory_order_relaxed);
		r->framed = 0;
	}
}

/* Rows of a frame are sent or dropped as one. */
static void
flush(struct mql_agent *a)
{
	if (!a->writer.nrows)
		return;
	if (a->writer.timed)
		a->writer.sent = (uint64_t)clock_wall_us();
	rows_writer_take(&a->writer, &a->frame);
	a->link.spent += a->frame.len - WIRE_HEADER;
	drain_framed(a, !link_send(a));
}

static int
add_row(struct mql_agent *a, const struct record *rec)
{
	uint32_t id[QUERIES_MAX];
	uint64_t seq[QUERIES_MAX];
	uint16_t n = 0;
	int err;

	for (unsigned i = 0; i < rec->n; i++) {
		struct run *r;

		if (rec->slot[i] == STRUCK)
			continue;
		r = &a->runs.at[rec->slot[i]];
		if (!drain_wants(r))
			continue;
		id[n] = r->id;
		seq[n++] = r->done.sent + r->framed + 1;
	}
	a->writer.step = a->link.weighs ? rec->step : 0;
	a->writer.timed = a->link.times; /* only changes between frames */
	err = rows_writer_add(&a->writer, id, seq, n, rec->row);
	for (unsigned i = 0; !err && i < rec->n; i++) {
		struct run *r;

		if (rec->slot[i] == STRUCK)
			continue;
		r = &a->runs.at[rec->slot[i]];
		if (drain_wants(r))
			run_frame(a, r, 1);
		else
			drain_drop(a, r, 1);
	}
	return err;
}

static bool
any_wanted(const struct mql_agent *a, const struct record *rec)
{
	for (unsigned i = 0; i < rec->n; i++)
		if (rec->slot[i] != STRUCK &&
		    drain_wants(&a->runs.at[rec->slot[i]]))
			return true;
	return false;
}

/* Whatever is left: so one larger than that never stands in the way for
 * ever. */
bool
drain_may_send(const struct mql_agent *a, size_t bytes)
{
	return link_takes_rows(a) && a->link.spent + bytes < a->link.credit;
}

static bool
may_send(const struct mql_agent *a)
{
	return drain_may_send(a, rows_writer_size(&a->writer));
}

/* Account for one record; false when it has to wait. */
static bool
take(struct mql_agent *a, const struct record *rec)
{
	int err;

	if (!any_wanted(a, rec)) {
		for (unsigned i = 0; i < rec->n; i++)
			if (rec->slot[i] != STRUCK)
				drain_drop(a, &a->runs.at[rec->slot[i]],
					   1);
		return true;
	}
	if (!may_send(a))
		return false;
	err = add_row(a, rec);
	if (err == MQL_ELIMIT) {
		flush(a);
		err = may_send(a) ? add_row(a, rec) : MQL_EUNREACH;
	}
	if (!err && rows_writer_size(&a->writer) >= FRAME_BYTES)
		flush(a);
	return !err;
}

/* --- rings ------------------------------------------------------------------------ */

/* Returns the bytes moved. */
static size_t
drain(struct mql_agent *a, struct ring *ring)
{
	size_t begun = ring_begin(ring), at = begun, len;
	void *bytes;

	while (at - begun < TURN_BYTES &&
	       (bytes = ring_next(ring, &at, &len))) {
		struct record rec = record_of(bytes, len);

		if (!take(a, &rec))
			break;
		ring_release(ring, at);
	}
	return ring_begin(ring) - begun;
}

bool
drain_rings(struct mql_agent *a)
{
	struct publisher *first = publisher_first(a), *p = a->drain_at;
	struct publisher *stop;
	size_t moved = 0;

	if (!first)
		return false;
	if (!p)
		p = first;
	stop = p;
	do {
		moved += drain(a, &p->ring);
		p = p->next ? p->next : first;
	} while (p != stop && moved < TURN_BYTES);
	/* When credit ran out half-way, the next one is first next time. */
	a->drain_at = p == stop ? stop->next : p;
	flush(a);
	return moved;
}

void
drain_strike(struct mql_agent *a, struct run *r)
{
	for (struct publisher *p = publisher_first(a); p; p = p->next) {
		size_t at = ring_begin(&p->ring), len;
		void *bytes;

		while ((bytes = ring_next(&p->ring, &at, &len))) {
			struct record rec = record_of(bytes, len);

			for (unsigned i = 0; i < rec.n; i++) {
				if (rec.slot[i] != r->slot)
					continue;
				rec.slot[i] = STRUCK;
				drain_drop(a, r, 1);
			}
		}
	}
}
