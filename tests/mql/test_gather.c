/* test_gather.c - groups of many agents come out of it as they went in. */
#include "mql/gather.h"

#include "mql/stage.h"
#include "tests/check_main.h"
#include "tests/mql/fold_run.h"

#define TEXT "select k, count(*) as n, sum(v) as v, count(distinct v) as d " \
	     "group by k order by k"

enum { AGENTS = 5, EVENTS = 400, KEYS = 37 };

static struct buf rows;

static bool
take_row(void *arg, struct str row, int64_t window)
{
	(void)arg;
	(void)window;
	buf_put(&rows, row.ptr, row.len);
	buf_puts(&rows, "\n");
	return true;
}

/* What an agent has folded. */
static void
fold(const struct mql_query *q, int agent, struct buf *out)
{
	struct folding f;
	char line[80];

	folding_begin(&f, query_fold_text(q), FOLD_BYTES);
	for (int i = 0; i < EVENTS; i++) {
		int n = snprintf(line, sizeof line, "{\"k\":%d,\"v\":%d}",
				 (i * 7 + agent) % KEYS, i * agent);
		ck_assert_int_eq(folding_put(&f, 0, (struct str){
			line, (size_t)n }, 1000 + i), 0);
	}
	ck_assert_uint_eq(fold_put(f.fold, 0, 1 << 20, out), EVENTS);
	folding_end(&f);
}

static struct str
str_in(const struct buf *b)
{
	return (struct str){ (const char *)b->data, b->len };
}

/* The answer, by a stage that gets the agents' partials, or what a gather of
 * so many bytes makes of them, in pieces of about max. */
static char *
answer(size_t gather_bytes, size_t max, unsigned *pieces)
{
	struct mql_query *q = ask_compile(TEXT);
	struct mql_query *f = ask_compile(query_fold_text(q));
	const struct stage_options opt = { .row = take_row };
	struct gather *g = NULL;
	struct partial *p;
	struct stage *s;

	buf_reset(&rows);
	*pieces = 0;
	ck_assert_int_eq(stage_new(q, &opt, &s), 0);
	ck_assert_int_eq(partial_new(f, &p), 0);
	if (gather_bytes)
		ck_assert_int_eq(gather_new(f, gather_bytes, &g), 0);
	for (int a = 0; a < AGENTS; a++) {
		struct buf b = BUF_INIT;

		fold(q, a, &b);
		ck_assert_int_eq(partial_read(p, str_in(&b)), 0);
		if (g)
			ck_assert_uint_eq(gather_add(g, p), 0);
		else
			ck_assert_int_eq(stage_partial(s, p, 5000), 0);
		while (g && (a == AGENTS - 1 || gather_is_full(g))) {
			buf_reset(&b);
			if (!gather_put(g, max, &b))
				break;
			++*pieces;
			ck_assert_int_eq(partial_read(p, str_in(&b)), 0);
			ck_assert_int_eq(stage_partial(s, p, 5000), 0);
		}
		buf_fini(&b);
	}
	stage_end(s);
	gather_free(g);
	stage_free(s);
	partial_free(p);
	mql_query_free(f);
	mql_query_free(q);
	buf_put_u8(&rows, '\0');
	return strdup((char *)rows.data);
}

START_TEST(what_is_gathered_is_what_went_in)
{
	unsigned pieces;
	char *want = answer(0, 0, &pieces);
	char *got = answer(1 << 20, 1 << 20, &pieces);

	ck_assert_str_eq(got, want);
	ck_assert_uint_eq(pieces, 1);
	free(got);
	got = answer(1 << 20, 100, &pieces);
	ck_assert_str_eq(got, want);
	ck_assert_uint_gt(pieces, 10);
	free(got);
	got = answer(200 << 10, 1 << 20, &pieces); /* put when it is full */
	ck_assert_str_eq(got, want);
	free(got);
	free(want);
}
END_TEST

START_TEST(without_room_events_are_counted_out)
{
	struct mql_query *q = ask_compile(TEXT);
	struct mql_query *f = ask_compile(query_fold_text(q));
	struct buf b = BUF_INIT;
	struct partial *p;
	struct gather *g;
	uint64_t left, out = 0, n;

	ck_assert_int_eq(partial_new(f, &p), 0);
	ck_assert_int_eq(gather_new(f, 6000, &g), 0);
	fold(q, 1, &b);
	ck_assert_int_eq(partial_read(p, str_in(&b)), 0);
	left = gather_add(g, p);
	ck_assert_uint_gt(left, 0);
	ck_assert(gather_is_full(g) || left == EVENTS);
	while (buf_reset(&b), (n = gather_put(g, 1 << 20, &b)))
		out += n;
	ck_assert_uint_eq(left + out, EVENTS);
	ck_assert(!gather_is_full(g));
	gather_free(g);
	partial_free(p);
	buf_fini(&b);
	mql_query_free(f);
	mql_query_free(q);
}
END_TEST

TEST_MAIN(gather,
	what_is_gathered_is_what_went_in,
	without_room_events_are_counted_out)
