/* test_sj_owner.c - a real agent at the real source-job: its owner disables
 * and enables it while somebody asks, and the books balance to the last
 * event. */
#include "tests/check_main.h"

#include "common/clock.h"
#include "mql/agent.h"
#include "tests/source-job/harness.h"

struct owned {
	struct daemon      d;
	struct tail        t;
	struct mql_agent  *agent;
	struct mql_stream *json, *mapped;
	uint64_t           published;
};

struct record {
	int32_t     n;
	const char *secret;
};

static const struct mql_field table[] = {
	{ .name = "n", .type = MQL_T_I32, .offset = offsetof(struct record, n) },
	{ .name = "secret", .type = MQL_T_CSTR,
	  .offset = offsetof(struct record, secret) },
};

static void
begin(struct owned *o)
{
	struct mql_agent_options opt = MQL_AGENT_OPTIONS_INIT;

	*o = (struct owned){ 0 };
	daemon_start(&o->d, NULL);
	opt.app = "owned";
	opt.source_job = o->d.agents;
	opt.deny = "secret";
	ck_assert_int_eq(mql_agent_open(&opt, &o->agent), 0);
	ck_assert_int_eq(mql_stream_open(o->agent, "json", &o->json), 0);
	ck_assert_int_eq(mql_stream_open_struct(o->agent, "mapped", table, 2,
						&o->mapped), 0);
	tail_open(&o->t, &o->d);
}

static void
end(struct owned *o)
{
	tail_close(&o->t);
	mql_agent_close(o->agent, 1000);
	daemon_stop(&o->d);
}

/* The same event in its three forms. */
static void
publish(struct owned *o)
{
	static const char text[] = "{\"n\":1,\"secret\":\"x\"}";
	const struct record record = { 1, "x" };
	struct mql_event *e;

	mql_publish_json(o->json, text, sizeof text - 1);
	mql_publish(o->mapped, &record);
	e = mql_event_begin(o->json);
	mql_event_int(e, "n", 1);
	mql_event_str(e, "secret", "x");
	mql_event_publish(e);
	o->published += 3;
}

START_TEST(an_owner_disables_and_enables_under_a_query)
{
	struct owned o;
	bool ok;

	begin(&o);
	tail_subscribe(&o.t, "select *");
	for (int i = 0; i < 3; i++) {
		TAIL_UNTIL(&o.t, o.t.books.live == 1);
		publish(&o);
		TAIL_UNTIL(&o.t, o.t.rows == o.published);
		mql_agent_disable(o.agent);
		ck_assert(!mql_active(o.json));
		ck_assert(!mql_active(o.mapped));
		mql_publish_json(o.json, "{\"n\":2}", 7);
		TAIL_UNTIL(&o.t, o.t.books.refused == 1);
		ck_assert_str_eq(o.t.refusal,
				 "disabled by the service's owner");
		ck_assert_uint_eq(o.t.books.live, 0);
		mql_agent_enable(o.agent);
	}
	TAIL_UNTIL(&o.t, o.t.books.live == 1);
	publish(&o);
	TAIL_UNTIL(&o.t, o.t.rows == o.published);
	ck_assert_ptr_null(strstr(o.t.text, "secret"));
	ck_assert_ptr_nonnull(strstr(o.t.text, "{\"n\":1}\n"));
	ck_assert_ptr_null(strstr(o.t.text, "{\"n\":2}\n"));
	tail_unsubscribe(&o.t);
	TAIL_UNTIL(&o.t, o.t.ended);
	ck_assert_uint_eq(o.t.books.agent.seen, o.published);
	ck_assert_uint_eq(o.t.books.agent.sent, o.published);
	ck_assert_uint_eq(o.t.books.source.delivered, o.published);
	ck_assert_uint_eq(o.t.books.source.lost, 0);
	ck_assert(books_balance(&o.t.books));
	tail_request(&o.t, "queries", "", &ok);
	end(&o);
}
END_TEST

START_TEST(a_disabled_agent_refuses_who_comes_and_is_shown)
{
	struct owned o;
	const char *agents;
	int64_t until;
	bool ok, shown = false;

	begin(&o);
	mql_agent_disable(o.agent);
	tail_subscribe(&o.t, "select n");
	TAIL_UNTIL(&o.t, o.t.books.refused == 1);
	ck_assert_str_eq(o.t.refusal, "disabled by the service's owner");
	until = clock_mono_ms() + 10000;
	while (!shown && clock_mono_ms() < until) {
		agents = tail_request(&o.t, "agents", "", &ok);
		shown = strstr(agents, "\"state\":\"disabled\"");
	}
	ck_assert(shown);
	mql_agent_enable(o.agent);
	TAIL_UNTIL(&o.t, o.t.books.live == 1 && !o.t.books.refused);
	publish(&o);
	TAIL_UNTIL(&o.t, o.t.rows == o.published);
	end(&o);
}
END_TEST

START_TEST(an_operator_and_an_owner_switch_at_once)
{
	struct owned o;
	bool ok;

	begin(&o);
	tail_subscribe(&o.t, "select n");
	TAIL_UNTIL(&o.t, o.t.books.live == 1);
	publish(&o);
	TAIL_UNTIL(&o.t, o.t.rows == o.published);
	tail_request(&o.t, "off", "", &ok);
	mql_agent_disable(o.agent);
	TAIL_UNTIL(&o.t, o.t.books.refused == 1);
	mql_agent_enable(o.agent);
	TAIL_UNTIL(&o.t, o.t.metas && o.t.books.refused == 1);
	ck_assert(!mql_active(o.json));
	tail_request(&o.t, "on", "", &ok);
	TAIL_UNTIL(&o.t, o.t.books.live == 1);
	publish(&o);
	TAIL_UNTIL(&o.t, o.t.rows == o.published);
	tail_unsubscribe(&o.t);
	TAIL_UNTIL(&o.t, o.t.ended);
	ck_assert_uint_eq(o.t.books.agent.seen, o.published);
	ck_assert(books_balance(&o.t.books));
	end(&o);
}
END_TEST

TEST_MAIN(sj_owner, an_owner_disables_and_enables_under_a_query,
	  a_disabled_agent_refuses_who_comes_and_is_shown,
	  an_operator_and_an_owner_switch_at_once)
