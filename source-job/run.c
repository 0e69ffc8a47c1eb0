#include "source-job/run.h"

#include <stdlib.h>

#include "mql/error.h"
#include "source-job/at.h"
#include "source-job/job.h"
#include "source-job/ledger.h"
#include "source-job/merge.h"
#include "wire/message.h"

/* The agent has the query, or will have it in a moment. */
static bool
is_told(const struct run *r)
{
	return r->state == RUN_PENDING || r->state == RUN_LIVE;
}

/* Take r into its query's count (by is 1), or out of it (by is -1). */
static void
count(struct run *r, int by)
{
	struct query_count *c = &r->query->count;
	uint32_t one = (uint32_t)by;

	r->query->changed = true;
	if (by > 0)
		watermark_join(r);
	else
		watermark_leave(r);
	if (is_told(r))
		c->awaited += one;
	if (!r->targeted || r->state == RUN_GONE)
		return;
	c->targeted += one;
	if (r->state == RUN_LIVE)
		c->live += one;
	if (r->state == RUN_REFUSED)
		c->refused += one;
}

static void
enter(struct run *r, enum run_state state)
{
	count(r, -1);
	r->state = state;
	count(r, 1);
}

void
run_retarget(struct run *r)
{
	bool wanted = agent_wanted(r->agent, r->query);

	if (wanted == r->targeted)
		return;
	count(r, -1);
	r->targeted = wanted;
	count(r, 1);
}

static void
reopen(struct run *r)
{
	if (r->lost_at)
		merge_agent_back(r->query, r->lost_at);
	r->lost_at = 0;
	r->again = true;
	enter(r, RUN_PENDING);
	run_retarget(r);
}

/* The agent will not hear of a query that rests. */
static void
rest(struct run *r)
{
	if (r->query->resting)
		run_refused(r, str_of(r->query->resting));
}

int
run_open(struct agent *a, struct query *q)
{
	struct run *r = a->run[q->slot];

	if (!at_matches(q->at, a)) {
		if (r)
			run_free(r);
		return 0;
	}
	if (r) {
		reopen(r);
		rest(r);
		return 0;
	}
	r = calloc(1, sizeof *r);
	if (!r)
		return MQL_ENOMEM;
	*r = (struct run){ .agent = a, .query = q,
			   .targeted = agent_wanted(a, q) };
	a->run[q->slot] = r;
	count(r, 1);
	rest(r);
	return 0;
}

void
run_free(struct run *r)
{
	count(r, -1);
	r->agent->run[r->query->slot] = NULL;
	free(r->why);
	free(r->limit);
	free(r);
}

/* One that ended while it was still asked did so because its agent closes. */
static bool
was_live(const struct run *r)
{
	return r->state == RUN_LIVE ||
	       (r->state == RUN_PENDING && r->begun) ||
	       (r->state == RUN_ENDED && !r->query->closing);
}

/* What is still queued there will not come, as far as we know. */
static void
settle(struct run *r)
{
	struct books_agent next = ledger_settled(&r->view);

	ledger_post(&r->query->all, &r->view, &next);
}

/* What it counted before we heard of it is nobody's here. What an earlier run
 * of it counted stays in the sum. */
static void
begin(struct run *r, const struct books_agent *books)
{
	settle(r);
	r->view = (struct books_agent){ 0 };
	r->begun = true;
	ledger_post(&r->query->all, &r->view, books);
	merge_carried(r->query, books);
}

void
run_report(struct job *j, struct run *r, const struct books_agent *books)
{
	struct books_agent next = r->view;

	if (!r->begun)
		return;
	uint64_t lost = ledger_report(&next, books);
	ledger_post(&r->query->all, &r->view, &next);
	if (lost)
		merge_lost(j, r->query, lost);
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
	r->query->changed |= was || run_is_limited(r);
}

void
run_live(struct job *j, struct run *r, const struct books_agent *books)
{
	if (!is_told(r))
		return;
	/* After a break, counters that went back are those of a new run. */
	if (r->begun && !(r->again && books->sent < r->view.sent))
		run_report(j, r, books);
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
run_ended(struct job *j, struct run *r, const struct books_agent *books,
	  struct str why)
{
	if (!is_told(r))
		return;
	r->begun = true;
	run_report(j, r, books);
	if (!why.len || r->query->closing) {
		enter(r, RUN_ENDED);
		return;
	}
	settle(r);
	r->begun = false;
	run_refused(r, why);
}

bool
run_rows(struct job *j, struct run *r, uint64_t first, uint64_t n)
{
	struct books_agent next;
	uint64_t lost;

	if (!is_told(r))
		return false;
	if (!r->begun) { /* its rows are here before its acknowledgement */
		uint64_t past = first - 1;
		begin(r, &(struct books_agent){ .seen = past, .matched = past,
						.sent = past });
	}
	next = r->view;
	if (ledger_batch(&next, first, n, &lost))
		return false;
	ledger_post(&r->query->all, &r->view, &next);
	if (lost)
		merge_lost(j, r->query, lost);
	return true;
}

void
run_lose(struct job *j, struct run *r)
{
	if (was_live(r)) {
		merge_agent_lost(r->query);
		r->lost_at = ++j->serial;
	}
	settle(r);
	enter(r, RUN_GONE);
}

void
run_leave(struct run *r)
{
	if (was_live(r))
		merge_agent_left(r->query);
	settle(r);
	run_free(r);
}
