/* test_agent_move.c - an agent that goes from one source-job to another while
 * its service publishes: every event is in the books of one of them, once. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/agent/fixture.h"

static struct fake a, b;
static struct mql_agent *agent;
static struct mql_stream *stream;
static struct fake_query *at_a, *at_b; /* the same query at both */
static unsigned published, matching;
static char path[64], where[80]; /* of the list of source-jobs */

static const char even[] = "select n where even == true";

static void
file_holds(const char *one, const char *two)
{
	char fresh[80];
	FILE *f;

	snprintf(path, sizeof path, "/tmp/mql-move-%d", (int)getpid());
	snprintf(where, sizeof where, "file:%s", path);
	snprintf(fresh, sizeof fresh, "%s.new", path);
	f = fopen(fresh, "w");
	fprintf(f, "%s\n%s\n", one, two);
	fclose(f);
	ck_assert_int_eq(rename(fresh, path), 0);
}

static void
publish_some(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		matching += published % 2 == 0;
		publish_number(stream, published++);
	}
}

static void
pump(void)
{
	if (a.router)
		fake_pump(&a, 1);
	if (b.router)
		fake_pump(&b, 1);
}

/* Pump both, and go on publishing, until it holds. */
#define FLOW_UNTIL(...)                                               \
	do {                                                          \
		int64_t end_ = clock_mono_ms() + 20000;               \
		while (!(__VA_ARGS__) && clock_mono_ms() < end_) {    \
			publish_some(3);                              \
			pump();                                       \
		}                                                     \
		ck_assert_msg((__VA_ARGS__), "waited for " #__VA_ARGS__); \
	} while (0)

static void
set_up(const char *source_job)
{
	struct mql_agent_options o = MQL_AGENT_OPTIONS_INIT;

	published = matching = 0;
	o.app = "test";
	o.source_job = source_job;
	ck_assert_int_eq(mql_agent_open(&o, &agent), 0);
	ck_assert_int_eq(mql_stream_open(agent, "requests", &stream), 0);
}

static void
two_fakes(void)
{
	fake_init(&a);
	fake_init(&b);
	snprintf(b.name, sizeof b.name, "fake-2");
	a.polite = b.polite = true;
}

/* An agent that a file sends to the first of them, where the query is live. */
static void
begin_at_a(struct fake_query *(*ask)(struct fake *, const char *),
	   const char *text)
{
	file_holds(a.endpoint, "# the only one");
	set_up(where);
	FAKE_WAIT(&a, a.hellos == 1);
	at_a = ask(&a, text);
	at_b = ask(&b, text);
	FAKE_WAIT(&a, at_a->state == FAKE_LIVE);
}

static void
move_to_b(void)
{
	file_holds("# another one", b.endpoint);
}

static void
tear_down(void)
{
	mql_agent_close(agent, 5000);
	fake_fini(&a);
	fake_fini(&b);
	unlink(path);
}

/* The last word of q, at f. */
static void
end(struct fake *f, struct fake_query *q)
{
	fake_withdraw(f, q);
	FAKE_WAIT(f, q->state == FAKE_ENDED);
}

/* The books of a source-job that the agent has left count what came, not what
 * was queued. */
static struct books_agent
sum(const struct fake_query *left, const struct fake_query *q)
{
	struct books_agent s = left->books;

	s.seen -= s.queued;
	s.matched -= s.queued;
	s.queued = 0;
	books_agent_add(&s, &q->books);
	books_agent_sub(&s, &q->before);
	return s;
}

static void
expect_all(const struct fake_query *left, const struct fake_query *q)
{
	struct books_agent s = sum(left, q);

	ck_assert_uint_eq(s.seen, published);
	ck_assert_uint_eq(s.matched, matching);
	ck_assert_uint_eq(s.sent, matching);
	ck_assert_uint_eq(left->rows + q->rows, matching);
	ck_assert_uint_eq(left->gap + q->gap, 0);
}

START_TEST(a_move_leaves_no_event_out_and_counts_none_twice)
{
	two_fakes();
	begin_at_a(fake_ask, even);
	FLOW_UNTIL(at_a->rows > 100);

	move_to_b();
	FLOW_UNTIL(at_b->state == FAKE_LIVE && at_b->rows > 100);
	ck_assert_uint_eq(a.goodbyes, 1);
	ck_assert(a.moves);
	ck_assert_uint_eq(at_b->before.seen, 0);
	end(&b, at_b);
	expect_all(at_a, at_b);
	tear_down();
}
END_TEST

/* Without credit: what is queued goes along. */
START_TEST(rows_that_wait_move_along)
{
	two_fakes();
	a.credit = 1;
	begin_at_a(fake_ask, even);
	publish_some(200);
	FAKE_WAIT(&a, at_a->books.matched == 100);
	ck_assert_uint_gt(at_a->books.queued, 50);

	move_to_b();
	FLOW_UNTIL(at_b->rows > 100);
	end(&b, at_b);
	expect_all(at_a, at_b);
	tear_down();
}
END_TEST

START_TEST(groups_that_wait_move_along)
{
	two_fakes();
	begin_at_a(fake_ask_fold, "select even, count(*) group by even");
	FLOW_UNTIL(at_a->folded > 100);
	move_to_b();
	FLOW_UNTIL(at_b->folded > 100);
	end(&b, at_b);
	matching = published;
	expect_all(at_a, at_b);
	tear_down();
}
END_TEST

/* Who does not answer a goodbye may not have read what came before it. */
START_TEST(a_source_job_that_does_not_answer_is_left_all_the_same)
{
	two_fakes();
	a.polite = false;
	begin_at_a(fake_ask, even);
	FLOW_UNTIL(at_a->rows > 100);
	move_to_b();
	FLOW_UNTIL(at_b->rows > 100);
	ck_assert_uint_ge(at_b->before.sent, at_a->rows); /* carried over */
	end(&b, at_b);
	ck_assert_uint_eq(at_b->books.seen, published);
	ck_assert_uint_eq(at_b->books.matched, matching);
	tear_down();
}
END_TEST

/* It lives on and has not read all: with where the next one began it can tell
 * how many rows it has lost. */
static void
expect_parting(unsigned hellos)
{
	FLOW_UNTIL(a.hellos == hellos && a.moves && !memcmp(&at_a->books,
		   &at_b->before, sizeof at_a->books));
	ck_assert_uint_ge(at_a->books.sent, at_a->rows);
	end(&b, at_b);
	struct books_agent s = sum(at_a, at_b);
	s.seen += at_b->before.queued; /* which b has had */
	s.matched += at_b->before.queued;
	ck_assert_uint_eq(s.seen, published);
	ck_assert_uint_eq(s.matched, matching);
	tear_down();
}

START_TEST(one_that_was_left_without_an_answer_hears_where_the_next_one_begins)
{
	two_fakes();
	a.polite = false;
	begin_at_a(fake_ask, even);
	FLOW_UNTIL(at_a->rows > 100);
	move_to_b();
	FLOW_UNTIL(at_b->rows > 100);
	a.moves = false;
	expect_parting(2);
}
END_TEST

START_TEST(one_that_had_no_time_to_read_does_too)
{
	two_fakes();
	begin_at_a(fake_ask, even);
	FLOW_UNTIL(at_a->rows > 100);
	move_to_b();
	while (at_b->rows < 100) { /* a is busy */
		publish_some(3);
		fake_pump(&b, 1);
	}
	a.moves = false;
	expect_parting(2);
}
END_TEST

/* Another one is there under its address: it hears that nobody comes. */
START_TEST(one_that_was_started_since_is_not_told_of_the_last_one)
{
	two_fakes();
	begin_at_a(fake_ask, even);
	FLOW_UNTIL(at_a->rows > 100);
	fake_die(&a);
	fake_forget(&a);
	file_holds("# it is gone", b.endpoint);
	FLOW_UNTIL(at_b->rows > 100);
	snprintf(a.name, sizeof a.name, "fake-3");
	a.heartbeats = 0;
	fake_listen(&a);
	FLOW_UNTIL(a.goodbyes == 1);
	ck_assert(a.moves);
	ck_assert_uint_eq(a.heartbeats, 0);
	tear_down();
}
END_TEST

/* Which of the two the agent likes best is a matter of its name. */
START_TEST(the_next_one_is_taken_when_the_best_one_dies_and_it_comes_back)
{
	struct fake_query *first, *second;
	struct fake *best, *next;
	struct books_agent both;
	char list[300];

	two_fakes();
	snprintf(list, sizeof list, "%s,%s", a.endpoint, b.endpoint);
	set_up(list);
	FLOW_UNTIL(a.hellos + b.hellos == 1);
	at_a = fake_ask(&a, even);
	at_b = fake_ask(&b, even);
	best = a.hellos ? &a : &b;
	next = a.hellos ? &b : &a;
	first = a.hellos ? at_a : at_b;
	second = a.hellos ? at_b : at_a;
	FAKE_WAIT(best, first->state == FAKE_LIVE);
	published = matching = 0;
	FLOW_UNTIL(first->rows > 100);
	fake_die(best);
	FLOW_UNTIL(second->rows > 100);
	ck_assert_uint_eq(next->goodbyes, 0);
	ck_assert_uint_ge(second->before.sent, first->rows);

	fake_forget(best);
	snprintf(best->name, sizeof best->name, "fake-3");
	fake_listen(best);
	first = fake_ask(best, even);
	FLOW_UNTIL(first->rows > 100);
	ck_assert_uint_eq(next->goodbyes, 1);
	end(best, first);
	both = sum(second, first); /* second has what it carried over, too */
	ck_assert_uint_eq(both.seen, published);
	ck_assert_uint_eq(both.matched, matching);
	ck_assert_uint_eq(both.sent + both.drop_link, matching);
	tear_down();
}
END_TEST

START_TEST(an_agent_that_knows_nobody_yet_waits_and_closes_at_once)
{
	two_fakes();
	file_holds("", "");
	unlink(path);
	set_up(where);
	publish_some(10);
	file_holds(a.endpoint, "");
	FAKE_WAIT(&a, a.hellos == 1);
	tear_down();
	two_fakes();
	set_up(where);
	tear_down();
}
END_TEST

TEST_MAIN(agent_move,
	a_move_leaves_no_event_out_and_counts_none_twice,
	rows_that_wait_move_along,
	groups_that_wait_move_along,
	a_source_job_that_does_not_answer_is_left_all_the_same,
	one_that_was_left_without_an_answer_hears_where_the_next_one_begins,
	one_that_had_no_time_to_read_does_too,
	one_that_was_started_since_is_not_told_of_the_last_one,
	the_next_one_is_taken_when_the_best_one_dies_and_it_comes_back,
	an_agent_that_knows_nobody_yet_waits_and_closes_at_once)
