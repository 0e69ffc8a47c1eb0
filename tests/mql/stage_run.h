/* stage_run.h - for tests: a query over events through a stage, its rows as
 * text. */
#ifndef TESTS_MQL_STAGE_RUN_H
#define TESTS_MQL_STAGE_RUN_H

#include <stdio.h>

#include "mql/prog.h"
#include "mql/stage.h"
#include "tests/mql/ask.h"

/* A stage, and all that came out of it: `start row`, or `row` where there is
 * no time window. */
struct run {
	struct mql_query *q;
	struct stage     *stage;
	struct pathset   *paths;
	struct reader    *reader;
	struct eval      *eval;
	uint16_t         *slots;
	struct eval_counts counts;
	struct buf        out;
	int               wanted;
	uint64_t          closed, in_closed;
};

static inline bool
take_row(void *arg, struct str row, int64_t window)
{
	struct run *r = arg;

	if (window != INT64_MIN)
		buf_printf(&r->out, "%lld ", (long long)window);
	buf_put(&r->out, row.ptr, row.len);
	buf_puts(&r->out, "\n");
	return --r->wanted > 0;
}

static inline void
take_closed(void *arg, int64_t start, int64_t end, uint64_t events)
{
	struct run *r = arg;

	ck_assert_int_lt(start, end);
	r->closed++;
	r->in_closed += events;
}

static inline void
begin(struct run *r, const char *text, size_t max_bytes)
{
	*r = (struct run){ .q = ask_compile(text), .wanted = 1 << 30 };
	const struct stage_options opt = {
		.max_bytes = max_bytes, .row = take_row,
		.closed = take_closed, .arg = r,
	};

	ck_assert_int_eq(stage_new(r->q, &opt, &r->stage), 0);
	ck_assert_int_eq(pathset_new(NULL, &r->paths), 0);
	ck_assert_int_eq(reader_new(1 << 20, &r->reader), 0);
	ck_assert_int_eq(eval_new(&r->eval), 0);
	r->slots = calloc(query_paths(r->q) + 1, sizeof *r->slots);
	ck_assert_int_eq(query_link(r->q, r->paths, r->slots), 0);
}

static inline void
end(struct run *r)
{
	stage_free(r->stage);
	eval_free(r->eval);
	reader_free(r->reader);
	pathset_free(r->paths);
	free(r->slots);
	buf_fini(&r->out);
	mql_query_free(r->q);
}

/* As the runner does: filter, then the stage. */
static inline void
put(struct run *r, const char *event, int64_t now)
{
	const struct event_meta meta = { .ts = now };
	const struct event ev = { .form = EVENT_JSON, .text = str_of(event),
				  .meta = &meta };

	ck_assert_msg(!reader_begin(r->reader, r->paths, &ev), "%s", event);
	if (query_match(r->q, r->slots, r->eval, r->reader, &r->counts))
		ck_assert_int_eq(stage_event(r->stage, r->eval, r->reader,
					     r->slots, &r->counts, now), 0);
}

/* What came out since the last time. */
static inline const char *
text(struct run *r)
{
	buf_put_u8(&r->out, 0);
	const char *z = (char *)r->out.data;
	buf_reset(&r->out); /* the memory stays until the next row */
	return z;
}

static inline struct stage_stats
stats(const struct run *r)
{
	struct stage_stats st;

	stage_stats(r->stage, &st);
	return st;
}

#endif
