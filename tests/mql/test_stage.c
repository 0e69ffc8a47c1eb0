/* Groups, rows and bounds; windows of time are in test_stage_time.c. */
#include "tests/check_main.h"
#include "tests/mql/stage_run.h"

/* All of it at once; events are separated by spaces. */
static char *
answer(const char *query, const char *events)
{
	struct run r;
	char *copy = strdup(events), *save, *one;

	begin(&r, query, 0);
	for (one = strtok_r(copy, " ", &save); one;
	     one = strtok_r(NULL, " ", &save))
		put(&r, one, 1000);
	stage_end(r.stage);
	free(copy);
	copy = strdup(text(&r));
	end(&r);
	return copy;
}

static void
check(const char *query, const char *events, const char *want)
{
	char *got = answer(query, events);

	ck_assert_msg(!strcmp(got, want), "%s: got\n%swanted\n%s", query, got,
		      want);
	free(got);
}

/* --- groups ------------------------------------------------------------------- */

static const char few[] =
	"{\"a\":1,\"b\":\"x\"} {\"a\":2,\"b\":\"y\"} {\"a\":3,\"b\":\"x\"} "
	"{\"b\":\"x\"} {\"a\":1.0}";

START_TEST(groups_come_at_the_end_in_the_order_of_their_values)
{
	check("select b, count(*), sum(a) as s group by b", few,
	      "{\"count(*)\":1,\"s\":1}\n"
	      "{\"b\":\"x\",\"count(*)\":3,\"s\":4}\n"
	      "{\"b\":\"y\",\"count(*)\":1,\"s\":2}\n");
	check("select a, count(*) group by a", few,
	      "{\"count(*)\":1}\n{\"a\":1,\"count(*)\":2}\n"
	      "{\"a\":2,\"count(*)\":1}\n{\"a\":3,\"count(*)\":1}\n");
	check("select count(*) as n, b where a > 0 group by b having n > 1",
	      few, "{\"n\":2,\"b\":\"x\"}\n");
	check("select b, sum(a) / count(a) as avg group by b order by avg desc",
	      few, "{\"b\":\"x\",\"avg\":2}\n{\"b\":\"y\",\"avg\":2}\n"
	      "{\"avg\":1}\n");
	check("select b group by b order by count(*) desc limit 1", few,
	      "{\"b\":\"x\"}\n");
	check("select a, b group by b", few,
	      "{\"a\":1}\n{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
	check("select distinct count(*) as n group by b", few,
	      "{\"n\":1}\n{\"n\":3}\n");
	check("select * group by b", few,
	      "{\"a\":1.0}\n{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n");
}
END_TEST

START_TEST(groups_take_values_of_all_types_apart)
{
	check("select v, count(*) as n group by v",
	      "{\"v\":1} {\"v\":1.0} {\"v\":\"1\"} {\"v\":true} {\"v\":null} "
	      "{} {\"v\":[1,{\"b\":2,\"a\":1}]} "
	      "{\"v\":[1.0,{\"a\":1,\"b\":2}]} {\"v\":\"\\u00e9\"} "
	      "{\"v\":\"é\"} {\"v\":9007199254740993} "
	      "{\"v\":9007199254740992} {\"v\":18446744073709551615}",
	      "{\"n\":2}\n{\"v\":true,\"n\":1}\n{\"v\":1,\"n\":2}\n"
	      "{\"v\":9007199254740992,\"n\":1}\n"
	      "{\"v\":9007199254740993,\"n\":1}\n"
	      "{\"v\":18446744073709551615,\"n\":1}\n{\"v\":\"1\",\"n\":1}\n"
	      "{\"v\":\"é\",\"n\":2}\n"
	      "{\"v\":[1,{\"a\":1,\"b\":2}],\"n\":2}\n");
}
END_TEST

START_TEST(aggregates_of_nothing_have_one_row)
{
	check("select count(*), count(a), max(a) where a > 9", few,
	      "{\"count(*)\":0,\"count(a)\":0}\n");
	check("select b, count(*) where a > 9 group by b", few, "");
	check("select count(*) having count(*) > 0 where a > 9", few, "");
}
END_TEST

START_TEST(totals_tell_what_changed_since_the_last_tick)
{
	struct run r;

	begin(&r, "select b, count(*) as n group by b", 0);
	stage_tick(r.stage, 0);
	ck_assert_str_eq(text(&r), "");
	put(&r, "{\"b\":1}", 1);
	put(&r, "{\"b\":2}", 1);
	stage_tick(r.stage, 1000);
	ck_assert_str_eq(text(&r), "{\"b\":1,\"n\":1}\n{\"b\":2,\"n\":1}\n");
	put(&r, "{\"b\":2}", 1001);
	stage_tick(r.stage, 2000);
	ck_assert_str_eq(text(&r), "{\"b\":2,\"n\":2}\n");
	stage_tick(r.stage, 3000);
	ck_assert_str_eq(text(&r), "");
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "{\"b\":1,\"n\":1}\n{\"b\":2,\"n\":2}\n");
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "");
	ck_assert(stage_done(r.stage));
	end(&r);

	/* A ranking is told as a whole. */
	begin(&r, "select b, count(*) as n group by b order by n desc limit 2",
	      0);
	put(&r, "{\"b\":1}", 1);
	put(&r, "{\"b\":2}", 1);
	put(&r, "{\"b\":2}", 1);
	stage_tick(r.stage, 1000);
	text(&r);
	put(&r, "{\"b\":3}", 1);
	stage_tick(r.stage, 2000);
	ck_assert_str_eq(text(&r), "{\"b\":2,\"n\":2}\n{\"b\":1,\"n\":1}\n");
	end(&r);

	/* So are groups that `having` may drop: who is not named is gone. */
	begin(&r, "select b, count(*) as n group by b having n < 2", 0);
	put(&r, "{\"b\":1}", 1);
	put(&r, "{\"b\":2}", 1);
	put(&r, "{\"b\":3}", 1);
	stage_tick(r.stage, 1000);
	text(&r);
	put(&r, "{\"b\":2}", 1001);
	stage_tick(r.stage, 2000);
	ck_assert_str_eq(text(&r), "{\"b\":1,\"n\":1}\n{\"b\":3,\"n\":1}\n");
	end(&r);
}
END_TEST

/* --- rows --------------------------------------------------------------------- */

START_TEST(order_takes_nulls_and_all_types_together)
{
	static const char mixed[] = "{\"a\":\"x\"} {\"a\":2} {\"b\":1} "
				    "{\"a\":10} {\"a\":true} {\"a\":1.5} "
				    "{\"a\":\"X\"} {\"a\":[]}";

	check("select a order by a", mixed,
	      "{}\n{\"a\":true}\n{\"a\":1.5}\n{\"a\":2}\n{\"a\":10}\n"
	      "{\"a\":\"X\"}\n{\"a\":\"x\"}\n{\"a\":[]}\n");
	check("select a order by a desc limit 3", mixed,
	      "{\"a\":[]}\n{\"a\":\"x\"}\n{\"a\":\"X\"}\n");
	check("select * order by a % 2, a desc where typeof(a) == 'integer'",
	      "{\"a\":1} {\"a\":2} {\"a\":3} {\"a\":4}",
	      "{\"a\":4}\n{\"a\":2}\n{\"a\":3}\n{\"a\":1}\n");
}
END_TEST

START_TEST(count_windows_give_rows_and_groups)
{
	check("select a, b window |2|", few,
	      "{\"a\":1,\"b\":\"x\"}\n{\"a\":2,\"b\":\"y\"}\n"
	      "{\"a\":3,\"b\":\"x\"}\n{\"b\":\"x\"}\n{\"a\":1.0}\n");
	check("select * window |3| order by a desc limit 1", few,
	      "{\"a\":3,\"b\":\"x\"}\n{\"a\":1.0}\n");
	check("select b, count(*) as n window |3| group by b", few,
	      "{\"b\":\"x\",\"n\":2}\n{\"b\":\"y\",\"n\":1}\n"
	      "{\"n\":1}\n{\"b\":\"x\",\"n\":1}\n");
}
END_TEST

START_TEST(distinct_rows_come_once)
{
	struct run r;

	check("select distinct b", few,
	      "{\"b\":\"x\"}\n{\"b\":\"y\"}\n{}\n");
	check("select distinct a", few,
	      "{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{}\n");
	check("select distinct b order by b desc limit 1", few,
	      "{\"b\":\"y\"}\n");
	check("select distinct b window |2|", few,
	      "{\"b\":\"x\"}\n{\"b\":\"y\"}\n{\"b\":\"x\"}\n{}\n");
	check("select distinct * ",
	      "{\"a\":1,\"b\":2} {\"b\":2.0,\"a\":1} {\"a\":2}",
	      "{\"a\":1,\"b\":2}\n{\"a\":2}\n");

	/* At once, up to the limit. */
	begin(&r, "select distinct b limit 2", 0);
	put(&r, "{\"b\":1}", 0);
	ck_assert_str_eq(text(&r), "{\"b\":1}\n");
	put(&r, "{\"b\":1}", 0);
	ck_assert(!stage_done(r.stage));
	put(&r, "{\"b\":2}", 0);
	ck_assert(stage_done(r.stage));
	put(&r, "{\"b\":3}", 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "{\"b\":2}\n");
	end(&r);
}
END_TEST

START_TEST(rows_with_fields_by_prefix_are_made_of_whole_events)
{
	static const char query[] = "select e[^'a'], b.c where w order by b.c";
	static const char *const event[] = {
		"{\"w\":true,\"a\":2,\"b\":{\"c\":2},\"b.d\":0}",
		"{\"w\":true,\"b.c\":1,\"a.b\":1,\"@ts\":5,\"a\":null}",
		"{\"w\":true,\"b\":{\"c\":3}}",
	};
	static const char want[] = "{\"a.b\":1,\"b.c\":1}\n"
				   "{\"a\":2,\"b.c\":2}\n{\"b.c\":3}\n";
	struct run r;

	begin(&r, query, 0);
	for (size_t i = 0; i < sizeof event / sizeof *event; i++)
		put(&r, event[i], 1000);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), want);
	end(&r);
	begin(&r, query, 0); /* as agents send them */
	for (size_t i = 0; i < sizeof event / sizeof *event; i++)
		ck_assert_int_eq(stage_row(r.stage, str_of(event[i]), 1000), 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), want);
	end(&r);
	check("select distinct e[^'a']", "{\"a\":1,\"b\":1} {\"a\":1,\"b\":2} "
	      "{\"ab\":1} {\"ab\":1.0,\"c\":1} {\"b\":1} {}",
	      "{\"a\":1}\n{\"ab\":1}\n{}\n");
}
END_TEST

START_TEST(a_row_that_stands_for_many_counts_as_many)
{
	struct run r;

	begin(&r, "select * group by a having count(*) > 5", 0);
	ck_assert_int_eq(stage_row_of(r.stage, STR("{\"a\":1}"), 3, 1000), 0);
	ck_assert_int_eq(stage_row_of(r.stage, STR("{\"a\":2}"), 2, 1000), 0);
	ck_assert_int_eq(stage_row(r.stage, STR("{\"a\":2}"), 1000), 0);
	ck_assert_int_eq(stage_row(r.stage, STR("{\"a\":3}"), 1000), 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "{\"a\":1}\n");
	end(&r);
}
END_TEST

START_TEST(a_window_by_count_counts_rows_each_for_itself)
{
	struct run r;

	begin(&r, "select sum(a) as s window |2|", 0);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_int_eq(stage_row_of(r.stage,
				 STR("{\"a\":1,\"@ts\":5}"), 3, 1000), 0);
	ck_assert_str_eq(text(&r), "{\"s\":2}\n");
	end(&r);
}
END_TEST

struct shelf {
	unsigned room, asked, rows;
};

static bool
has_room(void *arg)
{
	struct shelf *s = arg;

	return s->asked++ < s->room;
}

static bool
put_on(void *arg, struct str row, int64_t window)
{
	struct shelf *s = arg;

	(void)row;
	(void)window;
	s->rows++;
	return true;
}

START_TEST(rows_of_groups_without_room_are_not_made)
{
	struct shelf shelf = { .room = 2 };
	const struct stage_options opt = { .row = put_on, .room = has_room,
					   .arg = &shelf };
	struct mql_query *q;
	struct stage *s;
	char row[32];

	ck_assert_int_eq(mql_query_compile("select a group by a limit 7", &q,
					   NULL), 0);
	ck_assert_int_eq(stage_new(q, &opt, &s), 0);
	for (int i = 0; i < 10; i++) {
		snprintf(row, sizeof row, "{\"a\":%d}", i);
		ck_assert_int_eq(stage_row(s, str_of(row), 1000), 0);
	}
	stage_end(s);
	ck_assert_uint_eq(shelf.rows, 2);
	ck_assert_uint_eq(shelf.asked, 7); /* the limit is of all */
	stage_free(s);
	mql_query_free(q);
}
END_TEST

/* Whatever an agent makes of an event, a stage makes the same row of it. */
START_TEST(paths_of_one_dotted_form_do_not_share_a_column)
{
	static const char query[] =
		"select a.b as x, e['a.b'] as y, a['b'] as z, e['@ts'] as t, "
		"e['l[0]'] as i, l[0] as j order by k";
	static const char event[] =
		"{\"a.b\":1,\"a\":{\"b\":2},\"@ts\":\"own\",\"l[0]\":3,"
		"\"l\":[4],\"k\":5}";
	static const char want[] = "{\"x\":1,\"y\":1,\"z\":2,\"t\":\"own\","
				   "\"i\":3,\"j\":4}\n";
	struct mql_query *q = ask_compile(query);
	char *row = ask(query_agent_text(q).ptr, event);
	struct run r;

	check(query, event, want);
	begin(&r, query, 0);
	ck_assert_int_eq(stage_row(r.stage, str_of(row), 1000), 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), want);
	end(&r);
	free(row);
	mql_query_free(q);
}
END_TEST

START_TEST(stage_stops_when_its_rows_are_not_wanted)
{
	struct run r;

	begin(&r, "select b, count(*) group by b", 0);
	r.wanted = 1;
	put(&r, "{\"b\":1}", 0);
	put(&r, "{\"b\":2}", 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "{\"b\":1,\"count(*)\":1}\n");
	ck_assert(stage_done(r.stage));
	end(&r);
	check("select b order by b limit 0", few, "");
}
END_TEST

/* --- bounds ------------------------------------------------------------------- */

START_TEST(a_million_groups_stay_within_the_memory)
{
	struct run r;
	char json[64];

	begin(&r, "select k, count(*), p99(k), count(distinct k) group by k",
	      1 << 22);
	for (int i = 0; i < 1000000; i++) {
		snprintf(json, sizeof json, "{\"k\":%d}", i);
		put(&r, json, i);
	}
	struct stage_stats st = stats(&r);
	ck_assert_uint_eq(st.events, 1000000);
	ck_assert_uint_eq(st.groups + st.overflow, 1000000);
	ck_assert_uint_gt(st.groups, 1000);
	ck_assert_uint_le(st.bytes, 1 << 22);
	end(&r);
}
END_TEST

START_TEST(held_rows_and_panes_stay_within_the_memory)
{
	static const char *const query[] = {
		"select * order by k", "select distinct k",
		"select k window 1s on k grace 1000h",
		"select count(*) window 10ms on k grace 1000h",
	};
	char json[64];

	for (size_t i = 0; i < sizeof query / sizeof *query; i++) {
		struct run r;

		begin(&r, query[i], 1 << 20);
		for (int k = 0; k < 100000; k++) {
			snprintf(json, sizeof json, "{\"k\":%d}", k);
			put(&r, json, k);
			ck_assert_uint_le(stats(&r).bytes, 1 << 20);
		}
		ck_assert_uint_gt(stats(&r).overflow, 0);
		end(&r);
	}
}
END_TEST

START_TEST(a_limit_needs_the_room_of_its_rows_only)
{
	struct run r;
	char json[64];

	begin(&r, "select k order by k desc limit 3", 1 << 16);
	for (int k = 0; k < 100000; k++) {
		snprintf(json, sizeof json, "{\"k\":%d}", k);
		put(&r, json, k);
	}
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "{\"k\":99999}\n{\"k\":99998}\n"
				   "{\"k\":99997}\n");
	ck_assert_uint_eq(stats(&r).overflow, 0);
	end(&r);
}
END_TEST

TEST_MAIN(stage, rows_of_groups_without_room_are_not_made,
	  a_row_that_stands_for_many_counts_as_many,
	  a_window_by_count_counts_rows_each_for_itself,
	  paths_of_one_dotted_form_do_not_share_a_column,
	  rows_with_fields_by_prefix_are_made_of_whole_events,
	  groups_come_at_the_end_in_the_order_of_their_values,
	  groups_take_values_of_all_types_apart,
	  aggregates_of_nothing_have_one_row,
	  totals_tell_what_changed_since_the_last_tick,
	  order_takes_nulls_and_all_types_together,
	  count_windows_give_rows_and_groups, distinct_rows_come_once,
	  stage_stops_when_its_rows_are_not_wanted,
	  a_million_groups_stay_within_the_memory,
	  held_rows_and_panes_stay_within_the_memory,
	  a_limit_needs_the_room_of_its_rows_only)
