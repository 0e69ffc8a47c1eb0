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
		"\"\\u0007/\"", "null", "@ts", "(:)", "-:", "- -:", ": + :",
		":-:", ": * :", ":/:", ": % :", "(: - :)", "(: % :)",
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
		ck_assert_int_gt(accepted, 60);
		fclose(f);
	}
}
END_TEST

TEST_MAIN(plan, agent_text_leaves_out_the_limit_only,
	  equal_queries_have_equal_agent_texts,
	  streams_limit_and_sample_are_told, explain_names_what_runs_where,
	  explain_warns_of_whole_events_and_no_filter,
	  the_spelling_compiles_to_itself,
	  random_queries_compile_to_themselves,
	  mantis_queries_compile_to_themselves)
