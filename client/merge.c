/* merge.c - see merge.h. */
#include "client/merge.h"

#include <stdlib.h>

#include "common/clock.h"
#include "mql/pace.h"
#include "mql/partial.h"
#include "mql/results.h"
#include "wire/rows.h"

enum { TOTAL_MS = 1000, TICK_MS = 100 };

struct merge {
	struct mql_query   *query, *fold; /* what groups are of, or NULL */
	struct partial     *partial;
	struct results     *results;
	struct client_made *made;
	enum pace  pace;
	uint32_t   live;    /* agents now */
	int64_t  (*told)(const void *arg, int64_t end);
	const void *told_arg;
	bool       once;    /* totals are given at the end only */
	int64_t    upto;    /* what merge_complete() said */
	int64_t    total_at, tick_at; /* monotonic ms */
};

/* --- out ---------------------------------------------------------------------- */

static void
marked(void *arg, struct results_item *mark)
{
	struct merge *m = arg;
	int64_t told = mark->timed && !mark->cut ?
		       m->told(m->told_arg, mark->end) : -1;

	mark->live = m->live;
	mark->agents = told < 0 ? m->live : (uint32_t)told;
}

static void
count(struct merge *m)
{
	m->made->counts = results_counts(m->results);
}

int
merge_next(struct merge *m, struct str *row, struct mql_window *window)
{
	struct results_item item;

	if (!results_next(m->results, &item))
		return 0;
	if (!item.is_mark) {
		*row = item.row;
		return 1;
	}
	*window = (struct mql_window){
		.start = item.start, .end = item.end, .agents = item.agents,
		.events = item.events, .late = item.late, .live = item.live,
	};
	return 2;
}

/* --- life --------------------------------------------------------------------- */

static int
read_groups(struct merge *m)
{
	const char *text = query_fold_text(m->query);
	int err;

	if (!text)
		return 0;
	err = mql_query_compile(text, &m->fold, NULL);
	return err ? err : partial_new(m->fold, &m->partial);
}

int
merge_new(const struct merge_options *opt, struct merge **out)
{
	struct merge *m = calloc(1, sizeof *m);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!m) {
		mql_query_free(opt->query);
		return err;
	}
	*m = (struct merge){ .query = opt->query, .made = opt->made,
			     .pace = query_pace(opt->query),
			     .told = opt->told, .told_arg = opt->arg,
			     .once = opt->until_end,
			     .total_at = clock_mono_ms() + TOTAL_MS };
	const struct results_options results = {
		.grace_ms = opt->history ? STAGE_PAST_GRACE_MS
					 : STAGE_GRACE_MS,
		.now = clock_wall_ms(), .marked = marked, .arg = m,
	};
	if ((err = read_groups(m)) ||
	    (err = results_new(opt->query, &results, &m->results)))
		goto out;
	opt->made->merged = true;
	*out = m;
	m = NULL;
out:
	merge_free(m);
	return err;
}

void
merge_free(struct merge *m)
{
	if (!m)
		return;
	results_free(m->results);
	partial_free(m->partial);
	mql_query_free(m->fold);
	mql_query_free(m->query);
	free(m);
}

/* --- who brings history ------------------------------------------------------- */

void
merge_join(struct merge *m, struct stage_source *src)
{
	*src = (struct stage_source){ .holds = true };
	stage_source_add(results_stage(m->results), src);
}

void
merge_from(struct merge *m, struct stage_source *src)
{
	stage_source_next(results_stage(m->results), src);
}

void
merge_release(struct merge *m, struct stage_source *src)
{
	stage_source_release(results_stage(m->results), src);
	count(m);
}

void
merge_leave(struct merge *m, struct stage_source *src)
{
	stage_source_drop(results_stage(m->results), src);
}

/* --- in ------------------------------------------------------------------------- */

static void
take_groups(struct merge *m, struct str bytes, uint64_t *events)
{
	if (!m->partial || partial_read(m->partial, bytes))
		return;
	*events = partial_events(m->partial);
	results_partial(m->results, m->partial, clock_wall_ms());
}

void
merge_take(struct merge *m, struct str item, uint64_t *events)
{
	*events = 0;
	if (item.len && item.ptr[0] == WIRE_GROUPS)
		take_groups(m, (struct str){ item.ptr + 1, item.len - 1 },
			    events);
	else
		*events = results_row(m->results, item, 0, clock_wall_ms());
	count(m);
}

void
merge_complete(struct merge *m, int64_t upto, uint32_t live)
{
	if (upto <= m->upto || results_done(m->results))
		return;
	m->upto = upto;
	m->live = live;
	results_complete(m->results, upto, clock_wall_ms());
	count(m);
}

void
merge_tick(struct merge *m, uint32_t live)
{
	int64_t now = clock_mono_ms();

	m->live = live;
	if (m->pace == PACE_EVENT || m->pace == PACE_END ||
	    (m->once && m->pace == PACE_TOTAL))
		return;
	if (now < (m->pace == PACE_TOTAL ? m->total_at : m->tick_at))
		return;
	m->total_at = now + TOTAL_MS;
	m->tick_at = now + TICK_MS;
	results_tick(m->results, clock_wall_ms());
	count(m);
}

int
merge_wait_ms(const struct merge *m)
{
	int64_t at = m->pace == PACE_TOTAL ? m->total_at : m->tick_at;
	int64_t now = clock_mono_ms();

	if (m->pace == PACE_EVENT || m->pace == PACE_END ||
	    (m->once && m->pace == PACE_TOTAL))
		return TOTAL_MS;
	return at > now ? (int)(at - now) : 0;
}

void
merge_end(struct merge *m, uint32_t live)
{
	m->live = live;
	results_end(m->results, clock_wall_ms());
	count(m);
}

bool
merge_done(const struct merge *m)
{
	return results_done(m->results);
}
