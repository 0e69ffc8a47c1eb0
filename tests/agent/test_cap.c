/* test_cap.c - so many rows a second, and no more. */
#include "agent/cap.h"
#include "tests/check_main.h"

enum { S = 1000 * 1000 * 1000, MS = 1000 * 1000 };

static const int64_t begin = 5000 * (int64_t)S;

/* Rows that go of those that want to, one in `every` ns, until then. */
static unsigned
offer(struct cap *c, int64_t from, int64_t until, int64_t every)
{
	unsigned n = 0;

	for (int64_t now = from; now < until; now += every)
		n += cap_take(c, now);
	return n;
}

START_TEST(a_cap_that_is_not_set_lets_all_pass)
{
	struct cap c = { 0 };

	ck_assert(!cap_is_set(&c));
	ck_assert_uint_eq(offer(&c, begin, begin + S, MS), 1000);
	cap_set(&c, 1000, begin);
	cap_set(&c, 0, begin);
	ck_assert(!cap_is_set(&c));
}
END_TEST

START_TEST(a_flood_is_held_to_the_rate_from_the_first_moment)
{
	struct cap c = { 0 };
	unsigned n;

	cap_set(&c, 100 * 1000, begin);
	n = offer(&c, begin, begin + S, MS / 100);
	ck_assert_uint_ge(n, 99);
	ck_assert_uint_le(n, 101);
	n = offer(&c, begin + S, begin + 11 * (int64_t)S, MS / 10);
	ck_assert_uint_ge(n, 998);
	ck_assert_uint_le(n, 1002);
}
END_TEST

START_TEST(bursts_below_the_rate_lose_nothing)
{
	struct cap c = { 0 };

	cap_set(&c, 100 * 1000, begin);
	for (int64_t t = begin + 2 * (int64_t)S; t < begin + 20 * (int64_t)S;
	     t += S) /* all 90 of a second at once */
		ck_assert_uint_eq(offer(&c, t, t + 90, 1), 90);
}
END_TEST

START_TEST(silence_is_worth_a_second_and_no_more)
{
	struct cap c = { 0 };
	unsigned n;

	cap_set(&c, 100 * 1000, begin);
	n = offer(&c, begin + 1000 * (int64_t)S, begin + 1001 * (int64_t)S,
		  MS);
	ck_assert_uint_ge(n, 198);
	ck_assert_uint_le(n, 202);
}
END_TEST

/* One row in a hundred seconds each: so many of ten thousand agents have one
 * in any second, though all were silent for long. */
START_TEST(of_many_with_little_few_have_a_row)
{
	unsigned n = 0;

	for (int i = 0; i < 10000; i++) {
		struct cap c = { 0 };
		int64_t now = begin + 3600 * (int64_t)S;

		cap_set(&c, 10, begin + i);
		n += offer(&c, now, now + S, S / 10);
	}
	ck_assert_uint_ge(n, 100);
	ck_assert_uint_le(n, 300);
}
END_TEST

START_TEST(a_wider_cap_holds_at_once)
{
	struct cap c = { 0 };
	unsigned n;

	cap_set(&c, 1, begin); /* a row in a thousand seconds */
	offer(&c, begin, begin + S, MS);
	cap_set(&c, 100 * 1000, begin + S);
	n = offer(&c, begin + S, begin + 2 * (int64_t)S, MS);
	ck_assert_uint_ge(n, 98);
	ck_assert_uint_le(n, 101);
}
END_TEST

START_TEST(changes_give_nothing_away)
{
	struct cap c = { 0 };
	unsigned n = 0;
	int64_t t = begin;

	for (int i = 0; i < 100; i++, t += S / 10) {
		cap_set(&c, 100 * 1000 + (uint64_t)i % 2, t);
		n += offer(&c, t, t + S / 10, MS / 10);
	}
	ck_assert_uint_ge(n, 995);
	ck_assert_uint_le(n, 1005);
}
END_TEST

START_TEST(rates_at_the_ends_are_survived)
{
	struct cap c = { 0 };

	cap_set(&c, UINT64_MAX, begin);
	ck_assert_uint_eq(offer(&c, begin + 1, begin + 1001, 1), 1000);
	cap_set(&c, 1, begin);
	ck_assert_uint_le(offer(&c, begin, begin + S, MS), 1);
}
END_TEST

TEST_MAIN(cap, a_cap_that_is_not_set_lets_all_pass,
	  a_flood_is_held_to_the_rate_from_the_first_moment,
	  bursts_below_the_rate_lose_nothing,
	  silence_is_worth_a_second_and_no_more,
	  of_many_with_little_few_have_a_row, a_wider_cap_holds_at_once,
	  changes_give_nothing_away, rates_at_the_ends_are_survived)
