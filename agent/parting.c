#include "agent/parting.h"

#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	AFTER_MS = 1000,  /* it may still be reading what we sent */
	TRY_MS = 50000,
	ANSWER_MS = 1000, /* for its answer to our goodbye: see thread.c */
	RUNS = 512,       /* of a heartbeat */
};

void
parting_end(struct mql_agent *a)
{
	struct parting *p = &a->link.parting;

	if (p->dealer)
		wire_dealer_close(p->dealer, 0);
	free(p->count);
	*p = (struct parting){ 0 };
	for (unsigned i = 0; i < atomic_load(&a->runs.used); i++)
		a->runs.at[i].left = 0;
}

void
parting_begin(struct mql_agent *a, const char *at)
{
	struct parting *p = &a->link.parting;
	const int64_t now = clock_mono_ms();
	size_t n = 0;

	parting_end(a);
	for (unsigned i = 0; i < atomic_load(&a->runs.used); i++) {
		struct run *r = &a->runs.at[i];

		r->left = r->state != RUN_FREE && r->known ? r->id : 0;
		n += r->left != 0;
	}
	if (!n || !(p->count = calloc(n, sizeof *p->count)))
		return;
	p->cap = n;
	p->from = now + AFTER_MS;
	p->until = now + TRY_MS;
	snprintf(p->at, sizeof p->at, "%s", at);
	snprintf(p->source_job, sizeof p->source_job, "%s",
		 a->link.source_job);
}

void
parting_add(struct mql_agent *a, struct run *r,
	    const struct books_agent *books)
{
	struct parting *p = &a->link.parting;

	if (r->left && p->n < p->cap)
		p->count[p->n++] = (struct wire_counts){ .id = r->left,
							 .books = *books };
	r->left = 0;
}

/* --- the word ---------------------------------------------------------------- */

/* What is in a->frame. */
static void
send(struct mql_agent *a)
{
	if (!a->frame.err)
		wire_dealer_send(a->link.parting.dealer, a->frame.data,
				 a->frame.len);
	buf_reset(&a->frame);
}

/* Those that the new one does not ask rest as they are. */
static void
add_others(struct mql_agent *a)
{
	struct books_agent books;

	for (unsigned i = 0; i < atomic_load(&a->runs.used); i++) {
		struct run *r = &a->runs.at[i];

		if (!r->left)
			continue;
		run_books(a, r, &books);
		parting_add(a, r, &books);
	}
}

static void
say_books(struct mql_agent *a)
{
	struct parting *p = &a->link.parting;

	for (size_t i = 0; i < p->n; i += RUNS) {
		struct wire_heartbeat m = {
			.at = (uint64_t)clock_wall_ms(),
			.query = p->count + i,
			.nquery = p->n - i < RUNS ? p->n - i : RUNS,
		};

		wire_heartbeat_encode(&m, &a->frame);
		send(a);
	}
}

static void
say_goodbye(struct mql_agent *a)
{
	struct wire_goodbye m = { .why = STR("moved"), .moves = true };

	wire_goodbye_encode(&m, &a->frame);
	send(a);
}

static void
welcomed(struct mql_agent *a, struct str body)
{
	struct parting *p = &a->link.parting;
	struct wire_welcome m;

	if (!wire_welcome_decode(body, &m)) {
		if (str_eq(m.source_job, str_of(p->source_job))) {
			add_others(a);
			say_books(a);
		}
		say_goodbye(a);
		p->said = true;
		p->until = clock_mono_ms() + ANSWER_MS;
	}
	arena_fini(&m.mem);
}

static void
hear(struct mql_agent *a)
{
	struct parting *p = &a->link.parting;
	struct str msg, body;
	unsigned kind;

	while (wire_dealer_recv(p->dealer, &msg) == 1) {
		if (wire_get_header(msg.ptr, msg.len, &kind, &body))
			continue;
		if (kind == WIRE_WELCOME && !p->said)
			welcomed(a, body);
		else if (kind == WIRE_GOODBYE)
			p->until = 1;
	}
}

void
parting_tick(struct mql_agent *a, int64_t now)
{
	struct parting *p = &a->link.parting;

	if (!p->until || now < p->from)
		return;
	if (now >= p->until) {
		parting_end(a);
		return;
	}
	/* Where the next one begins is known when it has said what it asks,
	 * and been answered. */
	if (a->link.state != LINK_LIVE || !a->link.synced ||
	    !TAILQ_EMPTY(&a->runs.say))
		return;
	if (!p->dealer)
		wire_dealer_open(a->context, p->at, &p->dealer);
	if (p->dealer && !p->said &&
	    wire_dealer_link(p->dealer, &p->changes) == WIRE_LINK_UP &&
	    p->greeted != p->changes) {
		p->greeted = p->changes;
		link_hello(a);
		send(a);
	}
	if (p->dealer)
		hear(a);
}
