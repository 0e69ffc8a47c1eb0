/* test_parse.c - precedence, clauses, paths; what is said of a wrong query. */
#include "common/buf.h"
#include "tests/mql/compiled.h"

START_TEST(operators_bind_from_or_to_sign)
{
	static const char *const where[][2] = {
		{ "a == 1 or b == 2 and c == 3",
		  "a == 1 or b == 2 and c == 3" },
		{ "(a == 1 or b == 2) and c == 3",
		  "(a == 1 or b == 2) and c == 3" },
		{ "not a == 1 and b == 2", "not a == 1 and b == 2" },
		{ "not (a == 1 and b == 2)", "not (a == 1 and b == 2)" },
		{ "!a == false", "not a == false" },
		{ "!(a == 1)", "not a == 1" },
		{ "! ! a", "not not a == true" },
		{ "((a == 1))", "a == 1" },
		{ "a + b * c - d > 1", "a + b * c - d > 1" },
		{ "(a + b) * c > 1", "(a + b) * c > 1" },
		{ "a - (b - c) > 1", "a - (b - c) > 1" },
		{ "(a - b) - c > 1", "a - b - c > 1" },
		{ "a % (b * c) > 1", "a % (b * c) > 1" },
		{ "-a * b > - -c", "-a * b > - -c" },
		{ "-(a + b) > -(-3)", "-(a + b) > 3" },
		{ "a between 1 and 2 and b", "a between 1 and 2 and b == true" },
		{ "a && b || !c",
		  "a == true and b == true or not c == true" },
	};
	char query[200], canonical[200];

	for EACH (i, where) {
		snprintf(query, sizeof query, "select * where %s", where[i][0]);
		snprintf(canonical, sizeof canonical, "select * where %s",
			 where[i][1]);
		assert_spelled(query, canonical);
	}
}
END_TEST

START_TEST(every_operator_is_there)
{
	static const char *const where[][2] = {
		{ "a = 1", "a == 1" }, { "a <> 1", "a != 1" },
		{ "a < 1", "a < 1" }, { "a <= 1", "a <= 1" },
		{ "a > 1", "a > 1" }, { "a >= 1", "a >= 1" },
		{ "a ==+ 'x'", "a ==+ 'x'" }, { "a ==~/x/", "a ==~ /x/" },
		{ "a =~ /x/", "a =~ /x/" }, { "a !~ /x/", "a !~ /x/" },
		{ "a LIKE 'x%'", "a like 'x%'" },
		{ "a not ilike 'x'", "a not ilike 'x'" },
		{ "not a like 'x'", "a not like 'x'" },
		{ "a in (1, -2.5, 'x', null, true)",
		  "a in (1, -2.5, 'x', null, true)" },
		{ "a not in (1)", "a not in (1)" },
		{ "a not between b and c + 1", "a not between b and c + 1" },
		{ "a is null", "a == null" }, { "a is not null", "a != null" },
		{ "a is true", "a == true" },
		{ "a is not false", "a != false" },
		{ "true", "true" }, { "false or a", "false or a == true" },
		{ "null == null", "null == null" },
		{ "a < null", "a < null" },
		{ "'x' == a", "'x' == a" },
	};
	char query[200], canonical[200];

	for EACH (i, where) {
		snprintf(query, sizeof query, "select * where %s", where[i][0]);
		snprintf(canonical, sizeof canonical, "select * where %s",
			 where[i][1]);
		assert_spelled(query, canonical);
	}
}
END_TEST

START_TEST(clauses_come_in_any_order)
{
	const char *canonical =
		"select a, b.c as x from s, 't u' where a > 1 sample 2.5% "
		"limit 7";

	assert_spelled("select a as a, b.c as \"x\" from s, 't u' where a > 1 "
		       "sample 2.50% limit 7", canonical);
	assert_spelled("select a, b.c as 'x' limit 7 sample 2.5 % where a > 1 "
		       "from s, 't u'", canonical);
	assert_spelled("select * sample 100%", "select *");
	assert_spelled("true", "select * where true");
}
END_TEST

START_TEST(paths_have_one_spelling)
{
	static const char *const path[][2] = {
		{ "a", "a" }, { "a.b.c", "a.b.c" }, { "a['b']", "a['b']" },
		{ "a[\"b\"]", "a['b']" }, { "e['a']['b']", "a['b']" },
		{ "e['a']", "a" }, { "e", "e" }, { "e['e']", "e" },
		{ "e['e']['x']", "e['e']['x']" }, { "e.x", "e.x" },
		{ "e[0]", "e[0]" }, { "e['a.b']", "e['a.b']" },
		{ "e['a b'][-1].c", "e['a b'][-1]['c']" },
		{ "a.b[0]['c d']", "a.b[0]['c d']" },
		{ "a.5xx", "a.5xx" }, { "@ts", "@ts" }, { "$x", "$x" },
		{ "caf\xc3\xa9", "caf\xc3\xa9" }, { "e['']", "e['']" },
		{ "e[\"x\\ny\"]", "e[\"x\\ny\"]" },
	};
	char query[200], canonical[200];

	for EACH (i, path) {
		snprintf(query, sizeof query, "select %s", path[i][0]);
		snprintf(canonical, sizeof canonical, "select %s", path[i][1]);
		assert_spelled(query, canonical);
	}
	assert_spelled("select * where l[*].s[*] == 1",
		       "select * where l[*]['s'][*] == 1");
}
END_TEST

static const struct refusal wrong_query[] = {
	{ "", MQL_ESYNTAX, 1, 1, 0, "begins with `select`" },
	{ "delete from s", MQL_ESYNTAX, 1, 1, 6, "with `select`" },
	{ "*", MQL_ESYNTAX, 1, 1, 1, "begins with `select`" },
	{ "select", MQL_ESYNTAX, 1, 7, 0, "expected a field" },
	{ "select * whre a == 1", MQL_ESYNTAX, 1, 10, 4,
	  "did you mean `where`?" },
	{ "select * form s", MQL_ESYNTAX, 1, 10, 4, "`from`?" },
	{ "select a groupby b", MQL_ESYNTAX, 1, 10, 7, "`group by`?" },
	{ "select * where a == 1 adn b", MQL_ESYNTAX, 1, 23, 3,
	  "`and`?" },
	{ "select * where a lik 'x'", MQL_ESYNTAX, 1, 18, 3,
	  "`like`?" },
	{ "select * where a == 1 == 2", MQL_ESYNTAX, 1, 23, 2,
	  "do not chain" },
	{ "select * where (a == 1  ", MQL_ESYNTAX, 1, 23, 0,
	  "end of the query: expected an operator, `)`" },
	{ "select * where a === 1", MQL_ESYNTAX, 1, 20, 1,
	  "expected a field or a value" },
	{ "select * where a =~ 'x'", MQL_ESYNTAX, 1, 21, 3,
	  "between slashes" },
	{ "select * where a like b", MQL_ESYNTAX, 1, 23, 1,
	  "a text in quotes" },
	{ "select * where a in (b)", MQL_ESYNTAX, 1, 22, 1,
	  "expected a constant" },
	{ "select * where a in 1", MQL_ESYNTAX, 1, 21, 1,
	  "expected `(`" },
	{ "select * where a is 1", MQL_ESYNTAX, 1, 21, 1,
	  "`null`, `true` or `false`" },
	{ "select * where a between 1", MQL_ESYNTAX, 1, 27, 0,
	  "`and`" },
	{ "select * where a not b", MQL_ESYNTAX, 1, 22, 1,
	  "`in`, `like` or `between`" },
	{ "select a[b]", MQL_ESYNTAX, 1, 10, 1, "a key in quotes" },
	{ "select a from", MQL_ESYNTAX, 1, 14, 0, "expected a name" },
	{ "select a limit -1", MQL_ESYNTAX, 1, 16, 1, "whole number" },
	{ "select a limit 1.5", MQL_ESYNTAX, 1, 16, 3,
	  "whole number" },
	{ "select a sample b", MQL_ESYNTAX, 1, 17, 1,
	  "a share such as `5%` or `100/s`" },
	{ "select a sample 5", MQL_ESYNTAX, 1, 18, 0,
	  "expected `%` or `/s`" },
	{ "select a sample 5/m", MQL_ESYNTAX, 1, 19, 1, "`5/s`" },
	{ "select a sample 0/s", MQL_ELIMIT, 1, 17, 1, "at least one" },
	{ "select a window", MQL_ESYNTAX, 1, 16, 0,
	  "a time such as `10s` or `|`" },
	{ "select a window 5x", MQL_ESYNTAX, 1, 17, 2, "no number" },
	{ "select a window 0", MQL_ELIMIT, 1, 17, 1, "1 ms" },
	{ "select a window 1s every 5s", MQL_ELIMIT, 1, 26, 2,
	  "leave events out" },
	{ "select a window 1d every 1s", MQL_ELIMIT, 1, 26, 2,
	  "too many windows" },
	{ "select a window 1 5", MQL_ELIMIT, 1, 19, 1, "leave" },
	{ "select a window |0|", MQL_ELIMIT, 1, 18, 1, "one event" },
	{ "select a window |5| on b", MQL_ESYNTAX, 1, 21, 2,
	  "has no time" },
	{ "select a window 5s on b on c", MQL_ESYNTAX, 1, 25, 2,
	  "second `on`" },
	{ "select a window 999999999999d", MQL_ESYNTAX, 1, 17, 13,
	  "too long" },
	{ "select a order by b dsec", MQL_ESYNTAX, 1, 21, 4,
	  "did you mean `desc`?" },
	{ "select a group by", MQL_ESYNTAX, 1, 18, 0,
	  "a field or a value" },
	{ "select case", MQL_ESYNTAX, 1, 12, 0, "expected `when`" },
	{ "select case when a", MQL_ESYNTAX, 1, 19, 0, "`then`" },
	{ "select case when a then b", MQL_ESYNTAX, 1, 26, 0,
	  "`when`, `end`" },
	{ "select lower(a", MQL_ESYNTAX, 1, 15, 0, "`)`" },
	{ "select a where b > 1m", MQL_ETYPE, 1, 20, 2,
	  "`window`" },
	{ "select a where b in (1m)", MQL_ESYNTAX, 1, 22, 2,
	  "a constant" },
	{ "select @app.x", MQL_ESYNTAX, 1, 8, 6, "no members" },
	{ "select *, a", MQL_ESYNTAX, 1, 9, 1, "expected a clause" },
	{ "select * from api-v2", MQL_ESYNTAX, 1, 18, 1,
	  "stands in quotes" },
	{ "select a limit 1 limit 2", MQL_ESYNTAX, 1, 18, 5,
	  "second `limit`" },
	{ "select a sample 0%", MQL_ELIMIT, 1, 17, 1, "more than 0%" },
	{ "select a sample 101%", MQL_ELIMIT, 1, 17, 3, "100%" },
	{ "select foo(a)", MQL_ESYNTAX, 1, 8, 3,
	  "no function `foo`" },
	{ "select * where lenght(a) > 1", MQL_ESYNTAX, 1, 16, 6,
	  "did you mean `length`?" },
};

START_TEST(a_wrong_query_is_told_what_was_expected)
{
	for EACH (i, wrong_query)
		assert_refused(&wrong_query[i]);
}
END_TEST

START_TEST(what_is_not_there_yet_is_refused_by_name)
{
	static const struct refusal later[] = {
		{ "select a since 5m", MQL_EUNSUP, 1, 10, 8, "`since`" },
		{ "select a from b join c", MQL_EUNSUP, 1, 17, 4, "`join`" },
		{ "select a anomaly mad", MQL_EUNSUP, 1, 10, 7, "`anomaly`" },
	};

	for EACH (i, later)
		assert_refused(&later[i]);
}
END_TEST

START_TEST(every_clause_has_one_spelling)
{
	static const char *const query[][2] = {
		{ "select distinct a , b", "select distinct a, b" },
		{ "select count( * ) limit 1 having count(*) > 1 group  by a",
		  "select count(*) as 'count( * )' group by a "
		  "having count(*) > 1 limit 1" },
		{ "select a order by a asc, b desc",
		  "select a order by a, b desc" },
		{ "select a window 60", "select a window 1m" },
		{ "select a window 60 10", "select a window 1m every 10s" },
		{ "select a window 1.5s every 500ms",
		  "select a window 1500ms every 500ms" },
		{ "select a window 2h on b.c grace 5",
		  "select a window 2h on b.c grace 5s" },
		{ "select a window 2h grace 0s on b",
		  "select a window 2h on b grace 0ms" },
		{ "select a window |10|", "select a window |10|" },
		{ "select a sample 100 / s", "select a sample 100/s" },
		{ "select a at @zone = 'b' and @labels.x = 1 and y = 2",
		  "select a at zone == 'b' and labels['x'] == 1 and "
		  "labels['y'] == 2" },
		{ "select case when a then b when c > 1 then 2 end as d",
		  "select case when a == true then b when c > 1 then 2 end "
		  "as d" },
		{ "select case when a then b else (c) end as d",
		  "select case when a == true then b else c end as d" },
		{ "select LOWER(a), Count(distinct b)",
		  "select first(lower(a)) as 'LOWER(a)', "
		  "count(distinct b) as 'Count(distinct b)'" },
		{ "select end, desc, on, a order by every desc",
		  "select e['end'], e['desc'], e['on'], a "
		  "order by e['every'] desc" },
	};

	for EACH (i, query)
		assert_spelled(query[i][0], query[i][1]);
}
END_TEST

START_TEST(mantis_samples_are_ours)
{
	static const char *const sample[][2] = {
		{ "{}", "" },
		{ "{'strategy':'RANDOM','threshold':500}", " sample 5%" },
		{ "{\"strategy\":\"RANDOM\",\"threshold\":1,\"factor\":4,"
		  "\"salt\":3}", " sample 25%" },
		{ "{'strategy':'RANDOM','threshold':10000}", "" },
		{ "{'strategy':'RPS','threshold':7}", " sample 7/s" },
		{ "{'salt':-1,'strategy':'STICKY','keys':['a','b c'],"
		  "'threshold':3}",
		  " sample {'strategy': 'STICKY', 'keys': ['a', 'b c'], "
		  "'threshold': 3, 'factor': 10000, 'salt': -1}" },
	};
	static const struct refusal wrong[] = {
		{ "select * sample {'strategy':'random','threshold':5}",
		  MQL_ETYPE, 1, 29, 8, "RANDOM, STICKY and RPS" },
		{ "select * sample {'threshold':5}", MQL_ESYNTAX, 1, 17, 15,
		  "`strategy` is missing" },
		{ "select * sample {'strategy':'RPS'}", MQL_ESYNTAX, 1, 17, 18,
		  "`threshold` is missing" },
		{ "select * sample {'strategy':'STICKY','threshold':5}",
		  MQL_ESYNTAX, 1, 17, 35, "`keys` are missing" },
		{ "select * sample {'keys':'a'}", MQL_ETYPE, 1, 25, 3,
		  "a list" },
		{ "select * sample {'treshold':5}", MQL_ESYNTAX, 1, 18, 10,
		  "knows strategy" },
		{ "select * sample {'factor':0}", MQL_ETYPE, 1, 27, 1,
		  "above 0" },
		{ "select * sample {bad json}", MQL_ESYNTAX, 1, 18, 3,
		  "a text in quotes or `}`" },
	};
	char query[300], canonical[300];

	for EACH (i, sample) {
		snprintf(query, sizeof query, "select * sample %s",
			 sample[i][0]);
		snprintf(canonical, sizeof canonical, "select *%s",
			 sample[i][1]);
		assert_spelled(query, canonical);
	}
	for EACH (i, wrong)
		assert_refused(&wrong[i]);
}
END_TEST

/* head, then unit n times, then tail. */
static struct mql_query *
repeated(const char *head, const char *unit, int n, const char *tail, int *err)
{
	struct buf b = BUF_INIT;
	struct mql_query *q;

	buf_puts(&b, head);
	for (int i = 0; i < n; i++)
		buf_puts(&b, unit);
	buf_puts(&b, tail);
	*err = query_compile((struct str){ (const char *)b.data, b.len }, &q,
			     NULL);
	buf_fini(&b);
	return q;
}

START_TEST(long_chains_are_not_deep)
{
	static const char *const chain[] = { " or a == 1", " and a == 1" };
	int err;

	for EACH (i, chain) {
		struct mql_query *q = repeated("select * where a == 0",
					       chain[i], 3000, "", &err);

		ck_assert_int_eq(err, 0);
		assert_settled(q);
		mql_query_free(q);
	}
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
	static const struct {
		const char *unit, *tail, *close;
	} deep[] = {
		{ "(", "a == 1", ")" }, { "not ", "a", "" },
		{ "-", "a > 1", "" },   { "a + ", "a > 1", "" },
		{ "not (a + 2 * -(", "a", "))" },
	};
	char tail[400];
	int err;

	for EACH (i, deep) {
		const char *end = i == 2 ? "b > 1" : deep[i].tail;

		repeated("select * where ", i == 2 ? "- " : deep[i].unit,
			 100000 / (int)strlen(deep[i].unit), end, &err);
		ck_assert_int_eq(err, MQL_ELIMIT);
	}
	memset(tail, 0, sizeof tail);
	memcpy(tail, "a == 1", 6);
	memset(tail + 6, ')', 250);
	repeated("select * where ", "(", 250, tail, &err);
	ck_assert_int_eq(err, MQL_ELIMIT);
	tail[6 + 150] = 0;
	struct mql_query *q =
		repeated("select * where ", "(", 150, tail, &err);
	ck_assert_int_eq(err, 0);
	mql_query_free(q);
}
END_TEST

START_TEST(a_path_has_a_bounded_number_of_steps)
{
	int err;
	struct mql_query *q = repeated("select a", ".a", 31, "", &err);

	ck_assert_int_eq(err, 0);
	mql_query_free(q);
	repeated("select a", "[0]", 32, "", &err);
	ck_assert_int_eq(err, MQL_ELIMIT);
	repeated("select a", "[2147483648]", 1, "", &err);
	ck_assert_int_eq(err, MQL_ELIMIT);
}
END_TEST

TEST_MAIN(parse, operators_bind_from_or_to_sign, every_operator_is_there,
	  clauses_come_in_any_order, paths_have_one_spelling,
	  a_wrong_query_is_told_what_was_expected,
	  what_is_not_there_yet_is_refused_by_name,
	  every_clause_has_one_spelling, mantis_samples_are_ours,
	  long_chains_are_not_deep,
	  deep_nesting_is_refused, a_path_has_a_bounded_number_of_steps)
