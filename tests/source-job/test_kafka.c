/* test_kafka.c - messages become events, on librdkafka's mock cluster. Whom
 * the source's agent tells is not there: what becomes of events is the matter
 * of the agent's tests, and of tests/kafka/source.sh. */
#include "source-job/kafka/source.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/str.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/kafka/cluster.h"

enum { FLUSH_MS = 60000 };

static struct option_list property;
static struct kafka_source_options opt;
static struct kafka_source *src;
static struct kafka_source_stats st;
static char why[400];

static void
begin_cluster(void)
{
	cluster_begin();
	rd_kafka_mock_topic_create(cluster, "a", 2, 1);
	rd_kafka_mock_topic_create(cluster, "b", 1, 1);
	opt = (struct kafka_source_options){
		.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster),
		.topics = "a,b", .group = "g", .property = &property,
		.source_job = "tcp://127.0.0.1:9",
	};
	/* The host of the cluster is no client of it: make it one. */
	ck_assert_int_gt(rd_kafka_brokers_add(host, opt.bootstrap), 0);
}

static const struct kafka_source_stats *
look(void)
{
	kafka_source_stats(src, &st);
	return &st;
}

#define AWAIT(condition) CLUSTER_AWAIT(condition, cluster_nap())

static void
begin(void)
{
	ck_assert_msg(!kafka_source_open(&opt, &src, why, sizeof why), "%s",
		      why);
}

/* value NULL: a tombstone. */
static void
produce(const char *topic, const char *value, size_t len)
{
	char *text = value ? strndup(value, len) : NULL;
	const rd_kafka_vu_t vu[] = {
		{ .vtype = RD_KAFKA_VTYPE_TOPIC, .u.cstr = topic },
		{ .vtype = RD_KAFKA_VTYPE_VALUE, .u.mem = { text, len } },
		{ .vtype = RD_KAFKA_VTYPE_MSGFLAGS,
		  .u.i = RD_KAFKA_MSG_F_COPY },
	};

	ck_assert_ptr_null(rd_kafka_produceva(host, vu,
					      sizeof vu / sizeof *vu));
	free(text);
}

static void
produce_text(const char *topic, const char *value)
{
	produce(topic, value, strlen(value));
}

static void
check_figures(void)
{
	struct buf out = BUF_INIT;

	kafka_source_metrics(src, &out);
	buf_put(&out, "", 1);
	ck_assert(!out.err);
	ck_assert_ptr_nonnull(strstr((const char *)out.data,
		"# TYPE mql_kafka_source_messages_total counter\n"
		"mql_kafka_source_messages_total 100\n"));
	buf_fini(&out);
}

START_TEST(messages_are_read_from_the_end_on)
{
	begin_cluster();
	for (int i = 0; i < 100; i++)
		produce_text("a", "{\"old\":true}");
	ck_assert_int_eq(rd_kafka_flush(host, FLUSH_MS), 0);
	begin();
	AWAIT(look()->partitions == 3);
	for (int i = 0; i < 100; i++)
		produce_text(i % 2 ? "a" : "b", "{}");
	AWAIT(look()->messages >= 100);
	AWAIT(look()->lag == 0);
	ck_assert_uint_eq(st.messages, 100);
	ck_assert_uint_eq(st.bytes, 200);
	ck_assert_uint_eq(st.unasked, 100); /* nobody is there who asks */
	ck_assert_uint_eq(st.queries, 0);
	ck_assert(!st.failed);
	check_figures();
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(tombstones_and_large_messages_are_counted)
{
	static char large[(1 << 20) + 1];

	begin_cluster();
	begin();
	AWAIT(look()->partitions == 3);
	memset(large, 'x', sizeof large);
	produce("a", NULL, 0);
	produce_text("b", "{}");
	produce("b", large, sizeof large - 1);
	produce("b", large, sizeof large);
	AWAIT(look()->messages == 4);
	ck_assert_uint_eq(st.tombstones, 1);
	ck_assert_uint_eq(st.large, 1);
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(members_of_a_group_share_the_partitions)
{
	struct kafka_source *first, *second;

	begin_cluster();
	begin();
	first = src;
	AWAIT(look()->partitions == 3);
	begin();
	second = src;
	/* Who takes over at once what was given away is a matter of real
	 * brokers: the mock cluster does not let him. */
	AWAIT((src = first, look()->partitions) < 3);
	src = second;
	kafka_source_close(first);
	AWAIT(look()->partitions == 3);
	kafka_source_close(second);
	cluster_end();
}
END_TEST

START_TEST(a_broker_may_be_away)
{
	begin_cluster();
	rd_kafka_mock_broker_set_down(cluster, -1);
	begin();
	ck_assert_uint_eq(look()->partitions, 0);
	rd_kafka_mock_broker_set_up(cluster, -1);
	AWAIT(look()->partitions == 3);
	rd_kafka_mock_broker_set_down(cluster, -1);
	produce_text("b", "{}");
	rd_kafka_mock_broker_set_up(cluster, -1);
	AWAIT(look()->messages == 1);
	ck_assert(!kafka_source_failed(src));
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(a_topic_that_is_forbidden_is_permanent)
{
	begin_cluster();
	rd_kafka_mock_topic_set_error(cluster, "a",
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	begin();
	AWAIT(kafka_source_failed(src));
	kafka_source_close(src);
	cluster_end();
}
END_TEST

/* What a source-job does: it has asked the agents, and its subscribers have
 * acknowledged what the source has marked. */
static void
begin_keeping(int64_t since)
{
	opt.waits = true;
	begin();
	kafka_source_keep(src, since);
	kafka_source_asked(src, OWN_LIVE, INT64_MAX);
	kafka_source_asked(src, OWN_LATE, INT64_MAX);
	AWAIT(look()->partitions == 3);
}

static void
hand_over(void)
{
	bool late;

	kafka_source_handed(src, kafka_source_mark(src, &late));
}

static bool
commits(uint64_t n)
{
	hand_over();
	return look()->offsets.commits >= n;
}

static void
produce_some(int n)
{
	for (int i = 0; i < n; i++)
		produce_text("b", "{}");
	ck_assert_int_eq(rd_kafka_flush(host, FLUSH_MS), 0);
}

START_TEST(who_comes_next_goes_on_where_rows_were_handed_over)
{
	begin_cluster();
	begin_keeping(clock_wall_ms());
	AWAIT(commits(1)); /* also of what nobody has produced to */
	produce_some(5);
	AWAIT(look()->messages == 5);
	AWAIT((hand_over(), look()->offsets.ahead == 0));
	produce_some(4); /* read, and not handed over */
	AWAIT(look()->messages == 9);
	kafka_source_close(src);
	produce_some(3); /* while nobody is there */
	begin_keeping(clock_wall_ms() - 3600 * 1000);
	AWAIT(look()->messages == 7);
	ck_assert_uint_eq(st.offsets.late, 7);
	ck_assert_uint_eq(st.offsets.gone, 0);
	produce_some(2);
	AWAIT(look()->messages == 9);
	ck_assert_uint_eq(st.offsets.late, 7);
	AWAIT((hand_over(), look()->offsets.ahead == 0));
	kafka_source_close(src);
	begin_keeping(clock_wall_ms() - 3600 * 1000);
	ck_assert_uint_eq(look()->offsets.late, 0);
	kafka_source_close(src);
	cluster_end();
}
END_TEST

/* A link of its agent broke: 5 are handed over, 4 may be lost on it. */
START_TEST(what_may_be_lost_on_our_own_link_is_read_again)
{
	begin_cluster();
	begin_keeping(clock_wall_ms());
	AWAIT(commits(1));
	produce_some(5);
	AWAIT(look()->messages == 5);
	AWAIT((hand_over(), look()->offsets.ahead == 0));
	produce_some(4);
	AWAIT(look()->messages == 9);
	kafka_source_again(src);
	hand_over(); /* the mark of before: it is not believed */
	AWAIT(look()->messages == 13);
	ck_assert_uint_eq(st.offsets.late, 4);
	produce_some(2); /* no late ones */
	AWAIT(look()->messages == 15);
	ck_assert_uint_eq(st.offsets.late, 4);
	AWAIT((hand_over(), look()->offsets.ahead == 0));
	kafka_source_again(src); /* nothing is on its way */
	produce_some(1);
	AWAIT(look()->messages == 16);
	ck_assert_uint_eq(st.offsets.late, 4);
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(what_was_read_before_anything_was_saved_is_not_read_again)
{
	begin_cluster();
	begin_keeping(0);
	produce_some(5);
	AWAIT(look()->messages == 5);
	kafka_source_again(src);
	kafka_source_keep(src, clock_wall_ms());
	AWAIT(commits(1));
	kafka_source_again(src);
	produce_some(1);
	AWAIT(look()->messages == 6);
	ck_assert_uint_eq(st.offsets.late, 0);
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(offsets_of_queries_that_are_gone_do_not_count)
{
	begin_cluster();
	begin_keeping(clock_wall_ms());
	AWAIT(commits(1));
	kafka_source_close(src);
	produce_some(3);
	begin_keeping(clock_wall_ms() + 3600 * 1000); /* saved since then */
	ck_assert_uint_eq(look()->offsets.late, 0);
	kafka_source_close(src);
	begin_keeping(0); /* nothing is saved */
	ck_assert_uint_eq(look()->offsets.late, 0);
	produce_some(1);
	AWAIT(look()->messages == 1);
	hand_over();
	ck_assert_uint_eq(look()->offsets.commits, 0);
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(nothing_is_read_before_saved_queries_are_live)
{
	begin_cluster();
	opt.waits = true;
	begin();
	ck_assert_uint_eq(look()->partitions, 0);
	kafka_source_asked(src, OWN_LIVE, 1);
	AWAIT(look()->partitions == 3);
	kafka_source_close(src);
	begin(); /* nor does it hang when it never comes to that */
	kafka_source_close(src);
	cluster_end();
}
END_TEST

static int
open_with(const char *given)
{
	property = (struct option_list){ &given, 1 };
	int err = kafka_source_open(&opt, &src, why, sizeof why);
	property = (struct option_list){ 0 };
	return err;
}

START_TEST(a_wrong_property_is_told)
{
	begin_cluster();
	ck_assert_int_eq(open_with("no.such=1"), MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "no.such"));
	ck_assert_ptr_null(src);
	ck_assert_int_eq(open_with("client.id"), MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "property=value"));
	ck_assert_int_eq(open_with("enable.auto.commit=true"), MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "enable.auto.commit"));
	ck_assert_int_eq(open_with("client.id=me"), 0);
	kafka_source_close(src);
	cluster_end();
}
END_TEST

START_TEST(wrong_topics_are_told)
{
	static char many[] = "t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,"
		"t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,"
		"t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,"
		"t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0,t0";
	const struct {
		const char *topics;
		int         err;
	} wrong[] = {
		{ "", MQL_EINVAL }, { "a,", MQL_EINVAL }, { ",a", MQL_EINVAL },
		{ "^a.*", MQL_EINVAL }, { many, MQL_ELIMIT },
	};

	begin_cluster();
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		opt.topics = wrong[i].topics;
		ck_assert_int_eq(kafka_source_open(&opt, &src, why, sizeof why),
				 wrong[i].err);
		ck_assert_ptr_null(src);
	}
	cluster_end();
}
END_TEST

TEST_MAIN(kafka_source, messages_are_read_from_the_end_on,
	  tombstones_and_large_messages_are_counted,
	  members_of_a_group_share_the_partitions, a_broker_may_be_away,
	  a_topic_that_is_forbidden_is_permanent, a_wrong_property_is_told,
	  wrong_topics_are_told,
	  who_comes_next_goes_on_where_rows_were_handed_over,
	  what_may_be_lost_on_our_own_link_is_read_again,
	  what_was_read_before_anything_was_saved_is_not_read_again,
	  offsets_of_queries_that_are_gone_do_not_count,
	  nothing_is_read_before_saved_queries_are_live)
