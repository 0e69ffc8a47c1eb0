/* test_kafka.c - messages become events, on librdkafka's mock cluster. Whom
 * the source's agent tells is not there: what becomes of events is the matter
 * of the agent's tests, and of tests/kafka/source.sh. */
#include "source-job/kafka/source.h"

#include <stdio.h>
#include <string.h>

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
	  wrong_topics_are_told)
