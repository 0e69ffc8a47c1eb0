/* test_matcher_oom.c - fail the 1st, 2nd, 3rd... allocation of a matcher that
 * is made, and of one that follows another: the old one goes on, and what is
 * made at the next try answers as it should. */
#include "tests/check_main.h"
#include "tests/mql/many.h"
#include "tests/mql/starve.h"

enum { QUERIES = 60, OLD = 40 };

static struct matcher_query query[QUERIES];
static struct reader *reader;
static struct eval *eval;
static struct eval_counts counts[QUERIES];

static void
set_up(void)
{
	char z[128];

	for (int i = 0; i < QUERIES; i++) {
		snprintf(z, sizeof z, "select f%d where (a == %d or b like "
			 "'x%d%%') and c < %d", i % 9, i / 2, i, 1000 + i);
		query[i] = (struct matcher_query){ .q = ask_compile(z),
						   .id = (uint16_t)i };
	}
	ck_assert_int_eq(reader_new(65536, &reader), 0);
	ck_assert_int_eq(eval_new(&eval), 0);
}

static void
tear_down(void)
{
	for (int i = 0; i < QUERIES; i++)
		mql_query_free((struct mql_query *)(uintptr_t)query[i].q);
	reader_free(reader);
	eval_free(eval);
}

static size_t
hits(const struct matcher *m, const char *event)
{
	static const struct event_meta meta;
	struct event ev = { .form = EVENT_JSON, .text = str_of(event),
			    .meta = &meta };
	uint16_t hit[QUERIES];

	ck_assert_int_eq(reader_begin(reader, matcher_paths(m), &ev), 0);
	return matcher_match(m, eval, reader, counts, NULL, hit);
}

START_TEST(a_new_matcher_survives_every_failed_allocation)
{
	struct matcher *m;
	int err, n = 0;

	set_up();
	do {
		countdown = n++;
		err = matcher_new(NULL, query, QUERIES, NULL, &m);
		countdown = -1;
		ck_assert(!err || (err == MQL_ENOMEM && !m));
	} while (err);
	ck_assert_int_gt(n, 50);
	ck_assert_uint_eq(hits(m, "{\"a\":7,\"b\":\"x59\",\"c\":1}"), 4);
	matcher_free(m);
	tear_down();
}
END_TEST

/* Removes two, of whom one shares its place in a chunk with those that stay,
 * and adds what brings new paths. */
static void
fail_next(const struct matcher *old, const struct matcher_query *added,
	  size_t nadded, const uint16_t *removed, size_t nremoved,
	  struct matcher **m)
{
	int err, n = 0;

	do {
		countdown = n++;
		err = matcher_next(old, added, nadded, removed, nremoved, NULL,
				   m);
		countdown = -1;
		ck_assert(!err || (err == MQL_ENOMEM && !*m));
		ck_assert_uint_eq(hits(old, "{\"a\":7,\"c\":1}"), 2);
	} while (err);
	ck_assert_int_gt(n, 5);
}

START_TEST(a_matcher_that_follows_survives_every_failed_allocation)
{
	struct matcher *old, *m, *few;
	uint16_t removed[] = { 3, 14 };
	uint16_t most[QUERIES];

	set_up();
	for (int i = 0; i < QUERIES; i++)
		most[i] = (uint16_t)i;
	ck_assert_int_eq(matcher_new(NULL, query, OLD, NULL, &old), 0);
	fail_next(old, query + OLD, QUERIES - OLD, removed, 2, &m);
	ck_assert_uint_eq(matcher_live(m), QUERIES - 2);
	ck_assert_uint_eq(hits(m, "{\"a\":7,\"c\":1}"), 1);
	ck_assert_uint_eq(hits(m, "{\"a\":29,\"c\":1}"), 2);
	/* And on to so few that nothing is indexed. */
	ck_assert_int_eq(matcher_next(m, NULL, 0, most, 50, NULL, &few), 0);
	ck_assert_uint_eq(matcher_live(few), 10);
	ck_assert_uint_eq(hits(few, "{\"a\":29,\"c\":1}"), 2);
	matcher_free(few);
	matcher_free(m);
	matcher_free(old);
	tear_down();
}
END_TEST

TEST_MAIN(matcher_oom, a_new_matcher_survives_every_failed_allocation,
	  a_matcher_that_follows_survives_every_failed_allocation)
