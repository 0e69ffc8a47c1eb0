/* results.c - see results.h.
 *
 * What waits is a chain of entries: u32 length and a row, or MARK and a struct
 * results_item. */
#include "mql/results.h"

#include <stdlib.h>
#include <string.h>

#include "common/buf.h"
#include "mql/error.h"
#include "mql/pace.h"
#include "mql/partial.h"

enum { OUT_KEEP = 1 << 20 }; /* bytes of memory for what comes next */

static const uint32_t MARK = UINT32_MAX;

struct results {
	struct stage *stage;
	enum pace     pace;
	struct results_options opt;
	struct results_counts  now; /* late and so on: only in the stage */
	int64_t  clock;
	bool     ending;    /* windows that close now are cut short */
	uint64_t failed;    /* events for which there was no memory at all */
	uint64_t marked;    /* results in front of the last mark */
	uint64_t totals;    /* that were given by then, */
	bool     shown;     /* and the last one had rows */
	/* What a mark that is not of a time window says: */
	int64_t  since;
	uint64_t before;    /* taken by then */

	struct buf out;
	size_t     at;      /* that is to be taken next */
	bool       full;    /* until all of it is taken */
};

/* --- what comes out --------------------------------------------------------- */

/* False: there is no memory for it, and what was there is still good. */
static bool
put(struct results *r, uint32_t head, const void *what, size_t len)
{
	const size_t before = r->out.len;

	buf_put(&r->out, &head, sizeof head);
	buf_put(&r->out, what, len);
	if (!r->out.err)
		return true;
	r->out.len = before;
	r->out.err = 0;
	return false;
}

/* Once one was lost the others are not made: many that are long would take
 * long. */
static bool
has_room(void *arg)
{
	struct results *r = arg;

	r->now.results += r->full;
	r->now.unkept += r->full;
	return !r->full;
}

/* Whether more are wanted is known to who takes them. */
static bool
give(void *arg, struct str row, int64_t window)
{
	struct results *r = arg;

	(void)window;
	r->now.results++;
	r->full |= r->opt.max_out && r->out.len + row.len > r->opt.max_out;
	r->full |= !r->full && !put(r, (uint32_t)row.len, row.ptr, row.len);
	r->now.unkept += r->full;
	return true;
}

struct results_counts
results_counts(const struct results *r)
{
	struct results_counts all = r->now;
	struct stage_stats now;

	stage_stats(r->stage, &now);
	all.late = now.late;
	all.untimed = now.untimed;
	all.overflow = now.overflow + r->failed;
	return all;
}

static void
mark(struct results *r, struct results_item item)
{
	item.is_mark = true;
	item.late = results_counts(r).late;
	if (r->opt.marked)
		r->opt.marked(r->opt.arg, &item);
	/* Without memory the next one is of both. */
	put(r, MARK, &item, sizeof item);
	r->marked = r->now.results;
}

static void
closed(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct results *r = arg;

	mark(r, (struct results_item){ .timed = true, .cut = r->ending,
				       .start = start, .end = end,
				       .events = events });
}

/* A total is of no row any more: those that were shown are to go. */
static bool
has_emptied(struct results *r)
{
	struct stage_stats now;
	bool emptied;

	stage_stats(r->stage, &now);
	emptied = r->shown && now.totals != r->totals;
	r->totals = now.totals;
	return emptied;
}

/* Rows were given, and no time window that was closed has marked them. */
static void
mark_rest(struct results *r)
{
	const bool any = r->marked != r->now.results;
	const bool emptied = has_emptied(r);

	if (r->pace == PACE_EVENT || (!any && !emptied))
		return;
	r->shown = any;
	mark(r, (struct results_item){
		.cut = r->ending, .start = r->since, .end = r->clock,
		.events = r->now.taken - r->before,
	});
	if (r->pace != PACE_WINDOW)
		return;
	r->since = r->clock;
	r->before = r->now.taken;
}

bool
results_next(struct results *r, struct results_item *out)
{
	const char *p = (const char *)r->out.data + r->at;
	uint32_t head;

	if (r->at == r->out.len) {
		r->at = 0;
		r->full = false;
		if (r->out.cap > OUT_KEEP)
			buf_fini(&r->out);
		buf_reset(&r->out);
		return false;
	}
	memcpy(&head, p, sizeof head);
	p += sizeof head;
	if (head == MARK)
		memcpy(out, p, sizeof *out);
	else
		*out = (struct results_item){ .row = { p, head } };
	r->at += sizeof head + (head == MARK ? sizeof *out : head);
	return true;
}

bool
results_done(const struct results *r)
{
	return stage_done(r->stage);
}

/* --- what goes in ----------------------------------------------------------- */

/* Is the limit reached? Then n events are dropped. */
static bool
is_past(struct results *r, uint64_t n)
{
	if (!stage_done(r->stage))
		return false;
	r->now.past_limit += n;
	return true;
}

bool
results_row(struct results *r, struct str row, unsigned step, int64_t now)
{
	int err;

	r->clock = now;
	if (is_past(r, 1))
		return true;
	err = stage_row_of(r->stage, row, step, now);
	if (err == MQL_EBADEVENT) {
		r->now.bad++;
		return false;
	}
	r->now.taken++;
	r->failed += err != 0;
	mark_rest(r);
	return true;
}

/* Events that the stage has left out. */
static uint64_t
left_out(const struct results *r)
{
	struct stage_stats now;

	stage_stats(r->stage, &now);
	return now.late + now.untimed + now.overflow;
}

/* When memory is out half-way, the rest of it is what failed. */
void
results_partial(struct results *r, const struct partial *p, int64_t now)
{
	const uint64_t n = partial_events(p), before = left_out(r);

	r->clock = now;
	if (is_past(r, n))
		return;
	r->now.taken += n;
	if (stage_partial(r->stage, p, now))
		r->failed += n - (left_out(r) - before);
	mark_rest(r);
}

void
results_complete(struct results *r, int64_t upto, int64_t now)
{
	r->clock = now;
	stage_complete(r->stage, upto);
	results_tick(r, now);
}

void
results_tick(struct results *r, int64_t now)
{
	r->clock = now;
	stage_tick(r->stage, now);
	mark_rest(r);
}

void
results_end(struct results *r, int64_t now)
{
	r->clock = now;
	r->ending = true;
	stage_end(r->stage);
	mark_rest(r);
}

/* --- life ------------------------------------------------------------------- */

int
results_new(const struct mql_query *q, const struct results_options *opt,
	    struct results **out)
{
	struct results *r = calloc(1, sizeof *r);
	int err;

	*out = NULL;
	if (!r)
		return MQL_ENOMEM;
	r->opt = *opt;
	r->pace = query_pace(q);
	r->since = opt->now;
	const struct stage_options stage = {
		.max_bytes = opt->max_bytes, .grace_ms = opt->grace_ms,
		.row = give, .room = has_room, .closed = closed, .arg = r,
	};
	if ((err = stage_new(q, &stage, &r->stage)))
		results_free(r);
	else
		*out = r;
	return err;
}

void
results_free(struct results *r)
{
	if (!r)
		return;
	stage_free(r->stage);
	buf_fini(&r->out);
	free(r);
}

struct stage *
results_stage(struct results *r)
{
	return r->stage;
}
