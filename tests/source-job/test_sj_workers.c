/* Several workers: agents are spread among them, and it is one source-job. */
#include "tests/check_main.h"

#include <stdio.h>

#include "mql/error.h"
#include "tests/source-job/harness.h"

#define QUERY "select * where country == 'BR'"

enum { AGENTS = 24 };

/* The worker that has the only agent. */
static int
worker_of(const struct daemon *d)
{
	const char *at = daemon_http(d, "GET", "/metrics");
	int worker, n;

	while ((at = strstr(at, "\nmql_worker_agents{")) != NULL) {
		ck_assert_int_eq(sscanf(++at, "mql_worker_agents{worker=\"%d\"}"
					" %d", &worker, &n), 2);
		if (n)
			return worker;
	}
	return -1;
}

/* Links break and come back until the agent has been given from one worker to
 * another often enough. Each time it has sent 3 rows that did not arrive. */
START_TEST(an_agent_at_another_worker_goes_on_where_it_was)
{
	enum { MOVES = 6 };
	struct books_agent books = { 0 };
	struct agent a;
	struct daemon d;
	struct tail t;
	uint64_t got = 0, lost = 0;
	int moves = 0, at, before;

	daemon_start(&d, "--workers=5", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	before = worker_of(&d);
	while (moves < MOVES) {
		uint32_t id = a.added;
		agent_rows(&a, id, got + lost + 1, 5, 100);
		got += 5;
		TAIL_UNTIL(&t, t.rows == got);
		agent_close(&a);
		agent_open(&a, &d, "a", NULL);
		lost += 3;
		books.seen = books.matched = books.sent = got + lost;
		agent_ack(&a, a.added, WIRE_LIVE, &books);
		TAIL_UNTIL(&t, t.books.source.lost == lost &&
			       t.books.live == 1);
		ck_assert_uint_eq(t.books.agent.sent, got + lost);
		ck_assert_uint_eq(t.before.sent, 0);
		ck_assert_uint_eq(t.books.targeted, 1);
		ck_assert(books_balance(&t.books));
		at = worker_of(&d);
		moves += at != before;
		before = at;
	}
	agent_rows(&a, a.added, got + lost + 1, 1, 100);
	TAIL_UNTIL(&t, t.rows == got + 1);
	ck_assert_uint_eq(t.books.lost_agents, 0);
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

/* What is on its way over the old link arrives, or is told as lost. */
START_TEST(rows_of_the_old_link_are_in_the_books_of_the_new_one)
{
	struct agent old, a;
	struct daemon d;
	struct tail t;
	uint64_t sent = 0;

	daemon_start(&d, "--workers=5", NULL);
	agent_open(&a, &d, "a", NULL);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	agent_go_live(&a);
	for (int i = 0; i < 20; i++) {
		TAIL_UNTIL(&t, t.books.live == 1);
		agent_rows(&a, a.added, sent + 1, 50, 1000);
		sent += 50;
		old = a;
		agent_open(&a, &d, "a", NULL);
		struct books_agent books = agent_sent(sent);
		agent_ack(&a, a.added, WIRE_LIVE, &books);
		agent_close(&old);
	}
	TAIL_UNTIL(&t, t.rows + t.books.source.lost == sent &&
		       t.books.agent.sent == sent);
	ck_assert(books_balance(&t.books));
	agent_close(&a);
	tail_close(&t);
	daemon_stop(&d);
}
END_TEST

static void
open_all(struct agent *a, const struct daemon *d)
{
	char id[20];

	for (int i = 0; i < AGENTS; i++) {
		snprintf(id, sizeof id, "agent-%d", i);
		agent_open(&a[i], d, id, i % 2 ? "odd" : "even");
	}
}

static void
close_all(struct agent *a)
{
	for (int i = 0; i < AGENTS; i++)
		agent_close(&a[i]);
}

/* Rows come all the while; who joins counts from there. */
START_TEST(the_books_of_one_who_joins_are_the_sum_over_workers_since_then)
{
	struct agent a[AGENTS];
	struct daemon d;
	struct tail t, late;
	uint64_t sent = 0;

	daemon_start(&d, "--workers=4", NULL);
	open_all(a, &d);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	for (int i = 0; i < AGENTS; i++)
		agent_go_live(&a[i]);
	TAIL_UNTIL(&t, t.books.live == AGENTS);
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < AGENTS; i++)
			agent_rows(&a[i], a[i].added, sent + 1, 10, 200);
		sent += 10;
		if (round == 10) { /* while these are on their way */
			tail_open(&late, &d);
			tail_subscribe(&late, QUERY);
		}
	}
	for (int i = 0; i < AGENTS; i++) {
		struct books_agent books = agent_sent(sent);
		agent_report(&a[i], a[i].added, &books);
	}
	TAIL_UNTIL(&t, t.rows == sent * AGENTS &&
		       t.books.source.delivered == t.rows);
	ck_assert_uint_eq(t.books.agent.seen, sent * AGENTS);
	ck_assert(books_balance(&t.books));
	tail_unsubscribe(&late);
	TAIL_UNTIL(&late, late.ended);
	ck_assert(books_balance(&late.books));
	ck_assert_uint_eq(late.books.agent.sent, late.rows);
	ck_assert_uint_eq(late.before.sent + late.rows, sent * AGENTS);
	ck_assert_uint_ge(late.rows, 9 * 10 * AGENTS);
	tail_close(&late);
	tail_close(&t);
	close_all(a);
	daemon_stop(&d);
}
END_TEST

START_TEST(every_worker_ends_its_part_before_the_query_does)
{
	struct agent a[AGENTS];
	struct daemon d;
	struct tail t;

	daemon_start(&d, "--workers=4", NULL);
	open_all(a, &d);
	tail_open(&t, &d);
	tail_subscribe(&t, QUERY);
	ck_assert_uint_eq(t.books.targeted, AGENTS);
	for (int i = 0; i < AGENTS; i++)
		agent_go_live(&a[i]);
	TAIL_UNTIL(&t, t.books.live == AGENTS);
	tail_unsubscribe(&t);
	for (int i = 0; i < AGENTS; i++) {
		struct books_agent last = agent_sent((uint64_t)i);
		agent_rows(&a[i], a[i].added, 1, (unsigned)i, 100);
		agent_end(&a[i], &last);
	}
	TAIL_UNTIL(&t, t.ended);
	ck_assert_uint_eq(t.books.agent.sent, AGENTS * (AGENTS - 1) / 2);
	ck_assert_uint_eq(t.rows, t.books.agent.sent);
	ck_assert_uint_eq(t.books.live, AGENTS);
	ck_assert(books_balance(&t.books));
	tail_close(&t);
	close_all(a);
	daemon_stop(&d);
}
END_TEST

START_TEST(lists_name_the_agents_and_streams_of_all_workers)
{
	struct agent a[AGENTS];
	struct daemon d;
	struct tail t;
	const char *text;
	size_t n = 0;
	bool ok;

	daemon_start(&d, "--workers=4", NULL);
	open_all(a, &d);
	tail_open(&t, &d);
	text = tail_request(&t, "agents", "", &ok);
	ck_assert(ok);
	for (const char *at = text; (at = strstr(at, "\"agent\":")); at++)
		n++;
	ck_assert_uint_eq(n, AGENTS);
	text = tail_request(&t, "streams", "", &ok);
	ck_assert(ok);
	ck_assert_ptr_nonnull(strstr(text, "{\"name\":\"odd\",\"agents\":12}"));
	ck_assert_ptr_nonnull(strstr(text,
				     "{\"name\":\"even\",\"agents\":12}"));
	tail_close(&t);
	close_all(a);
	daemon_stop(&d);
}
END_TEST

START_TEST(a_second_daemon_does_not_take_agents_of_the_first)
{
	struct daemon d;

	daemon_start(&d, "--workers=4", NULL);
	ck_assert_int_eq(daemon_try("--agents", d.agents, "--subscribers",
				    "tcp://127.0.0.1:0", "--http=off",
				    "--workers=4", NULL), 1);
	ck_assert_int_eq(daemon_try("--agents", d.agents, "--subscribers",
				    "tcp://127.0.0.1:0", "--http=off",
				    "--workers=1", NULL), 1);
	daemon_stop(&d);
}
END_TEST

/* Stages of many subscriptions, of several kinds, have more to do at once than
 * one thread would be waked for: each is as if it were alone. */
START_TEST(stages_side_by_side_give_what_each_gives_alone)
{
	enum { STAGES = 16, ROUNDS = 40, LINES = 25 };
	struct buf lines = BUF_INIT;
	struct agent a[AGENTS];
	struct tail t[STAGES];
	struct daemon d;
	char query[80], row[80];

	for (int i = 0; i < LINES; i++)
		buf_printf(&lines, "{\"k\":%d,\"v\":2}\n", i);
	buf_put_u8(&lines, '\0');
	daemon_start(&d, "--workers=4", NULL);
	open_all(a, &d);
	for (int i = 0; i < STAGES; i++) {
		snprintf(query, sizeof query, i % 2 ?
			 "select distinct k+%d as k from s where v > 0" :
			 "select sum(v)+%d as k from s where k < 25", i);
		tail_open(&t[i], &d);
		tail_subscribe(&t[i], query);
	}
	for (int i = 0; i < AGENTS; i++) {
		agent_until_query(&a[i], t[STAGES - 1].query_id);
		for (int k = 0; k < STAGES; k++)
			agent_ack(&a[i], t[k].query_id, WIRE_LIVE, NULL);
	}
	for (int round = 0; round < ROUNDS; round++)
		for (int k = 0; k < STAGES; k++)
			for (int i = 0; i < AGENTS; i++)
				agent_lines(&a[i], t[k].query_id,
					    (uint64_t)round * LINES + 1,
					    (char *)lines.data);
	for (int k = 0; k < STAGES; k++) {
		const uint64_t sent = ROUNDS * LINES * AGENTS;
		TAIL_UNTIL(&t[k], t[k].books.source.folded == sent);
		ck_assert_uint_eq(t[k].books.agent.sent, sent);
		ck_assert(books_balance(&t[k].books));
		if (k % 2)
			TAIL_UNTIL(&t[k], t[k].rows == LINES);
		snprintf(row, sizeof row, "{\"k\":%llu}\n",
			 (unsigned long long)(k % 2 ? LINES - 1 : 2 * sent) +
				 (unsigned)k);
		TAIL_UNTIL(&t[k], strstr(t[k].text, row));
	}
	const char *metrics = daemon_http(&d, "GET", "/metrics");
	ck_assert_ptr_nonnull(strstr(metrics, "thread=\"output-2\""));
	for (int k = 0; k < STAGES; k++)
		tail_close(&t[k]);
	close_all(a);
	buf_fini(&lines);
	daemon_stop(&d);
}
END_TEST

TEST_MAIN(sj_workers, stages_side_by_side_give_what_each_gives_alone,
	  an_agent_at_another_worker_goes_on_where_it_was,
	  rows_of_the_old_link_are_in_the_books_of_the_new_one,
	  the_books_of_one_who_joins_are_the_sum_over_workers_since_then,
	  every_worker_ends_its_part_before_the_query_does,
	  lists_name_the_agents_and_streams_of_all_workers,
	  a_second_daemon_does_not_take_agents_of_the_first)
