/* test_kafka.c - what is set of librdkafka, and what is refused. */
#include "kafka/kafka.h"

#include <string.h>

#include "common/log.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/common/capture.h"

static const struct kafka_property own[] = {
	{ "client.id",          "ours",  NULL },
	{ "enable.auto.commit", KAFKA_FIXED("false") },
	{ "linger.ms",          "7",     "another option bounds it" },
	{ 0 },
};
static rd_kafka_conf_t *conf;
static char why[300];

/* With the text given by -X; NULL: with none. */
static int
configure(const char *given)
{
	const struct option_list list = { &given, 1 };

	if (conf)
		rd_kafka_conf_destroy(conf);
	conf = rd_kafka_conf_new();
	why[0] = '\0';
	return kafka_configure(conf, "here:9092", own, given ? &list : NULL,
			       why, sizeof why);
}

static void
finish(void)
{
	rd_kafka_conf_destroy(conf);
	conf = NULL;
}

static const char *
value(const char *name)
{
	static char text[100];
	size_t n = sizeof text;

	ck_assert_int_eq(rd_kafka_conf_get(conf, name, text, &n),
			 RD_KAFKA_CONF_OK);
	return text;
}

START_TEST(own_properties_are_set)
{
	ck_assert_int_eq(configure(NULL), 0);
	ck_assert_str_eq(value("bootstrap.servers"), "here:9092");
	ck_assert_str_eq(value("client.id"), "ours");
	ck_assert_str_eq(value("enable.auto.commit"), "false");
	ck_assert_str_eq(value("linger.ms"), "7");
	finish();
}
END_TEST

START_TEST(a_given_one_wins)
{
	ck_assert_int_eq(configure("client.id=a=b"), 0);
	ck_assert_str_eq(value("client.id"), "a=b");
	ck_assert_int_eq(configure("acks=1"), 0);
	ck_assert_str_eq(value("acks"), "1");
	finish();
}
END_TEST

START_TEST(a_fixed_one_is_refused_with_its_reason)
{
	ck_assert_int_eq(configure("enable.auto.commit=true"), MQL_EINVAL);
	ck_assert_str_eq(why, "-X enable.auto.commit: it is false here, and "
			 "has to be");
	ck_assert_str_eq(value("enable.auto.commit"), "false");
	ck_assert_int_eq(configure("linger.ms=1"), MQL_EINVAL);
	ck_assert_str_eq(why, "-X linger.ms: another option bounds it");
	finish();
}
END_TEST

START_TEST(what_is_no_property_is_refused)
{
	char longer[400];

	ck_assert_int_eq(configure("client.id"), MQL_EINVAL);
	ck_assert_str_eq(why, "-X takes property=value, not 'client.id'");
	memset(longer, 'x', sizeof longer);
	memcpy(longer + sizeof longer - 3, "=1", 3);
	ck_assert_int_eq(configure(longer), MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "-X takes property=value, not 'xx"));
	ck_assert_int_eq(configure("no.such=1"), MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "no.such"));
	ck_assert_int_eq(configure("acks=some"), MQL_EINVAL);
	ck_assert_ptr_nonnull(strstr(why, "acks"));
	finish();
}
END_TEST

START_TEST(only_what_is_critical_is_said_unless_all_is_wanted)
{
	struct capture c;

	log_init("test", LOG_INFO);
	capture_start(&c, STDERR_FILENO);
	kafka_log(NULL, 3, "FAIL", "one");
	kafka_log(NULL, 2, "CRIT", "two");
	log_init("test", LOG_DEBUG);
	kafka_log(NULL, 3, "FAIL", "three");
	ck_assert_str_eq(capture_stop(&c),
			 "test: warning: librdkafka: CRIT: two\n"
			 "test: debug: librdkafka: FAIL: three\n");
}
END_TEST

START_TEST(what_may_pass_is_not_permanent)
{
	ck_assert(kafka_is_permanent(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART));
	ck_assert(kafka_is_permanent(
		RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED));
	ck_assert(!kafka_is_permanent(RD_KAFKA_RESP_ERR__TRANSPORT));
	ck_assert(!kafka_is_permanent(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN));
	ck_assert(!kafka_is_permanent(RD_KAFKA_RESP_ERR_NO_ERROR));
}
END_TEST

START_TEST(a_broker_that_comes_or_goes_is_told_once)
{
	struct kafka_reach r = { .name = "Kafka: ", .bootstrap = "here" };
	struct capture c;
	char text[100];

	log_init("test", LOG_INFO);
	capture_start(&c, STDERR_FILENO);
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_null(kafka_error(
			&r, NULL, RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN, "x",
			text, sizeof text));
	ck_assert(kafka_reached(&r, true));
	ck_assert(!kafka_reached(&r, true));
	ck_assert(kafka_reached(&r, false));
	ck_assert_str_eq(capture_stop(&c),
			 "test: warning: Kafka: no broker answers at here; "
			 "waiting for one\n"
			 "test: Kafka: the broker answers\n"
			 "test: warning: Kafka: no broker answers at here; "
			 "waiting for one\n");
}
END_TEST

START_TEST(one_that_let_us_in_may_be_restarting)
{
	struct kafka_reach r = { .name = "", .bootstrap = "here" };
	struct capture c;
	char text[100];

	log_init("test", LOG_INFO);
	capture_start(&c, STDERR_FILENO);
	ck_assert_str_eq(kafka_error(&r, NULL,
				     RD_KAFKA_RESP_ERR__AUTHENTICATION,
				     "no such user", text, sizeof text),
			 "the broker does not know us");
	ck_assert_str_eq(text, "no such user");
	for (int i = 0; i < 2; i++)
		ck_assert_ptr_null(kafka_error(&r, NULL,
					       RD_KAFKA_RESP_ERR__SSL, "bad",
					       text, sizeof text));
	kafka_reached(&r, true);
	ck_assert_ptr_null(kafka_error(&r, NULL,
				       RD_KAFKA_RESP_ERR__AUTHENTICATION,
				       "no such user", text, sizeof text));
	ck_assert_str_eq(capture_stop(&c),
			 "test: warning: no TLS with the broker: bad\n"
			 "test: the broker answers\n");
}
END_TEST

TEST_MAIN(kafka, own_properties_are_set, a_given_one_wins,
	  a_fixed_one_is_refused_with_its_reason,
	  what_is_no_property_is_refused,
	  only_what_is_critical_is_said_unless_all_is_wanted,
	  what_may_pass_is_not_permanent,
	  a_broker_that_comes_or_goes_is_told_once,
	  one_that_let_us_in_may_be_restarting)
