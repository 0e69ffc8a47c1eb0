#include "tests/check_main.h"

#include "mql/error.h"
#include "source-job/ledger.h"

static bool
balanced(const struct books_agent *b)
{
	return b->matched == b->sampled + b->sent + b->queued +
			     books_agent_dropped(b);
}

START_TEST(rows_empty_the_agents_queue_before_they_are_new)
{
	struct books_agent v = { .seen = 90, .matched = 10, .sent = 6,
				 .queued = 4 };

	ledger_rows(&v, 5);
	ck_assert_uint_eq(v.seen, 91);
	ck_assert_uint_eq(v.matched, 11);
	ck_assert_uint_eq(v.sent, 11);
	ck_assert_uint_eq(v.queued, 0);
	ck_assert(balanced(&v));
}
END_TEST

START_TEST(a_jump_in_sequence_numbers_is_a_loss)
{
	struct books_agent v = { 0 };
	uint64_t lost;

	ck_assert_int_eq(ledger_batch(&v, 1, 3, &lost), 0);
	ck_assert_uint_eq(lost, 0);
	ck_assert_int_eq(ledger_batch(&v, 6, 2, &lost), 0);
	ck_assert_uint_eq(lost, 2);
	ck_assert_uint_eq(v.sent, 7);
	ck_assert(balanced(&v));
}
END_TEST

START_TEST(rows_that_were_accounted_for_are_refused)
{
	struct books_agent v = { 0 };
	uint64_t lost;

	ck_assert_int_eq(ledger_batch(&v, 1, 3, &lost), 0);
	ck_assert_int_eq(ledger_batch(&v, 3, 2, &lost), MQL_EINVAL);
	ck_assert_int_eq(ledger_batch(&v, 4, UINT64_MAX, &lost), MQL_EINVAL);
	ck_assert_uint_eq(v.sent, 3);
}
END_TEST

START_TEST(a_report_tells_of_rows_that_never_came)
{
	struct books_agent v = { .seen = 5, .matched = 5, .sent = 5 };
	struct books_agent said = { .seen = 100, .matched = 9, .sent = 8,
				    .queued = 1 };

	ck_assert_uint_eq(ledger_report(&v, &said), 3);
	ck_assert_uint_eq(v.sent, 8);
	ck_assert_uint_eq(v.seen, 100);
	ck_assert(balanced(&v));
}
END_TEST

START_TEST(a_report_older_than_the_rows_loses_nothing)
{
	struct books_agent v = { .seen = 8, .matched = 8, .sent = 8 };
	struct books_agent said = { .seen = 50, .matched = 6, .sent = 5,
				    .queued = 1 };

	ck_assert_uint_eq(ledger_report(&v, &said), 0);
	ck_assert_uint_eq(v.sent, 8);
	ck_assert_uint_eq(v.queued, 0);
	ck_assert_uint_eq(v.matched, 8);
	ck_assert(balanced(&v));
}
END_TEST

/* Two subscriptions of one run: the second joins between two reports, while
 * rows are queued at the agent, and the first leaves before the end. */
START_TEST(late_joiners_count_each_row_once)
{
	struct books_agent all = { 0 }, view = { 0 }, next, late, early;
	struct books_agent report = { .seen = 90, .matched = 10, .sent = 6,
				      .sampled = 1, .queued = 2,
				      .drop_ring = 1 };
	uint64_t lost;

	next = view;
	ck_assert_int_eq(ledger_batch(&next, 1, 6, &lost), 0);
	ledger_post(&all, &view, &next);
	ck_assert_uint_eq(ledger_report(&next, &report), 0);
	ledger_post(&all, &view, &next);
	ck_assert_int_eq(ledger_batch(&next, 7, 1, &lost), 0);
	ledger_post(&all, &view, &next);

	struct books_agent before = books_agent_settled(&all); /* joins */
	ck_assert_int_eq(ledger_batch(&next, 8, 4, &lost), 0);
	ledger_post(&all, &view, &next);
	struct books_agent left = books_agent_settled(&all);
	early = left; /* the first leaves: its baseline was zero */
	ck_assert_uint_eq(early.sent, 11);
	ck_assert(balanced(&early));

	struct books_agent end = { .seen = 200, .matched = 15, .sent = 13,
				   .sampled = 1, .drop_ring = 1 };
	ck_assert_uint_eq(ledger_report(&next, &end), 2);
	ledger_post(&all, &view, &next);
	late = ledger_since(&all, &before);
	ck_assert_uint_eq(late.sent, 6);
	ck_assert_uint_eq(late.matched, 6);
	ck_assert_uint_eq(late.sampled, 0);
	ck_assert_uint_eq(late.queued, 0);
	ck_assert(late.seen >= late.matched);
	ck_assert(balanced(&late));
}
END_TEST

START_TEST(an_agent_that_died_leaves_balanced_books)
{
	struct books_agent all = { .seen = 1000, .matched = 7, .sent = 7 };
	struct books_agent view = { .seen = 40, .matched = 9, .sent = 4,
				    .queued = 5 };

	books_agent_add(&all, &view);
	struct books_agent last = books_agent_settled(&view);
	ledger_post(&all, &view, &last);
	ck_assert_uint_eq(all.queued, 0);
	ck_assert_uint_eq(all.matched, 11);
	ck_assert_uint_eq(all.sent, 11);
	ck_assert(balanced(&all));
}
END_TEST

TEST_MAIN(ledger, rows_empty_the_agents_queue_before_they_are_new,
	  a_jump_in_sequence_numbers_is_a_loss,
	  rows_that_were_accounted_for_are_refused,
	  a_report_tells_of_rows_that_never_came,
	  a_report_older_than_the_rows_loses_nothing,
	  late_joiners_count_each_row_once,
	  an_agent_that_died_leaves_balanced_books)
