/* test_sj_rates.c - a cap on a query's rows a second, as agents hear of it. */
#include "tests/source-job/scene.h"

enum { MILLI = 1000 };

/* Until the agent's part of the last query is that, in rows a second. */
static void
await_part(struct agent *a, uint64_t rate)
{
	struct wire_credit m;
	bool is;

	do {
		ck_assert_int_eq(wire_credit_decode(
			peer_expect(&a->peer, WIRE_CREDIT), &m), 0);
		is = m.id == a->added && m.rate == rate * MILLI;
		arena_fini(&m.mem);
	} while (!is);
}

static void
begin(struct scene *s, uint64_t rate)
{
	daemon_start(&s->d, "--heartbeat=5s", NULL);
	agent_open(&s->a, &s->d, "a", NULL);
	agent_open(&s->b, &s->d, "b", NULL);
	tail_open(&s->t, &s->d);
	s->t.rate = rate;
	tail_subscribe(&s->t, "select n");
	agent_go_live(&s->a);
	agent_go_live(&s->b);
}

START_TEST(a_rate_is_divided_over_those_that_have_something)
{
	const struct books_agent hungry = { .seen = 5000, .matched = 5000,
					    .queued = 1000, .drop_rate = 4000 };
	struct scene s = { 0 };

	begin(&s, 800);
	await_part(&s.a, 400);
	await_part(&s.b, 400);
	agent_report(&s.a, s.a.added, &hungry);
	await_part(&s.a, 750);
	await_part(&s.b, 50);
	scene_close(&s);
}
END_TEST

START_TEST(who_asks_without_a_rate_lifts_it_and_it_comes_back)
{
	struct scene s = { 0 };
	struct tail all = { 0 };

	begin(&s, 800);
	await_part(&s.a, 400);
	tail_open(&all, &s.d);
	tail_subscribe(&all, "select n");
	await_part(&s.a, 0);
	tail_unsubscribe(&all);
	TAIL_UNTIL(&all, all.ended);
	await_part(&s.a, 400);
	tail_close(&all);
	scene_close(&s);
}
END_TEST

START_TEST(a_rate_is_of_rows_that_are_events)
{
	struct scene s = { 0 };

	daemon_start(&s.d, NULL);
	tail_open(&s.t, &s.d);
	s.t.rate = 5;
	tail_ask(&s.t, "select count(*)", 0, 1 << 20);
	TAIL_UNTIL(&s.t, s.t.error);
	ck_assert(strstr(s.t.why, "rows are events"));
	tail_close(&s.t);
	daemon_stop(&s.d);
}
END_TEST

static void
await_listed(struct tail *t, const char *rate)
{
	bool ok;

	while (!strstr(tail_request(t, "queries", "", &ok), rate))
		ck_assert(ok);
}

START_TEST(operators_see_which_rate_a_query_has)
{
	struct scene s = { 0 };
	struct tail all = { 0 };

	begin(&s, 800);
	await_listed(&s.t, "\"rate\":800,");
	tail_open(&all, &s.d);
	tail_subscribe(&all, "select n");
	await_listed(&all, "\"rate\":0,");
	tail_close(&all);
	scene_close(&s);
}
END_TEST

TEST_MAIN(sj_rates, operators_see_which_rate_a_query_has,
	  a_rate_is_divided_over_those_that_have_something,
	  who_asks_without_a_rate_lifts_it_and_it_comes_back,
	  a_rate_is_of_rows_that_are_events)
