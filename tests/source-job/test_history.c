/* test_history.c - messages of the past in the order of their time, on
 * librdkafka's mock cluster; it cannot look for times, and what comes of the
 * messages is the matter of tests/kafka/replay.sh. */
#include "source-job/kafka/history.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/kafka/cluster.h"

enum { DEADLINE_MS = 60000, PARTITIONS = 3 };

static const char *names[] = { "a", "b" };
static struct option_list topics = { names, 2 };
static struct consumer_options from = { .group = "g", .topic = &topics };
static const struct consumer_place all[] = {
	{ 0, 0 }, { 0, 1 }, { 0, 2 }, { 1, 0 },
};
static struct history_options opt;
static struct history *h;
static char why[400];

static void
begin_cluster(void)
{
	cluster_begin();
	rd_kafka_mock_topic_create(cluster, "a", PARTITIONS, 1);
	rd_kafka_mock_topic_create(cluster, "b", 1, 1);
	from.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster);
	opt = (struct history_options){ .from = &from, .wanted = 3,
					.place = all, .nplace = 4 };
	ck_assert_int_gt(rd_kafka_brokers_add(host, from.bootstrap), 0);
}

static void
end_cluster(void)
{
	history_close(h);
	cluster_end();
}

/* Its value is the time, or nothing. */
static void
produce(const char *topic, int32_t partition, int64_t ts, bool tombstone)
{
	char text[32];
	int len = snprintf(text, sizeof text, "%lld", (long long)ts);

	const rd_kafka_vu_t vu[] = { /* its macros are not C17 */
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic },
		{ .vtype = RD_KAFKA_VTYPE_PARTITION, .u.i32 = partition },
		{ .vtype = RD_KAFKA_VTYPE_TIMESTAMP, .u.i64 = ts },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
		{ .vtype = RD_KAFKA_VTYPE_VALUE,
		  .u.mem = { tombstone ? NULL : text,
			     tombstone ? 0 : (size_t)len } },
	};

	ck_assert_ptr_null(rd_kafka_produceva(host, vu,
					      sizeof vu / sizeof *vu));
}

static void
flush(void)
{
	ck_assert_int_eq(rd_kafka_flush(host, DEADLINE_MS), 0);
}

static void
open_history(void)
{
	const int64_t by = clock_mono_ms() + DEADLINE_MS;
	int err;

	ck_assert_msg(!history_open(&opt, &h, why, sizeof why), "%s", why);
	while ((err = history_find(h, why, sizeof why)) == MQL_ETIMEOUT)
		ck_assert(clock_mono_ms() < by);
	ck_assert_msg(!err, "%s", why);
}

/* --- what came ------------------------------------------------------------------ */

static int64_t came[1000];
static size_t ncame, tombstones;

static void
take(void *arg, const struct message *m)
{
	char text[32];

	(void)arg;
	ck_assert_uint_lt(ncame, sizeof came / sizeof *came);
	came[ncame++] = m->ts;
	tombstones += !m->value.ptr;
	if (!m->value.ptr)
		return;
	snprintf(text, sizeof text, "%lld", (long long)m->ts);
	ck_assert(str_eq(m->value, str_of(text)));
}

/* So many more. */
static void
await(size_t n)
{
	const int64_t by = clock_mono_ms() + DEADLINE_MS;
	const size_t until = ncame + n;

	while (ncame < until) {
		int err = history_take(h, 100, take, NULL, why, sizeof why);

		ck_assert_msg(!err || err == MQL_ETIMEOUT, "%s", why);
		ck_assert_msg(clock_mono_ms() < by, "%zu of %zu", ncame, until);
	}
}

static struct history_figures
look(void)
{
	struct history_figures f;

	history_look(h, &f);
	return f;
}

START_TEST(partitions_are_read_as_one_in_the_order_of_time)
{
	begin_cluster();
	for (int i = 0; i < 600; i++) /* the first third in one partition */
		produce("a", i < 200 ? 1 : i * 7 % PARTITIONS, 1000 + i,
			i % 100 == 99);
	flush();
	open_history();
	ck_assert_uint_eq(look().of, 600);
	ck_assert_uint_eq(look().partitions, 4);
	ck_assert_uint_eq(look().all, 4);
	ck_assert_uint_eq(look().mine, look().whole);
	ck_assert(!look().reached);
	await(600);
	for (size_t i = 0; i < ncame; i++)
		ck_assert_int_eq(came[i], 1000 + (int64_t)i);
	ck_assert_uint_eq(tombstones, 6);
	ck_assert_uint_eq(look().read, 600);
	ck_assert(look().reached);
	/* And it goes on. */
	produce("b", 0, 5000, false);
	produce("a", 2, 4000, false);
	flush();
	await(2);
	ck_assert_uint_eq(look().read, 600);
	end_cluster();
}
END_TEST

START_TEST(it_ends_where_the_end_was)
{
	begin_cluster();
	for (int i = 0; i < 90; i++)
		produce("a", i % PARTITIONS, i + 1, false);
	flush();
	opt.until_end = true;
	open_history();
	for (int i = 0; i < 90; i++) /* not wanted */
		produce(i % 2 ? "a" : "b", 0, 7000 + i, false);
	flush();
	await(90);
	ck_assert(look().reached);
	for (int i = 0; i < 20; i++)
		ck_assert_int_eq(history_take(h, 5, take, NULL, why,
					      sizeof why), MQL_ETIMEOUT);
	ck_assert_int_eq(came[ncame - 1], 90);
	end_cluster();
}
END_TEST

START_TEST(a_share_is_what_others_have_not)
{
	uint64_t mine;

	begin_cluster();
	produce("a", 0, 1, false);
	produce("a", 1, 2, false);
	flush();
	opt.nplace = 1;
	opt.until_end = true;
	open_history();
	await(1);
	ck_assert_int_eq(came[0], 1);
	ck_assert(look().reached);
	ck_assert_uint_eq(look().all, 4);
	mine = look().mine;
	history_close(h);
	opt.place = all + 1;
	opt.nplace = 3;
	open_history();
	await(1);
	ck_assert_int_eq(came[1], 2);
	ck_assert_uint_eq((mine + look().mine) & INT64_MAX, look().whole);
	end_cluster();
}
END_TEST

START_TEST(nothing_ends_at_once)
{
	begin_cluster();
	opt.until_end = true;
	open_history();
	ck_assert_uint_eq(look().of, 0);
	ck_assert(look().reached);
	history_close(h);
	opt.nplace = 0; /* others have all */
	opt.wanted = 1;
	open_history();
	ck_assert(look().reached);
	ck_assert_uint_eq(look().all, PARTITIONS);
	ck_assert_uint_eq(look().mine, 0);
	ck_assert_int_eq(history_take(h, 5, take, NULL, why, sizeof why),
			 MQL_ETIMEOUT);
	end_cluster();
}
END_TEST

START_TEST(a_broker_may_be_away)
{
	begin_cluster();
	for (int i = 0; i < 50; i++)
		produce("b", 0, i + 1, false);
	flush();
	rd_kafka_mock_broker_set_down(cluster, -1);
	ck_assert_int_eq(history_open(&opt, &h, why, sizeof why), 0);
	ck_assert_int_eq(history_find(h, why, sizeof why), MQL_ETIMEOUT);
	rd_kafka_mock_broker_set_up(cluster, -1);
	history_close(h);
	open_history();
	rd_kafka_mock_broker_set_down(cluster, -1);
	history_take(h, 5, take, NULL, why, sizeof why); /* one, or none */
	rd_kafka_mock_broker_set_up(cluster, -1);
	await(50 - ncame);
	end_cluster();
}
END_TEST

START_TEST(a_topic_that_is_forbidden_is_told)
{
	int err;

	begin_cluster();
	rd_kafka_mock_topic_set_error(cluster, "b",
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	ck_assert_int_eq(history_open(&opt, &h, why, sizeof why), 0);
	while ((err = history_find(h, why, sizeof why)) == MQL_ETIMEOUT)
		;
	ck_assert_int_eq(err, MQL_EREFUSED);
	ck_assert_ptr_nonnull(strstr(why, "topic 'b'"));
	end_cluster();
}
END_TEST

TEST_MAIN(kafka_history, partitions_are_read_as_one_in_the_order_of_time,
	  it_ends_where_the_end_was, a_share_is_what_others_have_not,
	  nothing_ends_at_once, a_broker_may_be_away,
	  a_topic_that_is_forbidden_is_told)
