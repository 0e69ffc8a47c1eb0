/* test_agent_budget.c - a query over its budget is tried on fewer events, then
 * on none; the asker knows, other queries go on, the books balance, and counts
 * stay right on average. */
#include "tests/agent/fixture.h"

enum { BURST = 500 };

static struct fixture *
open_fixture(struct mql_agent_options opt)
{
	static struct fixture x;

	unsetenv("MQL_AGENT_BUDGET");
	fake_init(&x.fake);
	x.fake.credit = UINT32_MAX;
	fixture_open(&x, &opt);
	return &x;
}

static const struct mql_agent_options generous = {
	.size = sizeof generous, .cpu_permille = UINT64_MAX,
	.bytes_per_second = UINT64_MAX, .rows_per_second = UINT64_MAX,
};

/* Publish until it holds; the test fails after 40 seconds. */
#define PUBLISH_UNTIL(x, n, ...)                                         \
	do {                                                             \
		int64_t end_ = clock_mono_ms() + 40000;                  \
		while (!(__VA_ARGS__) && clock_mono_ms() < end_) {       \
			for (unsigned i_ = 0; i_ < BURST; i_++)          \
				publish_number((x)->stream, (n)++);      \
			fake_pump(&(x)->fake, 1);                        \
		}                                                        \
		ck_assert_msg((__VA_ARGS__), "waited for " #__VA_ARGS__); \
	} while (0)

static void
end_balanced(struct fixture *x, struct fake_query *q)
{
	fixture_end(x, q);
	ck_assert(fake_balanced(q));
	ck_assert_uint_eq(q->gap, 0);
}

static struct mql_agent_stats
stats(const struct fixture *x)
{
	struct mql_agent_stats st = { .size = sizeof st };

	mql_agent_stats(x->agent, &st);
	return st;
}

/* Asks for all, and for what is never there. */
static void
is_throttled_then_suspended(struct mql_agent_options opt, const char *hostile,
			    const char *why)
{
	struct fixture *x = open_fixture(opt);
	struct fake_query *q = fixture_ask(x, hostile);
	struct fake_query *other = fixture_ask(x, "select n where n == -1");
	unsigned n = 0;
	uint64_t seen;

	PUBLISH_UNTIL(x, n, q->every > 1);
	ck_assert_str_eq(q->limit, why);
	PUBLISH_UNTIL(x, n, q->suspended);
	ck_assert_str_eq(q->limit, why);
	ck_assert_uint_gt(q->books.skipped, 0);
	ck_assert(!other->every || !strcmp(other->limit, why));
	seen = other->books.seen;
	PUBLISH_UNTIL(x, n, other->books.seen > seen || other->suspended);
	ck_assert_uint_ge(stats(x).skipped, q->books.skipped);
	end_balanced(x, q);
	end_balanced(x, other);
	fixture_fini(x);
}

START_TEST(a_query_over_its_rows_is_throttled_then_suspended)
{
	struct mql_agent_options opt = generous;

	opt.rows_per_second = 1;
	is_throttled_then_suspended(opt, "select n", "over 1 rows a second");
}
END_TEST

START_TEST(a_query_over_its_bytes_is_throttled_then_suspended)
{
	struct mql_agent_options opt = generous;

	opt.bytes_per_second = 10;
	is_throttled_then_suspended(opt, "select *",
				    "over 10 bytes a second");
}
END_TEST

START_TEST(a_query_over_its_processor_time_is_throttled)
{
	struct mql_agent_options opt = generous;
	struct fixture *x;
	struct fake_query *q;
	unsigned n = 0;

	opt.cpu_permille = 1;
	x = open_fixture(opt);
	/* Much backtracking, and never a match. */
	q = fixture_ask(x, "select n where pad =~ /(0+)+x/");
	PUBLISH_UNTIL(x, n, q->every > 1 || q->suspended);
	ck_assert_str_eq(q->limit, "over 0.1% of a core");
	PUBLISH_UNTIL(x, n, q->books.skipped > 0);
	end_balanced(x, q);
	ck_assert_uint_eq(q->books.matched, 0);
	fixture_fini(x);
}
END_TEST

START_TEST(stats_say_how_many_queries_are_over_their_budget)
{
	struct mql_agent_options opt = generous;
	struct fixture *x;
	struct fake_query *q, *none;
	unsigned n = 0;

	opt.rows_per_second = 1;
	x = open_fixture(opt);
	q = fixture_ask(x, "select n");
	none = fixture_ask(x, "select n where n == -1");
	ck_assert_uint_eq(stats(x).throttled, 0);
	ck_assert_uint_eq(stats(x).skipped, 0);
	PUBLISH_UNTIL(x, n, stats(x).throttled == 1);
	PUBLISH_UNTIL(x, n, stats(x).suspended == 1);
	ck_assert_uint_eq(stats(x).throttled, 0);
	ck_assert_uint_gt(stats(x).skipped, 0);
	ck_assert_uint_le(stats(x).matched + stats(x).skipped, 2 * (uint64_t)n);
	end_balanced(x, q);
	FAKE_WAIT(&x->fake, !stats(x).suspended);
	ck_assert_uint_eq(stats(x).skipped, q->books.skipped);
	end_balanced(x, none);
	fixture_fini(x);
}
END_TEST

START_TEST(the_costliest_query_pays_for_all)
{
	struct mql_agent_options opt = generous;
	struct fixture *x;
	struct fake_query *all, *none;
	unsigned n = 0;

	opt.rows_per_second = 100;
	x = open_fixture(opt);
	all = fixture_ask(x, "select n");
	none = fixture_ask(x, "select n where n == -1");
	PUBLISH_UNTIL(x, n, all->every > 1);
	ck_assert_uint_le(none->every, 1);
	end_balanced(x, all);
	end_balanced(x, none);
	ck_assert_uint_eq(none->books.skipped, 0);
	ck_assert_uint_eq(none->books.seen, n);
	fixture_fini(x);
}
END_TEST

START_TEST(a_query_that_has_room_again_comes_back_to_all_events)
{
	struct mql_agent_options opt = generous;
	struct fixture *x;
	struct fake_query *q;
	unsigned n = 0;
	int64_t end;

	opt.rows_per_second = 1000;
	x = open_fixture(opt);
	q = fixture_ask(x, "select n");
	PUBLISH_UNTIL(x, n, q->every > 1);
	end = clock_mono_ms() + 60000;
	while (q->every > 1 && clock_mono_ms() < end)
		fake_pump(&x->fake, 5);
	ck_assert_uint_le(q->every, 1);
	ck_assert(!q->suspended);
	end_balanced(x, q);
	fixture_fini(x);
}
END_TEST

/* Groups of a throttled query, whose number of events is known. */
static void
counts_stay_right(uint64_t group_bytes, const char *query)
{
	struct mql_agent_options opt = generous;
	struct fixture *x;
	struct fake_query *q, *rows;
	const char *answer;
	double total;
	unsigned n = 0;

	/* Rows and groups share the lots; the rows are what is bounded. */
	opt.cpu_permille = 1;
	opt.group_bytes = group_bytes;
	x = open_fixture(opt);
	q = fake_ask_fold(&x->fake, query);
	FAKE_WAIT(&x->fake, q->state == FAKE_LIVE);
	rows = fixture_ask(x, "select n where n == -1");
	(void)rows;
	PUBLISH_UNTIL(x, n, q->every > 1 || q->suspended);
	for (unsigned i = 0; i < 400 && !q->suspended && q->every < 64; i++) {
		for (unsigned k = 0; k < BURST; k++)
			publish_number(x->stream, n++);
		fake_pump(&x->fake, 1);
	}
	end_balanced(x, q);
	ck_assert_uint_gt(q->books.skipped, 0);
	answer = fake_answer(q);
	ck_assert_int_eq(sscanf(answer, "{\"c\":%lf", &total), 1);
	ck_assert_double_ge(total, 0.7 * (double)q->books.seen);
	ck_assert_double_le(total, 1.3 * (double)q->books.seen);
	fixture_fini(x);
}

START_TEST(a_throttled_count_is_right_on_average)
{
	counts_stay_right(0, "select count(*) as c");
}
END_TEST

START_TEST(so_it_is_where_events_find_no_room_in_a_group)
{
	counts_stay_right(1, "select count(*) as c");
}
END_TEST

/* Rows of a throttled query, whose number of events is known. */
static struct fake_query *
ask_until_throttled(struct fixture *x, unsigned *n)
{
	struct fake_query *q = fixture_ask(x, "select n");

	PUBLISH_UNTIL(x, *n, q->books.skipped > 0);
	for (unsigned i = 0; i < 400 && !q->suspended && q->every < 64; i++) {
		for (unsigned k = 0; k < BURST; k++)
			publish_number(x->stream, (*n)++);
		fake_pump(&x->fake, 1);
	}
	end_balanced(x, q);
	return q;
}

START_TEST(rows_of_a_throttled_query_say_for_how_many_they_stand)
{
	struct mql_agent_options opt = generous;
	struct fake_query *q;
	struct fixture *x;
	unsigned n = 0;

	opt.cpu_permille = 1;
	opt.ring_bytes = 8 << 20;
	x = open_fixture(opt);
	q = ask_until_throttled(x, &n);
	ck_assert_uint_eq(books_agent_dropped(&q->books), 0);
	ck_assert_uint_eq(q->rows, n - q->books.skipped);
	ck_assert_double_ge((double)q->weight, 0.7 * (double)n);
	ck_assert_double_le((double)q->weight, 1.3 * (double)n);
	fixture_fini(x);
}
END_TEST

START_TEST(who_knows_no_weights_gets_none)
{
	struct mql_agent_options opt = generous;
	static struct fixture x;
	struct fake_query *q;
	unsigned n = 0;

	opt.cpu_permille = 1;
	unsetenv("MQL_AGENT_BUDGET");
	fake_init(&x.fake);
	x.fake.old = true;
	fixture_open(&x, &opt);
	q = ask_until_throttled(&x, &n);
	ck_assert_uint_eq(q->weight, q->rows);
	fixture_fini(&x);
}
END_TEST

START_TEST(a_pipe_has_no_budget)
{
	struct mql_agent_options opt = {
		.size = sizeof opt, .rows_per_second = 1, .cpu_permille = 1,
		.wait_when_full = true,
	};
	struct fixture *x = open_fixture(opt);
	struct fake_query *q = fixture_ask(x, "select n");

	for (unsigned n = 0; n < 2 * BURST; n++)
		publish_number(x->stream, n);
	FAKE_WAIT(&x->fake, q->rows == 2 * BURST);
	ck_assert_uint_eq(q->books.skipped, 0);
	fixture_fini(x);
}
END_TEST

START_TEST(a_limit_in_the_environment_that_is_no_number_is_refused)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;

	opt.app = "test";
	setenv("MQL_AGENT_CPU_PERMILLE", "1%", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), MQL_EINVAL);
	ck_assert_ptr_null(a);
	opt.cpu_permille = 10; /* then nobody looks */
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	mql_agent_close(a, 100);
}
END_TEST

TEST_MAIN(agent_budget, a_query_over_its_rows_is_throttled_then_suspended,
	  a_query_over_its_bytes_is_throttled_then_suspended,
	  a_query_over_its_processor_time_is_throttled,
	  stats_say_how_many_queries_are_over_their_budget,
	  the_costliest_query_pays_for_all,
	  a_query_that_has_room_again_comes_back_to_all_events,
	  a_throttled_count_is_right_on_average,
	  so_it_is_where_events_find_no_room_in_a_group,
	  rows_of_a_throttled_query_say_for_how_many_they_stand,
	  who_knows_no_weights_gets_none,
	  a_pipe_has_no_budget,
	  a_limit_in_the_environment_that_is_no_number_is_refused)
