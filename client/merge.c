/* merge.c - see merge.h.
 *
 * What comes out is kept as entries: u32 length and a row, or MARK and a
 * window. */
#include "client/merge.h"

#include <stdlib.h>

#include "common/clock.h"
#include "mql/pace.h"
#include "mql/partial.h"
#include "mql/stage.h"
#include "wire/rows.h"

enum { TOTAL_MS = 1000, TICK_MS = 100 };

static const uint32_t MARK = UINT32_MAX;

struct merge {
	struct mql_query   *query, *fold; /* what groups are of, or NULL */
	struct partial     *partial;
	struct stage       *stage;
	struct client_made *made;
	enum pace  pace;
	struct buf out;
	size_t     at;      /* taken of it */
	uint64_t   failed;  /* events for which there was no memory at all */
	uint32_t   live;    /* agents now */
	int64_t  (*told)(const void *arg, int64_t end);
	const void *told_arg;
	bool       once;    /* totals are given at the end only */
	bool       ending;  /* windows that close now are cut short */
	int64_t    upto;    /* what merge_complete() said */
	/* What a mark that is not of a time window says; see staged.c of the
	 * source-job, which does the same for one: */
	uint64_t   marked, totals;
	bool       shown;
	int64_t    since;
	uint64_t   before;
	int64_t    total_at, tick_at; /* monotonic ms */
};

/* --- out ---------------------------------------------------------------------- */

static bool
give(void *arg, struct str row, int64_t window)
{
	struct merge *m = arg;
	size_t begun = m->out.len;

	(void)window;
	buf_put_u32(&m->out, (uint32_t)row.len);
	buf_put(&m->out, row.ptr, row.len);
	if (m->out.err) { /* one row less, and the books tell */
		m->out.err = 0;
		m->out.len = begun;
		m->failed++;
		return true;
	}
	m->made->results++;
	return true;
}

static void
count(struct merge *m)
{
	struct stage_stats now;

	stage_stats(m->stage, &now);
	m->made->late = now.late;
	m->made->untimed = now.untimed;
	m->made->overflow = now.overflow + m->failed;
}

static void
mark(struct merge *m, struct mql_window w)
{
	size_t begun = m->out.len;

	count(m);
	w.late = m->made->late;
	w.live = m->live;
	buf_put_u32(&m->out, MARK);
	buf_put(&m->out, &w, sizeof w);
	if (m->out.err) {
		m->out.err = 0;
		m->out.len = begun;
	}
	m->marked = m->made->results;
}

static void
closed(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct merge *m = arg;
	int64_t told = m->ending ? -1 : m->told(m->told_arg, end);

	mark(m, (struct mql_window){
		.start = start, .end = end, .events = events,
		.agents = told < 0 ? m->live : (uint32_t)told,
	});
}

/* A total is of no row any more: those that were shown are to go. */
static bool
has_emptied(struct merge *m)
{
	struct stage_stats now;
	bool emptied;

	stage_stats(m->stage, &now);
	emptied = m->shown && now.totals != m->totals;
	m->totals = now.totals;
	return emptied;
}

/* Rows were given, and no time window that was closed has marked them. */
static void
settle(struct merge *m)
{
	const bool any = m->marked != m->made->results;
	const bool emptied = has_emptied(m);
	int64_t now = clock_wall_ms();

	count(m);
	if (m->pace == PACE_EVENT || (!any && !emptied))
		return;
	m->shown = any;
	mark(m, (struct mql_window){
		.start = m->since, .end = now, .agents = m->live,
		.events = m->made->taken - m->before,
	});
	if (m->pace != PACE_WINDOW)
		return;
	m->since = now;
	m->before = m->made->taken;
}

static int
drained(struct merge *m)
{
	buf_reset(&m->out);
	m->at = 0;
	return 0;
}

int
merge_next(struct merge *m, struct str *row, struct mql_window *window)
{
	const char *p = (const char *)m->out.data + m->at;
	uint32_t len;

	if (m->at == m->out.len)
		return drained(m);
	memcpy(&len, p, sizeof len);
	p += sizeof len;
	m->at += sizeof len;
	if (len == MARK) {
		memcpy(window, p, sizeof *window);
		m->at += sizeof *window;
		return 2;
	}
	*row = (struct str){ p, len };
	m->at += len;
	return 1;
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
			     .since = clock_wall_ms(),
			     .total_at = clock_mono_ms() + TOTAL_MS };
	const struct stage_options stage = {
		.grace_ms = opt->history ? STAGE_PAST_GRACE_MS
					 : STAGE_GRACE_MS,
		.row = give, .closed = closed, .arg = m,
	};
	if ((err = read_groups(m)) ||
	    (err = stage_new(opt->query, &stage, &m->stage)))
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
	stage_free(m->stage);
	partial_free(m->partial);
	mql_query_free(m->fold);
	mql_query_free(m->query);
	buf_fini(&m->out);
	free(m);
}

/* --- who brings history ------------------------------------------------------- */

void
merge_join(struct merge *m, struct stage_source *src)
{
	*src = (struct stage_source){ .holds = true };
	stage_source_add(m->stage, src);
}

void
merge_from(struct merge *m, struct stage_source *src)
{
	stage_source_next(m->stage, src);
}

void
merge_release(struct merge *m, struct stage_source *src)
{
	stage_source_release(m->stage, src);
	settle(m);
}

void
merge_leave(struct merge *m, struct stage_source *src)
{
	stage_source_drop(m->stage, src);
}

/* --- in ------------------------------------------------------------------------- */

/* Events that the stage has left out. */
static uint64_t
left_out(const struct merge *m)
{
	struct stage_stats now;

	stage_stats(m->stage, &now);
	return now.late + now.untimed + now.overflow;
}

/* Is the limit reached? Then it is of no use. */
static bool
is_past(struct merge *m, uint64_t n)
{
	if (!stage_done(m->stage))
		return false;
	m->made->past += n;
	return true;
}

static void
take_groups(struct merge *m, struct str bytes, uint64_t *events)
{
	uint64_t before = left_out(m);

	if (!m->partial || partial_read(m->partial, bytes))
		return;
	*events = partial_events(m->partial);
	if (is_past(m, *events))
		return;
	m->made->taken += *events;
	if (stage_partial(m->stage, m->partial, clock_wall_ms()))
		m->failed += *events - (left_out(m) - before);
}

static void
take_row(struct merge *m, struct str row, uint64_t *events)
{
	int err;

	*events = 1;
	if (is_past(m, 1))
		return;
	err = stage_row(m->stage, row, clock_wall_ms());
	if (err == MQL_EBADEVENT) {
		*events = 0;
		return;
	}
	m->made->taken++;
	m->failed += err != 0;
}

void
merge_take(struct merge *m, struct str item, uint64_t *events)
{
	*events = 0;
	if (item.len && item.ptr[0] == WIRE_GROUPS)
		take_groups(m, (struct str){ item.ptr + 1, item.len - 1 },
			    events);
	else
		take_row(m, item, events);
	settle(m);
}

void
merge_complete(struct merge *m, int64_t upto, uint32_t live)
{
	if (upto <= m->upto || stage_done(m->stage))
		return;
	m->upto = upto;
	m->live = live;
	stage_complete(m->stage, upto);
	stage_tick(m->stage, clock_wall_ms());
	settle(m);
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
	stage_tick(m->stage, clock_wall_ms());
	settle(m);
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
	m->ending = true;
	stage_end(m->stage);
	settle(m);
}

bool
merge_done(const struct merge *m)
{
	return stage_done(m->stage);
}
