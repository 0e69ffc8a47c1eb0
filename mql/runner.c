/* runner.c - one query on many events, without an agent: `mql eval`, tests,
 * and programs that filter for themselves. */
#include <stdlib.h>

#include "mql/mql.h"
#include "mql/query.h"

enum { DEFAULT_MAX_EVENT = 1024 * 1024 };

struct mql_runner {
	const struct mql_query *q;
	struct pathset         *paths;
	uint16_t               *slots;
	struct reader          *reader;
	struct eval            *eval;
	struct event_meta       meta;
	struct eval_counts      counts;
	struct mql_runner_stats stats; /* but for what counts holds */
	struct buf              row;
	uint64_t                random;
};

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
	r->slots = calloc(query_paths(q) + 1, sizeof *r->slots);
	if (!r->slots)
		goto out;
	if ((err = pathset_new(NULL, &r->paths)) ||
	    (err = query_link(q, r->paths, r->slots)) ||
	    (err = reader_new(max_event ? max_event : DEFAULT_MAX_EVENT,
			      &r->reader)) ||
	    (err = eval_new(&r->eval)))
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
	eval_free(r->eval);
	reader_free(r->reader);
	pathset_free(r->paths);
	free(r->slots);
	buf_fini(&r->row);
	free(r);
}

void
mql_runner_time(struct mql_runner *r, int64_t ms)
{
	r->meta.ts = ms;
}

/* splitmix64, from a fixed seed: the same sample of the same events. */
static uint32_t
draw(struct mql_runner *r)
{
	uint64_t z = r->random += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (uint32_t)((z ^ z >> 31) >> 32);
}

/* The event matches: sample it out, or write its row. */
static int
answer(struct mql_runner *r, const char **row, size_t *rowlen)
{
	if (draw(r) >= query_sample_threshold(r->q)) {
		r->stats.sampled++;
	} else {
		buf_reset(&r->row);
		query_write_row(r->q, r->slots, r->reader, &r->row);
		if (r->row.err)
			return r->row.err;
		r->stats.rows++;
		*row = (const char *)r->row.data;
		*rowlen = r->row.len;
	}
	r->stats.matched++;
	return 0;
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
		matches = query_match(r->q, r->slots, r->eval, r->reader,
				      &r->counts);
		err = reader_check(r->reader, matches);
	}
	if (!err && matches)
		err = answer(r, row, rowlen);
	if (err)
		r->stats.bad++;
	else
		r->stats.seen++;
	return err;
}

bool
mql_runner_done(const struct mql_runner *r)
{
	return r->stats.rows >= query_limit(r->q);
}

void
mql_runner_stats(const struct mql_runner *r, struct mql_runner_stats *out)
{
	*out = r->stats;
	out->mismatches = r->counts.mismatches;
	out->regex_limited = r->counts.regex_limited;
}
