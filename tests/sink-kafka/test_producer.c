/* test_producer.c - what becomes of records, on librdkafka's mock cluster. */
#include "sink/kafka/producer.h"

#include <stdio.h>

#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/kafka/cluster.h"

enum { PRODUCE = 0, METADATA = 3, INIT_PID = 22 };

static struct producer_options opt;
static struct producer *p;
static struct topic *t;
static struct delivery d;

static void
begin_cluster(void)
{
	cluster_begin();
	ck_assert_int_eq(rd_kafka_mock_topic_create(cluster, "t", 2, 1), 0);
	opt = (struct producer_options){
		.bootstrap = rd_kafka_mock_cluster_bootstraps(cluster),
		.buffer = 1 << 20, .partitions = -1, .replication = -1,
	};
}

static void
begin(void)
{
	char why[400];

	begin_cluster();
	ck_assert_msg(!producer_open(&opt, &p, why, sizeof why), "%s", why);
	t = producer_topic(p, "t");
	ck_assert_ptr_nonnull(t);
}

static void
finish(void)
{
	producer_close(p);
	cluster_end();
}

static void
turn(void)
{
	producer_turn(p);
	cluster_nap();
}

#define AWAIT(condition) CLUSTER_AWAIT(condition, turn())

static void
produce(const char *key, const char *value)
{
	const struct record r = {
		.key = str_of(key), .value = str_of(value), .ts = 12345,
		.header = { { STR("h"), STR("v") } }, .nheader = 1,
	};

	producer_send(p, t, &r, &d);
}

static bool
settled(void)
{
	return d.produced == d.acked + d.failed;
}

/* Records in the topic. */
static int64_t
kept(void)
{
	int64_t all = 0, low, high;

	for (int32_t i = 0; i < 2; i++) {
		ck_assert_int_eq(rd_kafka_query_watermark_offsets(host, "t", i,
				 &low, &high, 5000), 0);
		all += high - low;
	}
	return all;
}

/* The host of the cluster is no client of it: one that is. */
static void
become_client(void)
{
	ck_assert_int_gt(rd_kafka_brokers_add(host, opt.bootstrap), 0);
}

START_TEST(records_are_acknowledged_and_counted)
{
	begin();
	become_client();
	AWAIT(topic_state(t, NULL) == TOPIC_READY);
	ck_assert(producer_is_up(p));
	for (int i = 0; i < 1000; i++)
		produce("k", "value");
	ck_assert_uint_eq(d.produced, 1000);
	AWAIT(settled());
	ck_assert_uint_eq(d.acked, 1000);
	ck_assert_uint_eq(d.bytes, 5000);
	ck_assert_uint_eq(producer_waiting(p), 0);
	ck_assert_uint_eq(producer_waiting_bytes(p), 0);
	ck_assert_int_eq(kept(), 1000);
	ck_assert_ptr_null(producer_failed(p));
	finish();
}
END_TEST

/* The batch is written, its report is lost, it is sent again. */
START_TEST(what_is_tried_again_is_there_once)
{
	begin();
	become_client();
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 5,
		RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION,
		RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT,
		RD_KAFKA_RESP_ERR__TRANSPORT,
		RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
	for (int i = 0; i < 500; i++)
		produce(NULL, "value");
	AWAIT(settled());
	ck_assert_uint_eq(d.acked, 500);
	ck_assert_int_eq(kept(), 500);
	finish();
}
END_TEST

START_TEST(failures_are_counted_by_error)
{
	char *large;

	begin();
	large = malloc(2 << 20);
	memset(large, 'x', 2 << 20);
	large[(2 << 20) - 1] = '\0';
	produce("k", large); /* message.max.bytes: librdkafka refuses it */
	ck_assert_uint_eq(d.failed, 1);
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
		RD_KAFKA_RESP_ERR_INVALID_REQUIRED_ACKS);
	produce("k", "value");
	AWAIT(settled());
	ck_assert_uint_eq(d.failed, 2);
	ck_assert_uint_eq(d.error[0].n, 1);
	ck_assert_str_eq(producer_error_name(d.error[0].code),
			 "MSG_SIZE_TOO_LARGE");
	ck_assert_uint_eq(d.error[1].n, 1);
	free(large);
	finish();
}
END_TEST

START_TEST(a_broker_that_goes_fills_the_buffer_and_empties_it_when_it_is_back)
{
	char value[1000];

	begin();
	become_client();
	memset(value, 'v', sizeof value - 1);
	value[sizeof value - 1] = '\0';
	AWAIT(topic_state(t, NULL) == TOPIC_READY);
	produce("k", value);
	AWAIT(settled());
	rd_kafka_mock_broker_set_down(cluster, -1);
	while (!producer_is_full(p))
		produce("k", value);
	ck_assert_uint_gt(producer_waiting_bytes(p), 1 << 20);
	AWAIT(!producer_is_up(p));
	ck_assert(producer_is_full(p));
	rd_kafka_mock_broker_set_up(cluster, -1);
	AWAIT(settled());
	ck_assert(!producer_is_full(p));
	ck_assert(producer_is_up(p));
	ck_assert_uint_eq(d.failed, 0);
	ck_assert_int_eq(kept(), (int64_t)d.acked);
	finish();
}
END_TEST

START_TEST(without_a_broker_a_topic_waits)
{
	begin_cluster();
	rd_kafka_mock_broker_set_down(cluster, -1);
	char why[400];
	ck_assert_int_eq(producer_open(&opt, &p, why, sizeof why), 0);
	t = producer_topic(p, "t");
	for (int i = 0; i < 300; i++)
		turn();
	ck_assert_int_eq(topic_state(t, NULL), TOPIC_ASKED);
	ck_assert(!producer_is_up(p));
	ck_assert_ptr_null(producer_failed(p));
	rd_kafka_mock_broker_set_up(cluster, -1);
	AWAIT(topic_state(t, NULL) == TOPIC_READY);
	finish();
}
END_TEST

START_TEST(a_topic_that_is_forbidden_fails)
{
	struct topic *forbidden;
	const char *why;

	begin();
	rd_kafka_mock_topic_create(cluster, "secret", 1, 1);
	rd_kafka_mock_topic_set_error(cluster, "secret",
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	forbidden = producer_topic(p, "secret");
	AWAIT(topic_state(forbidden, &why) == TOPIC_FAILED);
	ck_assert_ptr_nonnull(strstr(why, "secret"));
	ck_assert_ptr_nonnull(strstr(why, "uthorization"));
	ck_assert_ptr_eq(producer_topic(p, "t"), t);
	AWAIT(topic_state(t, NULL) == TOPIC_READY);
	finish();
}
END_TEST

START_TEST(a_permission_that_is_withdrawn_is_permanent)
{
	begin();
	AWAIT(topic_state(t, NULL) == TOPIC_READY);
	rd_kafka_mock_push_request_errors(cluster, PRODUCE, 1,
		RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
	produce("k", "value");
	AWAIT(settled());
	ck_assert_uint_eq(d.failed, 1);
	ck_assert_ptr_nonnull(producer_failed(p));
	ck_assert_ptr_nonnull(strstr(producer_failed(p), "t: "));
	finish();
}
END_TEST

START_TEST(what_is_given_up_is_reported)
{
	begin();
	AWAIT(topic_state(t, NULL) == TOPIC_READY);
	rd_kafka_mock_broker_set_down(cluster, -1);
	for (int i = 0; i < 100; i++)
		produce("k", "value");
	producer_give_up(p);
	AWAIT(settled());
	ck_assert_uint_eq(d.failed, 100);
	ck_assert_uint_eq(producer_waiting(p), 0);
	finish();
}
END_TEST

START_TEST(wrong_properties_are_refused)
{
	static const struct {
		const char *given, *why;
	} wrong[] = {
		{ "nonsense=1", "nonsense" },
		{ "acks=some", "acks" },
		{ "linger.ms", "property=value" },
		{ "queue.buffering.max.kbytes=1", "--buffer" },
		{ "queue.buffering.max.messages=1", "--buffer" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		const char *item[] = { "linger.ms=1", wrong[i].given };
		struct option_list list = { item, 2 };
		char why[400] = "";
		opt = (struct producer_options){ .bootstrap = "127.0.0.1:1",
						 .property = &list };
		ck_assert_int_eq(producer_open(&opt, &p, why, sizeof why),
				 MQL_EINVAL);
		ck_assert_ptr_null(p);
		ck_assert_msg(strstr(why, wrong[i].why), "%s", why);
	}
}
END_TEST

TEST_MAIN(producer, records_are_acknowledged_and_counted,
	  what_is_tried_again_is_there_once, failures_are_counted_by_error,
	  a_broker_that_goes_fills_the_buffer_and_empties_it_when_it_is_back,
	  without_a_broker_a_topic_waits, a_topic_that_is_forbidden_fails,
	  a_permission_that_is_withdrawn_is_permanent,
	  what_is_given_up_is_reported, wrong_properties_are_refused)
