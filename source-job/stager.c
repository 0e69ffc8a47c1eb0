/* stager.c - see stager.h. */
#include "source-job/stager.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/partial.h"
#include "mql/results.h"

enum {
	TASKS = 8,         /* for which there always is room */
	TASKS_MAX = 1024,
	GROUP_BYTES = 256, /* one takes about as long as a row */
};

struct stager {
	struct results *results;
	struct stager_task *task;
	size_t          ntask, cap, work;
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
	stage_stats(results_stage(st->results), &now);
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

/* --- a run ----------------------------------------------------------------- */

static void
run(struct results *r, struct stager_task *t)
{
	struct str row;

	switch (t->kind) {
	case STAGER_ROWS:
		while (span_next(&t->rows, &row))
			results_row(r, row, t->step, t->now);
		batch_drop(t->rows.of);
		break;
	case STAGER_PARTIAL:
		results_partial(r, t->partial, t->now);
		break;
	case STAGER_COMPLETE:
		results_complete(r, t->upto, t->now);
		break;
	case STAGER_TICK:
		results_tick(r, t->now);
		break;
	case STAGER_END:
		results_end(r, t->now);
		break;
	}
}

void
stager_run(struct stager *st)
{
	for (size_t i = 0; i < st->ntask; i++)
		run(st->results, &st->task[i]);
	st->ntask = st->work = 0;
}

struct results *
stager_results(struct stager *st)
{
	return st->results;
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
	const struct results_options opt = {
		.max_bytes = max_bytes, .max_out = max_bytes,
		.grace_ms = grace_ms, .now = now,
	};
	st->task = malloc(TASKS * sizeof *st->task);
	err = st->task ? results_new(query, &opt, &st->results) : MQL_ENOMEM;
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
	results_free(st->results);
	free(st);
}
