/* stage.c - what comes into a stage: see stage.h and stage_own.h. */
#include "mql/stage_own.h"

#include <stdlib.h>

#include "mql/key.h"

enum {
	DEFAULT_BYTES = 64 * 1024 * 1024,
	DEFAULT_EVENT = 1024 * 1024,
};

bool
query_is_plain(const struct mql_query *q)
{
	return !q->shape.folded && !q->shape.ordered;
}

enum query_rows
query_rows(const struct mql_query *q)
{
	if (query_is_plain(q))
		return QUERY_ROWS;
	if (q->shape.window == WINDOW_TIME)
		return QUERY_WINDOWS;
	return q->shape.folded && q->shape.window == WINDOW_NONE ?
		QUERY_TOTAL : QUERY_SINCE;
}

/* --- life ----------------------------------------------------------------------- */

static void
set_options(struct stage *s, const struct stage_options *opt)
{
	const struct shape *shape = &s->q->shape;

	s->opt = *opt;
	if (!s->opt.max_event)
		s->opt.max_event = DEFAULT_EVENT;
	s->budget.max = opt->max_bytes ? opt->max_bytes : DEFAULT_BYTES;
	s->grace_ms = shape->grace_ms >= 0 ? shape->grace_ms : opt->grace_ms;
	s->panes = (struct panes){
		.layout = &s->layout, .budget = &s->budget,
		.limit = query_limit(s->q),
		.by_content = shape->on != NO_ENTRY,
	};
	if (shape->window == WINDOW_TIME)
		windows_init(&s->windows, shape->size_ms, shape->every_ms);
}

int
stage_new(const struct mql_query *q, const struct stage_options *opt,
	  struct stage **out)
{
	struct stage *s = calloc(1, sizeof *s);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!s)
		goto out;
	s->q = q;
	s->windows.watermark = INT64_MIN;
	set_options(s, opt);
	if ((err = group_layout_init(&s->layout, q->shape.agg,
				     q->shape.nagg)) ||
	    (err = folder_init(&s->folder, q)) ||
	    (err = eval_new(&s->eval)) ||
	    (err = finish_init(&s->finish, q, s->eval)))
		goto out;
	*out = s;
	s = NULL; /* the caller's now */
out:
	stage_free(s);
	return err;
}

void
stage_free(struct stage *s)
{
	if (!s)
		return;
	if (s->panes.budget)
		panes_fini(&s->panes);
	finish_fini(&s->finish);
	reduced_fini(&s->reduced);
	eval_free(s->eval);
	group_layout_fini(&s->layout);
	folder_fini(&s->folder);
	free(s);
}

/* What a buffer holds. */
static struct str
str_in(const struct buf *b)
{
	return (struct str){ (const char *)b->data, b->len };
}

/* --- one event ------------------------------------------------------------------ */

/* Something did not fit: told in the numbers, never an error of the event. */
static int
count_overflow(struct stage *s, int err)
{
	if (err != MQL_ELIMIT)
		return err;
	s->stats.overflow++;
	return 0;
}

/* What `select *` of groups keeps. */
static int
keep_event(struct stage *s, const struct env *env, struct pane *p,
	   struct group *of, int64_t at)
{
	struct buf *row = &s->finish.row;

	buf_reset(row);
	reader_write_event(env->r, row);
	if (row->err)
		return row->err;
	return group_keep_event(&p->groups, of, str_in(row), at);
}

static int
fold(struct stage *s, const struct env *env, struct pane *p, int64_t at)
{
	struct group *of;
	int err = folder_find(&s->folder, env, &p->groups, &of);

	if (!err && !s->q->ncell && (!of->event.ptr || at < of->event_at))
		err = keep_event(s, env, p, of, at);
	return err ? err
		   : folder_update(&s->folder, env, &p->groups, of, at,
				   s->weight);
}

/* --- a row that is held ------------------------------------------------------------- */

static void
put_time(int64_t at, struct buf *out)
{
	const struct value v = { .type = VALUE_INT, .i = at };

	key_put(&v, false, out);
}

static int
put_row(struct stage *s, const struct env *env)
{
	struct finish *f = &s->finish;

	buf_reset(&f->row);
	row_write(s->q, env, &f->row);
	return f->row.err;
}

/* Under `distinct`: what tells rows apart. */
static int
put_same(struct stage *s, const struct env *env)
{
	struct finish *f = &s->finish;
	int err = 0;

	buf_reset(&f->same);
	if (!query_columns_vary(s->q))
		finish_same(s->q, env, &f->same);
	else if (!(err = put_row(s, env)))
		key_json(str_in(&f->row), &f->same);
	return err ? err : f->same.err;
}

/* Where a row belongs. By event time (what is equal has no time), so that
 * the order does not depend on that of arrival. */
static int
put_key(struct stage *s, const struct env *env, int64_t at)
{
	struct finish *f = &s->finish;

	buf_reset(&f->key);
	finish_order(s->q, env, &f->key);
	if (s->q->shape.on != NO_ENTRY && s->q->shape.distinct)
		buf_put(&f->key, f->same.data, f->same.len);
	else if (s->q->shape.on != NO_ENTRY)
		put_time(at, &f->key);
	return f->key.err;
}

/* Distinct rows without a window or an order need not wait. */
static bool
goes_at_once(const struct shape *shape)
{
	return shape->window == WINDOW_NONE && !shape->norder;
}

/* Is it the first of its values in the pane? */
static int
is_new(struct stage *s, struct pane *p, bool *yes)
{
	struct group *of;

	*yes = true;
	if (!s->q->shape.distinct)
		return 0;
	return groups_get(&p->groups, str_in(&s->finish.same), &of, yes);
}

static int
hold(struct stage *s, const struct env *env, struct pane *p, int64_t at)
{
	const struct shape *shape = &s->q->shape;
	struct finish *f = &s->finish;
	bool first;
	int err = 0;

	if ((shape->distinct && (err = put_same(s, env))) ||
	    (err = put_key(s, env, at)))
		return err;
	if (!held_wants(&p->held, str_in(&f->key)))
		return 0;
	if ((err = is_new(s, p, &first)) || !first ||
	    (err = put_row(s, env)))
		return err;
	const struct held_row row = {
		.key = str_in(&f->key), .same = str_in(&f->same),
		.row = str_in(&f->row),
	};
	if (!goes_at_once(shape))
		return held_add(&p->held, &row, s->seq++);
	stage_give(s, row.row, INT64_MIN);
	return 0;
}

/* --- time ----------------------------------------------------------------------- */

void
stage_advance(struct stage *s, int64_t to)
{
	int64_t watermark = to > INT64_MIN + s->grace_ms ? to - s->grace_ms
							  : INT64_MIN;

	window_advance(&s->windows, watermark);
	stage_close_due(s);
}

/* How far all are that hold; or the one that is furthest. */
static int64_t
time_of_all(const struct stage *s)
{
	int64_t low = INT64_MAX, high = INT64_MIN;

	for (const struct stage_source *i = s->sources; i; i = i->next) {
		const int64_t seen = i->some ? i->seen : INT64_MIN;

		if (i->holds && seen < low)
			low = seen;
		if (seen > high)
			high = seen;
	}
	return low < high ? low : high;
}

/* A row of this time came. */
static int64_t
time_with(struct stage *s, int64_t at)
{
	struct stage_source *from = s->from;

	if (!from)
		return at;
	if (!from->some || at > from->seen)
		from->seen = at;
	from->some = true;
	return time_of_all(s);
}

void
stage_source_add(struct stage *s, struct stage_source *src)
{
	src->next = s->sources;
	s->sources = src;
}

void
stage_source_drop(struct stage *s, struct stage_source *src)
{
	struct stage_source **at = &s->sources;

	while (*at && *at != src)
		at = &(*at)->next;
	if (*at)
		*at = src->next;
	if (s->from == src)
		s->from = NULL;
}

void
stage_source_next(struct stage *s, struct stage_source *src)
{
	s->from = src;
}

void
stage_source_release(struct stage *s, struct stage_source *src)
{
	src->holds = false;
	if (s->q->shape.window == WINDOW_TIME && s->q->shape.on != NO_ENTRY)
		stage_advance(s, time_of_all(s));
}

static int
add(struct stage *s, const struct env *env, int64_t start, int64_t at)
{
	struct pane *p;
	int err = panes_get(&s->panes, start, &p);

	if (err)
		return err;
	pane_count(p, 1, at);
	return s->q->shape.folded ? fold(s, env, p, at)
				  : hold(s, env, p, at);
}

static int
add_timed(struct stage *s, const struct env *env, int64_t at)
{
	int64_t start;
	int err = 0;

	if (!folder_time(s->q, env, &at)) {
		s->stats.untimed++;
		return 0;
	}
	start = window_pane(&s->windows, at);
	if (window_late(&s->windows, start))
		s->stats.late++;
	else
		err = count_overflow(s, add(s, env, start, at));
	stage_advance(s, s->q->shape.on != NO_ENTRY ? time_with(s, at)
						    : env->now);
	return err;
}

static int
add_counted(struct stage *s, const struct env *env, int64_t at)
{
	int err = count_overflow(s, add(s, env, 0, at));

	if (s->panes.n && s->panes.item[0]->events >= s->q->shape.count) {
		stage_close(s, 1, INT64_MIN);
		panes_drop(&s->panes, 1);
	}
	return err;
}

static int
take(struct stage *s, const struct env *env, int64_t at)
{
	int err = 0;

	s->finish.env.now = env->now;
	s->stats.events++;
	switch (s->q->shape.window) {
	case WINDOW_TIME:
		err = add_timed(s, env, at);
		break;
	case WINDOW_COUNT:
		err = add_counted(s, env, at);
		break;
	case WINDOW_NONE:
		err = count_overflow(s, add(s, env, 0, at));
		break;
	}
	if (!err)
		err = s->err;
	s->err = 0;
	return err;
}

/* --- in ------------------------------------------------------------------------- */

int
stage_event(struct stage *s, struct eval *e, struct reader *r,
	    const uint16_t *slots, struct eval_counts *counts, int64_t now)
{
	const struct env env = {
		.p = &s->q->prog, .e = e, .r = r, .slots = slots,
		.scratch = reader_scratch(r), .now = now, .counts = counts,
	};

	s->weight = 1;
	return stage_done(s) ? 0 : take(s, &env, now);
}

int
stage_row(struct stage *s, struct str row, int64_t now)
{
	return stage_row_of(s, row, 0, now);
}

int
stage_row_of(struct stage *s, struct str row, unsigned step, int64_t now)
{
	struct reduced *r = &s->reduced;
	int64_t at;
	int err = 0;

	if (stage_done(s))
		return 0;
	if (!r->q && (err = reduced_init(r, s->q, s->opt.max_event))) {
		reduced_fini(r);
		return err;
	}
	if ((err = reduced_begin(r, row, now, &at)))
		return err;
	s->weight = s->q->shape.window == WINDOW_COUNT ? 1 :
		    UINT64_C(1) << step;
	const struct env env = {
		.p = &s->q->prog, .e = s->eval, .r = r->reader,
		.slots = r->slots, .scratch = reader_scratch(r->reader),
		.now = now, .counts = &s->counts,
	};
	return take(s, &env, at);
}

void
stage_tick(struct stage *s, int64_t now)
{
	const struct shape *shape = &s->q->shape;

	s->finish.env.now = now;
	if (stage_done(s))
		return;
	if (shape->window == WINDOW_TIME && shape->on == NO_ENTRY)
		stage_advance(s, now);
	else if (shape->window == WINDOW_NONE && shape->folded)
		stage_totals(s, true);
}

/* An aggregate of nothing has a result all the same: count(*) is 0. */
static void
make_empty_total(struct stage *s)
{
	const struct shape *shape = &s->q->shape;
	struct pane *p;
	struct group *of;
	bool made;

	if (shape->ngroup || !s->q->ncell || s->panes.n)
		return;
	if (panes_get(&s->panes, 0, &p) ||
	    groups_get(&p->groups, (struct str){ "", 0 }, &of, &made))
		s->stats.overflow++;
}

void
stage_end(struct stage *s)
{
	const struct shape *shape = &s->q->shape;

	if (s->ended || stage_done(s))
		return;
	s->ended = true;
	if (shape->window == WINDOW_TIME) {
		window_advance(&s->windows, INT64_MAX);
		stage_close_due(s);
	} else if (shape->window == WINDOW_NONE && shape->folded) {
		make_empty_total(s);
		stage_totals(s, false);
	} else if (s->panes.n) {
		stage_close(s, 1, INT64_MIN);
	}
}

bool
stage_done(const struct stage *s)
{
	const struct shape *shape = &s->q->shape;
	uint64_t limit = query_limit(s->q);

	if (s->refused || s->ended || !limit)
		return true;
	return !shape->folded && goes_at_once(shape) && s->given >= limit;
}

void
stage_stats(const struct stage *s, struct stage_stats *out)
{
	*out = s->stats;
	out->groups = 0;
	for (size_t i = 0; i < s->panes.n; i++)
		out->groups += s->panes.item[i]->groups.n;
	out->bytes = s->budget.used;
	out->watermark = s->windows.watermark;
}
