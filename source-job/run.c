#include "source-job/run.h"

#include <stdlib.h>

#include "mql/error.h"
#include "source-job/at.h"
#include "source-job/ledger.h"
#include "source-job/queries.h"
#include "source-job/rates.h"
#include "source-job/watermark.h"
#include "source-job/worker.h"
#include "wire/message.h"

enum {
	RUNS_STEP = 8,
	COST_MS = 500,   /* between two looks at what it costs */
};

static const int64_t last_upto = 7258118400000; /* the year 2200 */

/* The agent has the query, or will have it in a moment. */
static bool
is_told(const struct run *r)
{
	return r->state == RUN_PENDING || r->state == RUN_LIVE;
}

/* Take r into its part's count (by is 1), or out of it (by is -1). */
static void
count(struct run *r, int by)
{
	struct query_count *c = &r->part->count;
	uint32_t one = (uint32_t)by;

	r->part->changed = true;
	if (r->state == RUN_PENDING)
		r->part->pending += one;
	if (is_told(r))
		c->awaited += one;
	if (!r->targeted || r->state == RUN_GONE)
		return;
	c->targeted += one;
	if (r->state == RUN_LIVE)
		c->live += one;
	if (r->state == RUN_REFUSED)
		c->refused += one;
	r->part->renote |= r->state == RUN_REFUSED || run_is_limited(r);
}

/* --- how far it has told everything: see watermark.h ------------------------- */

/* One whose link broke and is back counts before it says that it is live
 * again: what it has to tell is on its way. */
static bool
has_a_say(const struct run *r)
{
	return r->targeted && (r->state == RUN_LIVE ||
			       (r->state == RUN_PENDING && r->begun));
}

/* One whose clock is out of its mind does not take the others with it. */
static int64_t
pane_of(const struct run *r)
{
	const struct part *part = r->part;
	int64_t pane = r->upto / part->pane;
	int64_t last = part->worker->wall / part->pane + WATERMARK_AHEAD;

	return pane < last ? pane : last;
}

static void
tell(struct run *r)
{
	int64_t now = TOLD_NOTHING;

	if (!r->part->pane)
		return;
	if (r->part->closing && r->state == RUN_ENDED && r->targeted)
		now = TOLD_ALL;
	else if (has_a_say(r))
		now = pane_of(r);
	if (now == r->told)
		return;
	part_tell(r->part, r->told, now);
	r->told = now;
}

int
run_told(struct run *r, uint64_t upto)
{
	if (upto > (uint64_t)last_upto)
		return MQL_EBADFRAME;
	if ((int64_t)upto > r->upto)
		r->upto = (int64_t)upto;
	tell(r);
	return 0;
}

/* --- coming and going -------------------------------------------------------- */

static void
enter(struct run *r, enum run_state state)
{
	count(r, -1);
	r->state = state;
	count(r, 1);
	tell(r);
}

void
run_retarget(struct run *r)
{
	bool wanted = agent_wanted(r->agent, r->part->query);

	if (wanted == r->targeted)
		return;
	count(r, -1);
	r->targeted = wanted;
	count(r, 1);
	tell(r);
}

static void
reopen(struct run *r)
{
	uint64_t lost_at = r->lost_at;

	r->lost_at = 0;
	r->again = true;
	rates_forget(r);
	enter(r, RUN_PENDING);
	run_retarget(r);
	if (lost_at)
		part_say(r->part, &(struct op){ .kind = OP_AGENT_BACK,
						.serial = lost_at });
}

/* The agent will not hear of a query that rests. */
static void
rest(struct run *r)
{
	if (r->part->resting)
		run_refused(r, str_of(r->part->worker->parts.why));
}

/* Ten thousand agents have room for the slots that are in use. */
static int
make_room(struct agent *a, unsigned slot)
{
	const size_t n = (slot / RUNS_STEP + 1) * RUNS_STEP;
	struct run **bigger;

	if (slot < a->nrun)
		return 0;
	bigger = realloc(a->run, n * sizeof(struct run *));
	if (!bigger)
		return MQL_ENOMEM;
	memset(bigger + a->nrun, 0, (n - a->nrun) * sizeof(struct run *));
	a->run = bigger;
	a->nrun = n;
	return 0;
}

static int
open_new(struct agent *a, struct part *part)
{
	struct run *r;

	if (make_room(a, part->query->slot) || !(r = calloc(1, sizeof *r)))
		return MQL_ENOMEM;
	*r = (struct run){ .agent = a, .of = part->query->serial,
			   .slot = part->query->slot,
			   .targeted = agent_wanted(a, part->query),
			   .told = TOLD_NOTHING };
	a->run[r->slot] = r;
	run_attach(r, part);
	rest(r);
	return 0;
}

int
run_open(struct agent *a, struct part *part)
{
	struct run *r = agent_run(a, part->query->slot);

	if (!own_is_asked(a, part->query) || !at_matches(part->at, a)) {
		if (r)
			run_free(r);
		return 0;
	}
	if (!r)
		return open_new(a, part);
	reopen(r);
	rest(r);
	return 0;
}

void
run_attach(struct run *r, struct part *part)
{
	r->part = part;
	rates_forget(r);
	count(r, 1);
	tell(r);
}

/* What is still queued there will not come, as far as we know. */
static void
settle(struct run *r)
{
	struct books_agent next = books_agent_settled(&r->view);

	ledger_post(&r->part->all, &r->view, &next);
	r->part->changed = true;
}

void
run_detach(struct run *r)
{
	settle(r);
	count(r, -1);
	if (r->told != TOLD_NOTHING)
		part_tell(r->part, r->told, TOLD_NOTHING);
	r->told = TOLD_NOTHING;
	r->part = NULL;
}

void
run_free(struct run *r)
{
	if (r->part) {
		count(r, -1);
		if (r->told != TOLD_NOTHING)
			part_tell(r->part, r->told, TOLD_NOTHING);
	}
	r->agent->run[r->slot] = NULL;
	free(r->why);
	free(r->limit);
	rates_forget(r);
	free(r);
}

/* One that ended while it was still asked did so because its agent closes. */
static bool
was_live(const struct run *r)
{
	return r->state == RUN_LIVE ||
	       (r->state == RUN_PENDING && r->begun) ||
	       (r->state == RUN_ENDED && !r->part->closing);
}

void
run_lose(struct run *r)
{
	const bool live = was_live(r);

	settle(r);
	enter(r, RUN_GONE);
	if (!live)
		return;
	r->lost_at = atomic_fetch_add(r->part->worker->serial, 1) + 1;
	part_say(r->part, &(struct op){ .kind = OP_AGENT_LOST,
					.serial = r->lost_at });
}

void
run_leave(struct run *r, bool moves)
{
	struct part *part = r->part;
	const bool live = was_live(r);

	settle(r);
	run_free(r);
	if (live && !moves)
		part_say(part, &(struct op){ .kind = OP_AGENT_LEFT });
}

/* --- what it counts ---------------------------------------------------------- */

/* What it counted before we heard of it is nobody's here. What an earlier run
 * of it counted stays in the sum. */
static void
begin(struct run *r, const struct books_agent *books)
{
	struct books_agent past;

	settle(r);
	r->view = (struct books_agent){ 0 };
	r->begun = true;
	ledger_post(&r->part->all, &r->view, books);
	past = books_agent_settled(books);
	part_carry(r->part, &past);
}

void
run_report(struct run *r, const struct books_agent *books)
{
	struct books_agent next = r->view;

	if (!r->begun)
		return;
	uint64_t lost = ledger_report(&next, books);
	ledger_post(&r->part->all, &r->view, &next);
	r->part->changed = true;
	if (lost)
		part_say_lost(r->part, lost);
}

bool
run_is_limited(const struct run *r)
{
	return r->state == RUN_LIVE && (r->suspended || r->every > 1);
}

void
run_limit(struct run *r, const struct wire_counts *c)
{
	const bool was = run_is_limited(r);

	if (r->every == c->every && r->suspended == c->suspended &&
	    str_eq(str_of(r->limit), c->why))
		return;
	r->every = c->every;
	r->suspended = c->suspended;
	free(r->limit);
	r->limit = c->why.len ? strndup(c->why.ptr, c->why.len) : NULL;
	r->part->renote |= was || run_is_limited(r);
}

/* So much a second. */
static uint64_t
rate(uint64_t before, uint64_t now, int64_t ms)
{
	return (now - before) * 1000 / (uint64_t)ms;
}

/* Where we come to a run that others knew before, its past is not ours. */
void
run_cost(struct run *r, const struct wire_cost *c)
{
	const struct worker *w = r->part->worker;
	struct query_part *of = &r->part->query->of[w->index];
	const struct wire_cost *old = &r->cost;
	const int64_t ms = w->now - r->cost_at;

	if (r->cost_at && ms < COST_MS)
		return;
	if (r->cost_at && c->cpu_ns >= old->cpu_ns && c->rows >= old->rows &&
	    c->bytes >= old->bytes) {
		counter_add(&of->cpu_ns, c->cpu_ns - old->cpu_ns);
		r->cpu_rate = rate(old->cpu_ns, c->cpu_ns, ms);
		r->rows_rate = (uint32_t)rate(old->rows, c->rows, ms);
		r->bytes_rate = (uint32_t)rate(old->bytes, c->bytes, ms);
	}
	r->cost = *c;
	r->cost_at = w->now;
}

/* A query whose books have not changed is not in heartbeats. */
bool
run_costs(const struct run *r)
{
	const struct worker *w = r->part->worker;

	return r->state == RUN_LIVE && r->cost_at &&
	       w->now - r->cost_at < 3 * w->config->heartbeat + COST_MS;
}

void
run_live(struct run *r, const struct books_agent *books)
{
	if (!is_told(r))
		return;
	/* After a break, counters that went back are those of a new run. */
	if (r->begun && !(r->again && (books->sent < r->view.sent ||
				       books->seen < r->view.seen)))
		run_report(r, books);
	else
		begin(r, books);
	r->again = false;
	enter(r, RUN_LIVE);
}

void
run_refused(struct run *r, struct str why)
{
	if (!is_told(r))
		return;
	free(r->why);
	r->why = strndup(why.ptr ? why.ptr : "", why.len);
	enter(r, RUN_REFUSED);
}

/* What an agent runs of the query after this is another run: it counts from
 * zero. */
void
run_ended(struct run *r, const struct books_agent *books, struct str why)
{
	if (!is_told(r))
		return;
	r->begun = true;
	run_report(r, books);
	if (!why.len || r->part->closing) {
		enter(r, RUN_ENDED);
		return;
	}
	settle(r);
	r->begun = false;
	run_refused(r, why);
}

bool
run_rows(struct run *r, uint64_t first, uint64_t n, uint64_t *lost)
{
	struct books_agent next;

	*lost = 0;
	if (!is_told(r))
		return false;
	if (!r->begun) { /* its rows are here before its acknowledgement */
		uint64_t past = first - 1;
		begin(r, &(struct books_agent){ .seen = past, .matched = past,
						.sent = past });
	}
	next = r->view;
	if (ledger_batch(&next, first, n, lost))
		return false;
	ledger_post(&r->part->all, &r->view, &next);
	return true;
}
