#include "tests/source-job/folding.h"

#include <check.h>
#include <stdlib.h>

#include "mql/fold.h"
#include "mql/query.h"
#include "wire/partials.h"

enum { MAX_BYTES = 1 << 20 };

struct folding {
	struct mql_query *q;
	struct fold      *fold;
	struct pathset   *paths;
	struct reader    *reader;
	struct eval      *eval;
	uint16_t         *slots;
	struct eval_counts counts;
};

static void
begin(struct folding *f, const char *text)
{
	*f = (struct folding){ 0 };
	ck_assert_int_eq(query_compile(str_of(text), &f->q, NULL), 0);
	ck_assert_int_eq(fold_new(f->q, MAX_BYTES, &f->fold), 0);
	ck_assert_int_eq(pathset_new(NULL, &f->paths), 0);
	ck_assert_int_eq(reader_new(MAX_BYTES, &f->reader), 0);
	ck_assert_int_eq(eval_new(&f->eval), 0);
	f->slots = calloc(query_paths(f->q) + 1, sizeof *f->slots);
	ck_assert_int_eq(query_link(f->q, f->paths, f->slots), 0);
}

static void
end(struct folding *f)
{
	fold_free(f->fold);
	eval_free(f->eval);
	reader_free(f->reader);
	pathset_free(f->paths);
	free(f->slots);
	mql_query_free(f->q);
}

static void
put(struct folding *f, struct str line, int64_t at)
{
	const struct event_meta meta = { .ts = at };
	const struct event ev = { .form = EVENT_JSON, .text = line,
				  .meta = &meta };

	ck_assert_int_eq(reader_begin(f->reader, f->paths, &ev), 0);
	if (query_match(f->q, f->slots, f->eval, f->reader, &f->counts))
		ck_assert_int_eq(fold_event(f->fold, 0, f->eval, f->reader,
					    f->slots, &f->counts, at), 0);
}

uint64_t
fold_lines(const char *text, const char *lines, int64_t at, struct buf *out)
{
	struct folding f;
	uint64_t events;

	begin(&f, text);
	for (const char *nl; (nl = strchr(lines, '\n')); lines = nl + 1)
		put(&f, (struct str){ lines, (size_t)(nl - lines) }, at);
	events = fold_put(f.fold, 0, MAX_BYTES, out);
	ck_assert_uint_eq(fold_left(f.fold, 0), 0);
	end(&f);
	return events;
}

void
agent_partial(struct agent *a, uint64_t first, uint64_t events, uint64_t upto,
	      struct str bytes)
{
	struct wire_partial item = { .id = a->added, .first = first,
				     .events = events, .upto = upto,
				     .bytes = bytes };
	struct wire_partials m = { .item = &item, .n = 1 };

	wire_partials_encode(&m, &a->peer.frame);
	peer_send(&a->peer);
}

uint64_t
agent_fold(struct agent *a, uint64_t first, const char *lines, int64_t at)
{
	struct buf b = BUF_INIT;
	uint64_t events = fold_lines(a->fold, lines, at, &b);

	agent_partial(a, first, events, 0,
		      (struct str){ (char *)b.data, b.len });
	buf_fini(&b);
	return first + events;
}

void
agent_upto(struct agent *a, int64_t upto)
{
	agent_partial(a, 0, 0, (uint64_t)upto, (struct str){ 0 });
}
