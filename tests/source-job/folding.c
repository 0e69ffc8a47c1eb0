#include "tests/source-job/folding.h"

#include "tests/mql/fold_run.h"
#include "wire/partials.h"

uint64_t
fold_lines(const char *text, const char *lines, int64_t at, struct buf *out)
{
	struct folding f;
	uint64_t events;

	folding_begin(&f, text, FOLD_BYTES);
	for (const char *nl; (nl = strchr(lines, '\n')); lines = nl + 1) {
		const struct str line = { lines, (size_t)(nl - lines) };

		ck_assert_int_eq(folding_put(&f, 0, line, at), 0);
	}
	events = fold_put(f.fold, 0, FOLD_BYTES, out);
	ck_assert_uint_eq(fold_left(f.fold, 0), 0);
	folding_end(&f);
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
