/* staged.c - see staged.h.
 *
 * With the rows of a window goes a mark through the queue (queue.h), so that
 * the subscriber is told of it when it has the last of them, and not before. */
#include "source-job/staged.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/pace.h"
#include "mql/results.h"
#include "source-job/job.h"
#include "source-job/outputs.h"
#include "source-job/relay.h"
#include "source-job/stager.h"

enum {
	TOTAL_MS = 1000,
	WORK_MIN = 200, /* rows: less is done before anybody is awake */
};

struct staged {
	struct job       *job;
	struct sub       *sub;
	struct mql_query *query;
	struct stager    *stager;
	struct relay     *relay; /* in its place */
	enum pace     pace;
	int64_t       total_at; /* monotonic ms: when a total is due */
	struct results_counts counted; /* are in the books */
	bool          waits;    /* for staged_run() */
};

/* --- what came of it ------------------------------------------------------- */

/* That contributed. Where a subscription ends before the window does, all have
 * told what there was by then. */
static uint32_t
contributors(const struct staged *st, const struct results_item *of)
{
	const struct query *q = st->sub->query;
	uint32_t live = query_shown(q)->live, told = live;

	if (of->timed && q->watermark.pane && (q->closing || !of->cut))
		told = watermark_told(&q->watermark, of->end);
	return told < live ? told : live;
}

static void
close_window(struct staged *st, const struct results_item *of)
{
	struct job *j = st->job;
	const struct wire_window w = {
		.start = of->start, .end = of->end, .events = of->events,
		.late = of->late, .agents = contributors(st, of),
		.live = query_shown(st->sub->query)->live,
	};

	/* Of one that is cut short the end is still to come, and of one that
	 * is replayed it was long ago. */
	if (of->timed && query_pane_ms(st->query) && !of->cut &&
	    !st->sub->replaying)
		latency_add(&j->counters.window_latency,
			    (j->wall - of->end) * 1000, 1);
	sub_close(st->sub, &w);
}

/* Bring the books up to what the stage has counted. */
static void
count(struct staged *st)
{
	const struct results_counts now =
		results_counts(stager_results(st->stager));
	const struct results_counts old = st->counted;
	struct job_counters *c = &st->job->counters;
	struct books_source *b = &st->sub->books.source;
	const uint64_t folded = now.taken - now.late - now.untimed -
				now.overflow;

	counter_add(&c->folded, folded - b->folded);
	counter_add(&c->results, now.results - old.results);
	counter_add(&c->rows_bad, now.bad - old.bad);
	counter_add(&c->drop_late, now.late - old.late +
				   now.untimed - old.untimed);
	counter_add(&c->drop_overflow, now.overflow - old.overflow);
	counter_add(&c->drop_limit, now.past_limit - old.past_limit);
	counter_add(&c->drop_slow, now.unkept - old.unkept);
	b->folded = folded;
	b->results = now.results;
	b->late = now.late;
	b->untimed = now.untimed;
	b->overflow = now.overflow;
	b->lost += now.bad - old.bad;
	b->drop_limit += now.past_limit - old.past_limit;
	b->drop_slow += now.unkept - old.unkept;
	st->counted = now;
}

static void
settle(struct staged *st)
{
	struct results *r = stager_results(st->stager);
	struct results_item item;

	count(st);
	while (results_next(r, &item))
		if (item.is_mark)
			close_window(st, &item);
		else
			sub_give(st->job, st->sub, item.row);
	if (results_done(r))
		sub_mark(st->job, st->sub); /* for its end */
}

/* --- what it is to do ------------------------------------------------------ */

static void
run(void *arg)
{
	struct staged *st = arg;

	stager_run(st->stager);
}

static size_t
work(const struct stages *all)
{
	size_t sum = 0;

	for (size_t i = 0; i < all->nwaiting; i++) {
		const struct staged *st = all->waiting[i];
		sum += stager_work(st->stager);
	}
	return sum;
}

void
staged_run(struct job *j)
{
	struct stages *all = &j->stages;
	const size_t n = all->nwaiting;

	if (n > 1 && work(all) >= WORK_MIN)
		outputs_run(all->outputs, run, all->waiting, n);
	else
		for (size_t i = 0; i < n; i++)
			run(all->waiting[i]);
	all->nwaiting = 0;
	for (size_t i = 0; i < n; i++) {
		struct staged *st = all->waiting[i];
		st->waits = false;
		settle(st);
	}
}

/* Where it has no room for one task more it has for many, once it has run. */
static void
put(struct staged *st, const struct stager_task *t)
{
	struct stages *all = &st->job->stages;

	if (!stager_put(st->stager, t)) {
		run(st);
		settle(st);
		stager_put(st->stager, t);
	}
	if (!st->waits)
		all->waiting[all->nwaiting++] = st;
	st->waits = true;
}

void
staged_rows(struct sub *s, struct span rows, unsigned step)
{
	struct staged *st = s->staged;
	struct str row;

	if (!st->relay)
		put(st, &(struct stager_task){
			.kind = STAGER_ROWS, .step = step,
			.now = st->job->wall, .rows = rows });
	else
		while (span_next(&rows, &row))
			relay_row(st->relay, row);
}

void
staged_partial(struct sub *s, const struct partial *p)
{
	struct staged *st = s->staged;

	if (!st) /* nobody's: see saved.h */
		return;
	if (st->relay)
		relay_partial(st->relay, p);
	else
		put(st, &(struct stager_task){ .kind = STAGER_PARTIAL,
					       .now = st->job->wall,
					       .partial = p });
}

/* Is it time for what is given now and then? */
static bool
is_due(struct staged *st)
{
	const struct sub *s = st->sub;

	if (st->pace != PACE_TOTAL)
		return st->pace == PACE_WINDOW;
	/* Of history that ends the totals are wanted, once. */
	if ((s->replaying && s->replaying->until_end) ||
	    st->job->now < st->total_at)
		return false;
	st->total_at = st->job->now + TOTAL_MS;
	return true;
}

void
staged_tick(struct sub *s)
{
	struct staged *st = s->staged;

	if (st && st->relay)
		relay_tick(st->relay);
	else if (st && is_due(st))
		put(st, &(struct stager_task){ .kind = STAGER_TICK,
					       .now = st->job->wall });
}

void
staged_complete(struct sub *s, int64_t upto)
{
	struct staged *st = s->staged;

	if (st && st->relay)
		relay_complete(st->relay, upto);
	else if (st)
		put(st, &(struct stager_task){ .kind = STAGER_COMPLETE,
					       .now = st->job->wall,
					       .upto = upto });
}

void
staged_end(struct sub *s)
{
	struct staged *st = s->staged;

	if (st && st->relay)
		relay_end(st->relay);
	if (!st || st->relay)
		return;
	put(st, &(struct stager_task){ .kind = STAGER_END,
				       .now = st->job->wall });
	staged_run(st->job);
}

bool
staged_done(const struct sub *s)
{
	return s->staged && !s->staged->relay &&
	       results_done(stager_results(s->staged->stager));
}

const char *
staged_text(const struct sub *s)
{
	return s->staged ? mql_query_text(s->staged->query) : NULL;
}

/* --- life ------------------------------------------------------------------ */

/* There is a place for each that may wait. */
static int
enter(struct stages *all)
{
	const size_t cap = all->cap ? 2 * all->cap : 16;
	void **more;

	if (all->n == all->cap) {
		if (!(more = realloc(all->waiting, cap * sizeof *more)))
			return MQL_ENOMEM;
		all->waiting = more;
		all->cap = cap;
	}
	all->n++;
	return 0;
}

int
staged_open(struct job *j, struct sub *s, struct mql_query *query, bool merge)
{
	const int64_t grace = s->replaying ? STAGE_PAST_GRACE_MS :
					     j->config.grace;
	const bool plain = query_is_plain(query);
	struct staged *st = plain ? NULL : calloc(1, sizeof *st);
	int err;

	if (!st || enter(&j->stages)) {
		mql_query_free(query);
		free(st);
		return plain ? 0 : MQL_ENOMEM;
	}
	*st = (struct staged){ .job = j, .sub = s, .query = query,
			       .pace = query_pace(query),
			       .total_at = j->now + TOTAL_MS };
	err = merge ? relay_new(j, s, &st->relay)
		    : stager_new(query, j->config.stage_memory, grace, j->wall,
				 &st->stager);
	if (err)
		staged_free(st);
	else
		s->staged = st;
	return err;
}

void
staged_free(struct staged *st)
{
	struct stages *all;

	if (!st)
		return;
	all = &st->job->stages;
	for (size_t i = 0; st->waits && i < all->nwaiting; i++)
		if (all->waiting[i] == st)
			all->waiting[i] = all->waiting[--all->nwaiting];
	all->n--;
	stager_free(st->stager);
	relay_free(st->relay);
	mql_query_free(st->query);
	free(st);
}

int
stages_init(struct stages *all, unsigned threads)
{
	return outputs_new(threads, &all->outputs);
}

void
stages_fini(struct stages *all)
{
	outputs_free(all->outputs);
	free(all->waiting);
}
