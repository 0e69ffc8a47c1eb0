/* staged.c - see staged.h.
 *
 * With the rows of a window goes a mark through the queue (queue.h), so that
 * the subscriber is told of it when it has the last of them, and not before.
 * What a running total gives once a second is marked in the same way: a
 * window from the beginning up to now. */
#include "source-job/staged.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/pace.h"
#include "mql/partial.h"
#include "mql/stage.h"
#include "source-job/job.h"
#include "source-job/relay.h"

enum {
	TOTAL_MS = 1000,
};

struct staged {
	struct job       *job;
	struct sub       *sub;
	struct mql_query *query;
	struct stage     *stage;
	struct relay     *relay; /* in its place */
	enum pace         pace;
	bool     ending;    /* windows that close now are cut short */
	uint64_t taken;     /* rows, and events of partials, that went in */
	uint64_t failed;    /* for which there was no memory at all */
	uint64_t marked;    /* results in front of the last mark */
	uint64_t totals;    /* that were given by then, */
	bool     shown;     /* and the last one had rows */
	/* What a mark that is not of a time window says: */
	int64_t  since;     /* ms since the epoch */
	uint64_t before;    /* taken by then */
	int64_t  total_at;  /* monotonic ms: when a total is due */
};

/* --- marks ----------------------------------------------------------------- */

static void
mark(struct staged *st, struct wire_window w)
{
	struct sub *s = st->sub;

	staged_count(s);
	w.late = s->books.source.late;
	w.live = query_shown(s->query)->live;
	sub_close(s, &w);
	st->marked = s->books.source.results;
}

/* A total is of no row any more: those that were shown are to go. */
static bool
has_emptied(struct staged *st)
{
	struct stage_stats now;
	bool emptied;

	stage_stats(st->stage, &now);
	emptied = st->shown && now.totals != st->totals;
	st->totals = now.totals;
	return emptied;
}

/* Rows were given, and no time window that was closed has marked them. */
static void
mark_rest(struct staged *st)
{
	const bool any = st->marked != st->sub->books.source.results;
	const bool emptied = has_emptied(st);
	int64_t now = st->job->wall;

	if (st->pace == PACE_EVENT || (!any && !emptied))
		return;
	st->shown = any;
	mark(st, (struct wire_window){
		.start = st->since, .end = now,
		.events = st->taken - st->before,
		.agents = query_shown(st->sub->query)->live,
	});
	if (st->pace != PACE_WINDOW)
		return;
	st->since = now;
	st->before = st->taken;
}

/* --- what the stage calls -------------------------------------------------- */

static bool
give(void *arg, struct str row, int64_t window)
{
	struct staged *st = arg;

	(void)window;
	st->sub->books.source.results++;
	counter_add(&st->job->counters.results, 1);
	return sub_give(st->job, st->sub, row);
}

/* That contributed. Where a subscription ends before the window does, all have
 * told what there was by then. */
static uint32_t
contributors(const struct staged *st, int64_t end)
{
	const struct query *q = st->sub->query;
	uint32_t live = query_shown(q)->live, told = live;

	if (q->watermark.pane && (q->closing || !st->ending))
		told = watermark_told(&q->watermark, end);
	return told < live ? told : live;
}

static void
closed(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct staged *st = arg;

	/* Of one that is cut short the end is still to come, and of one that
	 * is replayed it was long ago. */
	if (query_pane_ms(st->query) && !st->ending && !st->sub->replaying)
		latency_add(&st->job->counters.window_latency,
			    (st->job->wall - end) * 1000, 1);
	mark(arg, (struct wire_window){ .start = start, .end = end,
					.events = events,
					.agents = contributors(arg, end) });
}

/* --- life ------------------------------------------------------------------ */

int
staged_open(struct job *j, struct sub *s, struct mql_query *query, bool merge)
{
	struct staged *st;
	const bool plain = query_is_plain(query);
	int err;

	st = plain ? NULL : calloc(1, sizeof *st);
	if (!st) {
		mql_query_free(query);
		return plain ? 0 : MQL_ENOMEM;
	}
	*st = (struct staged){ .job = j, .sub = s, .query = query,
			       .pace = query_pace(query), .since = j->wall,
			       .total_at = j->now + TOTAL_MS };
	const struct stage_options opt = {
		.max_bytes = j->config.stage_memory,
		.grace_ms = s->replaying ? STAGE_PAST_GRACE_MS :
					   j->config.grace,
		.row = give, .closed = closed, .arg = st,
	};
	err = merge ? relay_new(j, s, &st->relay)
		    : stage_new(query, &opt, &st->stage);
	if (err) {
		staged_free(st);
		return err;
	}
	s->staged = st;
	return 0;
}

void
staged_free(struct staged *st)
{
	if (!st)
		return;
	stage_free(st->stage);
	relay_free(st->relay);
	mql_query_free(st->query);
	free(st);
}

/* --- rows, groups and time --------------------------------------------------------- */

/* Is the limit reached? Then n events are dropped. */
static bool
is_done(struct staged *st, uint64_t n)
{
	if (!stage_done(st->stage))
		return false;
	st->sub->books.source.drop_limit += n;
	counter_add(&st->job->counters.drop_limit, n);
	return true;
}

/* Something went in: rows may have come out. */
static void
settle(struct staged *st)
{
	mark_rest(st);
	if (stage_done(st->stage))
		sub_mark(st->job, st->sub); /* for its end */
}

void
staged_row(struct sub *s, struct str row, unsigned step)
{
	struct staged *st = s->staged;
	struct job *j = st->job;
	int err;

	if (st->relay) {
		relay_row(st->relay, row);
		return;
	}
	if (is_done(st, 1))
		return;
	err = stage_row_of(st->stage, row, step, j->wall);
	if (err == MQL_EBADEVENT) {
		s->books.source.lost++;
		counter_add(&j->counters.rows_bad, 1);
		return;
	}
	st->taken++;
	st->failed += err != 0;
	settle(st);
}

/* Events that the stage has left out. */
static uint64_t
left_out(const struct staged *st)
{
	struct stage_stats now;

	stage_stats(st->stage, &now);
	return now.late + now.untimed + now.overflow;
}

/* When memory is out half-way, the rest of it is what failed. */
void
staged_partial(struct sub *s, const struct partial *p)
{
	struct staged *st = s->staged;
	uint64_t n = partial_events(p), before;

	if (!st) /* nobody's: see saved.h */
		return;
	if (st->relay) {
		relay_partial(st->relay, p);
		return;
	}
	before = left_out(st);
	if (is_done(st, n))
		return;
	st->taken += n;
	if (stage_partial(st->stage, p, st->job->wall))
		st->failed += n - (left_out(st) - before);
	settle(st);
}

void
staged_tick(struct sub *s)
{
	struct staged *st = s->staged;

	if (st && st->relay)
		relay_tick(st->relay);
	if (!st || st->relay || st->pace == PACE_EVENT ||
	    st->pace == PACE_END)
		return;
	if (st->pace == PACE_TOTAL) {
		/* Of history that ends the totals are wanted, once. */
		if (s->replaying && s->replaying->until_end)
			return;
		if (st->job->now < st->total_at)
			return;
		st->total_at = st->job->now + TOTAL_MS;
	}
	stage_tick(st->stage, st->job->wall);
	mark_rest(st);
}

void
staged_complete(struct sub *s, int64_t upto)
{
	struct staged *st = s->staged;

	if (st && st->relay)
		relay_complete(st->relay, upto);
	if (!st || st->relay)
		return;
	stage_complete(st->stage, upto);
	stage_tick(st->stage, st->job->wall);
	settle(st);
}

void
staged_end(struct sub *s)
{
	if (s->staged && s->staged->relay)
		relay_end(s->staged->relay);
	if (!s->staged || s->staged->relay)
		return;
	s->staged->ending = true;
	stage_end(s->staged->stage);
	mark_rest(s->staged);
}

/* --- answers --------------------------------------------------------------- */

void
staged_count(struct sub *s)
{
	struct staged *st = s->staged;
	struct books_source *b = &s->books.source;
	struct books_source old = *b;
	struct stage_stats now;

	if (!st || st->relay)
		return;
	struct job_counters *c = &st->job->counters;
	stage_stats(st->stage, &now);
	b->late = now.late;
	b->untimed = now.untimed;
	b->overflow = now.overflow + st->failed;
	b->folded = st->taken - b->late - b->untimed - b->overflow;
	counter_add(&c->folded, b->folded - old.folded);
	counter_add(&c->drop_late, b->late - old.late +
				   b->untimed - old.untimed);
	counter_add(&c->drop_overflow, b->overflow - old.overflow);
}

bool
staged_done(const struct sub *s)
{
	return s->staged && !s->staged->relay && stage_done(s->staged->stage);
}

const char *
staged_text(const struct sub *s)
{
	return s->staged ? mql_query_text(s->staged->query) : NULL;
}
