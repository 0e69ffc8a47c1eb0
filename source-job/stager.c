/* stager.c - see stager.h.
 *
 * What a running total gives at a tick is marked like a window: from the
 * beginning up to now. */
#include "source-job/stager.h"

#include <stdlib.h>
#include <string.h>

#include "mql/error.h"
#include "mql/pace.h"
#include "mql/partial.h"
#include "mql/stage.h"

enum {
	TASKS = 8,          /* for which there always is room */
	TASKS_MAX = 1024,
	GROUP_BYTES = 256, /* one takes about as long as a row */
	OUT_KEEP = 1 << 20, /* bytes of memory for the next run */
};

struct stager {
	struct stage *stage;
	enum pace     pace;
	struct stager_task *task;
	size_t        ntask, cap, work;

	/* From one task to the next: */
	struct stager_counts now;
	int64_t  clock;     /* of this task */
	bool     ending;    /* windows that close now are cut short */
	uint64_t failed;    /* events, or rows of them, for which there was no
			       memory at all */
	uint64_t marked;    /* results in front of the last mark */
	uint64_t totals;    /* that were given by then, */
	bool     shown;     /* and the last one had rows */
	/* What a mark that is not of a time window says: */
	int64_t  since;     /* ms since the epoch */
	uint64_t before;    /* taken by then */

	struct buf out;     /* items: a struct stager_item, a row's bytes */
	size_t     at;      /* that is to be read */
};

/* --- what it is to do ------------------------------------------------------ */

static bool
grow(struct stager *st)
{
	const size_t cap = 2 * st->cap;
	struct stager_task *more = st->cap < TASKS_MAX ?
			    realloc(st->task, cap * sizeof *more) : NULL;

	if (!more)
		return false;
	st->task = more;
	st->cap = cap;
	return true;
}

/* In rows: what closes windows may look at all groups. */
static size_t
work_of(const struct stager *st, const struct stager_task *t)
{
	struct stage_stats now;

	if (t->kind == STAGER_ROWS)
		return t->rows.n;
	if (t->kind == STAGER_PARTIAL)
		return partial_bytes(t->partial) / GROUP_BYTES;
	stage_stats(st->stage, &now);
	return now.bytes / GROUP_BYTES;
}

bool
stager_put(struct stager *st, const struct stager_task *t)
{
	if (st->ntask == st->cap && !grow(st))
		return false;
	if (t->kind == STAGER_ROWS)
		batch_hold(t->rows.of);
	st->task[st->ntask++] = *t;
	st->work += work_of(st, t);
	return true;
}

size_t
stager_work(const struct stager *st)
{
	return st->work;
}

/* --- what comes of it ------------------------------------------------------ */

static bool
put_item(struct stager *st, struct stager_item item)
{
	const size_t before = st->out.len;

	buf_put(&st->out, &item, sizeof item);
	buf_put(&st->out, item.row.ptr, item.row.len);
	if (!st->out.err)
		return true;
	st->out.len = before; /* what was there is still good */
	st->out.err = 0;
	return false;
}

/* Whether more are wanted is known to who takes them. */
static bool
give(void *arg, struct str row, int64_t window)
{
	struct stager *st = arg;

	(void)window;
	if (put_item(st, (struct stager_item){ .row = row }))
		st->now.results++;
	else
		st->failed++;
	return true;
}

static void
count(struct stager *st)
{
	struct stage_stats now;

	stage_stats(st->stage, &now);
	st->now.late = now.late;
	st->now.untimed = now.untimed;
	st->now.overflow = now.overflow + st->failed;
}

static void
mark(struct stager *st, struct stager_item item)
{
	count(st);
	item.is_mark = true;
	item.late = st->now.late;
	put_item(st, item); /* without memory the next one is of both */
	st->marked = st->now.results;
}

static void
closed(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct stager *st = arg;

	mark(st, (struct stager_item){ .timed = true, .cut = st->ending,
				       .start = start, .end = end,
				       .events = events });
}

/* A total is of no row any more: those that were shown are to go. */
static bool
has_emptied(struct stager *st)
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
mark_rest(struct stager *st)
{
	const bool any = st->marked != st->now.results;
	const bool emptied = has_emptied(st);

	if (st->pace == PACE_EVENT || (!any && !emptied))
		return;
	st->shown = any;
	mark(st, (struct stager_item){
		.cut = st->ending, .start = st->since, .end = st->clock,
		.events = st->now.taken - st->before,
	});
	if (st->pace != PACE_WINDOW)
		return;
	st->since = st->clock;
	st->before = st->now.taken;
}

/* --- a run ----------------------------------------------------------------- */

/* Is the limit reached? Then n events are dropped. */
static bool
is_past(struct stager *st, uint64_t n)
{
	if (!stage_done(st->stage))
		return false;
	st->now.past_limit += n;
	return true;
}

static void
take_row(struct stager *st, struct str row, unsigned step)
{
	if (is_past(st, 1))
		return;
	int err = stage_row_of(st->stage, row, step, st->clock);
	if (err == MQL_EBADEVENT) {
		st->now.bad++;
		return;
	}
	st->now.taken++;
	st->failed += err != 0;
	mark_rest(st);
}

/* Events that the stage has left out. */
static uint64_t
left_out(const struct stager *st)
{
	struct stage_stats now;

	stage_stats(st->stage, &now);
	return now.late + now.untimed + now.overflow;
}

/* When memory is out half-way, the rest of it is what failed. */
static void
take_partial(struct stager *st, const struct partial *p)
{
	const uint64_t n = partial_events(p), before = left_out(st);

	if (is_past(st, n))
		return;
	st->now.taken += n;
	if (stage_partial(st->stage, p, st->clock))
		st->failed += n - (left_out(st) - before);
	mark_rest(st);
}

static void
run(struct stager *st, struct stager_task *t)
{
	struct str row;

	st->clock = t->now;
	switch (t->kind) {
	case STAGER_ROWS:
		while (span_next(&t->rows, &row))
			take_row(st, row, t->step);
		batch_drop(t->rows.of);
		return;
	case STAGER_PARTIAL:
		take_partial(st, t->partial);
		return;
	case STAGER_COMPLETE:
		stage_complete(st->stage, t->upto);
		break;
	case STAGER_TICK:
		break;
	case STAGER_END:
		st->ending = true;
		stage_end(st->stage);
		mark_rest(st);
		return;
	}
	stage_tick(st->stage, st->clock);
	mark_rest(st);
}

void
stager_run(struct stager *st)
{
	st->at = 0;
	if (st->out.cap > OUT_KEEP)
		buf_fini(&st->out);
	buf_reset(&st->out);
	for (size_t i = 0; i < st->ntask; i++)
		run(st, &st->task[i]);
	count(st);
	st->ntask = st->work = 0;
}

/* --- answers --------------------------------------------------------------- */

const struct stager_counts *
stager_counts(const struct stager *st)
{
	return &st->now;
}

bool
stager_done(const struct stager *st)
{
	return stage_done(st->stage);
}

bool
stager_next(struct stager *st, struct stager_item *out)
{
	if (st->at == st->out.len)
		return false;
	memcpy(out, st->out.data + st->at, sizeof *out);
	out->row.ptr = (const char *)st->out.data + st->at + sizeof *out;
	st->at += sizeof *out + out->row.len;
	return true;
}

/* --- life ------------------------------------------------------------------ */

int
stager_new(const struct mql_query *query, size_t max_bytes, int64_t grace_ms,
	   int64_t now, struct stager **out)
{
	struct stager *st = calloc(1, sizeof *st);
	int err;

	*out = NULL;
	if (!st)
		return MQL_ENOMEM;
	st->cap = TASKS;
	st->pace = query_pace(query);
	st->since = now;
	const struct stage_options opt = {
		.max_bytes = max_bytes, .grace_ms = grace_ms,
		.row = give, .closed = closed, .arg = st,
	};
	st->task = malloc(TASKS * sizeof *st->task);
	err = st->task ? stage_new(query, &opt, &st->stage) : MQL_ENOMEM;
	if (err)
		stager_free(st);
	else
		*out = st;
	return err;
}

void
stager_free(struct stager *st)
{
	if (!st)
		return;
	for (size_t i = 0; i < st->ntask; i++)
		if (st->task[i].kind == STAGER_ROWS)
			batch_drop(st->task[i].rows.of);
	free(st->task);
	buf_fini(&st->out);
	stage_free(st->stage);
	free(st);
}
