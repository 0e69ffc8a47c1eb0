/* fold_run.h - for tests: events of JSON through a query's filter into its
 * fold, as an agent does it. */
#ifndef TESTS_MQL_FOLD_RUN_H
#define TESTS_MQL_FOLD_RUN_H

#include "mql/fold.h"
#include "tests/mql/ask.h"

enum { FOLD_BYTES = 1 << 20 };

struct folding {
	struct mql_query *q;
	struct fold      *fold;
	struct pathset   *paths;
	struct reader    *reader;
	struct eval      *eval;
	uint16_t         *slots;
	struct eval_counts counts;
};

/* text: query_fold_text() of what is asked. */
static inline void
folding_begin(struct folding *f, const char *text, size_t max_bytes)
{
	*f = (struct folding){ .q = ask_compile(text) };
	ck_assert_int_eq(fold_new(f->q, max_bytes, &f->fold), 0);
	ck_assert_int_eq(pathset_new(NULL, &f->paths), 0);
	ck_assert_int_eq(reader_new(1 << 20, &f->reader), 0);
	ck_assert_int_eq(eval_new(&f->eval), 0);
	f->slots = calloc(query_paths(f->q) + 1, sizeof *f->slots);
	ck_assert_int_eq(query_link(f->q, f->paths, f->slots), 0);
}

static inline void
folding_end(struct folding *f)
{
	fold_free(f->fold);
	eval_free(f->eval);
	reader_free(f->reader);
	pathset_free(f->paths);
	free(f->slots);
	mql_query_free(f->q);
}

/* 0, also when it does not match, or why it is not folded. */
static inline int
folding_put(struct folding *f, unsigned side, struct str event, int64_t now)
{
	const struct event_meta meta = { .ts = now };
	const struct event ev = { .form = EVENT_JSON, .text = event,
				  .meta = &meta };

	ck_assert_int_eq(reader_begin(f->reader, f->paths, &ev), 0);
	if (!query_match(f->q, f->slots, f->eval, f->reader, &f->counts))
		return 0;
	return fold_event(f->fold, side, f->eval, f->reader, f->slots,
			  &f->counts, now, 1);
}

#endif
