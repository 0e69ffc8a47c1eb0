/* test_credit.c - what all agents may send ahead is bounded, and none is left
 * without. */
#include "tests/check_main.h"

#include "source-job/credit.h"

enum { MIB = 1 << 20, AGENTS = 400 };

START_TEST(a_small_fleet_gets_all_that_one_may_have)
{
	struct credit_line l = { 0 };
	struct credit c;

	credit_init(&c, 1 << 30, 100, 1, MIB);
	credit_begin(&c, &l);
	ck_assert_uint_eq(l.granted, MIB);
	ck_assert(!credit_use(&c, &l, MIB / 2 - 1));
	ck_assert(credit_use(&c, &l, 1));
	ck_assert_uint_eq(l.granted, MIB + MIB / 2);
}
END_TEST

START_TEST(a_window_grows_when_it_is_used)
{
	struct credit_line l = { 0 };
	struct credit c;

	credit_init(&c, 64 * MIB, 1000, 1, MIB);
	credit_begin(&c, &l);
	ck_assert_uint_eq(l.granted, 64 * MIB / 2 / 1000);
	ck_assert(credit_use(&c, &l, l.granted));
	ck_assert_uint_eq(l.granted - l.used, MIB);
	credit_end(&c, &l);
	credit_end(&c, &l);
	ck_assert_uint_eq(c.lent, 0);
}
END_TEST

/* A fleet with any history of coming, going, sending and being silent. */
START_TEST(all_together_never_have_more_than_the_memory)
{
	static struct credit_line l[AGENTS];
	const uint64_t memory = 16 * MIB;
	struct credit c;
	unsigned lot = 1, full = 0;

	memset(l, 0, sizeof l);
	credit_init(&c, memory, AGENTS, 1, MIB);
	for (unsigned i = 0; i < 200000; i++) {
		uint64_t open = 0;
		struct credit_line *a;

		lot = lot * 1103515245 + 12345;
		a = &l[(lot >> 16) % AGENTS];
		if (!a->window)
			credit_begin(&c, a);
		else if (!(lot >> 8 & 63))
			credit_end(&c, a);
		else if (a->used < a->granted)
			credit_use(&c, a, (a->granted - a->used) / 3 + 1);
		if (i % 100)
			continue;
		for (unsigned k = 0; k < AGENTS; k++) {
			if (l[k].window)
				open += l[k].granted - l[k].used;
			ck_assert(!l[k].window || l[k].window >= c.floor);
		}
		ck_assert_uint_le(open, memory);
		full += open > memory / 2;
	}
	ck_assert_uint_gt(full, 0); /* it is made use of */
}
END_TEST

START_TEST(who_has_least_can_still_send)
{
	struct credit_line l = { 0 };
	struct credit c;

	credit_init(&c, MIB, 100000, 8, MIB);
	ck_assert_uint_eq(c.floor, CREDIT_FLOOR_MIN);
	ck_assert_uint_eq(c.pool, 0);
	credit_begin(&c, &l);
	for (int i = 0; i < 100; i++) {
		ck_assert_uint_gt(l.granted, l.used);
		ck_assert(credit_use(&c, &l, l.granted - l.used));
	}
}
END_TEST

TEST_MAIN(credit, a_small_fleet_gets_all_that_one_may_have,
	  a_window_grows_when_it_is_used,
	  all_together_never_have_more_than_the_memory,
	  who_has_least_can_still_send)
