/* test_clocks.c - how late is a row, when its agent's clock is wrong? */
#include "tests/check_main.h"

#include "common/buf.h"
#include "source-job/clocks.h"
#include "source-job/latency.h"

static const int64_t wall = 1700000000000000, second = 1000000;

START_TEST(what_is_not_known_is_not_told)
{
	struct clocks c = { 0 };

	ck_assert_int_eq(clocks_ours(&c, (uint64_t)wall), 0);
	ck_assert_int_eq(clocks_take(&c, 1000, wall, 600, 100,
				     (uint64_t)wall), 300);
	ck_assert_int_eq(clocks_ours(&c, 0), 0);
	ck_assert_int_eq(clocks_ours(&c, UINT64_MAX), 0);
	ck_assert_int_eq(clocks_ours(&c, 5), 0); /* before the epoch */
}
END_TEST

START_TEST(a_clock_that_is_an_hour_ahead_is_set_back)
{
	const int64_t hour = 3600 * second;
	struct clocks c = { 0 };

	/* There in 100, held for 1000, back in 100. */
	ck_assert_int_eq(clocks_take(&c, 5000, wall, 3800, 1000,
				     (uint64_t)(wall - 100 + hour)), 200);
	ck_assert_int_eq(clocks_ours(&c, (uint64_t)(wall + hour + 7)),
			 wall + 7);
}
END_TEST

START_TEST(an_uneven_way_errs_by_no_more_than_half_of_it)
{
	struct clocks c = { 0 };

	/* There in no time, and back in 800: theirs is ours. */
	ck_assert_int_eq(clocks_take(&c, 5000, wall, 4200, 0,
				     (uint64_t)(wall - 800)), 800);
	ck_assert_int_eq(clocks_ours(&c, (uint64_t)wall), wall + 400);
}
END_TEST

START_TEST(the_fastest_of_a_minute_counts)
{
	struct clocks c = { 0 };

	clocks_take(&c, 10000, wall, 9800, 0, (uint64_t)(wall - 100));
	ck_assert_int_eq(c.ahead, 0);
	clocks_take(&c, second, wall, 0, 0, (uint64_t)wall);
	ck_assert_int_eq(c.ahead, 0); /* it took a second, and tells less */
	clocks_take(&c, 2 * second, wall, 2 * second - 100, 0,
		    (uint64_t)(wall - 50 + 9));
	ck_assert_int_eq(c.ahead, 9);
	clocks_take(&c, 70 * second, wall, 69 * second, 0, (uint64_t)wall);
	ck_assert_int_eq(c.ahead, second / 2); /* better than an old one */
}
END_TEST

START_TEST(what_cannot_be_is_not_believed)
{
	struct clocks c = { 0 };

	ck_assert_int_eq(clocks_take(&c, 100, wall, 101, 0, 1), -1);
	ck_assert_int_eq(clocks_take(&c, 100, wall, 50, 51, 1), -1);
	ck_assert_int_eq(clocks_take(&c, 100, wall, 50, UINT64_MAX, 1), -1);
	ck_assert_int_eq(clocks_take(&c, 100, wall, 50, 0, UINT64_MAX), -1);
	ck_assert(!c.known);
}
END_TEST

START_TEST(buckets_add_up_and_end_with_all)
{
	struct latency l = { 0 }, sum = { 0 };
	struct buf b = BUF_INIT;

	latency_add(&l, -5, 1);    /* none */
	latency_add(&l, 100, 2);   /* a bound belongs to its bucket */
	latency_add(&l, 101, 3);
	latency_add(&l, INT64_C(11000000), 4);
	latency_sum(&l, &sum);
	latency_sum(&l, &sum);
	latency_write(&sum, "x", &b);
	buf_put_u8(&b, 0);
	const char *text = (char *)b.data;
	ck_assert(strstr(text, "mql_x_seconds_bucket{le=\"0.0001\"} 6\n"));
	ck_assert(strstr(text, "mql_x_seconds_bucket{le=\"0.00025\"} 12\n"));
	ck_assert(strstr(text, "mql_x_seconds_bucket{le=\"10\"} 12\n"));
	ck_assert(strstr(text, "mql_x_seconds_bucket{le=\"+Inf\"} 20\n"));
	ck_assert(strstr(text, "mql_x_seconds_sum 88.001006\n"));
	ck_assert(strstr(text, "mql_x_seconds_count 20\n"));
	buf_fini(&b);
}
END_TEST

TEST_MAIN(clocks, what_is_not_known_is_not_told,
	  a_clock_that_is_an_hour_ahead_is_set_back,
	  an_uneven_way_errs_by_no_more_than_half_of_it,
	  the_fastest_of_a_minute_counts, what_cannot_be_is_not_believed,
	  buckets_add_up_and_end_with_all)
