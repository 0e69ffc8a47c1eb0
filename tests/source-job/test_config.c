#include "tests/check_main.h"

#include <string.h>
#include <sys/resource.h>

#include "common/listen.h"
#include "mql/error.h"
#include "source-job/config.h"

/* Parses "mql-source-job" and these arguments, up to a NULL. */
static int
parse(struct config *c, const char *a, const char *b)
{
	char prog[] = "mql-source-job", first[64] = "", second[64] = "";
	char *argv[] = { prog, first, second, NULL };
	bool done;

	strncpy(first, a ? a : "", sizeof first - 1);
	strncpy(second, b ? b : "", sizeof second - 1);
	return config_parse(c, 1 + !!a + !!b, argv, &done);
}

START_TEST(defaults_are_those_of_the_manual)
{
	struct config c;

	ck_assert_int_eq(parse(&c, NULL, NULL), 0);
	ck_assert_str_eq(c.agents, "tcp://127.0.0.1:7400");
	ck_assert_str_eq(c.subscribers, "tcp://127.0.0.1:7401");
	ck_assert_str_eq(c.http, "127.0.0.1:7402");
	ck_assert_uint_ge(c.workers, 1);
	ck_assert_uint_eq(c.queue, 32 << 20);
	ck_assert_uint_eq(c.agent_credit, 1 << 20);
	ck_assert_int_eq(c.lease, 5000);
	ck_assert_int_eq(c.heartbeat, 1000);
	ck_assert_int_eq(c.drain, 5000);
	ck_assert_int_eq(c.grace, 2000);
}
END_TEST

START_TEST(saved_queries_have_one_place)
{
	char b[] = "--kafka-bootstrap=h:1", q[] = "--queries-topic=q";
	char state[] = "--state=d", t[] = "--kafka-topics=a";
	char none[] = "--queries-topic=";
	struct config c;

	ck_assert_int_eq(parse(&c, b, q), 0);
	ck_assert_ptr_nonnull(c.queries_topic);
	ck_assert_ptr_null(c.kafka_topics);
	ck_assert_int_eq(parse(&c, q, NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, q, state), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, q, t), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, b, none), MQL_EINVAL);
}
END_TEST

START_TEST(kafka_needs_brokers_topics_and_a_group)
{
	char prog[] = "mql-source-job", b[] = "--kafka-bootstrap=h:1";
	char t[] = "--kafka-topics=a,b", g[] = "--kafka-group=g";
	char x[] = "-Xclient.id=me";
	char *argv[] = { prog, b, t, g, x, NULL };
	struct config c;
	bool done;

	ck_assert_int_eq(config_parse(&c, 5, argv, &done), 0);
	ck_assert_str_eq(c.kafka_bootstrap, "h:1");
	ck_assert_str_eq(c.kafka_topics, "a,b");
	ck_assert_str_eq(c.kafka_group, "g");
	ck_assert_uint_eq(c.kafka_property.n, 1);
	ck_assert_str_eq(c.kafka_property.item[0], "client.id=me");
	config_fini(&c);
	ck_assert_int_eq(parse(&c, NULL, NULL), 0);
	ck_assert_ptr_null(c.kafka_bootstrap);
	ck_assert_int_eq(parse(&c, b, t), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, b, g), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, t, g), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, x, NULL), MQL_EINVAL);
	config_fini(&c);
}
END_TEST

START_TEST(loopback_is_known)
{
	ck_assert(listen_is_loopback("tcp://127.0.0.1:7400"));
	ck_assert(listen_is_loopback("tcp://127.9.9.9:0"));
	ck_assert(listen_is_loopback("tcp://localhost:1"));
	ck_assert(listen_is_loopback("tcp://[::1]:1"));
	ck_assert(listen_is_loopback("127.0.0.1:7402"));
	ck_assert(listen_is_loopback("ipc:///tmp/x"));
	ck_assert(!listen_is_loopback("tcp://*:7400"));
	ck_assert(!listen_is_loopback("tcp://0.0.0.0:7400"));
	ck_assert(!listen_is_loopback("tcp://[::]:7400"));
	ck_assert(!listen_is_loopback("tcp://127.0.0.1.example.org:1"));
	ck_assert(!listen_is_loopback("tcp://localhost.example.org:1"));
	ck_assert(!listen_is_loopback("0.0.0.0:7402"));
	ck_assert(!listen_is_loopback(""));
}
END_TEST

START_TEST(an_open_door_must_be_asked_for)
{
	struct config c;

	ck_assert_int_eq(parse(&c, "--agents=tcp://*:7400", NULL),
			 MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--http=0.0.0.0:1", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--agents=tcp://*:7400", "--insecure"), 0);
	ck_assert_int_eq(parse(&c, "--http=off", NULL), 0);
}
END_TEST

START_TEST(a_key_or_a_token_and_a_certificate_open_a_door)
{
	struct config c;

	setenv("MQL_AGENTS", "tcp://*:7400", 1);
	ck_assert_int_eq(parse(&c, NULL, NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--key-file=k", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--key-file=k", "--allowed-keys=d"), 0);
	setenv("MQL_AGENTS", "tcp://127.0.0.1:7400", 1);
	setenv("MQL_HTTP", "0.0.0.0:7402", 1);
	ck_assert_int_eq(parse(&c, "--key-file=k", "--allowed-keys=d"),
			 MQL_EINVAL);
	setenv("MQL_TOKEN_FILE", "t", 1);
	ck_assert_int_eq(parse(&c, NULL, NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--tls-cert=c", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--tls-cert=c", "--tls-key=k"), 0);
}
END_TEST

START_TEST(numbers_without_sense_are_refused)
{
	struct config c;

	ck_assert_int_eq(parse(&c, "--max-queries=0", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--max-queries=5000", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--queue=1", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--agent-credit=1k", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--heartbeat=0", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "--lease=10ms", NULL), MQL_EINVAL);
	ck_assert_int_eq(parse(&c, "stray", NULL), MQL_EINVAL);
}
END_TEST

START_TEST(how_many_agents_there_may_be_fits_the_machine)
{
	struct config c = { .max_subscribers = 1000 };
	struct rlimit was, few = { 5000, 5000 };

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &was), 0);
	few.rlim_max = was.rlim_max < few.rlim_max ? was.rlim_max
						    : few.rlim_max;
	few.rlim_cur = few.rlim_max / 2; /* a soft limit is not the end */
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &few), 0);
	config_fit(&c);
	ck_assert_uint_eq(c.max_agents, few.rlim_max - 1000 - 256);
	c.max_agents = 100000; /* it was asked for */
	config_fit(&c);
	ck_assert_uint_eq(c.max_agents, 100000);
	c.max_agents = 0;
	c.max_subscribers = 10000; /* there is some room for agents still */
	config_fit(&c);
	ck_assert_uint_eq(c.max_agents, few.rlim_max / 2 + 1);
}
END_TEST

TEST_MAIN(config, how_many_agents_there_may_be_fits_the_machine,
	  saved_queries_have_one_place,
	  kafka_needs_brokers_topics_and_a_group,
	  defaults_are_those_of_the_manual, loopback_is_known,
	  an_open_door_must_be_asked_for,
	  a_key_or_a_token_and_a_certificate_open_a_door,
	  numbers_without_sense_are_refused)
