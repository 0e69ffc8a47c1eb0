/* Rows and their books, flow in both hops. */
#include "tests/check_main.h"

#include "mql/error.h"
#include "tests/source-job/harness.h"

#define QUERY "select * where country == 'BR'"

struct scene {
	struct daemon d;
	struct agent  a;
	struct tail   t;
};

static void
setup(struct scene *s)
{
	agent_open(&s->a, &s->d, "a", NULL);
	tail_open(&s->t, &s->d);
}

static void
teardown(struct scene *s)
{
	agent_close(&s->a);
	tail_close(&s->t);
	daemon_stop(&s->d);
}

START_TEST(books_balance_while_rows_come_and_at_the_end)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 10, 200);
	struct books_agent books = { .seen = 500, .matched = 14, .sent = 10,
				     .sampled = 1, .queued = 2,
				     .drop_ring = 1 };
	agent_report(&s.a, s.a.added, &books);
	TAIL_UNTIL(&s.t, s.t.books.agent.seen == 500);
	ck_assert(books_balance(&s.t.books));
	ck_assert_uint_eq(s.t.books.agent.queued, 2);
	agent_rows(&s.a, s.a.added, 11, 2, 200);
	tail_unsubscribe(&s.t);
	books = (struct books_agent){ .seen = 600, .matched = 15, .sent = 13,
				      .sampled = 1, .drop_ring = 1 };
	agent_until_removed(&s.a);
	agent_rows(&s.a, s.a.removed, 13, 1, 200);
	agent_ack(&s.a, s.a.removed, WIRE_ENDED, &books);
	TAIL_UNTIL(&s.t, s.t.ended);
	ck_assert(!s.t.failed);
	ck_assert_str_eq(s.t.why, "unsubscribed");
	ck_assert_uint_eq(s.t.rows, 13);
	ck_assert_uint_eq(s.t.books.source.delivered, 13);
	ck_assert_uint_eq(s.t.books.agent.seen, 600);
	ck_assert_uint_eq(s.t.books.live, 1);
	ck_assert(books_balance(&s.t.books));
	teardown(&s);
}
END_TEST

START_TEST(who_joins_late_has_books_that_balance)
{
	struct tail late;
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_open(&late, &s.d);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 20, 100);
	struct books_agent books = { .seen = 90, .matched = 25, .sent = 20,
				     .queued = 5 };
	agent_report(&s.a, s.a.added, &books);
	agent_rows(&s.a, s.a.added, 21, 3, 100);
	TAIL_UNTIL(&s.t, s.t.rows == 23);
	tail_subscribe(&late, QUERY);
	agent_rows(&s.a, s.a.added, 24, 4, 100);
	TAIL_UNTIL(&late, late.rows == 4);
	TAIL_UNTIL(&late, late.books.source.delivered == 4);
	ck_assert_uint_eq(late.before.sent, 23);
	ck_assert_uint_eq(late.books.agent.sent, 4);
	ck_assert(books_balance(&late.books));

	tail_unsubscribe(&s.t); /* the query goes on without the first */
	TAIL_UNTIL(&s.t, s.t.ended);
	ck_assert_uint_eq(s.t.books.agent.sent, 27);
	ck_assert(books_balance(&s.t.books));

	tail_unsubscribe(&late);
	books = (struct books_agent){ .seen = 200, .matched = 27,
				      .sent = 27 };
	agent_end(&s.a, &books);
	TAIL_UNTIL(&late, late.ended);
	ck_assert_uint_eq(late.books.agent.matched, 4);
	ck_assert(books_balance(&late.books));
	tail_close(&late);
	teardown(&s);
}
END_TEST

START_TEST(a_gap_in_sequence_numbers_is_counted_as_lost)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 3, 100);
	agent_rows(&s.a, s.a.added, 8, 2, 100);
	struct books_agent books = agent_sent(11);
	agent_report(&s.a, s.a.added, &books);
	TAIL_UNTIL(&s.t, s.t.books.source.lost == 6);
	ck_assert_uint_eq(s.t.rows, 5);
	ck_assert(books_balance(&s.t.books));
	agent_rows(&s.a, s.a.added, 4, 2, 100); /* not counted twice */
	agent_rows(&s.a, s.a.added, 12, 1, 100);
	TAIL_UNTIL(&s.t, s.t.rows == 6);
	TAIL_UNTIL(&s.t, s.t.books.agent.sent == 12);
	ck_assert(books_balance(&s.t.books));
	teardown(&s);
}
END_TEST

START_TEST(a_row_that_is_no_line_is_dropped_and_counted)
{
	static const char *const bad[] = { "{\"a\":\n1}", "[]", "{", "" };
	struct rows_writer w;
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	rows_writer_init(&w);
	uint64_t seq = 1;
	for (size_t i = 0; i < 4; i++, seq++)
		ck_assert_int_eq(rows_writer_add(&w, &s.a.added, &seq, 1,
						 str_of(bad[i])), 0);
	rows_writer_take(&w, &s.a.peer.frame);
	peer_send(&s.a.peer);
	rows_writer_fini(&w);
	agent_rows(&s.a, s.a.added, 5, 1, 100);
	TAIL_UNTIL(&s.t, s.t.rows == 1);
	TAIL_UNTIL(&s.t, s.t.books.source.lost == 4);
	ck_assert(books_balance(&s.t.books));
	teardown(&s);
}
END_TEST

/* A row is copied for each query that it answers. */
START_TEST(one_message_does_not_become_more_than_memory_is_meant_for)
{
	enum { QUERIES = 4, BIG = 3 << 20 }; /* 8 MB and a bit may it be */
	static const char *const query[QUERIES] = {
		"select * where a==1", "select * where a==2",
		"select * where a==3", "select * where a==4",
	};
	static char row[BIG];
	const uint64_t seq[QUERIES] = { 1, 1, 1, 1 };
	uint32_t id[QUERIES];
	struct tail t[QUERIES];
	struct rows_writer w;
	struct daemon d;
	struct agent a;
	uint64_t rows = 0, lost = 0;

	memset(row, ' ', sizeof row);
	row[0] = '{';
	row[sizeof row - 1] = '}';
	daemon_start(&d, "--max-queries=4", NULL);
	agent_open(&a, &d, "a", NULL);
	for (int i = 0; i < QUERIES; i++) {
		tail_open(&t[i], &d);
		tail_subscribe(&t[i], query[i]);
		a.added = 0;
		agent_go_live(&a);
		id[i] = a.added;
	}
	rows_writer_init(&w);
	ck_assert_int_eq(rows_writer_add(&w, id, seq, QUERIES,
			 (struct str){ row, sizeof row }), 0);
	rows_writer_take(&w, &a.peer.frame);
	rows_writer_fini(&w);
	peer_send(&a.peer);
	for (int i = 0; i < QUERIES; i++) {
		TAIL_UNTIL(&t[i], t[i].books.source.lost +
				  t[i].books.source.delivered == 1);
		ck_assert(books_balance(&t[i].books));
		rows += t[i].rows;
		lost += t[i].books.source.lost;
		tail_close(&t[i]);
	}
	ck_assert_uint_eq(rows, 2);
	ck_assert_uint_eq(lost, 2);
	agent_close(&a);
	daemon_stop(&d);
}
END_TEST

START_TEST(the_limit_ends_a_subscription_with_all_its_books)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_ask(&s.t, QUERY " limit 5", 100, 1 << 20);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 8, 100);
	TAIL_UNTIL(&s.t, s.t.rows == 5);
	agent_until_removed(&s.a);
	agent_rows(&s.a, s.a.removed, 9, 2, 100);
	struct books_agent books = agent_sent(10);
	agent_ack(&s.a, s.a.removed, WIRE_ENDED, &books);
	TAIL_UNTIL(&s.t, s.t.ended);
	ck_assert_str_eq(s.t.why, "limit");
	ck_assert(!s.t.failed);
	ck_assert_uint_eq(s.t.rows, 5);
	ck_assert_uint_eq(s.t.books.source.drop_limit, 5);
	ck_assert(books_balance(&s.t.books));
	teardown(&s);
}
END_TEST

START_TEST(a_slow_subscriber_loses_rows_of_its_own_only)
{
	enum { BATCH = 50, BATCHES = 40, ROW = 1000 };
	struct tail slow;
	struct scene s;

	daemon_start(&s.d, "--queue=64K", NULL);
	setup(&s);
	tail_open(&slow, &s.d);
	tail_ask(&slow, QUERY, 0, 20000); /* and never more */
	TAIL_UNTIL(&slow, slow.accepted);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	for (uint64_t i = 0; i < BATCHES; i++) {
		agent_rows(&s.a, s.a.added, 1 + i * BATCH, BATCH, ROW);
		TAIL_UNTIL(&s.t, s.t.rows == (i + 1) * BATCH);
	}
	TAIL_UNTIL(&s.t, s.t.books.source.delivered == BATCH * BATCHES);
	ck_assert_uint_eq(s.t.books.source.drop_slow, 0);
	ck_assert(books_balance(&s.t.books));

	TAIL_UNTIL(&slow, slow.books.agent.sent == BATCH * BATCHES);
	ck_assert_uint_gt(slow.books.source.drop_slow, 0);
	ck_assert_uint_gt(slow.books.source.waiting, 0);
	ck_assert_uint_eq(slow.books.source.delivered, slow.rows);
	ck_assert_uint_le(slow.rows * ROW, 20000);
	ck_assert(books_balance(&slow.books));
	tail_credit(&slow, 64 << 20); /* it reads again: what waited comes */
	uint64_t due = slow.rows + slow.books.source.waiting;
	TAIL_UNTIL(&slow, slow.rows == due);
	tail_close(&slow);
	teardown(&s);
}
END_TEST

/* The same rows, from one place and copied. */
START_TEST(rows_come_in_two_parts_to_him_alone_who_takes_them)
{
	enum { BATCH = 100, BATCHES = 20, ROW = 300 };
	struct tail cut;
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_open(&cut, &s.d);
	cut.parts = true;
	tail_subscribe(&cut, QUERY);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	for (uint64_t i = 0; i < BATCHES; i++)
		agent_rows(&s.a, s.a.added, 1 + i * BATCH, BATCH, ROW);
	TAIL_UNTIL(&s.t, s.t.books.source.delivered == BATCH * BATCHES);
	TAIL_UNTIL(&cut, cut.books.source.delivered == BATCH * BATCHES);
	ck_assert_uint_eq(cut.rows, BATCH * BATCHES);
	ck_assert_uint_gt(cut.cut, 0);
	ck_assert_str_eq(cut.text, s.t.text);
	agent_rows(&s.a, s.a.added, 1 + BATCHES * BATCH, 1, ROW);
	const uint64_t before = cut.cut;
	TAIL_UNTIL(&cut, cut.rows == BATCH * BATCHES + 1);
	ck_assert_uint_eq(cut.cut, before); /* one row is copied */
	ck_assert(books_balance(&cut.books));
	tail_close(&cut);
	teardown(&s);
}
END_TEST

START_TEST(who_takes_parts_and_is_slow_gets_an_even_sample_too)
{
	enum { BATCH = 100, BATCHES = 40, ROW = 300, WINDOW = 256 << 10 };
	struct tail slow;
	struct scene s;

	daemon_start(&s.d, "--queue=256K", NULL);
	setup(&s);
	tail_open(&slow, &s.d);
	slow.parts = true;
	tail_ask(&slow, QUERY, 0, WINDOW); /* and never more */
	TAIL_UNTIL(&slow, slow.accepted);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	for (uint64_t i = 0; i < BATCHES; i++) {
		agent_rows(&s.a, s.a.added, 1 + i * BATCH, BATCH, ROW);
		TAIL_UNTIL(&s.t, s.t.rows == (i + 1) * BATCH);
	}
	TAIL_UNTIL(&slow, slow.books.agent.sent == BATCH * BATCHES);
	ck_assert_uint_gt(slow.cut, 0);
	ck_assert_uint_gt(slow.books.source.drop_slow, 0);
	ck_assert_uint_eq(slow.books.source.delivered, slow.rows);
	ck_assert_uint_le(slow.rows * ROW, WINDOW);
	ck_assert(books_balance(&slow.books));
	tail_credit(&slow, 64 << 20);
	uint64_t due = slow.rows + slow.books.source.waiting;
	TAIL_UNTIL(&slow, slow.rows == due);
	tail_close(&slow);
	teardown(&s);
}
END_TEST

/* Raise the credit by what is consumed, as a client does. */
static void
consume(struct tail *t, uint64_t rows, uint64_t window, size_t body)
{
	while (t->rows < rows) {
		tail_step(t);
		tail_credit(t, window + t->rows * body);
	}
}

START_TEST(credit_smaller_than_a_frame_still_flows)
{
	enum { ROW = 100, BODY = 16 + 4 + ROW };
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_ask(&s.t, QUERY, 0, 3 * BODY);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 50, ROW);
	consume(&s.t, 50, 3 * BODY, BODY);
	agent_rows(&s.a, s.a.added, 51, 1, 4 * BODY); /* can never fit */
	TAIL_UNTIL(&s.t, s.t.books.source.drop_slow == 1);
	ck_assert(books_balance(&s.t.books));
	teardown(&s);
}
END_TEST

START_TEST(credit_may_come_after_the_subscription)
{
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_ask(&s.t, QUERY, 0, 0);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 5, 100);
	TAIL_UNTIL(&s.t, s.t.books.source.waiting == 5);
	ck_assert_uint_eq(s.t.rows, 0);
	tail_credit(&s.t, 10000);
	TAIL_UNTIL(&s.t, s.t.rows == 5);
	teardown(&s);
}
END_TEST

START_TEST(agents_get_credit_as_their_rows_are_processed)
{
	struct wire_credit credit = { 0 };
	struct scene s;

	daemon_start(&s.d, "--agent-credit=256K", "--max-agents=100", NULL);
	setup(&s);
	ck_assert_uint_eq(s.a.credit, 256 << 10);
	tail_subscribe(&s.t, QUERY);
	agent_go_live(&s.a);
	agent_rows(&s.a, s.a.added, 1, 150, 1000);
	while (credit.bytes <= s.a.credit) {
		struct str body = peer_expect(&s.a.peer, WIRE_CREDIT);
		ck_assert_int_eq(wire_credit_decode(body, &credit), 0);
		arena_fini(&credit.mem);
	}
	ck_assert_uint_gt(credit.bytes, s.a.credit + 150000);
	teardown(&s);
}
END_TEST

START_TEST(what_a_run_counted_before_us_stands_in_before)
{
	struct books_agent books = { .seen = 1000, .matched = 100,
				     .sent = 80, .queued = 20 };
	struct scene s;

	daemon_start(&s.d, NULL);
	setup(&s);
	tail_subscribe(&s.t, QUERY);
	agent_until_added(&s.a);
	agent_ack(&s.a, s.a.added, WIRE_LIVE, &books);
	TAIL_UNTIL(&s.t, s.t.books.live == 1);
	ck_assert_uint_eq(s.t.before.sent, 80);
	ck_assert_uint_eq(s.t.books.agent.sent, 0);
	ck_assert_uint_eq(s.t.books.agent.queued, 20);
	ck_assert(books_balance(&s.t.books));
	agent_rows(&s.a, s.a.added, 81, 20, 100);
	TAIL_UNTIL(&s.t, s.t.rows == 20);
	TAIL_UNTIL(&s.t, s.t.books.source.delivered == 20);
	ck_assert_uint_eq(s.t.books.source.lost, 0);
	ck_assert_uint_eq(s.t.books.agent.queued, 0);
	ck_assert(books_balance(&s.t.books));
	teardown(&s);
}
END_TEST

TEST_MAIN(sj_rows, books_balance_while_rows_come_and_at_the_end,
	  who_joins_late_has_books_that_balance,
	  a_gap_in_sequence_numbers_is_counted_as_lost,
	  a_row_that_is_no_line_is_dropped_and_counted,
	  the_limit_ends_a_subscription_with_all_its_books,
	  one_message_does_not_become_more_than_memory_is_meant_for,
	  a_slow_subscriber_loses_rows_of_its_own_only,
	  rows_come_in_two_parts_to_him_alone_who_takes_them,
	  who_takes_parts_and_is_slow_gets_an_even_sample_too,
	  credit_smaller_than_a_frame_still_flows,
	  credit_may_come_after_the_subscription,
	  agents_get_credit_as_their_rows_are_processed,
	  what_a_run_counted_before_us_stands_in_before)
