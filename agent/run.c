/* run.c - see run.h. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "common/clock.h"

int
run_table_init(struct mql_agent *a)
{
	struct run_table *t = &a->runs;

	t->at = calloc(a->max_queries, sizeof *t->at);
	t->order = calloc(a->max_queries, sizeof(struct run *));
	t->leaving = calloc(a->max_queries, sizeof *t->leaving);
	t->refused = calloc(a->max_queries, sizeof *t->refused);
	t->framed = calloc(a->max_queries, sizeof *t->framed);
	t->sampler = calloc(a->max_queries, sizeof *t->sampler);
	t->side = calloc(a->max_queries, sizeof *t->side);
	if (!t->at || !t->order || !t->leaving || !t->refused || !t->framed ||
	    !t->sampler || !t->side)
		return MQL_ENOMEM;
	for (unsigned i = 0; i < a->max_queries; i++)
		t->at[i].slot = (uint16_t)i;
	return 0;
}

void
run_table_fini(struct mql_agent *a)
{
	struct run_table *t = &a->runs;

	for (unsigned i = 0; t->at && i < a->max_queries; i++)
		run_free(a, &t->at[i]);
	free(t->at);
	free(t->order);
	free(t->leaving);
	free(t->refused);
	free(t->framed);
	free(t->sampler);
	free(t->side);
}

static void
set_state(struct mql_agent *a, struct run *r, enum run_state state)
{
	a->runs.n[r->state]--;
	a->runs.n[state]++;
	r->state = state;
}

void
run_free(struct mql_agent *a, struct run *r)
{
	uint16_t slot = r->slot;

	if (r->fold && r->state != RUN_FREE) {
		folds_free(a, r);
		a->runs.nfold--;
	}
	mql_query_free(r->fold);
	mql_query_free(r->q);
	free((char *)(uintptr_t)r->text.ptr);
	set_state(a, r, RUN_FREE);
	*r = (struct run){ .slot = slot };
}

/* --- books ---------------------------------------------------------------------- */

static uint64_t
not_queued(const struct books_agent *b)
{
	return b->sampled + b->sent + books_agent_dropped(b);
}

/* Effects are read before their causes (counter.h): rows first, then what was
 * seen. */
void
run_books(struct mql_agent *a, const struct run *r, struct books_agent *out)
{
	*out = (struct books_agent){ 0 };
	publisher_sum(a, r->slot, out);
	books_agent_sub(out, &r->base);
	books_agent_add(out, &r->done);
	for (unsigned i = 0; i < stream_count(&a->streams); i++) {
		const struct mql_stream *s = &a->streams.at[i];
		uint64_t seen, bad;

		if (!(r->streams >> i & 1))
			continue;
		stream_seen(a, s, &seen, &bad);
		out->seen += seen;
		out->bad += bad;
	}
	out->queued = out->matched - not_queued(out);
}

bool
run_drained(struct mql_agent *a, const struct run *r)
{
	struct books_agent b;

	if (r->streams)
		return false;
	run_books(a, r, &b);
	return !b.queued;
}

/* --- lives ------------------------------------------------------------------------ */

static struct run *
oldest_resting(struct mql_agent *a)
{
	struct run *oldest = NULL;

	for (unsigned i = 0; a->runs.n[RUN_RESTING] && i < a->max_queries;
	     i++) {
		struct run *r = &a->runs.at[i];

		if (r->state == RUN_RESTING && run_drained(a, r) &&
		    (!oldest || r->until < oldest->until))
			oldest = r;
	}
	return oldest;
}

static struct run *
take_slot(struct mql_agent *a)
{
	struct run *r;

	for (unsigned i = 0; i < a->max_queries; i++)
		if (a->runs.at[i].state == RUN_FREE)
			return &a->runs.at[i];
	r = oldest_resting(a);
	if (r)
		run_free(a, r);
	return r;
}

/* Both of a query's texts, in r. 0, an error of query_compile() or MQL_ENOMEM,
 * and a sentence in why. */
static int
compile(struct mql_agent *a, struct run *r, const struct wire_query *wq,
	char *why, size_t nwhy)
{
	const size_t n = wq->text.len, nfold = wq->fold.len;
	struct mql_diag diag;
	char *copy;
	int err;

	if ((err = query_compile(wq->text, &r->q, &diag)) ||
	    (nfold && (err = query_compile(wq->fold, &r->fold, &diag)))) {
		snprintf(why, nwhy, "%s", diag.text);
		return err;
	}
	if (!owner_lets(a, r->q, why, nwhy) ||
	    (r->fold && !owner_lets(a, r->fold, why, nwhy)))
		return MQL_EREFUSED;
	/* What a later version folds in a way of its own goes as rows. */
	if (r->fold && !query_fold_text(r->fold)) {
		mql_query_free(r->fold);
		r->fold = NULL;
	}
	copy = malloc(n + nfold + 1);
	if (!copy) {
		snprintf(why, nwhy, "the agent is out of memory");
		return MQL_ENOMEM;
	}
	memcpy(copy, wq->text.ptr, n);
	if (nfold)
		memcpy(copy + n, wq->fold.ptr, nfold);
	r->text = (struct str){ copy, n };
	r->fold_text = (struct str){ copy + n, nfold };
	return 0;
}

int
run_start(struct mql_agent *a, const struct wire_query *wq,
	  struct run **out, char *why, size_t nwhy)
{
	struct run *r, made = {
		.id = wq->id, .since = clock_wall_ms(),
		.ack_due = true, .confirmed = true,
	};
	int err = compile(a, &made, wq, why, nwhy);

	*out = NULL;
	if (!err && !(r = take_slot(a))) {
		snprintf(why, nwhy, "too many queries (%u)", a->max_queries);
		err = MQL_ELIMIT;
	}
	if (err) {
		run_free(a, &made);
		return err;
	}
	made.slot = r->slot;
	made.serial = ++a->runs.serial;
	*r = made;
	set_state(a, r, RUN_LIVE);
	a->runs.say = true;
	a->runs.nfold += made.fold != NULL;
	publisher_sum(a, r->slot, &r->base);
	sampler_init(&a->runs.sampler[r->slot], (uint64_t)clock_mono_ns());
	budget_open(a, r);
	*out = r;
	return 0;
}

void
run_spoil(struct mql_agent *a, const struct run *r)
{
	for (unsigned i = 0; i < stream_count(&a->streams); i++) {
		struct mql_stream *s = &a->streams.at[i];

		if (run_wants(r, s) != (bool)(r->streams >> i & 1))
			s->dirty = true;
	}
}

void
run_resume(struct mql_agent *a, struct run *r, uint32_t id)
{
	r->id = id;
	r->confirmed = true;
	r->ack_due = a->runs.say = true;
	r->told = (struct books_agent){ 0 };
	r->spent.told = false; /* there may be nothing to tell: no harm */
	if (r->state == RUN_RESTING) {
		set_state(a, r, RUN_LIVE);
		run_spoil(a, r);
	}
}

void
run_renew(struct mql_agent *a, struct run *r)
{
	struct books_agent told = r->told;

	(void)a;
	if (r->state != RUN_LIVE || !r->id || r->ack_due)
		return;
	told.seen -= told.queued;
	told.matched -= told.queued;
	told.queued = 0;
	books_agent_sub(&r->done, &told);
	r->told = (struct books_agent){ 0 };
	r->known = false;
	r->id = 0;
}

void
run_end(struct mql_agent *a, struct run *r, int64_t until)
{
	set_state(a, r, RUN_ENDING);
	r->ack_due = false;
	r->until = until;
	run_spoil(a, r);
}

void
run_rest(struct mql_agent *a, struct run *r, int64_t until)
{
	set_state(a, r, RUN_RESTING);
	r->ack_due = false;
	r->until = until;
	run_spoil(a, r);
}

void
run_frame(struct mql_agent *a, struct run *r, uint64_t n)
{
	if (n && !r->framed)
		a->runs.framed[a->runs.nframed++] = r->slot;
	r->framed += n;
}

struct run *
run_by_id(struct mql_agent *a, uint32_t id)
{
	for (unsigned i = 0; id && i < a->max_queries; i++) {
		struct run *r = &a->runs.at[i];

		if (r->state == RUN_LIVE && r->id == id)
			return r;
	}
	return NULL;
}

bool
run_is(const struct run *r, const struct wire_query *wq)
{
	return str_eq(r->text, wq->text) && str_eq(r->fold_text, wq->fold);
}

/* While the agent closes, its runs are ENDING, but a source-job that is back
 * may still have their last rows. */
struct run *
run_of(struct mql_agent *a, const struct wire_query *wq)
{
	bool closing = atomic_load(&a->closing);

	for (unsigned i = 0; i < a->max_queries; i++) {
		struct run *r = &a->runs.at[i];
		bool can = r->state == RUN_LIVE || r->state == RUN_RESTING ||
			   (closing && r->state == RUN_ENDING);

		if (can && !r->confirmed && run_is(r, wq))
			return r;
	}
	return NULL;
}

bool
run_wants(const struct run *r, const struct mql_stream *s)
{
	return r->state == RUN_LIVE && !s->barred && !r->spent.suspended &&
	       query_wants_stream(r->q, s->name);
}
