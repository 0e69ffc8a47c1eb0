#include <stdio.h>

#include "mql/matcher.h"
#include "tests/mql/ask.h"
#include "tests/check_main.h"

enum { MAX = 64 };

/* A matcher with what runs it. */
struct bench {
	struct mql_query    *q[MAX];
	struct matcher_query of[MAX];
	bool                 refused[MAX];
	size_t               n;
	struct matcher      *m;
	struct reader       *r;
	struct eval         *e;
	struct eval_counts   counts[MAX * 10];
	uint16_t             hit[MAX];
	struct event         ev; /* the reader's until it begins another */
};

/* Query i gets the number 10 * i: indexes and numbers must not mix. */
static void
set_up(struct bench *b, const char *const *text, size_t n)
{
	*b = (struct bench){ .n = n };
	for (size_t i = 0; i < n; i++) {
		b->q[i] = ask_compile(text[i]);
		b->of[i].q = b->q[i];
		b->of[i].id = (uint16_t)(10 * i);
	}
	ck_assert_int_eq(matcher_new(NULL, b->of, n, b->refused, &b->m), 0);
	ck_assert_int_eq(reader_new(65536, &b->r), 0);
	ck_assert_int_eq(eval_new(&b->e), 0);
}

static void
tear_down(struct bench *b)
{
	matcher_free(b->m);
	reader_free(b->r);
	eval_free(b->e);
	for (size_t i = 0; i < b->n; i++)
		mql_query_free(b->q[i]);
}

static size_t
match(struct bench *b, const char *event)
{
	static const struct event_meta meta;

	b->ev = (struct event){
		.form = EVENT_JSON, .text = str_of(event), .meta = &meta,
	};
	ck_assert_int_eq(reader_begin(b->r, matcher_paths(b->m), &b->ev), 0);
	return matcher_match(b->m, b->e, b->r, b->counts, NULL, b->hit);
}

START_TEST(matcher_says_which_queries_an_event_answers)
{
	static const char *const text[] = {
		"select * where a == 1", "select b where b == 2",
		"select a where c.d > 5", "select *",
	};
	struct bench b;
	struct buf row = BUF_INIT;

	set_up(&b, text, 4);
	ck_assert_uint_eq(matcher_size(b.m), 4);
	ck_assert_uint_eq(matcher_id(b.m, 2), 20);
	ck_assert_ptr_eq(matcher_query(b.m, 2), b.q[2]);

	ck_assert_uint_eq(match(&b, "{\"a\":1,\"b\":2}"), 3);
	ck_assert(b.hit[0] == 0 && b.hit[1] == 1 && b.hit[2] == 3);
	matcher_write_row(b.m, 1, b.e, b.r, b.counts, &row);
	ck_assert(row.len == 7 && !memcmp(row.data, "{\"b\":2}", 7));

	ck_assert_uint_eq(match(&b, "{\"c\":{\"d\":\"6\"}}"), 1);
	ck_assert_uint_eq(b.hit[0], 3);
	ck_assert_uint_eq(b.counts[20].mismatches, 1);
	ck_assert_uint_eq(b.counts[2].mismatches, 0);
	buf_fini(&row);
	tear_down(&b);
}
END_TEST

START_TEST(matcher_reads_a_path_of_many_queries_once)
{
	static const char *const text[] = {
		"select a, b.c where a == 1", "select b.c where a > 2",
		"select * where e['b']['c'] == a",
	};
	struct bench b;

	set_up(&b, text, 3);
	ck_assert_uint_ge(pathset_size(matcher_paths(b.m)), 2);
	ck_assert_uint_le(pathset_size(matcher_paths(b.m)), 3);
	tear_down(&b);
}
END_TEST

START_TEST(matcher_knows_rows_that_are_the_same)
{
	static const char *const text[] = {
		"select * where a == 1",  "select * where b == 2",
		"select a, b where a == 1", "select a, b where b == 2",
		"select b, a",              "select a, b as c",
		"select a, c as b",         "select a",
		"select e[^'a']",           "select e[^'a'], e[^'a']",
		"select e[^'ab']",          "select a, e[^'a']",
		"select e[^'a'], a",
	};
	struct bench b;

	set_up(&b, text, 13);
	for (size_t i = 0; i < 13; i++) {
		for (size_t j = 0; j < 13; j++) {
			bool same = i == j || (i < 2 && j < 2) ||
				    (i / 2 == 1 && j / 2 == 1) ||
				    (i / 2 == 4 && j / 2 == 4);

			ck_assert_msg(matcher_same_row(b.m, i, j) == same,
				      "%s and %s", text[i], text[j]);
		}
	}
	tear_down(&b);
}
END_TEST

START_TEST(matcher_refuses_what_does_not_fit_and_runs_the_rest)
{
	char *text[3];
	struct bench b;

	/* Two queries fill the slots; the third would need more. */
	for (int q = 0; q < 3; q++) {
		size_t size;
		FILE *to = open_memstream(&text[q], &size);

		fputs("select * where last == 1", to);
		for (int i = 0; i < 500; i++)
			fprintf(to, " or q%d_%d == 1", q, i);
		fclose(to);
	}
	set_up(&b, (const char *const[]){ text[0], text[1], text[2] }, 3);
	ck_assert(!b.refused[0] && !b.refused[1] && b.refused[2]);
	ck_assert_uint_eq(matcher_size(b.m), 2);
	ck_assert_uint_eq(match(&b, "{\"last\":1}"), 2);
	tear_down(&b);
	for (int q = 0; q < 3; q++)
		free(text[q]);
}
END_TEST

START_TEST(matcher_of_no_query_matches_nothing)
{
	struct bench b;

	set_up(&b, NULL, 0);
	ck_assert_uint_eq(matcher_size(b.m), 0);
	ck_assert_uint_eq(match(&b, "{\"a\":1}"), 0);
	tear_down(&b);
}
END_TEST

START_TEST(matcher_refuses_what_makes_no_row_of_an_event)
{
	static const char *const text[] = {
		"select count(*)", "select a order by a", "select a",
		"select distinct a", "select * window 10s",
	};
	struct bench b;

	set_up(&b, text, 5);
	ck_assert_uint_eq(matcher_size(b.m), 1);
	for (int i = 0; i < 5; i++)
		ck_assert(b.refused[i] == (i != 2));
	tear_down(&b);
}
END_TEST

START_TEST(matcher_samples_and_computes_for_each_query)
{
	static const char *const text[] = {
		"select upper(s) as s sample 1/s", "select l[*] == 2 as has",
		"select upper(s) as s",
	};
	struct bench b;
	struct sampler s;
	struct buf row = BUF_INIT;

	set_up(&b, text, 3);
	sampler_init(&s, 1);
	ck_assert_uint_eq(match(&b, "{\"s\":\"a\",\"l\":[1,2]}"), 3);
	ck_assert(matcher_sample(b.m, 0, &s, b.r, 5000));
	ck_assert(matcher_sample(b.m, 0, &s, b.r, 5001));
	ck_assert(!matcher_sample(b.m, 0, &s, b.r, 5002));
	ck_assert(matcher_sample(b.m, 1, &s, b.r, 5003));
	matcher_write_row(b.m, 0, b.e, b.r, b.counts, &row);
	matcher_write_row(b.m, 1, b.e, b.r, b.counts, &row);
	ck_assert(str_eq((struct str){ (char *)row.data, row.len },
			 STR("{\"s\":\"A\"}{\"has\":true}")));
	/* What is computed may be the same; that it is nobody looks for. */
	ck_assert(!matcher_same_row(b.m, 0, 2));
	buf_fini(&row);
	tear_down(&b);
}
END_TEST

/* Enough queries that an index is made, each asked by two: one of all pairs is
 * throttled, and passes over what the other one finds. */
START_TEST(matcher_lets_a_throttled_query_pass_events_over)
{
	static char room[MAX][64];
	static const char *text[MAX];
	static _Atomic uint8_t step[MAX * 10];
	static uint8_t kept[MAX * 10];
	static uint16_t skipped[MAX];
	static _Atomic uint64_t touched[MAX * 10 / 64 + 1];
	static struct bench b;

	for (unsigned n = 4; n <= MAX; n += MAX - 4) {
		struct gauge g = { .step = step, .kept = kept,
				   .skipped = skipped, .lot = 1, .every = 4,
				   .touched = touched };

		memset(step, 0, sizeof step);
		for (unsigned i = 0; i < n; i++) {
			snprintf(room[i], sizeof room[i],
				 "select x where a == %u", i / 2);
			text[i] = room[i];
		}
		set_up(&b, text, n);
		step[10] = 3; /* query 1, which asks as query 0 does */
		ck_assert_uint_eq(match(&b, "{\"a\":0}"), 2);
		ck_assert_uint_eq(matcher_match(b.m, b.e, b.r, b.counts, &g,
						b.hit), 1);
		ck_assert_uint_eq(b.hit[0], 0);
		ck_assert_uint_eq(g.nskipped, 1);
		ck_assert_uint_eq(skipped[0], 10);
		ck_assert_uint_eq(kept[0], 0);
		/* The longest is charged when the event is over. */
		ck_assert_int_eq(gauge_finish(&g, g.spent + 7, 0), 7);
		ck_assert_uint_gt(b.counts[0].ns, 0); /* four times it */
		ck_assert_uint_eq(touched[0] & 1, 1);
		ck_assert_uint_eq(b.counts[10].ns, 0);
		g.nskipped = 0;
		g.lot = 8; /* one in eight */
		ck_assert_uint_eq(matcher_match(b.m, b.e, b.r, b.counts, &g,
						b.hit), 2);
		ck_assert_uint_eq(g.nskipped, 0);
		ck_assert_uint_eq(kept[10], 3);
		tear_down(&b);
	}
}
END_TEST

TEST_MAIN(matcher, matcher_lets_a_throttled_query_pass_events_over,
	  matcher_refuses_what_makes_no_row_of_an_event,
	  matcher_samples_and_computes_for_each_query,
	  matcher_says_which_queries_an_event_answers,
	  matcher_reads_a_path_of_many_queries_once,
	  matcher_knows_rows_that_are_the_same,
	  matcher_refuses_what_does_not_fit_and_runs_the_rest,
	  matcher_of_no_query_matches_nothing)
