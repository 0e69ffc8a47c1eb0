/* run.c - see run.h. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/agent.h"
#include "common/clock.h"

/* --- the table ------------------------------------------------------------------ */

static unsigned
power_of_two(unsigned n)
{
	unsigned p = 1;

	while (p < n)
		p *= 2;
	return p;
}

int
run_table_init(struct mql_agent *a)
{
	struct run_table *t = &a->runs;
	const unsigned chains = power_of_two(a->max_queries);

	for (unsigned i = 0; i < RUN_STATES; i++)
		TAILQ_INIT(&t->state[i]);
	TAILQ_INIT(&t->changed);
	TAILQ_INIT(&t->say);
	TAILQ_INIT(&t->fold);
	TAILQ_INIT(&t->watch);
	t->mask = chains - 1;
	t->at = calloc(a->max_queries, sizeof *t->at);
	t->by_id = calloc(chains, sizeof *t->by_id);
	t->by_text = calloc(chains, sizeof *t->by_text);
	t->order = calloc(a->max_queries, sizeof(struct run *));
	t->leaving = calloc(a->max_queries, sizeof *t->leaving);
	t->refused = calloc(a->max_queries, sizeof *t->refused);
	t->framed = calloc(a->max_queries, sizeof *t->framed);
	t->sampler = calloc(a->max_queries, sizeof *t->sampler);
	t->cap = calloc(a->max_queries, sizeof *t->cap);
	t->side = calloc(a->max_queries, sizeof *t->side);
	return t->at && t->by_id && t->by_text && t->order && t->leaving &&
	       t->refused && t->framed && t->sampler && t->cap && t->side ? 0
								: MQL_ENOMEM;
}

void
run_table_fini(struct mql_agent *a)
{
	struct run_table *t = &a->runs;

	for (unsigned i = RUN_FREE + 1; t->at && i < RUN_STATES; i++)
		while (!TAILQ_EMPTY(&t->state[i]))
			run_free(a, TAILQ_FIRST(&t->state[i]));
	free(t->at);
	free(t->by_id);
	free(t->by_text);
	free(t->order);
	free(t->leaving);
	free(t->refused);
	free(t->framed);
	free(t->sampler);
	free(t->cap);
	free(t->side);
}

static void
set_state(struct mql_agent *a, struct run *r, enum run_state state)
{
	struct run_table *t = &a->runs;

	TAILQ_REMOVE(&t->state[r->state], r, of_state);
	t->n[r->state]--;
	t->n[state]++;
	r->state = state;
	TAILQ_INSERT_TAIL(&t->state[state], r, of_state);
}

/* Ids count up; a hash has all its bits mixed. */
static struct run_chain *
chain_of_id(struct mql_agent *a, uint32_t id)
{
	return &a->runs.by_id[id & a->runs.mask];
}

static struct run_chain *
chain_of_text(struct mql_agent *a, uint64_t hash)
{
	return &a->runs.by_text[hash & a->runs.mask];
}

void
run_set_id(struct mql_agent *a, struct run *r, uint32_t id)
{
	if (r->id)
		LIST_REMOVE(r, of_id);
	r->id = id;
	if (id)
		LIST_INSERT_HEAD(chain_of_id(a, id), r, of_id);
}

void
run_forget_ids(struct mql_agent *a)
{
	for (unsigned i = 0; i < atomic_load(&a->runs.used); i++)
		run_set_id(a, &a->runs.at[i], 0);
}

void
run_say(struct mql_agent *a, struct run *r, bool due)
{
	if (due && !r->says)
		TAILQ_INSERT_TAIL(&a->runs.say, r, of_say);
	else if (!due && r->says)
		TAILQ_REMOVE(&a->runs.say, r, of_say);
	r->says = due;
}

void
run_watch(struct mql_agent *a, struct run *r, bool on)
{
	if (on && !r->watched)
		TAILQ_INSERT_TAIL(&a->runs.watch, r, of_watch);
	else if (!on && r->watched)
		TAILQ_REMOVE(&a->runs.watch, r, of_watch);
	r->watched = on;
}

static void
unchange(struct mql_agent *a, struct run *r)
{
	if (r->changed)
		TAILQ_REMOVE(&a->runs.changed, r, of_changed);
	r->changed = false;
}

void
run_settled(struct mql_agent *a)
{
	while (!TAILQ_EMPTY(&a->runs.changed))
		unchange(a, TAILQ_FIRST(&a->runs.changed));
}

/* What a run has compiled. */
static void
drop_texts(struct run *r)
{
	mql_query_free(r->fold);
	mql_query_free(r->q);
	free((char *)(uintptr_t)r->text.ptr);
}

void
run_free(struct mql_agent *a, struct run *r)
{
	struct run_table *t = &a->runs;
	const uint16_t slot = r->slot;

	if (r->fold) {
		folds_free(a, r);
		TAILQ_REMOVE(&t->fold, r, of_fold);
	}
	run_set_id(a, r, 0);
	LIST_REMOVE(r, of_text);
	run_say(a, r, false);
	run_watch(a, r, false);
	unchange(a, r);
	drop_texts(r);
	TAILQ_REMOVE(&t->state[r->state], r, of_state);
	t->n[r->state]--;
	*r = (struct run){ .slot = slot };
	/* The one whose memory was in use last is the next to be used. */
	TAILQ_INSERT_HEAD(&t->state[RUN_FREE], r, of_state);
	t->n[RUN_FREE]++;
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
	struct run *r;

	TAILQ_FOREACH(r, &a->runs.state[RUN_RESTING], of_state)
		if (run_drained(a, r))
			return r;
	return NULL;
}

/* A FREE run, in its list; NULL: there is none. */
static struct run *
take_slot(struct mql_agent *a)
{
	struct run_table *t = &a->runs;
	const unsigned used = atomic_load(&t->used);
	struct run *r = TAILQ_FIRST(&t->state[RUN_FREE]);

	if (r)
		return r;
	if (used == a->max_queries) {
		if ((r = oldest_resting(a)))
			run_free(a, r);
		return r;
	}
	r = &t->at[used];
	r->slot = (uint16_t)used;
	TAILQ_INSERT_HEAD(&t->state[RUN_FREE], r, of_state);
	t->n[RUN_FREE]++;
	atomic_store(&t->used, used + 1);
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
	r->hash = suspects_hash(r->text);
	return 0;
}

/* A FREE one becomes what was made. */
static void
enlist(struct mql_agent *a, struct run *r, const struct run *made)
{
	struct run_table *t = &a->runs;

	TAILQ_REMOVE(&t->state[RUN_FREE], r, of_state);
	t->n[RUN_FREE]--;
	r->q = made->q;
	r->fold = made->fold;
	r->text = made->text;
	r->fold_text = made->fold_text;
	r->hash = made->hash;
	r->state = RUN_LIVE;
	TAILQ_INSERT_TAIL(&t->state[RUN_LIVE], r, of_state);
	t->n[RUN_LIVE]++;
	LIST_INSERT_HEAD(chain_of_text(a, r->hash), r, of_text);
	if (r->fold)
		TAILQ_INSERT_TAIL(&t->fold, r, of_fold);
}

int
run_start(struct mql_agent *a, const struct wire_query *wq,
	  struct run **out, char *why, size_t nwhy)
{
	struct run *r, made = { 0 };
	int err = compile(a, &made, wq, why, nwhy);

	*out = NULL;
	if (!err && !(r = take_slot(a))) {
		snprintf(why, nwhy, "too many queries (%u)", a->max_queries);
		err = MQL_ELIMIT;
	}
	if (err) {
		drop_texts(&made);
		return err;
	}
	enlist(a, r, &made);
	r->since = clock_wall_ms();
	r->serial = ++a->runs.serial;
	r->confirmed = true;
	run_set_id(a, r, wq->id);
	run_say(a, r, true);
	publisher_sum(a, r->slot, &r->base);
	sampler_init(&a->runs.sampler[r->slot], (uint64_t)clock_mono_ns());
	run_cap(a, r, wq->rate);
	budget_open(a, r);
	run_spoil(a, r);
	*out = r;
	return 0;
}

/* What is folded goes in groups. */
void
run_cap(struct mql_agent *a, struct run *r, uint64_t rate)
{
	cap_set(&a->runs.cap[r->slot], r->fold ? 0 : rate, clock_mono_ns());
}

void
run_spoil(struct mql_agent *a, struct run *r)
{
	if (!r->changed)
		TAILQ_INSERT_TAIL(&a->runs.changed, r, of_changed);
	r->changed = true;
	for (unsigned i = 0; i < stream_count(&a->streams); i++) {
		struct mql_stream *s = &a->streams.at[i];

		if (run_wants(r, s) != (bool)(r->streams >> i & 1))
			s->dirty = true;
	}
}

void
run_spoil_live(struct mql_agent *a)
{
	struct run *r;

	TAILQ_FOREACH(r, &a->runs.state[RUN_LIVE], of_state)
		run_spoil(a, r);
}

void
run_resume(struct mql_agent *a, struct run *r, uint32_t id, uint64_t rate)
{
	run_cap(a, r, rate);
	run_set_id(a, r, id);
	r->confirmed = true;
	run_say(a, r, true);
	r->told = (struct books_agent){ 0 };
	if (r->spent.step || r->spent.suspended) {
		r->spent.told = false;
		run_watch(a, r, true);
	}
	if (r->state == RUN_RESTING) {
		set_state(a, r, RUN_LIVE);
		run_spoil(a, r);
	}
}

void
run_renew(struct mql_agent *a, struct run *r)
{
	struct books_agent told = r->told;

	if (r->state != RUN_LIVE || !r->id || r->says)
		return;
	told.seen -= told.queued;
	told.matched -= told.queued;
	told.queued = 0;
	books_agent_sub(&r->done, &told);
	r->told = (struct books_agent){ 0 };
	r->known = false;
	run_set_id(a, r, 0);
}

void
run_end(struct mql_agent *a, struct run *r, int64_t until)
{
	set_state(a, r, RUN_ENDING);
	run_say(a, r, false);
	r->until = until;
	run_spoil(a, r);
}

void
run_rest(struct mql_agent *a, struct run *r, int64_t until)
{
	set_state(a, r, RUN_RESTING);
	run_say(a, r, false);
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
run_by_id(struct mql_agent *a, uint32_t id, enum run_state state)
{
	struct run *r;

	if (!id)
		return NULL;
	LIST_FOREACH(r, chain_of_id(a, id), of_id)
		if (r->id == id && r->state == state)
			return r;
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
	const bool closing = atomic_load(&a->closing);
	const uint64_t hash = suspects_hash(wq->text);
	struct run *r;

	LIST_FOREACH(r, chain_of_text(a, hash), of_text) {
		if (r->state == RUN_ENDING && !closing)
			continue;
		if (r->hash == hash && !r->confirmed && run_is(r, wq))
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
