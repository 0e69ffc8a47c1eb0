/* test_closing.c - how complete an answer was, in one line. */
#include "cli/closing.h"

#include "tests/check_main.h"

static void
expect_closing(const struct mql_books *b, uint64_t rows, const char *want)
{
	struct buf out = BUF_INIT;

	closing_fleet(b, rows, &out);
	buf_put_u8(&out, '\0');
	ck_assert_str_eq((char *)out.data, want);
	buf_fini(&out);
}

START_TEST(closing_line_of_a_quiet_day_is_short)
{
	struct mql_books b = { .seen = 80112, .matched = 1204, .live = 3,
			       .targeted = 3, .balanced = true };

	expect_closing(&b, 1204, "1,204 rows from 3 of 3 agents; matched "
		       "1,204 of 80,112 seen; dropped 0");
}
END_TEST

START_TEST(closing_line_names_what_is_not_zero)
{
	struct mql_books b = {
		.seen = 100, .matched = 40, .sampled = 20, .live = 1,
		.targeted = 2, .lost = 3, .bad = 1, .refused = 1,
		.dropped = { .ring = 10, .slow = 2 }, .balanced = false,
	};

	expect_closing(&b, 5, "5 rows from 1 of 2 agents; matched 40 of 100 "
		       "seen; sampled 1 in 2; dropped 12 (agent ring full 10, "
		       "subscriber slow 2); lost 3 on the link; 1 agent "
		       "refused; 1 event was not JSON; the books do not "
		       "balance");
}
END_TEST

START_TEST(closing_line_says_what_sample_is_here)
{
	struct mql_books b = { .seen = 4000, .matched = 1000, .skipped = 2000,
			       .live = 1, .targeted = 1, .delivered = 250,
			       .dropped = { .slow = 750 }, .balanced = true };

	/* One in four of what was tried, and half was not tried. */
	expect_closing(&b, 250, "250 rows from 1 of 1 agent; matched 1,000 of "
		       "4,000 seen; not tried on 2,000 (over budget); dropped "
		       "750 (subscriber slow 750); about 1 in 8 is here");
	b.skipped = 0;
	b.delivered = 990;
	b.dropped.slow = 10;
	expect_closing(&b, 990, "990 rows from 1 of 1 agent; matched 1,000 of "
		       "4,000 seen; dropped 10 (subscriber slow 10); about 99% "
		       "is here");
	b.skipped = 2000;
	b.delivered = 250;
	b.folded = 1000;
	b.results = 3;
	b.dropped.slow = 0;
	expect_closing(&b, 3, "3 rows from 1 of 1 agent; matched 1,000 of "
		       "4,000 seen; not tried on 2,000 (over budget); dropped "
		       "0; made of about 1 in 2");
}
END_TEST

START_TEST(what_was_asked_for_is_no_sample)
{
	const struct mql_books then = { .seen = 100, .matched = 100,
					.delivered = 1,
					.dropped = { .slow = 99 } };
	struct mql_books b = { .seen = 4000, .matched = 1000, .sampled = 500,
			       .delivered = 10, .dropped = { .limit = 490 } };

	ck_assert_double_eq(closing_one_in(&b, NULL), 1);
	b.dropped.slow = 99; /* before */
	ck_assert_double_eq(closing_one_in(&b, &then), 1);
	b.dropped.slow += 9;
	ck_assert_double_eq(closing_one_in(&b, &then), 2);
	b.delivered = 1; /* nothing is here: of no size */
	ck_assert_double_eq(closing_one_in(&b, &then), 1);
}
END_TEST

static void
check_gap(uint64_t rows, bool more, uint64_t ms, const char *want)
{
	const struct mql_item gap = {
		.kind = MQL_GAP, .gap = rows, .gap_more = more, .gap_ms = ms,
	};
	char text[128] = "";
	struct buf b = BUF_FIXED(text, sizeof text);

	closing_gap(&gap, &b);
	ck_assert_int_eq(b.err, 0);
	ck_assert_str_eq(text, want);
}

START_TEST(a_gap_says_what_is_known)
{
	check_gap(1, false, 1250,
		  "1 row was missed while the link was down for 1.2 s");
	check_gap(0, false, 99,
		  "0 rows were missed while the link was down for a moment");
	check_gap(1204, true, 100, "the query did not run everywhere for 0.1 s"
		  ": at least 1,204 rows were missed");
	check_gap(0, true, 0, "the query did not run everywhere for a moment; "
		  "whether rows were missed is not known");
}
END_TEST

TEST_MAIN(closing, closing_line_of_a_quiet_day_is_short,
	  closing_line_names_what_is_not_zero,
	  closing_line_says_what_sample_is_here,
	  what_was_asked_for_is_no_sample, a_gap_says_what_is_known)
