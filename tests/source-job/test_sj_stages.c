/* Groups, windows, order: what the source-job makes of the agents' rows. The
 * agents send what query_agent_text() says: the fields that the rest reads,
 * and @ts. Event times are given by `on`, so that no clock has a say. */
#include "tests/check_main.h"

#include <signal.h>
#include <stdio.h>

#include "common/clock.h"
#include "tests/source-job/scene.h"

START_TEST(groups_of_two_agents_are_one_and_come_at_the_end)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select k, count(*) as n, sum(v) as v group by k");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":\"x\",\"v\":1,\"@ts\":1}\n"
					"{\"k\":\"y\",\"v\":5,\"@ts\":2}\n");
	agent_lines(&s.b, s.b.added, 1, "{\"k\":\"x\",\"v\":3,\"@ts\":1}\n");
	tail_unsubscribe(&s.t);
	scene_end(&s, 2, 1);
	ck_assert_str_eq(s.t.text, "{\"k\":\"x\",\"n\":2,\"v\":4}\n"
				   "{\"k\":\"y\",\"n\":1,\"v\":5}\n");
	ck_assert_uint_eq(s.t.books.source.folded, 3);
	ck_assert_uint_eq(s.t.books.source.results, 2);
	ck_assert_uint_eq(s.t.books.source.delivered, 2);
	scene_close(&s);
}
END_TEST

START_TEST(a_running_total_tells_what_has_changed_and_everything_at_the_end)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select k, count(*) as n group by k");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1}\n{\"k\":2}\n");
	TAIL_UNTIL(&s.t, s.t.rows == 2);
	agent_lines(&s.b, s.b.added, 1, "{\"k\":2}\n");
	TAIL_UNTIL(&s.t, s.t.rows == 3);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"k\":2,\"n\":2}\n"));
	TAIL_UNTIL(&s.t, s.t.window.events == 3);
	s.t.text[0] = '\0';
	tail_unsubscribe(&s.t);
	scene_end(&s, 2, 1);
	ck_assert_str_eq(s.t.text, "{\"k\":1,\"n\":1}\n{\"k\":2,\"n\":2}\n");
	scene_close(&s);
}
END_TEST

START_TEST(having_and_order_hold_for_merged_groups)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select k, count(*) as n group by k having n > 1 "
		  "order by n desc, k limit 2");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1}\n{\"k\":2}\n{\"k\":3}\n"
					"{\"k\":4}\n{\"k\":5}\n");
	agent_lines(&s.b, s.b.added, 1, "{\"k\":2}\n{\"k\":4}\n{\"k\":4}\n"
					"{\"k\":5}\n");
	tail_unsubscribe(&s.t);
	scene_end(&s, 5, 4);
	ck_assert_str_eq(s.t.text, "{\"k\":4,\"n\":3}\n{\"k\":2,\"n\":2}\n");
	scene_close(&s);
}
END_TEST

START_TEST(a_total_that_is_of_no_group_any_more_is_told)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select k, count(*) as n group by k having n < 2");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1}\n");
	TAIL_UNTIL(&s.t, s.t.window.events == 1);
	ck_assert_str_eq(s.t.text, "{\"k\":1,\"n\":1}\n");
	agent_lines(&s.b, s.b.added, 1, "{\"k\":1}\n");
	TAIL_UNTIL(&s.t, s.t.window.events == 2);
	ck_assert_uint_eq(s.t.rows, 1);
	tail_unsubscribe(&s.t);
	scene_end(&s, 1, 1);
	scene_close(&s);
}
END_TEST

START_TEST(a_window_is_told_when_it_closes_and_what_is_late_is_counted)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select k, count(*) as n group by k order by n desc "
		  "limit 1 window 10s on t grace 1s");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1,\"t\":100}\n"
					"{\"k\":2,\"t\":109}\n");
	agent_lines(&s.b, s.b.added, 1, "{\"k\":2,\"t\":101}\n");
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 3);
	ck_assert_uint_eq(s.t.rows, 0);
	agent_lines(&s.a, s.a.added, 3, "{\"k\":3,\"t\":112}\n");
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_str_eq(s.t.text, "{\"k\":2,\"n\":2}\n");
	ck_assert_int_eq(s.t.window.start, 100000);
	ck_assert_int_eq(s.t.window.end, 110000);
	ck_assert_uint_eq(s.t.window.agents, 2);
	ck_assert_uint_eq(s.t.window.events, 3);
	agent_lines(&s.b, s.b.added, 2, "{\"k\":2,\"t\":105}\n{\"k\":4}\n");
	TAIL_UNTIL(&s.t, s.t.books.source.untimed == 1);
	ck_assert_uint_eq(s.t.books.source.late, 1);
	ck_assert(books_balance(&s.t.books));
	tail_unsubscribe(&s.t);
	scene_end(&s, 3, 3);
	ck_assert_str_eq(s.t.text, "{\"k\":2,\"n\":2}\n{\"k\":3,\"n\":1}\n");
	scene_close(&s);
}
END_TEST

START_TEST(a_window_of_the_clock_closes_though_no_row_comes)
{
	struct scene s;
	char row[64];

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select count(*) as n window 100ms grace 0s");
	snprintf(row, sizeof row, "{\"@ts\":%lld}\n",
		 (long long)clock_wall_ms());
	agent_lines(&s.a, s.a.added, 1, row);
	TAIL_UNTIL(&s.t, s.t.books.source.folded || s.t.books.source.late);
	TAIL_UNTIL(&s.t, s.t.books.source.late || s.t.rows == 1);
	tail_unsubscribe(&s.t);
	scene_end(&s, 1, 0);
	scene_close(&s);
}
END_TEST

START_TEST(a_late_joiner_begins_with_windows_of_its_own)
{
	struct tail late;
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select count(*) as n");
	agent_lines(&s.a, s.a.added, 1, "{\"@ts\":1}\n{\"@ts\":1}\n");
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 2);
	tail_open(&late, &s.d);
	tail_subscribe(&late, "select count(*) as n");
	ck_assert_uint_eq(late.query_id, s.t.query_id);
	agent_lines(&s.a, s.a.added, 3, "{\"@ts\":1}\n");
	TAIL_UNTIL(&late, late.books.source.folded == 1);
	tail_unsubscribe(&late);
	TAIL_UNTIL(&late, late.ended);
	ck_assert_ptr_nonnull(strstr(late.text, "{\"n\":1}\n"));
	ck_assert(books_balance(&late.books));
	ck_assert_uint_eq(late.before.sent, 2);
	tail_close(&late);
	tail_unsubscribe(&s.t);
	scene_end(&s, 3, 0);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"n\":3}\n"));
	scene_close(&s);
}
END_TEST

START_TEST(distinct_rows_go_at_once_and_end_with_their_limit)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select distinct k limit 2");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1}\n{\"k\":1}\n");
	TAIL_UNTIL(&s.t, s.t.rows == 1);
	agent_lines(&s.b, s.b.added, 1, "{\"k\":1}\n{\"k\":2}\n{\"k\":3}\n");
	scene_end(&s, 2, 3);
	ck_assert_str_eq(s.t.why, "limit");
	ck_assert_str_eq(s.t.text, "{\"k\":1}\n{\"k\":2}\n");
	ck_assert_uint_eq(s.t.books.source.drop_limit, 1);
	scene_close(&s);
}
END_TEST

START_TEST(groups_beyond_the_memory_are_counted)
{
	enum { N = 3000 };
	struct buf text = BUF_INIT;
	struct scene s;

	daemon_start(&s.d, "--stage-memory=64K", NULL);
	scene_ask(&s, "select k, count(*) group by k");
	for (int i = 0; i < N; i++)
		buf_printf(&text, "{\"k\":%d}\n", i);
	buf_put_u8(&text, '\0');
	agent_lines(&s.a, s.a.added, 1, (const char *)text.data);
	TAIL_UNTIL(&s.t, s.t.books.source.overflow);
	TAIL_UNTIL(&s.t, s.t.books.source.overflow +
			 s.t.books.source.folded == N);
	tail_unsubscribe(&s.t);
	scene_end(&s, N, 0);
	buf_fini(&text);
	scene_close(&s);
}
END_TEST

/* Small groups may have long rows: a kilobyte of name each. */
START_TEST(rows_of_groups_beyond_the_memory_are_counted_too)
{
	enum { N = 200 };
	struct buf text = BUF_INIT;
	char query[1100];
	struct scene s;

	daemon_start(&s.d, "--stage-memory=64K", NULL);
	snprintf(query, sizeof query,
		 "select k, count(*) as '%01000d' group by k", 0);
	scene_ask(&s, query);
	for (int i = 0; i < N; i++)
		buf_printf(&text, "{\"k\":%d}\n", i);
	buf_put_u8(&text, '\0');
	agent_lines(&s.a, s.a.added, 1, (const char *)text.data);
	TAIL_UNTIL(&s.t, s.t.books.source.drop_slow);
	ck_assert_uint_eq(s.t.books.source.folded, N);
	ck_assert_uint_eq(s.t.books.source.overflow, 0);
	tail_unsubscribe(&s.t);
	scene_end(&s, N, 0);
	ck_assert_uint_gt(s.t.books.source.results,
			  s.t.books.source.drop_slow);
	buf_fini(&text);
	scene_close(&s);
}
END_TEST

START_TEST(a_row_that_is_no_json_is_lost_to_a_stage)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select k, count(*) as n group by k");
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1}\n{\"k\":}\n");
	tail_unsubscribe(&s.t);
	scene_end(&s, 2, 0);
	ck_assert_str_eq(s.t.text, "{\"k\":1,\"n\":1}\n");
	ck_assert_uint_eq(s.t.books.source.lost, 1);
	scene_close(&s);
}
END_TEST

START_TEST(a_drain_gives_the_totals_first)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	scene_ask(&s, "select sum(v) as v");
	agent_lines(&s.a, s.a.added, 1, "{\"v\":40}\n");
	agent_lines(&s.b, s.b.added, 1, "{\"v\":2}\n");
	TAIL_UNTIL(&s.t, s.t.books.source.folded == 2);
	daemon_signal(&s.d, SIGTERM);
	scene_end(&s, 1, 1);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"v\":42}\n"));
	ck_assert_int_eq(daemon_wait(&s.d), 0);
	agent_close(&s.a);
	agent_close(&s.b);
	tail_close(&s.t);
}
END_TEST

START_TEST(at_asks_the_agents_that_it_names_and_no_others)
{
	struct tail everywhere;
	struct scene s;

	daemon_start(&s.d, NULL);
	agent_open(&s.a, &s.d, "a", NULL);
	tail_open(&s.t, &s.d);
	tail_subscribe(&s.t, "select * at host == 'there'");
	TAIL_UNTIL(&s.t, s.t.metas);
	ck_assert_uint_eq(s.t.books.targeted, 0);
	/* The next one reaches the agent, and is the first that does. */
	tail_open(&everywhere, &s.d);
	tail_subscribe(&everywhere, "select * at host == 'here'");
	agent_go_live(&s.a);
	ck_assert_uint_eq(s.a.added, everywhere.query_id);
	TAIL_UNTIL(&everywhere, everywhere.books.live == 1);
	/* An agent that comes later gets what is for it. */
	agent_open(&s.b, &s.d, "b", NULL);
	ck_assert_uint_eq(s.b.added, everywhere.query_id);
	tail_close(&everywhere);
	scene_close(&s);
}
END_TEST

TEST_MAIN(sj_stages, groups_of_two_agents_are_one_and_come_at_the_end,
	  a_running_total_tells_what_has_changed_and_everything_at_the_end,
	  having_and_order_hold_for_merged_groups,
	  a_total_that_is_of_no_group_any_more_is_told,
	  a_window_is_told_when_it_closes_and_what_is_late_is_counted,
	  a_window_of_the_clock_closes_though_no_row_comes,
	  a_late_joiner_begins_with_windows_of_its_own,
	  distinct_rows_go_at_once_and_end_with_their_limit,
	  groups_beyond_the_memory_are_counted,
	  rows_of_groups_beyond_the_memory_are_counted_too,
	  a_row_that_is_no_json_is_lost_to_a_stage,
	  a_drain_gives_the_totals_first,
	  at_asks_the_agents_that_it_names_and_no_others)
