/* A subscriber that does the last merge: groups of agents are added up and
 * passed on, rows as they are, and up to when all was told. */
#include "tests/check_main.h"

#include "common/clock.h"
#include "mql/partial.h"
#include "tests/source-job/folding.h"
#include "tests/source-job/scene.h"

enum { WINDOW_MS = 10000 };
#define WINDOWED "select k, count(*) as n group by k window 10s grace 1h"
#define TOTAL    "select k, count(*) as n, sum(v) as v group by k"

/* Live on two agents. merge: for s->t alone. */
static void
setup(struct scene *s, const char *query)
{
	daemon_start(&s->d, "--heartbeat=10s", "--lease=60s", NULL);
	agent_open(&s->a, &s->d, "a", NULL);
	agent_open(&s->b, &s->d, "b", NULL);
	tail_open(&s->t, &s->d);
	s->t.merge = true;
	tail_subscribe(&s->t, query);
	agent_go_live(&s->a);
	agent_go_live(&s->b);
	TAIL_UNTIL(&s->t, s->t.books.live == 2);
}

/* What comes until it is of `want` events: groups only. */
static void
expect_groups(struct tail *t, struct partial *p, uint64_t want)
{
	uint64_t events = 0;

	while (events < want) {
		struct data_reader in;
		struct str row;

		ck_assert_int_eq(data_reader_init(&in, peer_expect(&t->peer,
						  WIRE_DATA)), 0);
		while (data_reader_next(&in, &row)) {
			ck_assert_uint_gt(row.len, 1);
			ck_assert_int_eq(row.ptr[0], WIRE_GROUPS);
			ck_assert_int_eq(partial_read(p, (struct str){
				row.ptr + 1, row.len - 1 }), 0);
			events += partial_events(p);
		}
	}
	ck_assert_uint_eq(events, want);
}

START_TEST(groups_of_agents_are_added_up_and_passed_on)
{
	struct mql_query *fold;
	struct partial *p;
	struct scene s;

	setup(&s, TOTAL);
	ck_assert_int_eq(mql_query_compile(s.a.fold, &fold, NULL), 0);
	ck_assert_int_eq(partial_new(fold, &p), 0);
	agent_fold(&s.a, 1, "{\"k\":1,\"v\":10}\n{\"k\":2,\"v\":20}\n", 1000);
	agent_fold(&s.b, 1, "{\"k\":2,\"v\":5}\n", 1000);
	expect_groups(&s.t, p, 3);
	tail_unsubscribe(&s.t);
	scene_end(&s, 2, 1);
	ck_assert_uint_eq(s.t.books.source.folded, 3);
	ck_assert_uint_ge(s.t.books.source.results, 1);
	ck_assert_uint_eq(s.t.books.source.results,
			  s.t.books.source.delivered);
	partial_free(p);
	mql_query_free(fold);
	scene_close(&s);
}
END_TEST

START_TEST(rows_of_agents_that_do_not_fold_are_passed_on_as_they_are)
{
	struct scene s;

	setup(&s, TOTAL);
	agent_lines(&s.a, s.a.added, 1, "{\"k\":1,\"v\":2}\n");
	agent_lines(&s.b, s.b.added, 1, "{\"k\":1,\"v\":3}\n");
	TAIL_UNTIL(&s.t, s.t.rows == 2);
	ck_assert_ptr_nonnull(strstr(s.t.text, "{\"k\":1,\"v\":2}\n"));
	tail_unsubscribe(&s.t);
	scene_end(&s, 1, 1);
	ck_assert_uint_eq(s.t.books.source.delivered, 2);
	ck_assert_uint_eq(s.t.books.source.results, 0);
	scene_close(&s);
}
END_TEST

/* The grace is an hour: only the agents' word can say it. */
START_TEST(up_to_when_all_agents_have_told_is_said_behind_their_groups)
{
	int64_t begin = clock_wall_ms() / WINDOW_MS * WINDOW_MS;
	struct scene s;

	setup(&s, WINDOWED);
	agent_fold(&s.a, 1, "{\"k\":1}\n", begin);
	agent_upto(&s.a, begin + WINDOW_MS);
	agent_fold(&s.b, 1, "{\"k\":1}\n", begin);
	agent_upto(&s.b, begin + WINDOW_MS + 5);
	TAIL_UNTIL(&s.t, s.t.window.end);
	ck_assert_int_eq(s.t.window.end, begin + WINDOW_MS);
	ck_assert_uint_eq(s.t.window.live, 2);
	ck_assert_uint_ge(s.t.rows, 1);
	ck_assert_uint_eq(s.t.books.source.folded, 2);
	/* With no event in it, too. */
	agent_upto(&s.a, begin + 2 * WINDOW_MS);
	agent_upto(&s.b, begin + 2 * WINDOW_MS);
	TAIL_UNTIL(&s.t, s.t.window.end == begin + 2 * WINDOW_MS);
	tail_unsubscribe(&s.t);
	scene_end(&s, 1, 1);
	scene_close(&s);
}
END_TEST

START_TEST(one_who_merges_and_one_who_does_not_share_the_agents)
{
	struct scene s;
	struct tail other;

	setup(&s, TOTAL);
	tail_open(&other, &s.d);
	tail_subscribe(&other, TOTAL);
	ck_assert_uint_eq(other.query_id, s.t.query_id);
	agent_fold(&s.a, 1, "{\"k\":1,\"v\":10}\n", 1000);
	TAIL_UNTIL(&other, other.rows == 1);
	ck_assert_ptr_nonnull(strstr(other.text,
				     "{\"k\":1,\"n\":1,\"v\":10}\n"));
	TAIL_UNTIL(&s.t, s.t.rows == 1);
	tail_unsubscribe(&other);
	TAIL_UNTIL(&other, other.ended);
	ck_assert(books_balance(&other.books));
	tail_unsubscribe(&s.t);
	scene_end(&s, 1, 0);
	tail_close(&other);
	scene_close(&s);
}
END_TEST

TEST_MAIN(sj_relay,
	groups_of_agents_are_added_up_and_passed_on,
	rows_of_agents_that_do_not_fold_are_passed_on_as_they_are,
	up_to_when_all_agents_have_told_is_said_behind_their_groups,
	one_who_merges_and_one_who_does_not_share_the_agents)
