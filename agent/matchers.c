/* matchers.c - the query set: from the source-job's messages to the matchers
 * that publishers read, and to the last word about a query.
 *
 *   QUERIES ---take---> runs ---apply---> generations   "live", "refused"
 *                        |
 *                        '---- settle --> closed books  "ended"
 *
 * Nothing is acknowledged before it is true: when memory for a new matcher is
 * out, the old one stays in force, its streams stay dirty, and apply is tried
 * again. All on the agent's thread. */
#include <stdlib.h>

#include "agent/agent.h"
#include "common/clock.h"

enum {
	ENDING_MS = 500, /* how long rows of a removed query may still go */
	LOOK_MS = 3000,  /* between looks at how the indexes do */
};

/* All in a state, which they may leave meanwhile. */
#define EACH_OF_STATE(r, in, next)                                    \
	for ((r) = TAILQ_FIRST(&a->runs.state[in]);                   \
	     (r) && ((next) = TAILQ_NEXT(r, of_state), true); (r) = (next))

/* --- take --------------------------------------------------------------------- */

static void
add_query(struct mql_agent *a, const struct wire_query *wq)
{
	struct run *r = run_of(a, wq);
	char why[sizeof((struct mql_diag *)0)->text] = "";

	if (wq->force)
		suspects_acquit(a, suspects_hash(wq->text));
	if (a->owner.done & 1)
		report_refused(a, wq->id, owner_disabled_why);
	else if (r)
		run_resume(a, r, wq->id, wq->rate);
	else if ((r = run_by_id(a, wq->id, RUN_LIVE)) && run_is(r, wq))
		run_say(a, r, !wq->force); /* told twice */
	else if (r || !wq->id)
		report_refused(a, wq->id, "this id is another query's");
	else if (atomic_load(&a->closing))
		report_refused(a, wq->id, "the agent is closing");
	else if (run_start(a, wq, &r, why, sizeof why))
		report_refused(a, wq->id, why);
	if (wq->force && r)
		budget_acquit(a, r);
}

static void
remove_query(struct mql_agent *a, uint32_t id)
{
	struct run *r = run_by_id(a, id, RUN_LIVE);

	if (r)
		run_end(a, r, clock_mono_ms() + ENDING_MS);
	else if ((r = run_by_id(a, id, RUN_ENDING)) && r->why)
		r->why = NULL; /* silenced: that ending will be the answer */
	else /* refused, or never heard of: nothing to wait for */
		report_ended(a, id, 0, &(struct books_agent){ 0 }, NULL);
}

/* Before a snapshot nothing is confirmed. */
static void
unconfirm_all(struct mql_agent *a)
{
	for (unsigned i = 0; i < atomic_load(&a->runs.used); i++)
		a->runs.at[i].confirmed = false;
}

/* What a snapshot does not hold was removed while we were away. But one whose
 * id is void comes from a source-job that is gone: its asker may be about to
 * ask the one in its place, and wants to know what happened meanwhile. */
static void
leave_unconfirmed(struct mql_agent *a)
{
	int64_t now = clock_mono_ms();
	struct run *r, *next;

	EACH_OF_STATE(r, RUN_LIVE, next) {
		if (r->confirmed)
			continue;
		if (r->id)
			run_end(a, r, now + ENDING_MS);
		else
			run_rest(a, r, now + RUN_FORGET_MS);
	}
}

void
matchers_take(struct mql_agent *a, const struct wire_queries *m)
{
	bool snapshot = !m->base;

	a->ack_due = true;
	if (!snapshot && (!a->link.synced || m->base != a->link.version)) {
		a->ack.resync = true;
		return;
	}
	if (snapshot)
		unconfirm_all(a);
	for (size_t i = 0; i < m->nremove; i++)
		remove_query(a, m->remove[i]);
	for (size_t i = 0; i < m->nadd; i++)
		add_query(a, &m->add[i]);
	if (snapshot)
		leave_unconfirmed(a);
	a->link.version = m->version;
	a->link.synced = true;
}

/* --- apply ---------------------------------------------------------------------- */

static int
by_age(const void *x, const void *y)
{
	const struct run *a = *(struct run *const *)x;
	const struct run *b = *(struct run *const *)y;

	return (a->serial > b->serial) - (a->serial < b->serial);
}

/* A run that is refused by one stream is refused: half an answer that looks
 * whole would be a lie. One that is live elsewhere already (the stream is
 * new, and full) keeps what it has. */
static bool
refuse(struct mql_agent *a, const struct mql_stream *s, struct run *r)
{
	if (r->streams || !r->says) {
		agent_say(a, "stream %.*s has no room for a query's fields",
			  (int)s->name.len, s->name.ptr);
		return false;
	}
	report_refused(a, r->id, "too many fields of one stream are asked for");
	run_end(a, r, 0);
	run_set_id(a, r, 0);
	return true;
}

/* Is the run in the stream's generation? */
static bool
is_in(const struct run *r, const struct mql_stream *s)
{
	return r->streams >> s->index & 1;
}

/* Build the next generation of s. *again: a run was refused meanwhile. */
static int
build(struct mql_agent *a, struct mql_stream *s, bool *again)
{
	struct run_table *t = &a->runs;
	size_t nin = 0, nout = 0;
	struct run *r;
	int err;

	TAILQ_FOREACH(r, &t->changed, of_changed) {
		const bool wanted = run_wants(r, s);

		if (wanted && !is_in(r, s))
			t->order[nin++] = r;
		else if (!wanted && is_in(r, s))
			t->leaving[nout++] = r->slot;
	}
	qsort(t->order, nin, sizeof(struct run *), by_age);
	memset(t->refused, 0, nin * sizeof *t->refused);
	if ((err = stream_build(a, s, t->order, nin, t->leaving, nout,
				t->refused)))
		return err;
	for (size_t i = 0; i < nin; i++)
		if (t->refused[i] && refuse(a, s, t->order[i]))
			*again = true;
	return 0;
}

static int
build_all(struct mql_agent *a, unsigned nstream)
{
	bool again;
	int err;

	do {
		again = false;
		for (unsigned i = 0; i < nstream; i++) {
			struct mql_stream *s = &a->streams.at[i];

			if (s->dirty && (err = build(a, s, &again)))
				return err;
		}
	} while (again); /* each time with a run less */
	return 0;
}

/* After the swap, and what publishers counted in the old generation: who went
 * takes along what the stream had seen until now, who came counts from now. */
static void
settle_change(struct mql_agent *a, const struct mql_stream *s)
{
	const struct stream_change *c = &s->change;
	const uint64_t bit = UINT64_C(1) << s->index;

	for (size_t i = 0; i < c->nout; i++) {
		struct run *r = &a->runs.at[c->out[i]];

		r->streams &= ~bit;
		r->done.seen += s->past_seen;
		r->done.bad += s->past_bad;
	}
	for (size_t i = 0; i < c->nin; i++) {
		struct run *r = &a->runs.at[c->in[i]];

		r->streams |= bit;
		r->done.seen -= s->past_seen;
		r->done.bad -= s->past_bad;
	}
}

/* All swaps first, then one grace period for all of them. */
static void
swap_all(struct mql_agent *a, unsigned nstream)
{
	struct generation *old[STREAM_MAX] = { NULL };
	bool swapped[STREAM_MAX] = { false }, any = false;

	for (unsigned i = 0; i < nstream; i++) {
		struct mql_stream *s = &a->streams.at[i];

		if (!s->dirty)
			continue;
		swapped[i] = true;
		old[i] = stream_swap(a, s);
		any = any || old[i];
	}
	if (any)
		publisher_wait(a);
	for (unsigned i = 0; i < nstream; i++) {
		struct mql_stream *s = &a->streams.at[i];

		if (!swapped[i])
			continue;
		stream_retire(a, s, old[i]);
		settle_change(a, s);
		budget_floor(a, s);
	}
}

static bool
any_dirty(const struct mql_agent *a, unsigned nstream)
{
	for (unsigned i = 0; i < nstream; i++)
		if (a->streams.at[i].dirty)
			return true;
	return false;
}

static void
say_live(struct mql_agent *a)
{
	struct run_table *t = &a->runs;
	struct run *r;

	atomic_store(&a->queries, t->n[RUN_LIVE]);
	while ((r = TAILQ_FIRST(&t->say)) && link_takes_rows(a) &&
	       report_live(a, r))
		run_say(a, r, false);
}

/* Now and then: has what the events are like made an index a bad one? */
static void
look_at_indexes(struct mql_agent *a, unsigned nstream)
{
	int64_t now = clock_mono_ms();

	if (now < a->runs.look)
		return;
	a->runs.look = now + LOOK_MS;
	for (unsigned i = 0; i < nstream; i++) {
		struct mql_stream *s = &a->streams.at[i];
		const struct generation *g = atomic_load(&s->generation);

		if (g && matcher_wants_rebuild(g->matcher))
			s->dirty = true;
	}
}

/* A stream that was opened since: every query may be about it. */
static void
look_at_streams(struct mql_agent *a, unsigned nstream)
{
	bool fresh = false;

	for (unsigned i = 0; i < nstream; i++) {
		fresh |= a->streams.at[i].fresh;
		a->streams.at[i].fresh = false;
	}
	if (fresh)
		run_spoil_live(a);
}

void
matchers_apply(struct mql_agent *a)
{
	/* Once: a stream that is opened meanwhile has its turn next time. */
	unsigned nstream = stream_count(&a->streams);

	look_at_streams(a, nstream);
	look_at_indexes(a, nstream);
	if (any_dirty(a, nstream)) {
		if (build_all(a, nstream))
			return;
		suspects_write(a); /* before they run */
		swap_all(a, nstream);
	}
	run_settled(a);
	say_live(a);
}

/* --- settle ---------------------------------------------------------------------- */

void
matchers_silence(struct mql_agent *a, const char *why)
{
	int64_t until = clock_mono_ms() + ENDING_MS;
	struct run *r, *next;

	EACH_OF_STATE(r, RUN_LIVE, next) {
		r->why = why;
		run_end(a, r, until);
	}
}

void
matchers_end_all(struct mql_agent *a, int64_t until)
{
	struct run *r, *next;

	EACH_OF_STATE(r, RUN_LIVE, next)
		run_end(a, r, until);
	EACH_OF_STATE(r, RUN_ENDING, next)
		if (r->until > until)
			r->until = until;
}

void
matchers_rest_all(struct mql_agent *a, int64_t until)
{
	struct run *r, *next;

	EACH_OF_STATE(r, RUN_LIVE, next)
		run_rest(a, r, until);
}

/* Its books, if it is through. */
static void
settle(struct mql_agent *a, struct run *r, int64_t now)
{
	struct books_agent books;

	if (r->state == RUN_ENDING && (now >= r->until || !r->id)) {
		drain_strike(a, r);
		folds_strike(a, r);
	}
	if (!run_drained(a, r))
		return;
	run_books(a, r, &books);
	if (r->state == RUN_RESTING || !r->id ||
	    report_ended(a, r->id, r->since, &books, r->why))
		run_free(a, r);
}

void
matchers_settle(struct mql_agent *a, int64_t now)
{
	struct run *r, *next;

	EACH_OF_STATE(r, RUN_ENDING, next)
		settle(a, r, now);
	EACH_OF_STATE(r, RUN_RESTING, next) {
		if (now < r->until) /* and so all behind it */
			break;
		settle(a, r, now);
	}
}

bool
matchers_idle(const struct mql_agent *a)
{
	return !a->runs.n[RUN_LIVE] && !a->runs.n[RUN_ENDING];
}
