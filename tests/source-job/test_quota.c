#include "tests/check_main.h"

#include "source-job/quota.h"

static struct quota q;
static const struct wire_peer a = { .len = 1, .id = { 1 } };
static const struct wire_peer b = { .len = 1, .id = { 2 } };

START_TEST(quota_lets_a_burst_pass_and_then_no_more_than_its_rate)
{
	ck_assert(quota_take(&q, &a, 1000, QUOTA_BURST));
	ck_assert(!quota_take(&q, &a, 1000, 1));
	ck_assert(quota_take(&q, &a, 2000, QUOTA_RATE / 1000 * 1000));
	ck_assert(!quota_take(&q, &a, 2000, 1000));
}
END_TEST

START_TEST(quota_of_one_peer_is_not_that_of_another)
{
	ck_assert(quota_take(&q, &a, 1000, QUOTA_BURST));
	ck_assert(quota_take(&q, &b, 1000, QUOTA_BURST));
}
END_TEST

START_TEST(quota_of_a_key_is_one_for_all_its_links)
{
	struct wire_peer c = a, d = b;

	c.key = d.key = 7;
	ck_assert(quota_take(&q, &c, 1000, QUOTA_BURST));
	ck_assert(!quota_take(&q, &d, 1000, 1));
}
END_TEST

START_TEST(quota_that_is_overdrawn_is_paid_back_in_time)
{
	quota_charge(&q, &a, 1000, UINT64_MAX);
	quota_charge(&q, &a, 1000, UINT64_MAX);
	ck_assert(!quota_take(&q, &a, 200000, 1));
	ck_assert(quota_take(&q, &a, 400000, 1));
	ck_assert(quota_take(&q, &a, INT64_MAX / QUOTA_RATE, QUOTA_BURST));
}
END_TEST

START_TEST(quota_tells_once_a_second)
{
	ck_assert(quota_tell(&q, &a, 1000));
	ck_assert(!quota_tell(&q, &a, 1999));
	ck_assert(quota_tell(&q, &b, 1999));
	ck_assert(quota_tell(&q, &a, 2000));
}
END_TEST

TEST_MAIN(quota, quota_lets_a_burst_pass_and_then_no_more_than_its_rate,
	  quota_of_one_peer_is_not_that_of_another,
	  quota_of_a_key_is_one_for_all_its_links,
	  quota_that_is_overdrawn_is_paid_back_in_time,
	  quota_tells_once_a_second)
