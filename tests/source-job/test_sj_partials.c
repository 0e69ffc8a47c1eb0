/* Groups that agents have folded: merged for every subscriber, counted by
 * their events, and windows of @ts that close when all have told them. The
 * grace of an hour is there so that nothing but the agents' word can close a
 * window; times are those of now, for what is older is late. */
#include "tests/check_main.h"

#include "common/clock.h"
#include "tests/source-job/folding.h"
#include "tests/source-job/scene.h"
#include "wire/partials.h"

enum { WINDOW_MS = 10000 };
#define WINDOWED "select k, count(*) as n group by k window 10s grace 1h"

static int64_t begin; /* of the window that it is now */

/* A query that is live on two agents, which are asked to fold. */
static void
setup(struct scene *s, const char *query)
{
	/* Nobody here gives signs of life, and we may be slow. */
	daemon_start(&s->d, "--heartbeat=10s", "--lease=60s", NULL);
	scene_ask(s, query);
	TAIL_UNTIL(&s->t, s->t.books.live == 2);
	ck_assert_str_ne(s->a.fold, "");
	begin = clock_wall_ms() / WINDOW_MS * WINDOW_MS;
}

/* The agents have sent so many events, and end. */
static void
end(struct scene *s, uint64_t a, uint64_t b)
{
	tail_unsubscribe(&s->t);
	scene_end(s, a, b);
}

/* --- merged ---------------------------------------------------------------- */

START_TEST(groups_of_two_agents_are_one_for_each_of_two_subscribers)
{
	const char *query = "select k, count(*) as n, sum(v) as v group by k";
	struct tail other;
	struct scene s;

	setup(&s, query);
	agent_fold(&s.a, 1, "{\"k\":1,\"v\":10}\n{\"k\":2,\"v\":20}\n", 1000);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 2);
	tail_open(&other, &s.d);
	tail_subscribe(&other, query); /* begins here */
	ck_assert_uint_eq(other.query_id, s.t.query_id);
	agent_fold(&s.b, 1, "{\"k\":2,\"v\":5}\n{\"k\":2,\"v\":6}\n"
			    "{\"k\":3,\"v\":7}\n", 2000);
	TAIL_UNTIL(&other, other.books.source.folded == 3);
	tail_unsubscribe(&other);
	TAIL_UNTIL(&other, other.ended);
	ck_assert_ptr_nonnull(strstr(other.text,
				     "{\"k\":2,\"n\":2,\"v\":11}\n"
				     "{\"k\":3,\"n\":1,\"v\":7}\n"));
	ck_assert(books_balance(&other.books));
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 5);
	s.t.text[0] = '\0';
	end(&s, 2, 3);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"k\":1,\"n\":1,\"v\":10}\n"
					       "{\"k\":2,\"n\":3,\"v\":31}\n"
					       "{\"k\":3,\"n\":1,\"v\":7}\n"));
	ck_assert_uint_eq(s.t.books.source.folded, 5);
	ck_assert_ptr_nonnull(strstr(daemon_http(&s.d, "GET", "/metrics"),
				     "mql_folded_in_total 5\n"));
	tail_close(&other);
	scene_close(&s);
}
END_TEST

START_TEST(rows_and_partials_of_one_run_are_counted_in_one_line)
{
	struct scene s;
	uint64_t next;

	setup(&s, "select k, count(*) as n group by k");
	next = agent_fold(&s.a, 1, "{\"k\":1}\n{\"k\":1}\n", 1000);
	next += agent_lines(&s.a, s.a.added, next,
			    "{\"k\":1,\"@ts\":1000}\n{\"k\":2,\"@ts\":1000}\n");
	next = agent_fold(&s.a, next, "{\"k\":2}\n", 1000);
	ck_assert_uint_eq(next, 6);
	agent_lines(&s.b, s.b.added, 1, "{\"k\":1,\"@ts\":1000}\n");
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 6);
	s.t.text[0] = '\0';
	end(&s, 5, 1);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"k\":1,\"n\":4}\n"
					       "{\"k\":2,\"n\":2}\n"));
	ck_assert_uint_eq(s.t.books.source.lost, 0);
	scene_close(&s);
}
END_TEST

START_TEST(a_query_of_rows_asks_for_no_fold)
{
	struct agent a;
	struct daemon d;
	struct tail t;

	daemon_start(&d, NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, "select k");
	agent_go_live(&a);
	ck_assert_str_eq(a.fold, "");
	/* One that comes all the same is lost, and its sender told. */
	agent_partial(&a, 1, 4, 0, STR("groups"));
	peer_expect(&a.peer, WIRE_ERROR);
	TAIL_UNTIL(&t, t.books.source.lost == 4);
	agent_lines(&a, a.added, 5, "{\"k\":1}\n");
	TAIL_UNTIL(&t, t.books.source.delivered == 1);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

/* --- lost, late, wrong ------------------------------------------------------- */

START_TEST(a_partial_that_is_lost_leaves_a_hole_of_its_events)
{
	struct scene s;

	setup(&s, "select count(*) as n");
	agent_fold(&s.a, 1, "{}\n{}\n", 1000);
	agent_fold(&s.a, 8, "{}\n{}\n{}\n", 1000); /* 3 ... 7 are missing */
	TAIL_UNTIL(&s.t, s.t.books.source.lost == 5);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 5);
	end(&s, 10, 0);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"n\":5}\n"));
	ck_assert_uint_eq(s.t.books.source.lost, 5);
	scene_close(&s);
}
END_TEST

START_TEST(a_partial_that_comes_twice_is_taken_once)
{
	struct scene s;

	setup(&s, "select count(*) as n");
	agent_fold(&s.a, 1, "{}\n{}\n", 1000);
	agent_fold(&s.a, 1, "{}\n{}\n", 1000);
	agent_fold(&s.a, 3, "{}\n", 1000);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 3);
	end(&s, 3, 0);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"n\":3}\n"));
	ck_assert_ptr_nonnull(strstr(daemon_http(&s.d, "GET", "/metrics"),
				     "mql_rows_stray_total 2\n"));
	scene_close(&s);
}
END_TEST

START_TEST(a_partial_that_is_not_what_it_says_is_lost_and_complained_of)
{
	struct buf b = BUF_INIT;
	struct scene s;

	setup(&s, "select k, count(*) as n group by k");
	ck_assert_uint_eq(fold_lines(s.a.fold, "{\"k\":1}\n{\"k\":2}\n", 1000,
				     &b), 2);
	struct str two = { (char *)b.data, b.len };
	agent_partial(&s.a, 1, 3, 0, two); /* there are two */
	peer_expect(&s.a.peer, WIRE_ERROR);
	TAIL_UNTIL(&s.t, s.t.books.source.lost == 3);
	agent_partial(&s.b, 1, 7, 0, STR("garbage"));
	peer_expect(&s.b.peer, WIRE_ERROR);
	TAIL_UNTIL(&s.t, s.t.books.source.lost == 10);
	agent_partial(&s.a, 4, 2, 0, two);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 2);
	ck_assert_ptr_nonnull(strstr(daemon_http(&s.d, "GET", "/metrics"),
			      "mql_bad_frames_total{side=\"agents\"} 2\n"));
	end(&s, 5, 7);
	buf_fini(&b);
	scene_close(&s);
}
END_TEST

START_TEST(one_that_is_wrong_does_not_spoil_the_others_of_its_message)
{
	struct buf b = BUF_INIT;
	struct scene s;

	setup(&s, "select count(*) as n");
	ck_assert_uint_eq(fold_lines(s.a.fold, "{}\n{}\n", 1000, &b), 2);
	struct wire_partial item[] = {
		{ .id = s.a.added, .first = 1, .events = 1,
		  .bytes = STR("garbage") },
		{ .id = s.a.added + 1000, .first = 1, .events = 1,
		  .bytes = STR("of nobody") },
		{ .id = s.a.added, .first = 2, .events = 2,
		  .bytes = { (char *)b.data, b.len } },
	};
	struct wire_partials m = { .item = item, .n = 3 };
	wire_partials_encode(&m, &s.a.peer.frame);
	peer_send(&s.a.peer);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 2);
	ck_assert_uint_eq(s.t.books.source.lost, 1);
	end(&s, 3, 0);
	buf_fini(&b);
	scene_close(&s);
}
END_TEST

START_TEST(partials_use_and_renew_the_credit_of_rows)
{
	struct wire_credit m = { 0 };
	struct scene s;
	char *bytes;

	setup(&s, "select count(*) as n");
	bytes = calloc(1, s.a.credit);
	ck_assert_uint_le(s.a.credit, WIRE_MAX_ROWS);
	agent_partial(&s.a, 1, 1, 0,
		      (struct str){ bytes, s.a.credit - 100 });
	while (m.bytes < 2 * s.a.credit - 100) {
		struct str body = peer_expect(&s.a.peer, WIRE_CREDIT);
		ck_assert_int_eq(wire_credit_decode(body, &m), 0);
		arena_fini(&m.mem);
	}
	free(bytes);
	end(&s, 1, 0);
	scene_close(&s);
}
END_TEST

/* --- windows of @ts ------------------------------------------------------------ */

START_TEST(a_window_closes_as_soon_as_all_agents_have_told_it)
{
	struct scene s;
	int64_t over;

	setup(&s, WINDOWED);
	over = begin + WINDOW_MS;
	agent_fold(&s.a, 1, "{\"k\":1}\n{\"k\":2}\n", begin);
	agent_fold(&s.b, 1, "{\"k\":2}\n", over - 1);
	agent_fold(&s.b, 2, "{\"k\":3}\n", over);
	agent_upto(&s.a, over);
	agent_upto(&s.b, over - 1); /* not quite */
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 4);
	ck_assert_uint_eq(s.t.rows, 0);
	agent_upto(&s.b, over);
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_str_eq(s.t.text, "{\"k\":1,\"n\":1}\n{\"k\":2,\"n\":2}\n");
	ck_assert_int_eq(s.t.window.start, begin);
	ck_assert_int_eq(s.t.window.end, over);
	ck_assert_uint_eq(s.t.window.agents, 2);
	ck_assert_uint_eq(s.t.window.live, 2);
	ck_assert_uint_eq(s.t.window.events, 3);
	/* What comes for it now is late, by its events. */
	agent_fold(&s.a, 3, "{\"k\":1}\n{\"k\":1}\n{\"k\":9}\n", begin);
	TAIL_UNTIL(&s.t, s.t.books.source.late == 3);
	ck_assert(books_balance(&s.t.books));
	s.t.text[0] = '\0';
	end(&s, 5, 2);
	ck_assert_str_eq(s.t.text, "{\"k\":3,\"n\":1}\n");
	ck_assert_uint_eq(s.t.window.late, 3);
	ck_assert_uint_eq(s.t.window.agents, 2); /* their last word is all */
	scene_close(&s);
}
END_TEST

/* Two windows at once, and each subscriber has his own. */
START_TEST(a_leap_closes_all_windows_that_are_behind_it_for_everybody)
{
	struct tail other;
	struct scene s;

	setup(&s, WINDOWED);
	tail_open(&other, &s.d);
	tail_subscribe(&other, "select k, count(*) as n group by k having n > "
			       "1 window 10s grace 2h");
	ck_assert_uint_eq(other.query_id, s.t.query_id);
	agent_fold(&s.a, 1, "{\"k\":1}\n{\"k\":1}\n", begin);
	agent_fold(&s.b, 1, "{\"k\":2}\n", begin + WINDOW_MS);
	agent_upto(&s.a, begin + 5 * WINDOW_MS);
	agent_upto(&s.b, begin + 3 * WINDOW_MS);
	TAIL_UNTIL(&s.t, s.t.window.start == begin + WINDOW_MS);
	ck_assert_str_eq(s.t.text, "{\"k\":1,\"n\":2}\n{\"k\":2,\"n\":1}\n");
	TAIL_UNTIL(&other, other.window.end);
	ck_assert_str_eq(other.text, "{\"k\":1,\"n\":2}\n");
	/* One that is cut short has what all have told by then. */
	agent_fold(&s.b, 2, "{\"k\":3}\n{\"k\":3}\n",
		   begin + 4 * WINDOW_MS);
	TAIL_UNTIL(&other, other.books.source.folded == 5);
	tail_unsubscribe(&other);
	TAIL_UNTIL(&other, other.ended);
	ck_assert_int_eq(other.window.start, begin + 4 * WINDOW_MS);
	ck_assert_uint_eq(other.window.agents, 2);
	ck_assert_uint_eq(other.rows, 2);
	tail_close(&other);
	end(&s, 2, 3);
	scene_close(&s);
}
END_TEST

START_TEST(a_hopping_window_closes_with_the_pane_that_ends_it)
{
	struct scene s;
	int64_t half = WINDOW_MS / 2;

	setup(&s, "select count(*) as n window 10s every 5s grace 1h");
	agent_fold(&s.a, 1, "{}\n", begin);
	agent_fold(&s.b, 1, "{}\n{}\n", begin + half);
	agent_upto(&s.a, begin + WINDOW_MS);
	agent_upto(&s.b, begin + half);
	TAIL_UNTIL(&s.t, s.t.window.end == begin + half);
	ck_assert_str_eq(s.t.text, "{\"n\":1}\n");
	agent_upto(&s.b, begin + WINDOW_MS);
	TAIL_UNTIL(&s.t, s.t.window.end == begin + WINDOW_MS);
	ck_assert_str_eq(s.t.text, "{\"n\":1}\n{\"n\":3}\n");
	ck_assert_uint_eq(s.t.window.agents, 2);
	end(&s, 1, 2);
	ck_assert_str_eq(s.t.text, "{\"n\":1}\n{\"n\":3}\n{\"n\":2}\n");
	scene_close(&s);
}
END_TEST

START_TEST(the_grace_closes_a_window_that_an_agent_keeps_silent_about)
{
	struct scene s;
	int64_t at;

	setup(&s, "select count(*) as n window 1s grace 0s");
	at = clock_wall_ms() + 2000; /* we may be slow */
	agent_upto(&s.a, at + 1000); /* what it says first is no matter */
	agent_fold(&s.a, 1, "{}\n{}\n", at);
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_str_eq(s.t.text, "{\"n\":2}\n");
	ck_assert_int_eq(s.t.window.start, at / 1000 * 1000);
	ck_assert_uint_eq(s.t.window.agents, 1);
	ck_assert_uint_eq(s.t.window.live, 2);
	end(&s, 2, 0);
	scene_close(&s);
}
END_TEST

START_TEST(an_agent_that_leaves_or_refuses_holds_nobody_up)
{
	struct wire_goodbye bye = { .why = STR("closing") };
	struct books_agent sent = agent_sent(1);
	struct scene s;
	struct agent c;

	setup(&s, WINDOWED);
	agent_open(&c, &s.d, "c", NULL);
	agent_until_added(&c);
	agent_ack(&c, c.added, WIRE_REFUSED, NULL);
	agent_fold(&s.a, 1, "{\"k\":1}\n", begin);
	agent_upto(&s.a, begin + WINDOW_MS);
	TAIL_UNTIL(&s.t, s.t.books.refused == 1);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 1);
	ck_assert_uint_eq(s.t.rows, 0);
	wire_goodbye_encode(&bye, &s.b.peer.frame);
	peer_send(&s.b.peer);
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_uint_eq(s.t.window.agents, 1);
	ck_assert_uint_eq(s.t.window.live, 1);
	tail_unsubscribe(&s.t);
	agent_end(&s.a, &sent);
	TAIL_UNTIL(&s.t, s.t.ended);
	ck_assert(books_balance(&s.t.books));
	agent_close(&c);
	scene_close(&s);
}
END_TEST

START_TEST(an_agent_whose_link_broke_is_waited_for_when_it_is_back)
{
	struct books_agent sent = agent_sent(1);
	struct scene s;

	setup(&s, WINDOWED);
	agent_fold(&s.a, 1, "{\"k\":1}\n", begin);
	agent_upto(&s.a, begin + 1);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 1);
	agent_hello(&s.a, "a", NULL);
	TAIL_UNTIL(&s.t, s.t.books.live == 1);
	agent_upto(&s.b, begin + WINDOW_MS);
	agent_fold(&s.b, 1, "{\"k\":2}\n", begin);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 2);
	ck_assert_uint_eq(s.t.rows, 0);
	agent_ack(&s.a, s.a.added, WIRE_LIVE, &sent);
	TAIL_UNTIL(&s.t, s.t.books.live == 2);
	ck_assert_uint_eq(s.t.rows, 0);
	agent_upto(&s.a, begin + WINDOW_MS);
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_uint_eq(s.t.window.agents, 2);
	ck_assert_uint_eq(s.t.window.events, 2);
	end(&s, 1, 1);
	scene_close(&s);
}
END_TEST

/* It says so before it is live, which is also after a longer break. */
START_TEST(the_word_of_an_agent_counts_though_it_comes_before_it_is_live)
{
	struct scene s;
	struct agent c;

	setup(&s, WINDOWED);
	agent_upto(&s.a, begin + WINDOW_MS / 2);
	agent_upto(&s.b, begin + WINDOW_MS);
	agent_open(&c, &s.d, "c", NULL);
	agent_until_added(&c);
	agent_upto(&c, begin + 2 * WINDOW_MS);
	agent_ack(&c, c.added, WIRE_LIVE, NULL);
	TAIL_UNTIL(&s.t, s.t.books.live == 3);
	agent_fold(&s.a, 1, "{\"k\":1}\n", begin);
	agent_upto(&s.a, begin + WINDOW_MS);
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_uint_eq(s.t.window.agents, 3);
	agent_close(&c);
	tail_unsubscribe(&s.t);
	TAIL_UNTIL(&s.t, s.t.ended);
	scene_close(&s);
}
END_TEST

START_TEST(a_clock_that_is_out_of_its_mind_is_not_believed)
{
	struct scene s;

	setup(&s, WINDOWED);
	agent_fold(&s.a, 1, "{\"k\":1}\n", begin);
	agent_upto(&s.b, begin + WINDOW_MS);
	agent_upto(&s.a, INT64_MAX);
	peer_expect(&s.a.peer, WIRE_ERROR);
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 1);
	ck_assert_uint_eq(s.t.rows, 0);
	agent_upto(&s.a, begin + WINDOW_MS);
	agent_upto(&s.a, 1); /* it does not go back */
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_uint_eq(s.t.rows, 1);
	end(&s, 1, 0);
	scene_close(&s);
}
END_TEST

TEST_MAIN(sj_partials,
	  groups_of_two_agents_are_one_for_each_of_two_subscribers,
	  rows_and_partials_of_one_run_are_counted_in_one_line,
	  a_query_of_rows_asks_for_no_fold,
	  a_partial_that_is_lost_leaves_a_hole_of_its_events,
	  a_partial_that_comes_twice_is_taken_once,
	  a_partial_that_is_not_what_it_says_is_lost_and_complained_of,
	  one_that_is_wrong_does_not_spoil_the_others_of_its_message,
	  partials_use_and_renew_the_credit_of_rows,
	  a_window_closes_as_soon_as_all_agents_have_told_it,
	  a_leap_closes_all_windows_that_are_behind_it_for_everybody,
	  a_hopping_window_closes_with_the_pane_that_ends_it,
	  the_grace_closes_a_window_that_an_agent_keeps_silent_about,
	  an_agent_that_leaves_or_refuses_holds_nobody_up,
	  an_agent_whose_link_broke_is_waited_for_when_it_is_back,
	  the_word_of_an_agent_counts_though_it_comes_before_it_is_live,
	  a_clock_that_is_out_of_its_mind_is_not_believed)
