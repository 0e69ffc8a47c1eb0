/* Windows of time, and events that come by way of an agent. */
#include "tests/check_main.h"
#include "tests/mql/stage_run.h"

/* --- time --------------------------------------------------------------------- */

START_TEST(windows_of_the_clock_close_with_it)
{
	struct run r;

	begin(&r, "select count(*) as n window 10s grace 2s", 0);
	put(&r, "{}", 1000);
	put(&r, "{}", 9999);
	put(&r, "{}", 10000);
	stage_tick(r.stage, 11999);
	ck_assert_str_eq(text(&r), "");
	stage_tick(r.stage, 12000);
	ck_assert_str_eq(text(&r), "0 {\"n\":2}\n");
	ck_assert_uint_eq(r.closed, 1);
	ck_assert_uint_eq(r.in_closed, 2);
	stage_tick(r.stage, 60000);
	ck_assert_str_eq(text(&r), "10000 {\"n\":1}\n");
	put(&r, "{}", 61000);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "60000 {\"n\":1}\n");
	ck_assert_uint_eq(stats(&r).late, 0);
	end(&r);
}
END_TEST

START_TEST(windows_count_what_is_late_or_has_no_time)
{
	struct run r;

	begin(&r, "select count(*) as n window 10s on t grace 5s", 0);
	put(&r, "{\"t\":100}", 0);
	put(&r, "{\"t\":96}", 0); /* within the grace */
	put(&r, "{\"t\":115}", 0);
	ck_assert_str_eq(text(&r), "90000 {\"n\":1}\n100000 {\"n\":1}\n");
	put(&r, "{\"t\":104}", 0);
	put(&r, "{\"t\":\"1970-01-01T00:01:51Z\"}", 0);
	put(&r, "{\"t\":\"soon\"}", 0);
	put(&r, "{}", 0);
	put(&r, "{\"t\":1e30}", 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "110000 {\"n\":2}\n");
	ck_assert_uint_eq(stats(&r).late, 1);
	ck_assert_uint_eq(stats(&r).untimed, 3);
	ck_assert_uint_eq(stats(&r).events, 8);
	ck_assert_uint_eq(stats(&r).bytes, 0);
	end(&r);
}
END_TEST

START_TEST(windows_wait_for_the_source_that_is_furthest_behind)
{
	struct stage_source one = { .holds = true }, two = { .holds = true };
	struct run r;

	begin(&r, "select count(*) as n window 10s on t grace 0s", 0);
	stage_source_add(r.stage, &one);
	stage_source_add(r.stage, &two);
	stage_source_next(r.stage, &one);
	put(&r, "{\"t\":100}", 0);
	put(&r, "{\"t\":500}", 0);
	ck_assert_str_eq(text(&r), ""); /* nobody knows what two has */
	stage_source_next(r.stage, &two);
	put(&r, "{\"t\":101}", 0);
	put(&r, "{\"t\":200}", 0);
	ck_assert_str_eq(text(&r), "100000 {\"n\":2}\n");
	put(&r, "{\"t\":300}", 0);
	ck_assert_str_eq(text(&r), "200000 {\"n\":1}\n");
	stage_source_release(r.stage, &two);
	ck_assert_str_eq(text(&r), "300000 {\"n\":1}\n");
	/* It is of now: one that is of long ago holds all the same. */
	put(&r, "{\"t\":900}", 0);
	ck_assert_str_eq(text(&r), "");
	stage_source_release(r.stage, &one);
	ck_assert_str_eq(text(&r), "500000 {\"n\":1}\n");
	stage_source_next(r.stage, &one);
	put(&r, "{\"t\":1000}", 0);
	ck_assert_str_eq(text(&r), "900000 {\"n\":1}\n");
	stage_source_drop(r.stage, &one);
	put(&r, "{\"t\":2000}", 0);
	ck_assert_str_eq(text(&r), "1000000 {\"n\":1}\n");
	ck_assert_uint_eq(stats(&r).late, 0);
	end(&r);
}
END_TEST

enum { EVENTS = 400 };

struct timed {
	int64_t t, at;
	int     x;
};

static int
by_arrival(const void *a, const void *b)
{
	const struct timed *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

/* Events of two minutes, each at most grace late; the same ones for a seed,
 * the order of arrival by jitter. */
static void
draw(struct timed *ev, uint64_t seed, uint64_t jitter, int64_t grace)
{
	uint64_t s = seed, j = jitter;

	for (int i = 0; i < EVENTS; i++) {
		s = s * 6364136223846793005 + 1442695040888963407;
		j = j * 6364136223846793005 + 1442695040888963407;
		ev[i].t = 1700000000000 + (int64_t)(s >> 33) % 120000 / 7 * 7 +
			  i % 7; /* no two are of one time, mostly */
		ev[i].at = ev[i].t + (int64_t)(j >> 33) % (grace + 1);
		ev[i].x = (int)(s >> 40) % 100;
	}
	qsort(ev, EVENTS, sizeof *ev, by_arrival);
}

/* The answer to query over those of ev in [beg, end). */
static char *
timed(const char *query, const struct timed *ev, int64_t beg, int64_t stop)
{
	struct run r;
	char json[128];

	begin(&r, query, 0);
	for (int i = 0; i < EVENTS; i++) {
		if (ev[i].t < beg || ev[i].t >= stop)
			continue;
		snprintf(json, sizeof json, "{\"t\":%lld,\"x\":%d,\"k\":%d}",
			 (long long)ev[i].t, ev[i].x, ev[i].x % 3);
		put(&r, json, 0);
	}
	stage_end(r.stage);
	ck_assert_uint_eq(stats(&r).late, 0);
	char *copy = strdup(text(&r));
	end(&r);
	return copy;
}

START_TEST(event_time_does_not_depend_on_arrival_within_the_grace)
{
	static const char *const query[] = {
		"select count(*), sum(x), first(x), last(x) window 10s on t "
		"grace 5s",
		"select k, count(*) as n, max(x), count(distinct x) window 20s "
		"every 5s on t grace 5s group by k order by n desc",
		"select x, k window 10s on t grace 5s",
		"select x, k window 10s on t grace 5s order by x limit 3",
		"select distinct k, x window 7s every 3s on t grace 5s",
	};
	struct timed ev[EVENTS];

	for (size_t i = 0; i < sizeof query / sizeof *query; i++) {
		draw(ev, 5, 0, 0);
		char *want = timed(query[i], ev, INT64_MIN, INT64_MAX);
		for (uint64_t jitter = 1; jitter < 20; jitter++) {
			draw(ev, 5, jitter, 5000);
			char *got = timed(query[i], ev, INT64_MIN, INT64_MAX);
			ck_assert_msg(!strcmp(got, want), "%s", query[i]);
			free(got);
		}
		ck_assert_uint_gt(strlen(want), 100);
		free(want);
	}
}
END_TEST

START_TEST(hopping_windows_are_what_each_gives_by_itself)
{
	static const struct {
		const char *clause;
		int64_t     size, every;
	} hop[] = {
		{ "60s every 20s", 60000, 20000 }, { "60s", 60000, 60000 },
		{ "10s every 3s", 10000, 3000 }, { "7s every 7s", 7000, 7000 },
		{ "60 10", 60000, 10000 }, { "1s every 250ms", 1000, 250 },
	};
	static const char *const what[] = {
		"select k, count(*), sum(x), min(x), max(x), p50(x), "
		"stddev(x) > 1 as wide, count(distinct x) "
		"group by k",
		"select count(*) as n, average(x)",
		"select x, t order by x desc, t limit 4",
	};
	struct timed ev[EVENTS];
	char query[400];

	draw(ev, 77, 3, 4000);
	for (size_t i = 0; i < 3 * sizeof hop / sizeof *hop; i++) {
		struct buf want = BUF_INIT;
		const int64_t size = hop[i / 3].size, every = hop[i / 3].every;
		snprintf(query, sizeof query, "%s window %s on t grace 4s",
			 what[i % 3], hop[i / 3].clause);
		char *got = timed(query, ev, INT64_MIN, INT64_MAX);
		const int64_t from = 1700000000000 / every * every -
				     size / every * every - every;
		for (int64_t w = from; w < 1700000130000; w += every) {
			char *rows = timed(what[i % 3], ev, w, w + size), *save;
			bool none = true;
			for (int k = 0; k < EVENTS && none; k++)
				none = ev[k].t < w || ev[k].t >= w + size;
			for (char *row = strtok_r(rows, "\n", &save);
			     row && !none; row = strtok_r(NULL, "\n", &save))
				buf_printf(&want, "%lld %s\n", (long long)w,
					   row);
			free(rows);
		}
		buf_put_u8(&want, 0);
		ck_assert_msg(!strcmp(got, (char *)want.data),
			      "%s: got\n%.600swanted\n%.600s", query, got,
			      (char *)want.data);
		free(got);
		buf_fini(&want);
	}
}
END_TEST

/* --- rows of agents ------------------------------------------------------------- */

/* By way of an agent: its text on the event, its row into the stage. */
static char *
by_agent(const char *query, const struct timed *ev, int n)
{
	struct run r;
	struct mql_query *agent;
	struct mql_runner *runner;
	const char *row;
	char json[160];
	size_t len;

	begin(&r, query, 0);
	agent = ask_compile(query_agent_text(r.q).ptr);
	ck_assert_int_eq(mql_runner_new(agent, 0, &runner), 0);
	for (int i = 0; i < n; i++) {
		snprintf(json, sizeof json, "{\"t\":%lld,\"x\":%d,\"n\":{\"k\":"
			 "\"%d\"},\"l\":[%d,{\"s\":5}]}",
			 (long long)ev[i].t, ev[i].x, ev[i].x % 3, i % 4);
		mql_runner_time(runner, ev[i].at);
		ck_assert_int_eq(mql_runner_event(runner, json, strlen(json),
						  &row, &len), 0);
		if (row)
			ck_assert_int_eq(stage_row(r.stage,
						   (struct str){ row, len },
						   ev[i].at), 0);
	}
	stage_end(r.stage);
	char *copy = strdup(text(&r));
	mql_runner_free(runner);
	mql_query_free(agent);
	end(&r);
	return copy;
}

static char *
by_events(const char *query, const struct timed *ev, int n)
{
	struct run r;
	char json[160];

	begin(&r, query, 0);
	for (int i = 0; i < n; i++) {
		snprintf(json, sizeof json, "{\"t\":%lld,\"x\":%d,\"n\":{\"k\":"
			 "\"%d\"},\"l\":[%d,{\"s\":5}]}",
			 (long long)ev[i].t, ev[i].x, ev[i].x % 3, i % 4);
		put(&r, json, ev[i].at);
	}
	stage_end(r.stage);
	char *copy = strdup(text(&r));
	end(&r);
	return copy;
}

START_TEST(rows_of_agents_give_the_answer_that_events_give)
{
	static const char *const query[] = {
		"select count(*)",
		"select n.k, count(*), sum(x) where x > 20 group by n.k",
		"select e['n']['k'] as k, max(x) group by e['n']['k']",
		"select count(*) window 10s",
		"select @ts, x window 10s order by x desc, @ts limit 2",
		"select time_bucket(@ts, 20s) as m, count(*) group by "
		"time_bucket(@ts, 20s)",
		"select n, count(*) group by n order by n desc",
		"select l[0], count(*) group by l[0]",
		"select l[-1].s as s, count(*) group by l[-1].s",
		"select * where x > 90 order by x desc, t",
		"select * window |50| order by x desc limit 2",
		"select distinct n.k, x % 2 as odd",
		"select if(l[*] == 2, 'two', 'other') as what, count(*) group "
		"by what",
		"select n.k, p90(x) as p, count(*) as c window 20s every 5s on "
		"t grace 6s group by n.k having c > 3 order by p desc limit 2",
		"select x, upper(concat('k', n.k)) as u window |7| limit 3",
	};
	struct timed ev[EVENTS];

	draw(ev, 9, 4, 5000);
	for (size_t i = 0; i < sizeof query / sizeof *query; i++) {
		char *want = by_events(query[i], ev, EVENTS);
		char *got = by_agent(query[i], ev, EVENTS);

		ck_assert_msg(!strcmp(got, want) && strlen(want),
			      "%s: got\n%.400swanted\n%.400s", query[i], got,
			      want);
		free(want);
		free(got);
	}
}
END_TEST

START_TEST(rows_that_are_no_json_are_refused)
{
	static const char *const bad[] = { "", "[1]", "{", "{\"a\":}", "1" };
	struct run r;

	begin(&r, "select a, count(*) group by a", 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_int_eq(stage_row(r.stage, str_of(bad[i]), 0),
				 MQL_EBADEVENT);
	ck_assert_int_eq(stage_row(r.stage, STR("{\"@ts\":\"x\",\"a\":1}"), 0),
			 0);
	stage_end(r.stage);
	ck_assert_str_eq(text(&r), "{\"a\":1,\"count(*)\":1}\n");
	end(&r);
}
END_TEST

TEST_MAIN(stage_time, windows_of_the_clock_close_with_it,
	  windows_count_what_is_late_or_has_no_time,
	  windows_wait_for_the_source_that_is_furthest_behind,
	  event_time_does_not_depend_on_arrival_within_the_grace,
	  hopping_windows_are_what_each_gives_by_itself,
	  rows_of_agents_give_the_answer_that_events_give,
	  rows_that_are_no_json_are_refused)
