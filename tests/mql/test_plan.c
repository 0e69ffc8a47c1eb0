/* test_plan.c - the canonical spelling as a contract, and what each part of
 * the system is told. */
#include <jansson.h>

#include "tests/mql/compiled.h"

static struct mql_query *
compiled(const char *text)
{
	struct mql_diag d = { 0 };
	struct mql_query *q;

	ck_assert_msg(!mql_query_compile(text, &q, &d), "%s: %s", text,
		      d.text);
	return q;
}

START_TEST(agent_text_leaves_out_the_limit_only)
{
	struct mql_query *q =
		compiled("select a from s where b sample 10% limit 5");

	ck_assert_str_eq(query_agent_text(q).ptr,
			 "select a from s where b == true sample 10%");
	mql_query_free(q);
}
END_TEST

START_TEST(equal_queries_have_equal_agent_texts)
{
	struct mql_query *a = compiled("select a where x = 1 && !(y<>'z')");
	struct mql_query *b = compiled("SELECT e['a'] LIMIT 3 WHERE ((x) == "
				       "01) and not y != \"z\" -- same");

	ck_assert(str_eq(query_agent_text(a), query_agent_text(b)));
	mql_query_free(a);
	mql_query_free(b);
}
END_TEST

START_TEST(streams_limit_and_sample_are_told)
{
	struct mql_query *q =
		compiled("select * from a, 'b c' sample 50% limit 9");

	ck_assert(query_wants_stream(q, STR("a")));
	ck_assert(query_wants_stream(q, STR("b c")));
	ck_assert(!query_wants_stream(q, STR("b")));
	ck_assert_uint_eq(query_limit(q), 9);
	ck_assert_uint_eq(query_sample_threshold(q), UINT64_C(1) << 31);
	mql_query_free(q);

	q = compiled("select * limit 0");
	ck_assert(query_wants_stream(q, STR("anything")));
	ck_assert_uint_eq(query_limit(q), 0);
	ck_assert_uint_eq(query_sample_threshold(q), UINT64_C(1) << 32);
	mql_query_free(q);

	q = compiled("select * sample 0.00000000001%");
	ck_assert_uint_eq(query_limit(q), UINT64_MAX);
	ck_assert_uint_eq(query_sample_threshold(q), 1);
	mql_query_free(q);
}
END_TEST

START_TEST(agents_send_what_a_staged_query_is_made_of)
{
	static const char *const query[][2] = {
		{ "select count(*) from s where a > 1",
		  "select @ts from s where a > 1" },
		{ "select sum(a.b) as n group by e['c']['d'] having max(f) > "
		  "1 order by last(g) limit 5 sample 10%",
		  "select a.b, c['d'] as 'c[''d'']', g, f, @ts sample 10%" },
		{ "select a order by b", "select a, b, @ts" },
		{ "select a window 10s on t", "select a, t, @ts" },
		{ "select distinct a + 1 as b, @ts", "select a, @ts" },
		{ "select count(l[*]['x'] > 1), l[0]['y']",
		  "select l, l[0]['y'] as 'l[0][''y'']', @ts" },
		{ "select * window |2|", "select *" },
		{ "select e [ ^ \"a'\" ] , b, e[^''] where @app == 'x' limit 2",
		  "select e[^'a'''], b, e[^''] where @app == 'x'" },
		{ "select e[^'a'], b where c == 1 order by d",
		  "select * where c == 1" },
		{ "select * group by a order by count(*)", "select *" },
		{ "select count(*) at zone == 'x'",
		  "select @ts at zone == 'x'" },
		{ "select lower(a) as b where c limit 3",
		  "select lower(a) as b where c == true" },
	};

	for EACH (i, query) {
		struct mql_query *q = compiled(query[i][0]);

		ck_assert_str_eq(query_agent_text(q).ptr, query[i][1]);
		mql_query_free(q);
	}
}
END_TEST

static bool
is_unweighed(const char *text)
{
	struct mql_query *q = compiled(text);
	bool is = query_is_unweighed(q);

	mql_query_free(q);
	return is;
}

START_TEST(aggregates_of_rows_are_not_weighed)
{
	ck_assert(is_unweighed("select count(*) window |100|"));
	ck_assert(is_unweighed("select a, sum(b) group by a window |9|"));
	ck_assert(!is_unweighed("select count(*)"));
	ck_assert(!is_unweighed("select * group by a having count(*) > 1"));
	ck_assert(!is_unweighed("select a, sum(b) group by a window 1s"));
	ck_assert(!is_unweighed("select a where b order by a limit 3"));
	ck_assert(!is_unweighed("select a window |3|"));
	ck_assert(!is_unweighed("select *"));
}
END_TEST

START_TEST(at_is_a_query_on_what_an_agent_is)
{
	struct mql_query *q = compiled("select a at @app == 'x' and "
				       "labels.tier in (1, 2)");

	ck_assert_str_eq(query_at_text(q).ptr, "select * where app == 'x' and "
			 "labels['tier'] in (1, 2)");
	mql_query_free(q);
	q = compiled("select a");
	ck_assert_uint_eq(query_at_text(q).len, 0);
	mql_query_free(q);
}
END_TEST

/* What explain says of text. */
static char *
explained(const char *text)
{
	struct mql_query *q = compiled(text);
	char *said = NULL;
	size_t len;
	FILE *f = open_memstream(&said, &len);

	ck_assert_ptr_nonnull(f);
	mql_query_explain(q, f);
	fclose(f);
	mql_query_free(q);
	return said;
}

START_TEST(explain_names_what_runs_where)
{
	char *said = explained("select a, b.c from s where a > 1 and "
			       "x =~ /.*y/ sample 5% limit 3");

	ck_assert_ptr_nonnull(strstr(said, "filter, sample 5% of the matches, "
				     "projection of 2 columns\n"));
	ck_assert_ptr_nonnull(strstr(said, "limit of 3\n"));
	ck_assert_ptr_nonnull(strstr(said, "\nstreams     s\n"));
	ck_assert_ptr_nonnull(strstr(said, "b.c"));
	ck_assert_ptr_nonnull(strstr(said, "/.*y/ begins with no fixed"));
	free(said);
}
END_TEST

START_TEST(explain_names_what_is_finished_where)
{
	char *said = explained(
		"select node, count(*) as n, count(a > 1) from s where b "
		"group by node, request_id window 60 10 on t grace 5s "
		"having n > 1 order by n desc, node limit 3 "
		"at zone == 'z'");

	ck_assert_ptr_nonnull(strstr(said, "\nagents      zone == 'z'\n"));
	ck_assert_ptr_nonnull(strstr(said, "groups, sent as partials\n"
				     "            select count(*), "
				     "count(a > 1) from s where b == true "
				     "group by node, request_id window 1m "
				     "every 10s on t grace 5s at zone == 'z'"
				     "\n"));
	ck_assert_ptr_nonnull(strstr(said, "windows of 1m every 10s, by the "
				     "time t, held open for 5s\n"));
	ck_assert_ptr_nonnull(strstr(said, "groups by node, request_id\n"));
	ck_assert_ptr_nonnull(strstr(said, "aggregates count(*), count(a > "
				     "1)\n"));
	ck_assert_ptr_nonnull(strstr(said, "having n > 1\n"));
	ck_assert_ptr_nonnull(strstr(said, "order by n desc, node\n"));
	ck_assert_ptr_nonnull(strstr(said, "limit of 3 in each window\n"));
	ck_assert_ptr_nonnull(strstr(said, "\nmemory "));
	ck_assert_ptr_nonnull(strstr(said, "request_id looks as if"));
	ck_assert_ptr_nonnull(strstr(said, "whether it is true of them"));
	free(said);
}
END_TEST

START_TEST(explain_warns_of_whole_events_and_no_filter)
{
	char *said = explained("select *");

	ck_assert_ptr_nonnull(strstr(said, "every stream\n"));
	ck_assert_ptr_nonnull(strstr(said, "without `where`"));
	ck_assert_ptr_nonnull(strstr(said, "sends whole events"));
	free(said);
	said = explained("select a where b =~ /abc/ and c ==~ /^x.*/");
	ck_assert_ptr_null(strstr(said, "warning"));
	free(said);
}
END_TEST

static const char *const queries[] = {
	"select * where a - -b - (-1) > -2.50e-3 or -(-(-c)) < 1",
	"select e['e'], e['e']['e'], e['e'][0]['e'], e.e['e'] as e",
	"select a as 'a b', b as \"tab\\t\", c as 'select', d as limit",
	"select * from 'select', \"a\\nb\", limit where not (not a or not b)",
	"select * where not (a in (1, null) and b not like '%''_')",
	"select * where a ==~ /\\/\\\\\\// and not (b !~ /[\\/]|\\s/)",
	"select * where (a or b) and (c or d and (e or f)) or (g)",
	"select * where (a and (b and c)) and d or (e or (f or g))",
	"select * where a == 1e300 and b == 123456789012345678901234567890",
	"select * where a == -0.0 and b < 0.1 sample 0.1% limit 0",
	"select * where a / (b / c) % d * (e - (f + g)) == 1",
	"select a + 1, 'it''s', 45, null, true, -1.5, a > 1 or b, not a",
	"select count( /* all */ *) , sum( a ) having e['count( /* all */ *)']",
	"select count(*) as 'a b', x as 'limit' order by e['a b'], limit desc",
	"select a as x, max(b) as x group by c having x > 1 order by x",
	"select l[*].x > 1 as a, count(*) group by l[*].y in (1, 2), a",
	"select case when a and count(*) > 1 then b end as c, d group by a",
	"select if(sum(a) > 1, b, lower(c)) as x group by lower(c)",
	"select * group by a having b and count(*) > 2 order by c + 1",
	"select top(a), percentile(a, .5), count(distinct a + 1), rate()",
	"select distinct * window 1.5 .5 on coalesce(t, u) grace 0 limit 1",
	"select time_bucket(@ts, 1h) as t, count(*) group by t order by t",
	"select e[^'a'], e[^''], b, e[^\"\\u0001'\"] order by c window 1m",
	"select 'x' as y, 'z' order by z, y, 'w'",
	"select a at (app == 'x' or not canary) and labels.a.b == 1",
	"select * where x['\xf0\x9f\x9a\x80\"'] == \"\\u0001\\u0000\\\"'\"",
};

START_TEST(the_spelling_compiles_to_itself)
{
	for EACH (i, queries) {
		struct mql_query *q = compiled(queries[i]);

		assert_settled(q);
		mql_query_free(q);
	}
}
END_TEST

/* Numbers below n from a fixed sequence. */
static unsigned
pick(uint64_t *seed, unsigned n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(*seed >> 33) % n;
}

/* A condition, or a value: `?` is a value in it, `:` one more of its kind.
 * Deep down only the simple ones, which come first, are used. */
static void
write_random(struct buf *b, uint64_t *seed, bool is_value, int depth)
{
	static const char *const value[] = {
		"a", "e['b c'][0].d", "e.f", "-7", "1.25e-3", ".5", "'it''s'",
		"\"\\u0007/\"", "null", "@ts", "(:)", "-:", "abs(:)", ": + :",
		":-:", "coalesce(a, :)", ":/:", "lower(:)", "(: - :)",
		"if(a, :, :)",
	};
	static const char *const condition[] = {
		"a", "false", "? = ?", "? <> ?", "? <= ?", "? ==+ ?",
		"? =~ /\\/.|x/", "? not like '%'", "? is not null",
		"? in (1, 'x', -2.0, null)", "not ? between ? and ?", "(:)",
		"not :", "!:", ": and :", ": && :", ": or :", "(: || :)",
		"(: and :)", "! ! :",
	};
	unsigned i = pick(seed, depth > 3 ? 10 : 20);

	for (const char *s = is_value ? value[i] : condition[i]; *s; s++)
		if (*s == ':')
			write_random(b, seed, is_value, depth + 1);
		else if (*s == '?')
			write_random(b, seed, true, depth + 1);
		else
			buf_put_u8(b, (uint8_t)*s);
}

START_TEST(random_queries_compile_to_themselves)
{
	uint64_t seed = 1;
	int accepted = 0;

	for (int i = 0; i < 20000; i++) {
		struct buf b = BUF_INIT;
		struct mql_query *q;

		buf_puts(&b, "select * where ");
		write_random(&b, &seed, false, 0);
		ck_assert_int_eq(b.err, 0);
		if (!query_compile((struct str){ (char *)b.data, b.len }, &q,
				   NULL)) {
			accepted++;
			assert_settled(q);
			mql_query_free(q);
		}
		buf_fini(&b);
	}
	ck_assert_int_gt(accepted, 8000);
}
END_TEST

/* A whole query: `?` is a value, `!` a condition, `#` an aggregate of a value,
 * `.` any of them or a column. */
static void
write_clause(struct buf *b, uint64_t *seed, const char *s)
{
	static const char *const any[] = {
		"?", "!", "#", "x", "y", "e['COUNT(a)']", "# + ?", "a", "#",
		"case when ! then # else ? end",
	};
	static const char *const agg[] = {
		"count(*)", "count(a)", "sum(?)", "top(?, 3)", "p99(a)",
		"count(distinct ?)", "percentile(a, .5)", "max(!)",
	};

	for (; *s; s++)
		if (*s == '?' || *s == '!')
			write_random(b, seed, *s == '?', 2);
		else if (*s == '.')
			write_clause(b, seed, any[pick(seed, 10)]);
		else if (*s == '#')
			write_clause(b, seed, agg[pick(seed, 8)]);
		else
			buf_put_u8(b, (uint8_t)*s);
}

static void
write_query(struct buf *b, uint64_t *seed)
{
	static const char *const clause[] = {
		" where !", " group by ?, x, !", " group by a", " having .",
		" having . > . and x", " order by ., . desc", " window 10s",
		" window 60 10 on ? grace 1s", " window |3|", " sample 5%",
		" limit 2", " at ! and zone",
	};

	buf_puts(b, "select ");
	if (pick(seed, 4) == 0)
		buf_puts(b, "*");
	else
		write_clause(b, seed, "., . as x, . as y");
	for (int i = 0; i < 12; i++)
		if (pick(seed, 4) == 0)
			write_clause(b, seed, clause[i]);
}

START_TEST(random_whole_queries_compile_to_themselves)
{
	uint64_t seed = 2;
	int accepted = 0;

	for (int i = 0; i < 20000; i++) {
		struct buf b = BUF_INIT;
		struct mql_query *q, *agent;

		write_query(&b, &seed);
		ck_assert_int_eq(b.err, 0);
		if (!query_compile((struct str){ (char *)b.data, b.len }, &q,
				   NULL)) {
			accepted++;
			assert_settled(q);
			ck_assert_int_eq(query_compile(query_agent_text(q),
						       &agent, NULL), 0);
			ck_assert(str_eq(query_agent_text(agent),
					 query_agent_text(q)));
			mql_query_free(agent);
			mql_query_free(q);
		}
		buf_fini(&b);
	}
	ck_assert_int_gt(accepted, 2000);
}
END_TEST

/* Each query of Mantis's own that this language knows. */
START_TEST(mantis_queries_compile_to_themselves)
{
	FILE *f = fopen("../shared/mantis-cases.jsonl", "r");
	char line[65536];
	int accepted = 0;

	while (f && fgets(line, sizeof line, f)) {
		json_t *one = json_loads(line, 0, NULL);
		const char *text = json_string_value(
			json_object_get(one, "query"));
		struct mql_query *q = NULL;

		if (text && !mql_query_compile(text, &q, NULL)) {
			accepted++;
			assert_settled(q);
			mql_query_free(q);
		}
		json_decref(one);
	}
	if (f) {
		ck_assert_int_gt(accepted, 110);
		fclose(f);
	}
}
END_TEST

TEST_MAIN(plan, agent_text_leaves_out_the_limit_only,
	  equal_queries_have_equal_agent_texts,
	  streams_limit_and_sample_are_told,
	  agents_send_what_a_staged_query_is_made_of,
	  aggregates_of_rows_are_not_weighed,
	  at_is_a_query_on_what_an_agent_is, explain_names_what_runs_where,
	  explain_names_what_is_finished_where,
	  explain_warns_of_whole_events_and_no_filter,
	  the_spelling_compiles_to_itself,
	  random_queries_compile_to_themselves,
	  random_whole_queries_compile_to_themselves,
	  mantis_queries_compile_to_themselves)
