/* runner.c - one query on many events, without an agent: `mql eval`, tests,
 * and programs that filter for themselves. */
#include <stdlib.h>

#include "mql/mql.h"
#include "mql/pretest.h"
#include "mql/prog.h"
#include "mql/stage.h"

enum {
	DEFAULT_MAX_EVENT = 1024 * 1024,
	MAX_BYTES = 256 * 1024 * 1024, /* a million groups, and more */
};

struct mql_runner {
	const struct mql_query *q;
	struct pathset         *paths;
	uint16_t               *slots;
	struct reader          *reader;
	struct eval            *eval;
	struct pretest          pretest;
	struct luck             luck;
	struct sampler          sampler;
	struct stage           *stage; /* of a query that is not plain */
	bool (*sink)(void *arg, const char *row, size_t len);
	void                   *arg;
	void (*closed)(void *arg, int64_t start, int64_t end,
		       uint64_t events);
	void                   *closed_arg;
	bool                    refused; /* the sink wants no more */
	struct event_meta       meta;
	struct eval_counts      counts;
	struct mql_runner_stats stats; /* but for what counts holds */
	struct buf              row;
};

/* A row for the sink. False when no more are wanted. */
static bool
give(void *arg, struct str row, int64_t window)
{
	struct mql_runner *r = arg;

	(void)window;
	r->stats.rows++;
	if (r->sink && !r->sink(r->arg, row.ptr, row.len))
		r->refused = true;
	return !r->refused;
}

static void
closed(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct mql_runner *r = arg;

	if (r->closed && !r->refused)
		r->closed(r->closed_arg, start, end, events);
}

static int
new_stage(struct mql_runner *r, size_t max_event)
{
	const struct stage_options opt = {
		.max_bytes = MAX_BYTES, .max_event = max_event,
		.row = give, .closed = closed, .arg = r,
		.grace_ms = r->q->shape.on == NO_ENTRY ? 0 :
			    STAGE_PAST_GRACE_MS,
	};

	return query_is_plain(r->q) ? 0 : stage_new(r->q, &opt, &r->stage);
}

int
mql_runner_new(const struct mql_query *q, size_t max_event,
	       struct mql_runner **out)
{
	struct mql_runner *r = calloc(1, sizeof *r);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!r)
		goto out;
	r->q = q;
	max_event = max_event ? max_event : DEFAULT_MAX_EVENT;
	pretest_add(&r->pretest, q);
	sampler_init(&r->sampler, 0); /* the same sample of the same events */
	r->slots = calloc(query_paths(q) + 1, sizeof *r->slots);
	if (!r->slots)
		goto out;
	if ((err = pathset_new(NULL, &r->paths)) ||
	    (err = query_link(q, r->paths, r->slots)) ||
	    (err = reader_new(max_event, &r->reader)) ||
	    (err = eval_new(&r->eval)) || (err = new_stage(r, max_event)))
		goto out;
	*out = r;
	r = NULL; /* the caller's now */
out:
	mql_runner_free(r);
	return err;
}

void
mql_runner_free(struct mql_runner *r)
{
	if (!r)
		return;
	stage_free(r->stage);
	eval_free(r->eval);
	reader_free(r->reader);
	pathset_free(r->paths);
	free(r->slots);
	buf_fini(&r->row);
	free(r);
}

void
mql_runner_rows(struct mql_runner *r,
		bool (*fn)(void *arg, const char *row, size_t len), void *arg)
{
	r->sink = fn;
	r->arg = arg;
}

void
mql_runner_windows(struct mql_runner *r,
		   void (*fn)(void *arg, int64_t start, int64_t end,
			      uint64_t events), void *arg)
{
	r->closed = fn;
	r->closed_arg = arg;
}

/* A running total is told once, at the end: it has no use for the time. */
void
mql_runner_time(struct mql_runner *r, int64_t ms)
{
	r->meta.ts = ms;
	if (r->stage && r->q->shape.window == WINDOW_TIME)
		stage_tick(r->stage, ms);
}

void
mql_runner_end(struct mql_runner *r)
{
	if (r->stage)
		stage_end(r->stage);
}

/* The row of an event that is its own answer. */
static int
answer(struct mql_runner *r, const char **row, size_t *rowlen)
{
	buf_reset(&r->row);
	query_write_row(r->q, r->slots, r->eval, r->reader, &r->counts,
			&r->row);
	if (r->row.err)
		return r->row.err;
	if (r->sink) {
		give(r, (struct str){ (char *)r->row.data, r->row.len },
		     INT64_MIN);
		return 0;
	}
	r->stats.rows++;
	*row = (const char *)r->row.data;
	*rowlen = r->row.len;
	return 0;
}

/* The event matches: sample it out, or see what comes of it. */
static int
take(struct mql_runner *r, const char **row, size_t *rowlen)
{
	int err = 0;

	if (!query_sample(r->q, &r->sampler, r->reader, r->slots, r->meta.ts))
		r->stats.sampled++;
	else if (r->stage)
		err = stage_event(r->stage, r->eval, r->reader, r->slots,
				  &r->counts, r->meta.ts);
	else
		err = answer(r, row, rowlen);
	r->stats.matched += !err;
	return err;
}

int
mql_runner_event(struct mql_runner *r, const char *text, size_t len,
		 const char **row, size_t *rowlen)
{
	const struct event ev = {
		.form = EVENT_JSON, .text = { text, len }, .meta = &r->meta,
	};
	bool matches = false;
	int err;

	*row = NULL;
	*rowlen = 0;
	if (mql_runner_done(r))
		return 0;
	r->meta.seq = r->stats.seen + 1;
	err = reader_begin(r->reader, r->paths, &ev);
	if (!err) {
		matches = pretest_passes(&r->pretest, &r->luck, ev.text) &&
			  query_match(r->q, r->slots, r->eval, r->reader,
				      &r->counts);
		err = reader_check(r->reader, matches);
	}
	if (!err && matches)
		err = take(r, row, rowlen);
	if (err)
		r->stats.bad++;
	else
		r->stats.seen++;
	return err;
}

bool
mql_runner_done(const struct mql_runner *r)
{
	if (r->refused)
		return true;
	return r->stage ? stage_done(r->stage)
			: r->stats.rows >= query_limit(r->q);
}

void
mql_runner_stats(const struct mql_runner *r, struct mql_runner_stats *out)
{
	struct stage_stats st = { 0 };

	if (r->stage)
		stage_stats(r->stage, &st);
	*out = r->stats;
	out->mismatches = r->counts.mismatches;
	out->regex_limited = r->counts.regex_limited;
	out->late = st.late;
	out->untimed = st.untimed;
	out->overflow = st.overflow;
}
