/* Shared subscriptions: each row comes to one member of the group, by key or by
 * room, and every member's books balance by themselves, whoever comes, goes,
 * dies or does not read. */
#include "tests/check_main.h"

#include <stdio.h>

#include "common/clock.h"
#include "mql/error.h"
#include "tests/source-job/folding.h"
#include "tests/source-job/harness.h"

enum { MEMBERS = 3, KEYS = 40, MUCH = 64 << 20 };

struct crowd {
	struct daemon d;
	struct agent  a;
	struct tail   t[MEMBERS];
	uint64_t      sent;
};

static const char *const names[] = { "m0", "m1", "m2" };

/* --- the members -------------------------------------------------------------- */

static void
join(struct crowd *c, unsigned i, const char *query, const char *key,
     uint64_t credit)
{
	struct tail *t = &c->t[i];

	tail_open(t, &c->d);
	t->group = "sinks";
	t->key = key ? key : "";
	t->member = names[i];
	tail_ask(t, query, 0, credit);
	TAIL_UNTIL(t, t->accepted);
}

/* n of them, live on one agent. */
static void
setup(struct crowd *c, unsigned n, const char *query, const char *key)
{
	*c = (struct crowd){ 0 };
	daemon_start(&c->d, "--heartbeat=10s", "--lease=60s", NULL);
	agent_open(&c->a, &c->d, "a", NULL);
	for (unsigned i = 0; i < n; i++)
		join(c, i, query, key, MUCH);
	agent_go_live(&c->a);
	for (unsigned i = 0; i < n; i++)
		TAIL_UNTIL(&c->t[i], c->t[i].books.live == 1);
}

static void
teardown(struct crowd *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		tail_close(&c->t[i]);
	agent_close(&c->a);
	daemon_stop(&c->d);
}

/* `rounds` rows of each of the keys. */
static void
send_keys(struct crowd *c, unsigned rounds)
{
	char text[KEYS * 32];

	for (unsigned r = 0; r < rounds; r++) {
		size_t at = 0;
		for (int k = 0; k < KEYS; k++)
			at += (size_t)sprintf(text + at, "{\"k\":%d}\n", k);
		c->sent += agent_lines(&c->a, c->a.added, c->sent + 1, text);
	}
}

static uint64_t
rows_of(const struct crowd *c, unsigned n)
{
	uint64_t rows = 0;

	for (unsigned i = 0; i < n; i++)
		rows += c->t[i].rows;
	return rows;
}

/* Until the books, which follow the rows, are of all that was sent. */
static void
take_all(struct crowd *c, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		const struct books *b = &c->t[i].books;

		TAIL_UNTIL(&c->t[i], c->t[i].before.sent + b->agent.sent ==
				     c->sent && !b->source.waiting);
		ck_assert(books_balance(b));
		ck_assert_uint_eq(b->source.delivered, c->t[i].rows);
	}
}

static void
leave(struct crowd *c, unsigned i)
{
	struct tail *t = &c->t[i];

	tail_unsubscribe(t);
	TAIL_UNTIL(t, t->ended);
	ck_assert(books_balance(&t->books));
	ck_assert_uint_eq(t->books.source.delivered, t->rows);
}

static void
leave_last(struct crowd *c, unsigned i)
{
	struct books_agent sent = agent_sent(c->sent);

	tail_unsubscribe(&c->t[i]);
	agent_end(&c->a, &sent);
	TAIL_UNTIL(&c->t[i], c->t[i].ended);
	ck_assert(books_balance(&c->t[i].books));
}

static bool
has(const struct tail *t, int key)
{
	char line[32];

	snprintf(line, sizeof line, "{\"k\":%d}\n", key);
	return strstr(t->text, line);
}

/* Whose each key is; -1: nobody's. Fails when one is two members'. */
static void
owners(struct crowd *c, unsigned n, int *owner)
{
	for (int k = 0; k < KEYS; k++) {
		owner[k] = -1;
		for (unsigned i = 0; i < n; i++) {
			if (!has(&c->t[i], k))
				continue;
			ck_assert_int_eq(owner[k], -1);
			owner[k] = (int)i;
		}
	}
	for (unsigned i = 0; i < n; i++)
		c->t[i].text[0] = '\0';
}

/* --- rows --------------------------------------------------------------------- */

START_TEST(each_row_comes_to_one_member)
{
	struct crowd c;
	uint64_t others = 0;

	setup(&c, 3, "select k", NULL);
	send_keys(&c, 10);
	take_all(&c, 3);
	ck_assert_uint_eq(rows_of(&c, 3), 10 * KEYS);
	for (unsigned i = 0; i < 3; i++)
		ck_assert_uint_gt(c.t[i].rows, 0);
	leave(&c, 0);
	leave(&c, 1);
	leave_last(&c, 2);
	for (unsigned i = 0; i < 3; i++) {
		ck_assert_uint_eq(c.t[i].books.agent.sent, 10 * KEYS);
		others += c.t[i].books.source.others;
	}
	ck_assert_uint_eq(others, 2 * 10 * KEYS);
	teardown(&c, 3);
}
END_TEST

START_TEST(who_comes_or_goes_moves_his_share_of_the_keys_only)
{
	int two[KEYS], three[KEYS], again[KEYS], moved = 0;
	struct crowd c;

	setup(&c, 2, "select k", "k");
	send_keys(&c, 2);
	take_all(&c, 2);
	owners(&c, 2, two);
	join(&c, 2, "select k", "k", MUCH);
	send_keys(&c, 2);
	take_all(&c, 3);
	owners(&c, 3, three);
	for (int k = 0; k < KEYS; k++) {
		moved += three[k] == 2;
		ck_assert(three[k] == 2 || three[k] == two[k]);
	}
	ck_assert_int_gt(moved, 0);
	ck_assert_int_lt(moved, KEYS);
	leave(&c, 2);
	send_keys(&c, 2);
	take_all(&c, 2);
	owners(&c, 2, again);
	ck_assert_int_eq(memcmp(again, two, sizeof two), 0);
	ck_assert_uint_eq(rows_of(&c, 3), c.sent);
	leave(&c, 0);
	leave_last(&c, 1);
	teardown(&c, 3);
}
END_TEST

/* Its link is gone, and its lease of a minute is not: the others have all. */
START_TEST(who_is_gone_without_a_word_gets_nothing_more)
{
	struct crowd c;
	uint64_t had;

	setup(&c, 2, "select k", "k");
	send_keys(&c, 1);
	take_all(&c, 2);
	had = c.t[1].rows;
	peer_close(&c.t[1].peer);
	for (int i = 0; i < 50; i++)
		send_keys(&c, 1);
	take_all(&c, 1);
	/* What was on its way to the dead one was given to it. */
	ck_assert_uint_eq(c.t[0].rows + c.t[0].books.source.others, c.sent);
	ck_assert_uint_ge(c.t[0].books.source.others, had);
	had = c.t[0].books.source.others;
	send_keys(&c, 2);
	take_all(&c, 1);
	ck_assert_uint_eq(c.t[0].books.source.others, had);
	teardown(&c, 1);
}
END_TEST

START_TEST(without_a_key_who_does_not_read_costs_nothing)
{
	struct crowd c;

	setup(&c, 1, "select k", NULL);
	join(&c, 1, "select k", NULL, 64);
	send_keys(&c, 1000);
	take_all(&c, 1);
	/* He has what fits into his queue at most, the other one the rest. */
	ck_assert_uint_eq(c.t[0].books.source.drop_slow, 0);
	ck_assert_uint_gt(c.t[0].rows, 0);
	tail_unsubscribe(&c.t[1]);
	tail_credit(&c.t[1], MUCH);
	TAIL_UNTIL(&c.t[1], c.t[1].ended);
	ck_assert(books_balance(&c.t[1].books));
	ck_assert_uint_eq(c.t[1].books.source.drop_slow, 0);
	ck_assert_uint_eq(rows_of(&c, 2), c.sent);
	leave_last(&c, 0);
	teardown(&c, 2);
}
END_TEST

START_TEST(a_limit_is_of_the_member_and_the_others_go_on)
{
	struct crowd c;

	setup(&c, 1, "select k", "k");
	tail_open(&c.t[1], &c.d);
	c.t[1].group = "sinks";
	c.t[1].key = "k";
	c.t[1].member = names[1];
	tail_ask(&c.t[1], "select k", 3, MUCH);
	TAIL_UNTIL(&c.t[1], c.t[1].accepted);
	send_keys(&c, 3);
	TAIL_UNTIL(&c.t[1], c.t[1].ended);
	ck_assert_str_eq(c.t[1].why, "limit");
	ck_assert_uint_eq(c.t[1].rows, 3);
	ck_assert(books_balance(&c.t[1].books));
	take_all(&c, 1);
	ck_assert_uint_eq(rows_of(&c, 2), c.sent);
	leave_last(&c, 0);
	teardown(&c, 2);
}
END_TEST

/* --- rows that are made of rows ------------------------------------------------- */

static void
fold(struct crowd *c, const char *lines, int64_t at)
{
	c->sent = agent_fold(&c->a, c->sent + 1, lines, at) - 1;
}

START_TEST(windows_are_of_all_and_their_rows_are_spread_by_group)
{
	const int64_t begin = clock_wall_ms() / 10000 * 10000;
	const char *one = "{\"k\":1}\n{\"k\":2}\n{\"k\":3}\n{\"k\":4}\n"
			  "{\"k\":5}\n{\"k\":6}\n{\"k\":7}\n{\"k\":8}\n";
	struct crowd c;

	setup(&c, 3, "select k, count(*) as n group by k window 10s grace 1h",
	      NULL);
	fold(&c, one, begin);
	fold(&c, one, begin);
	agent_upto(&c.a, begin + 10000);
	for (unsigned i = 0; i < 3; i++)
		TAIL_UNTIL(&c.t[i], c.t[i].window.end == begin + 10000);
	ck_assert_uint_eq(rows_of(&c, 3), 8);
	for (int k = 1; k <= 8; k++) {
		unsigned n = 0;
		char row[32];
		snprintf(row, sizeof row, "{\"k\":%d,\"n\":2}\n", k);
		for (unsigned i = 0; i < 3; i++)
			n += strstr(c.t[i].text, row) != NULL;
		ck_assert_uint_eq(n, 1);
	}
	leave(&c, 0);
	leave(&c, 1);
	leave_last(&c, 2);
	ck_assert_uint_eq(c.t[2].books.source.folded, 16);
	ck_assert_uint_eq(c.t[2].books.source.results, 8);
	teardown(&c, 3);
}
END_TEST

START_TEST(at_a_kill_all_members_have_what_is_left)
{
	struct crowd c;
	struct tail op;
	struct books_agent sent;
	char id[16];
	bool ok;

	setup(&c, 2, "select k, count(*) as n group by k window 1h grace 1h",
	      NULL);
	fold(&c, "{\"k\":1}\n{\"k\":2}\n{\"k\":3}\n{\"k\":4}\n{\"k\":5}\n",
	     clock_wall_ms());
	snprintf(id, sizeof id, "%u", c.t[0].query_id);
	tail_open(&op, &c.d);
	tail_request(&op, "kill", id, &ok);
	ck_assert(ok);
	sent = agent_sent(c.sent);
	agent_end(&c.a, &sent);
	for (unsigned i = 0; i < 2; i++) {
		TAIL_UNTIL(&c.t[i], c.t[i].ended);
		ck_assert(books_balance(&c.t[i].books));
	}
	ck_assert_uint_eq(rows_of(&c, 2), 5);
	tail_close(&op);
	teardown(&c, 2);
}
END_TEST

/* --- who may join --------------------------------------------------------------- */

static void
refused(struct crowd *c, const char *group, const char *member,
	const char *key, const char *query, int error, const char *why)
{
	struct tail t;

	tail_open(&t, &c->d);
	t.group = group;
	t.member = member;
	t.key = key ? key : "";
	tail_ask(&t, query, 0, MUCH);
	TAIL_UNTIL(&t, t.error);
	ck_assert_int_eq(t.error, error);
	ck_assert_msg(strstr(t.why, why), "%s", t.why);
	tail_close(&t);
}

START_TEST(members_agree_about_the_key_and_names_are_plain)
{
	struct crowd c;

	setup(&c, 1, "select k", "k");
	refused(&c, "sinks", "x", "k + 1", "select k", MQL_EINVAL,
		"is spread by");
	refused(&c, "sinks", "x", NULL, "select k", MQL_EINVAL,
		"is spread by");
	refused(&c, "sinks", "x", "k +", "select k", MQL_ESYNTAX, "");
	refused(&c, "sinks", "x", "count(*)", "select k", MQL_EUNSUP,
		"values of a row");
	refused(&c, "no spaces", "x", "k", "select k", MQL_EINVAL, "names");
	refused(&c, "sinks", "\"}", "k", "select k", MQL_EINVAL, "names");
	/* Of another query it is another group. */
	tail_open(&c.t[1], &c.d);
	c.t[1].group = "sinks";
	tail_ask(&c.t[1], "select k, v", 0, MUCH);
	TAIL_UNTIL(&c.t[1], c.t[1].accepted);
	teardown(&c, 2);
}
END_TEST

START_TEST(groups_and_members_are_in_lists_and_metrics)
{
	struct crowd c;
	struct tail op;
	const char *text;
	bool ok;

	setup(&c, 2, "select k", "k");
	send_keys(&c, 1);
	take_all(&c, 2);
	tail_open(&op, &c.d);
	text = tail_request(&op, "queries", "", &ok);
	ck_assert(strstr(text, "\"groups\":[{\"name\":\"sinks\",\"key\":\"k\","
			       "\"rows\":40,\"delivered\":40,"));
	ck_assert(strstr(text, "{\"name\":\"m1\",\"client\":\"test 1\","));
	text = daemon_http(&c.d, "GET", "/metrics");
	ck_assert(strstr(text, "mql_group_members{group=\"sinks\",query=\"1\"}"
			       " 2\n"));
	ck_assert(strstr(text, "mql_group_delivered_total{group=\"sinks\","
			       "query=\"1\"} 40\n"));
	tail_close(&op);
	teardown(&c, 2);
}
END_TEST

TEST_MAIN(sj_shared,
	each_row_comes_to_one_member,
	who_comes_or_goes_moves_his_share_of_the_keys_only,
	who_is_gone_without_a_word_gets_nothing_more,
	without_a_key_who_does_not_read_costs_nothing,
	a_limit_is_of_the_member_and_the_others_go_on,
	windows_are_of_all_and_their_rows_are_spread_by_group,
	at_a_kill_all_members_have_what_is_left,
	members_agree_about_the_key_and_names_are_plain,
	groups_and_members_are_in_lists_and_metrics)
