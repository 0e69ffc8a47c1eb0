/* test_rate.c - one cap, divided over agents. */
#include "source-job/rate.h"
#include "tests/check_main.h"

/* Of so many agents of each kind, in thousandths of a row a second. */
static uint64_t
sum(const struct rate_plan *p)
{
	const struct rate_use *u = &p->use;

	return (p->agents - u->active) * rate_share(p, RATE_IDLE) +
	       (u->active - u->hungry) * rate_share(p, RATE_SATED) +
	       u->hungry * rate_share(p, RATE_HUNGRY);
}

START_TEST(without_a_cap_there_is_no_part)
{
	const struct rate_plan p = { .agents = 3 };

	ck_assert_uint_eq(rate_share(&p, RATE_IDLE), 0);
	ck_assert_uint_eq(rate_share(&p, RATE_HUNGRY), 0);
}
END_TEST

START_TEST(at_first_all_have_the_same)
{
	const struct rate_plan p = { .cap = 1000, .agents = 10 };

	ck_assert_uint_eq(rate_share(&p, RATE_IDLE), 100 * 1000);
}
END_TEST

START_TEST(it_is_of_those_that_have_something_to_send)
{
	const struct rate_plan p = { .cap = 800, .agents = 100,
				     .use = { .active = 1, .hungry = 1 } };

	ck_assert_uint_eq(rate_share(&p, RATE_IDLE), 1000);
	ck_assert_uint_eq(rate_share(&p, RATE_HUNGRY), 701 * 1000);
}
END_TEST

START_TEST(what_the_sated_leave_over_is_for_the_hungry)
{
	struct rate_plan p = { .cap = 800, .agents = 2,
			       .use = { .active = 2, .hungry = 2 } };

	ck_assert_uint_eq(rate_share(&p, RATE_HUNGRY), 400 * 1000);
	p.use.hungry = 1;
	p.use.used = 10 * 1000;
	ck_assert_uint_eq(rate_share(&p, RATE_SATED), 400 * 1000);
	ck_assert_uint_eq(rate_share(&p, RATE_HUNGRY), 740 * 1000);
	p.use.used = UINT64_MAX; /* more than there is leaves nothing over */
	ck_assert_uint_eq(rate_share(&p, RATE_HUNGRY), 400 * 1000);
}
END_TEST

START_TEST(the_sum_is_the_cap_at_most)
{
	for (uint32_t active = 0; active <= 1000; active += 37) {
		const struct rate_plan p = {
			.cap = 12345, .agents = 1000,
			.use = { .active = active, .hungry = active },
		};

		ck_assert_uint_le(sum(&p), 12345 * 1000);
		ck_assert_uint_ge(sum(&p), active ? 12345 * 870 : 12344 * 1000);
	}
}
END_TEST

START_TEST(ten_thousand_agents_have_a_little_each)
{
	const struct rate_plan p = { .cap = 1, .agents = 10000,
				     .use = { .active = 10000,
					      .hungry = 10000 } };

	ck_assert_uint_eq(rate_share(&p, RATE_HUNGRY), 1);
}
END_TEST

START_TEST(sums_that_cannot_be_are_survived)
{
	const struct rate_plan p = { .cap = 1000000000, .agents = 0,
				     .use = { .active = 1, .hungry = 7,
					      .used = 1 } };

	ck_assert_uint_ge(rate_share(&p, RATE_HUNGRY), 1);
}
END_TEST

START_TEST(what_an_agent_says_of_itself_is_bounded)
{
	ck_assert_uint_eq(rate_measured(0, 1000), 0);
	ck_assert_uint_eq(rate_measured(5, 2000), 2500);
	ck_assert_uint_eq(rate_measured(3000000000, 1000), 3000000000000);
	ck_assert_uint_ge(rate_measured(UINT64_MAX, 1), RATE_MOST / 2);
	ck_assert_uint_le(rate_measured(UINT64_MAX, 1), RATE_MOST);
	/* A million of these are hardly more than 2^64. */
	ck_assert_uint_ge(rate_measured(18446744073710, 1), RATE_MOST / 2);
}
END_TEST

TEST_MAIN(rate, without_a_cap_there_is_no_part, at_first_all_have_the_same,
	  it_is_of_those_that_have_something_to_send,
	  what_the_sated_leave_over_is_for_the_hungry,
	  the_sum_is_the_cap_at_most, ten_thousand_agents_have_a_little_each,
	  sums_that_cannot_be_are_survived,
	  what_an_agent_says_of_itself_is_bounded)
