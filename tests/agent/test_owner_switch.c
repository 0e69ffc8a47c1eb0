/* test_owner_switch.c - no query runs while the agent is disabled, or off by
 * its environment; who we are, and what we cost. */
#include "tests/agent/owned.h"

#include <pthread.h>
#include <stdatomic.h>

/* --- the switch --------------------------------------------------------------------- */

START_TEST(disable_silences_before_it_returns)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;
	struct fake_query *q;

	open_with(&x, NULL);
	q = fixture_ask(&x, "select *");
	for (unsigned n = 0; n < 10; n++)
		publish_number(x.stream, n);
	mql_agent_disable(x.agent);
	ck_assert(!mql_active(x.stream));
	publish_number(x.stream, 10);
	ck_assert_ptr_null(mql_event_begin(x.stream));
	FAKE_WAIT(&x.fake, q->state == FAKE_ENDED);
	ck_assert_str_eq(q->why, "disabled by the service's owner");
	ck_assert_uint_eq(q->books.seen, 10);
	ck_assert_uint_eq(q->books.sent, 10);
	ck_assert(fake_balanced(q));
	FAKE_WAIT(&x.fake, x.fake.health.disabled);
	mql_agent_stats(x.agent, &st);
	ck_assert_str_eq(st.reason, "disabled by the service's owner");
	q = fixture_ask(&x, "select n");
	ck_assert_int_eq(q->state, FAKE_REFUSED);
	ck_assert_str_eq(q->why, "disabled by the service's owner");
	fixture_fini(&x);
}
END_TEST

START_TEST(enable_brings_the_queries_back)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;
	struct fake_query *q;

	open_with(&x, NULL);
	q = fixture_ask(&x, "select n");
	for (unsigned n = 0; n < 20; n++) { /* seen by its thread, or not */
		q->rows = 0; /* the next run of it counts anew */
		mql_agent_disable(x.agent);
		mql_agent_disable(x.agent);
		if (n % 2)
			FAKE_WAIT(&x.fake, q->state == FAKE_ENDED);
		mql_agent_enable(x.agent);
		mql_agent_enable(x.agent);
		FAKE_WAIT(&x.fake, x.fake.resyncs == n + 1);
		FAKE_WAIT(&x.fake, q->state == FAKE_LIVE);
		ck_assert(mql_active(x.stream));
		publish_number(x.stream, n);
		FAKE_WAIT(&x.fake, x.fake.nrow == n + 1);
	}
	publish_number(x.stream, 20);
	mql_agent_stats(x.agent, &st);
	ck_assert_str_ne(st.reason, "disabled by the service's owner");
	FAKE_WAIT(&x.fake, !x.fake.health.disabled);
	fixture_end(&x, q);
	ck_assert(fake_balanced(q));
	fixture_fini(&x);
}
END_TEST

START_TEST(a_query_withdrawn_while_it_is_silenced_closes_its_books_once)
{
	struct fixture x;
	struct fake_query *q;

	fake_init(&x.fake);
	x.fake.credit = 0; /* rows wait: the ending takes a while */
	fixture_open(&x, NULL);
	q = fixture_ask(&x, "select *");
	publish_number(x.stream, 1);
	mql_agent_disable(x.agent);
	fake_withdraw(&x.fake, q);
	FAKE_WAIT(&x.fake, q->state == FAKE_ENDED);
	ck_assert_uint_eq(q->books.seen, 1);
	ck_assert_uint_eq(q->books.drop_link, 1);
	fixture_fini(&x);
}
END_TEST

struct busy {
	struct mql_stream *stream;
	_Atomic bool       stop;
};

static void *
publish_on(void *busy)
{
	struct busy *b = busy;

	for (unsigned n = 0; !atomic_load(&b->stop); n++)
		publish_number(b->stream, n % 1000);
	return NULL;
}

START_TEST(the_switch_turns_under_load_and_the_books_balance)
{
	struct fixture x;
	struct fake_query *q;
	struct busy busy = { 0 };
	pthread_t t[2];

	fixture_init(&x);
	busy.stream = x.stream;
	q = fixture_ask(&x, "select n where n == 1");
	for (int i = 0; i < 2; i++)
		pthread_create(&t[i], NULL, publish_on, &busy);
	for (int i = 0; i < 10; i++) {
		uint64_t seen;

		FAKE_WAIT(&x.fake, q->state == FAKE_LIVE && q->rows > 0);
		mql_agent_disable(x.agent);
		ck_assert(!mql_active(x.stream));
		FAKE_WAIT(&x.fake, q->state == FAKE_ENDED);
		ck_assert(fake_balanced(q));
		ck_assert(!mql_active(x.stream));
		seen = q->books.seen;
		ck_assert_uint_ge(seen, q->books.matched);
		q->rows = q->gap = 0;
		q->next = 1;
		mql_agent_enable(x.agent);
	}
	atomic_store(&busy.stop, true);
	for (int i = 0; i < 2; i++)
		pthread_join(t[i], NULL);
	fixture_fini(&x);
}
END_TEST

START_TEST(an_agent_that_is_off_by_environment_says_so)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent_stats st = { .size = sizeof st };
	struct mql_agent *a;
	struct mql_stream *s;

	opt.app = "test";
	setenv("MQL_AGENT", "off", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	ck_assert_int_eq(mql_stream_open(a, "s", &s), 0);
	mql_agent_enable(a);
	mql_agent_disable(a);
	ck_assert(!mql_active(s));
	publish(s, "{}");
	ck_assert_ptr_null(mql_event_begin(s));
	mql_agent_stats(a, &st);
	ck_assert_str_eq(st.reason, "MQL_AGENT=off");
	ck_assert_uint_eq(st.cpu_ns, 0);
	mql_agent_close(a, 0);
	mql_agent_disable(NULL);
	mql_agent_enable(NULL);
}
END_TEST

/* --- who we are, and what we cost ----------------------------------------------------- */

START_TEST(options_win_over_the_environment)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;

	opt.zone = "here";
	opt.labels = "rack=7,who=us";
	setenv("MQL_AGENT_ZONE", "there", 1);
	setenv("MQL_AGENT_VERSION", "2.1", 1);
	setenv("MQL_AGENT_HOST", "box", 1);
	setenv("MQL_AGENT_LABELS", "who=them, color=red,empty=", 1);
	open_with(&x, &opt);
	ck_assert_str_eq(x.fake.zone, "here");
	ck_assert_str_eq(x.fake.version, "2.1");
	ck_assert_str_eq(x.fake.host, "box");
	ck_assert_str_eq(x.fake.labels, "rack=7 who=us color=red empty= ");
	fixture_fini(&x);
}
END_TEST

START_TEST(the_environment_can_name_the_application)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent *a;

	setenv("MQL_AGENT", "off", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), MQL_EINVAL);
	setenv("MQL_AGENT_APP", "billing", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	mql_agent_close(a, 0);
}
END_TEST

START_TEST(a_label_that_is_none_is_told_and_left_out)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct fixture x;
	char line[LINES] = "", text[2000] = "a=1,=2,no,b b=3,c=4", *to;

	to = text + strlen(text);
	for (int i = 0; i < 100; i++)
		to += sprintf(to, ",l%d=x", i);
	opt.labels = text;
	opt.log = keep_line;
	opt.log_arg = line;
	open_with(&x, &opt);
	ck_assert_ptr_eq(strstr(x.fake.labels, "a=1 c=4 l0=x"),
			 x.fake.labels);
	ck_assert_ptr_nonnull(strstr(x.fake.labels, "l61=x"));
	ck_assert_ptr_null(strstr(x.fake.labels, "l62=x"));
	fixture_fini(&x);
	ck_assert_ptr_nonnull(strstr(line, "'=2' is no label"));
}
END_TEST

START_TEST(heartbeats_tell_what_the_agent_costs)
{
	struct mql_agent_stats st = { .size = sizeof st };
	struct fixture x;
	uint64_t before;

	fake_init(&x.fake);
	x.fake.heartbeat_ms = 20;
	fixture_open(&x, NULL);
	FAKE_WAIT(&x.fake, x.fake.health.cpu_ns && x.fake.health.memory);
	before = x.fake.health.memory;
	fixture_ask(&x, "select *");
	publish_number(x.stream, 1);
	FAKE_WAIT(&x.fake, x.fake.health.memory > before);
	mql_agent_stats(x.agent, &st);
	ck_assert_uint_gt(st.cpu_ns, 0);
	ck_assert_uint_gt(st.memory, 0);
	fixture_fini(&x);
}
END_TEST

/* In the options the service's code can see it; in the environment not. */
START_TEST(a_key_that_cannot_be_read_is_an_error_or_switches_off)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;
	struct mql_agent_stats st = { .size = sizeof st };
	char said[LINES] = "";
	struct mql_agent *a;

	opt.app = "keys";
	opt.log = keep_line;
	opt.log_arg = said;
	opt.key = opt.server_key = "/nowhere";
	ck_assert_int_eq(mql_agent_open(&opt, &a), MQL_EINVAL);
	ck_assert(strstr(said, "in the options: /nowhere: No such file"));
	opt.key = opt.server_key = NULL;
	setenv("MQL_AGENT_KEY", "/elsewhere", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	mql_agent_stats(a, &st);
	ck_assert_msg(strstr(st.reason, "MQL_AGENT_KEY: a key and the"), "%s",
		      st.reason);
	mql_agent_close(a, 100);
	setenv("MQL_AGENT_SERVER_KEY", "/elsewhere", 1);
	ck_assert_int_eq(mql_agent_open(&opt, &a), 0);
	mql_agent_stats(a, &st);
	ck_assert(strstr(st.reason, "/elsewhere: No such file"));
	mql_agent_close(a, 100);
}
END_TEST

TEST_MAIN(owner_switch, disable_silences_before_it_returns,
	  enable_brings_the_queries_back,
	  a_query_withdrawn_while_it_is_silenced_closes_its_books_once,
	  the_switch_turns_under_load_and_the_books_balance,
	  an_agent_that_is_off_by_environment_says_so,
	  options_win_over_the_environment,
	  the_environment_can_name_the_application,
	  a_label_that_is_none_is_told_and_left_out,
	  heartbeats_tell_what_the_agent_costs,
	  a_key_that_cannot_be_read_is_an_error_or_switches_off)
