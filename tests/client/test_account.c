/* test_account.c - the books of a subscription balance over broken links. */
#include "client/account.h"
#include "tests/check_main.h"

static struct wire_meta
told(uint64_t seen, uint64_t matched, uint64_t sent, uint64_t delivered)
{
	struct wire_meta m = { 0 };

	m.books.agent.seen = seen;
	m.books.agent.matched = matched;
	m.books.agent.sent = sent;
	m.books.agent.queued = matched - sent;
	m.books.source.delivered = delivered;
	m.books.source.waiting = sent - delivered;
	m.books.targeted = m.books.live = 3;
	return m;
}

static uint64_t
gap(const struct client_account *a)
{
	bool whole;

	return client_account_gap(a, &whole);
}

static void
rows(struct client_account *a, struct client_tally *t, int n)
{
	while (n-- > 0)
		client_account_row(a, t);
}

START_TEST(one_link_is_passed_on_as_it_is)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 0);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 100);
	ck_assert_uint_eq(b.matched, 10);
	ck_assert_uint_eq(b.received, 10);
	ck_assert_uint_eq(b.live, 3);
	ck_assert(b.balanced);
}
END_TEST

START_TEST(books_that_do_not_balance_are_called_so)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	m.books.agent.matched = 11;
	client_account_tell(&a, &t, &m, false);
	client_account_books(&a, &b);
	ck_assert(!b.balanced);
}
END_TEST

/* 10 sent and got; while the source-job is away 5 more are matched: 3 are
 * sent into the void, 2 dropped. Then 4 more arrive on the new link. */
START_TEST(a_break_is_told_as_a_gap_and_balances)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);

	m = told(40, 4, 4, 4);
	m.before.seen = 150;
	m.before.matched = 15;
	m.before.sent = 13;
	m.before.drop_link = 2;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 5);
	rows(&a, &t, 4);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 190);
	ck_assert_uint_eq(b.matched, 19);
	ck_assert_uint_eq(b.sent, 17);
	ck_assert_uint_eq(b.lost, 3);
	ck_assert_uint_eq(b.dropped.link, 2);
	ck_assert_uint_eq(b.received, 14);
	ck_assert(b.balanced);
}
END_TEST

/* The agents come back one by one: the first word knows of none of them. */
START_TEST(a_gap_grows_as_agents_come_back)
{
	bool whole;
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);
	m = told(0, 0, 0, 0);
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 0);
	m.before.seen = 60; /* one of two */
	m.before.matched = m.before.sent = 8;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(client_account_gap(&a, &whole), 0);
	ck_assert(!whole);
	m.before.seen = 140;
	m.before.matched = m.before.sent = 17;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(client_account_gap(&a, &whole), 7);
	ck_assert(whole);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 140);
	ck_assert(b.balanced);
}
END_TEST

/* A link that breaks again before it has told anything: what it brought, 4 of
 * the 9 that agents sent meanwhile, is neither missed nor forgotten. */
START_TEST(rows_of_a_link_that_told_no_books_are_not_lost)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);
	rows(&a, &t, 4);
	client_account_break(&a, &t);
	m = told(7, 7, 7, 7);
	m.before.seen = 150;
	m.before.matched = m.before.sent = 19;
	client_account_tell(&a, &t, &m, false);
	rows(&a, &t, 7);
	ck_assert_uint_eq(gap(&a), 5);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.sent, 26);
	ck_assert_uint_eq(b.received, 21);
	ck_assert_uint_eq(b.delivered, 21);
	ck_assert_uint_eq(b.lost, 5);
	ck_assert(b.balanced);
}
END_TEST

START_TEST(rows_of_a_first_link_that_told_no_books_were_sent)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(7, 7, 7, 7);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 4);
	client_account_break(&a, &t);
	client_account_tell(&a, &t, &m, false);
	rows(&a, &t, 7);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.sent, 11);
	ck_assert_uint_eq(b.delivered, 11);
	ck_assert(b.balanced);
}
END_TEST

/* The old link's last books were old: rows came after them. */
START_TEST(rows_after_the_last_books_are_not_lost)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	client_account_tell(&a, &t, &m, false);
	rows(&a, &t, 25);
	client_account_break(&a, &t);

	m = told(0, 0, 0, 0);
	m.before.seen = 300;
	m.before.matched = m.before.sent = 25;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 0);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.lost, 0);
	ck_assert_uint_eq(b.seen, 300);
	ck_assert(b.balanced);
}
END_TEST

/* Rows that waited at the agents during the break come on the new link. */
START_TEST(rows_queued_over_a_break_are_delivered_once)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);

	m = told(20, 0, 0, 0);
	m.before.seen = 150;
	m.before.matched = 17;
	m.before.sent = 10;
	m.before.queued = 7;
	m.books.agent.sent = 7;
	m.books.agent.queued = (uint64_t)-7;
	m.books.source.delivered = 7;
	m.books.source.waiting = 0;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 0);
	rows(&a, &t, 7);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.matched, 17);
	ck_assert_uint_eq(b.received, 17);
	ck_assert_uint_eq(b.queued, 0);
	ck_assert(b.balanced);
}
END_TEST

/* Some of them were sent while we were away, and the rest comes to us: whoever
 * takes what was queued for what must be in the new starting point does not
 * find it there. */
START_TEST(rows_queued_before_a_break_are_missed_or_delivered_once)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 40, 10, 10);
	struct mql_books b;
	bool whole;

	client_account_join(&a, &t);
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);

	m = told(22, 18, 18, 18); /* 15 of them were queued before */
	m.before.seen = 85;
	m.before.matched = m.before.sent = 25;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(client_account_gap(&a, &whole), 15);
	ck_assert(whole);
	rows(&a, &t, 18);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 107);
	ck_assert_uint_eq(b.matched, 43);
	ck_assert_uint_eq(b.received, 28);
	ck_assert_uint_eq(b.lost, 15);
	ck_assert(b.balanced);
}
END_TEST

/* The agents restarted too: nothing is known of the time between. */
START_TEST(a_run_that_was_not_carried_over_still_balances)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 8, 8);
	struct mql_books b;

	client_account_join(&a, &t);
	rows(&a, &t, 8);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);
	m = told(50, 5, 5, 5);
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 2);
	rows(&a, &t, 5);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 150);
	ck_assert_uint_eq(b.matched, 15);
	ck_assert_uint_eq(b.lost, 2);
	ck_assert(b.balanced);
}
END_TEST

/* A subscription that joined a running query subtracts what was before. */
START_TEST(a_late_join_counts_from_its_own_beginning)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	m.before.seen = 5000;
	m.before.matched = m.before.sent = 500;
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);
	m = told(0, 0, 0, 0);
	m.before.seen = 5200;
	m.before.matched = m.before.sent = 520;
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(gap(&a), 10);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 200);
	ck_assert_uint_eq(b.lost, 10);
	ck_assert(b.balanced);
}
END_TEST

/* --- several source-jobs ---------------------------------------------------- */

START_TEST(the_books_of_all_links_are_one)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 }, u = { 0 };
	struct wire_meta m = told(100, 10, 10, 10), n = told(50, 5, 5, 5);
	struct mql_books b;

	client_account_join(&a, &t);
	client_account_join(&a, &u);
	rows(&a, &t, 10);
	rows(&a, &u, 5);
	client_account_tell(&a, &t, &m, false);
	client_account_tell(&a, &u, &n, false);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 150);
	ck_assert_uint_eq(b.received, 15);
	ck_assert_uint_eq(b.live, 6);
	ck_assert_uint_eq(b.targeted, 6);
	ck_assert(b.balanced);
}
END_TEST

/* One dies, and its agents go to the other, which had counted on. */
START_TEST(what_agents_bring_to_another_source_job_is_the_gap)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 }, u = { 0 };
	struct wire_meta m = told(100, 10, 10, 10), n = told(50, 5, 5, 5);
	struct mql_books b;
	bool whole;

	client_account_join(&a, &t);
	client_account_join(&a, &u);
	rows(&a, &t, 12); /* two came after the books */
	rows(&a, &u, 5);
	n.before.seen = 7000; /* what was before us there is not ours */
	n.before.matched = n.before.sent = 700;
	client_account_tell(&a, &t, &m, false);
	client_account_tell(&a, &u, &n, false);
	client_account_break(&a, &t);
	ck_assert_uint_eq(client_account_gap(&a, &whole), 0);
	ck_assert(!whole);
	n.before.seen += 160;
	n.before.matched += 16;
	n.before.sent += 16;
	client_account_tell(&a, &u, &n, false);
	ck_assert_uint_eq(client_account_gap(&a, &whole), 4);
	ck_assert(whole);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 210);
	ck_assert_uint_eq(b.matched, 21);
	ck_assert_uint_eq(b.lost, 4);
	ck_assert_uint_eq(b.received, 17);
	ck_assert(b.balanced);

	/* It is known: what others bring later is no part of it. */
	client_account_settle(&a);
	n.before.seen += 1000;
	n.before.matched = n.before.sent += 100;
	client_account_tell(&a, &u, &n, false);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 210);
	ck_assert(b.balanced);
}
END_TEST

START_TEST(one_that_is_none_of_the_fleet_any_more_stays_in_the_books)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 }, u = { 0 };
	struct wire_meta m = told(100, 10, 10, 10), n = told(50, 5, 5, 5);
	struct mql_books b;

	client_account_join(&a, &t);
	client_account_join(&a, &u);
	rows(&a, &t, 9); /* one did not come */
	rows(&a, &u, 5);
	client_account_tell(&a, &t, &m, false);
	client_account_tell(&a, &u, &n, false);
	client_account_drop(&a, &t);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.seen, 150);
	ck_assert_uint_eq(b.lost, 1);
	ck_assert_uint_eq(b.live, 3);
	ck_assert(b.balanced);
}
END_TEST

START_TEST(rows_past_the_limit_of_all_links_are_dropped_by_us)
{
	struct client_account a = { 0 };
	struct client_tally t = { 0 }, u = { 0 };
	struct wire_meta m = told(100, 10, 10, 10);
	struct mql_books b;

	client_account_join(&a, &t);
	client_account_join(&a, &u);
	rows(&a, &t, 10);
	for (int i = 0; i < 10; i++)
		client_account_excess(&a, &u);
	client_account_tell(&a, &t, &m, false);
	client_account_tell(&a, &u, &m, false);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.received, 10);
	ck_assert_uint_eq(b.delivered, 10);
	ck_assert_uint_eq(b.dropped.limit, 10);
	ck_assert(b.balanced);
}
END_TEST

/* 10 events came by themselves, 90 in 2 groups, and 5 are not here yet. */
START_TEST(what_the_last_merge_takes_and_makes_is_counted_once)
{
	struct client_account a = { .made.merged = true };
	struct client_tally t = { 0 };
	struct wire_meta m = told(200, 105, 105, 12);
	struct mql_books b;

	client_account_join(&a, &t);
	m.books.source.folded = 95;
	m.books.source.results = 3;
	m.books.source.waiting = 1;
	client_account_tell(&a, &t, &m, false);
	client_account_events(&t, 100);
	a.made.counts.taken = 100;
	a.made.counts.late = 4;
	a.made.counts.results = 9;
	a.made.counts.unkept = 2; /* rows for which was no memory */
	a.received = 6; /* and one waits to be taken */
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.folded, 96);
	ck_assert_uint_eq(b.results, 9);
	ck_assert_uint_eq(b.dropped.slow, 2);
	ck_assert_uint_eq(b.dropped.late, 4);
	ck_assert_uint_eq(b.delivered, 6);
	ck_assert_uint_eq(b.queued, 6);
	ck_assert(b.balanced);

	client_account_tell(&a, &t, &m, true); /* the 5 never came */
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.lost, 5);
	ck_assert_uint_eq(b.queued, 1);
	ck_assert(b.balanced);
}
END_TEST

/* 30 were sent by the last word, 10 of them to us, of which 8 came; while we
 * are away the others of the group get what agents send. */
START_TEST(what_others_of_the_group_get_meanwhile_is_not_missed)
{
	struct client_account a = { .shared = true };
	struct client_tally t = { 0 };
	struct wire_meta m = told(100, 30, 30, 10);
	struct mql_books b;
	bool whole;

	m.books.source.waiting = 0;
	m.books.source.others = 20;
	client_account_join(&a, &t);
	rows(&a, &t, 8);
	client_account_tell(&a, &t, &m, false);
	client_account_break(&a, &t);
	m = told(40, 10, 10, 10);
	m.before = (struct books_agent){ .seen = 300, .matched = 90,
					 .sent = 90 };
	rows(&a, &t, 10);
	client_account_tell(&a, &t, &m, false);
	ck_assert_uint_eq(client_account_gap(&a, &whole), 2);
	ck_assert(whole);
	client_account_books(&a, &b);
	ck_assert_uint_eq(b.matched, 40);
	ck_assert_uint_eq(b.lost, 2);
	ck_assert_uint_eq(b.others, 20);
	ck_assert_uint_eq(b.received, 18);
	ck_assert(b.balanced);
}
END_TEST

TEST_MAIN(account, one_link_is_passed_on_as_it_is,
	  books_that_do_not_balance_are_called_so,
	  a_break_is_told_as_a_gap_and_balances,
	  a_gap_grows_as_agents_come_back,
	  rows_of_a_link_that_told_no_books_are_not_lost,
	  rows_of_a_first_link_that_told_no_books_were_sent,
	  rows_after_the_last_books_are_not_lost,
	  rows_queued_over_a_break_are_delivered_once,
	  rows_queued_before_a_break_are_missed_or_delivered_once,
	  a_run_that_was_not_carried_over_still_balances,
	  a_late_join_counts_from_its_own_beginning,
	  the_books_of_all_links_are_one,
	  what_agents_bring_to_another_source_job_is_the_gap,
	  one_that_is_none_of_the_fleet_any_more_stays_in_the_books,
	  rows_past_the_limit_of_all_links_are_dropped_by_us,
	  what_the_last_merge_takes_and_makes_is_counted_once,
	  what_others_of_the_group_get_meanwhile_is_not_missed)
