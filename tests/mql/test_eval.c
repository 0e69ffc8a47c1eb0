/* Every operator against every type of value: one character an event, in the
 * order of `value` below, 1 where `a <test>` is true. */
#include "common/str.h"
#include "tests/mql/ask.h"
#include "tests/check_main.h"

static const char *const value[] = {
	NULL, "null", "true", "false",          /* NULL: missing */
	"0", "1", "1.0", "1.5", "-5",
	"\"\"", "\"1\"", "\"abc\"", "\"ABC\"",
	"[]", "[1, 2]", "{}", "{\"k\":1}",
};
enum { NVALUE = sizeof value / sizeof *value };

struct truth {
	const char *where, *want;
};

static void
event_of(char *to, size_t size, const char *a)
{
	snprintf(to, size, a ? "{\"a\":%s,\"zero\":0,\"one\":1,\"n\":null}"
			     : "{\"zero\":0,\"one\":1,\"n\":null}%s",
		 a ? a : "");
}

static void
check_table(const struct truth *t, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char text[200], event[200], got[NVALUE + 1] = "";

		snprintf(text, sizeof text, "select * where %s", t[i].where);
		for (size_t k = 0; k < NVALUE; k++) {
			event_of(event, sizeof event, value[k]);
			got[k] = ask_matches(text, event) ? '1' : '0';
		}
		ck_assert_msg(!strcmp(got, t[i].want), "%s\n want %s\n  got %s",
			      t[i].where, t[i].want, got);
	}
}
#define CHECK_TABLE(t) check_table((t), sizeof(t) / sizeof *(t))

START_TEST(eval_equality_takes_null_as_a_value)
{
	/*                             mntf 01.5- e1aA []{} */
	static const struct truth t[] = {
		{ "a == null",        "11000000000000000" },
		{ "a != null",        "00111111111111111" },
		{ "a is null",        "11000000000000000" },
		{ "a is not null",    "00111111111111111" },
		{ "a == missing",     "11000000000000000" },
		{ "a != missing",     "00111111111111111" },
		{ "a == true",        "00100000000000000" },
		{ "a == false",       "00010000000000000" },
		{ "a",                "00100000000000000" },
		{ "a == 0",           "00001000000000000" },
		{ "a == 1",           "00000110000000000" },
		{ "a == 1.0",         "00000110000000000" },
		{ "a == 1.5",         "00000001000000000" },
		{ "a != 1",           "11111001111111111" },
		{ "a == '1'",         "00000000001000000" },
		{ "a == ''",          "00000000010000000" },
		{ "a == 'abc'",       "00000000000100000" },
		{ "a != 'abc'",       "11111111111011111" },
		{ "a == one",         "00000110000000000" },
		{ "a == a",           "11111111111111111" },
		{ "not (a == 1)",     "11111001111111111" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_order_is_false_for_null_and_across_types)
{
	static const struct truth t[] = {
		{ "a < 1",            "00001000100000000" },
		{ "a <= 1",           "00001110100000000" },
		{ "a > 1",            "00000001000000000" },
		{ "a >= 1",           "00000111000000000" },
		{ "a < 'abc'",        "00000000011010000" },
		{ "a >= 'abc'",       "00000000000100000" },
		{ "a < null",         "00000000000000000" },
		{ "a >= null",        "00000000000000000" },
		{ "a < missing",      "00000000000000000" },
		{ "a <= true",        "00000000000000000" },
		{ "not (a < 1)",      "11110111011111111" },
		{ "1 > a",            "00001000100000000" },
		{ "a between 0 and 1","00001110000000000" },
		{ "a between 1 and 0","00000000000000000" },
		{ "a between n and 5","00000000000000000" },
		{ "a not between 0 and 1", "11110001111111111" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_text_tests_see_every_value_but_null_as_text)
{
	static const struct truth t[] = {
		{ "a ==~ /.*/",       "00111111111111111" },
		{ "a ==~ /1/",        "00000100001000000" },
		{ "a ==~ /1\\.0/",    "00000010000000000" },
		{ "a ==~ /true|abc/", "00100000000100000" },
		{ "a ==~ /\\[1, 2\\]/", "00000000000000100" },
		{ "a =~ /b/",         "00000000000100000" },
		{ "a =~ /(?i)b/",     "00000000000110000" },
		{ "a =~ /1/",         "00000111001000101" },
		{ "a !~ /1/",         "00111000110111010" },
		{ "not (a =~ /1/)",   "11111000110111010" },
		{ "a ==+ '1'",        "00000111001000101" },
		{ "a ==+ 1",          "00000111001000101" },
		{ "a ==+ ''",         "00111111111111111" },
		{ "a ==+ null",       "00000000000000000" },
		{ "a ==+ one",        "00000111001000101" },
		{ "a like 'a%'",      "00000000000100000" },
		{ "a ilike 'a%'",     "00000000000110000" },
		{ "a like '%1%'",     "00000111001000101" },
		{ "a like '%'",       "00111111111111111" },
		{ "a not like 'a%'",  "11111111111011111" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_in_is_equality_without_null)
{
	static const struct truth t[] = {
		{ "a in (1, 'abc')",  "00000110000100000" },
		{ "a in (1.5, '1')",  "00000001001000000" },
		{ "a in (true)",      "00100000000000000" },
		{ "a in (null)",      "00000000000000000" },
		{ "a in (null, 0)",   "00001000000000000" },
		{ "a not in (0, 1)",  "11110001111111111" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_arithmetic_gives_null_for_what_is_no_number)
{
	static const struct truth t[] = {
		{ "a + 1 == 2",       "00000110000000000" },
		{ "a + 1 == null",    "11110000011111111" },
		{ "a / zero == null", "11111111111111111" },
		{ "a % zero == null", "11111111111111111" },
		{ "-a == 5",          "00000000100000000" },
		{ "a * 2 - 1 == 2",   "00000001000000000" },
		{ "1 + a * 2 > 3",    "00000001000000000" },
		{ "(1 + a) * 2 > 3",  "00000111000000000" },
		{ "a / 2 == 0.5",     "00000110000000000" },
		{ "a % 2 == -1",      "00000000100000000" },
		{ "a + a == a * 2",   "11111111111111111" },
		{ "a - (a - (a - 1)) == 0", "00000110000000000" },
		{ "a + 1 between 2 and 3", "00000111000000000" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_connectives_bind_as_usual)
{
	static const struct truth t[] = {
		{ "true",                          "11111111111111111" },
		{ "false",                         "00000000000000000" },
		{ "not false",                     "11111111111111111" },
		{ "a == 1 or a == 0 and false",    "00000110000000000" },
		{ "(a == 1 or a == 0) and false",  "00000000000000000" },
		{ "not a == 1 and a is not null",  "00111001111111111" },
		{ "not (a == 1 or a == 0) and a >= -5", "00000001100000000" },
		{ "a > 0 and (a < 1.2 or a == 1.5) and a != 1",
						   "00000001000000000" },
		{ "a == 0 or a == 1 or a == 'abc' or a == ''",
						   "00001110010100000" },
		{ "not (a > 0 and not (a > 1))",   "11111001111111111" },
		{ "a > 0 && !(a == 1) || a == ''", "00000001010000000" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_integers_and_floats_compare_exactly)
{
	const char *big = "{\"a\":9007199254740993,\"b\":9007199254740992.0,"
			  "\"c\":9223372036854775807,"
			  "\"d\":9223372036854775808}";

	ck_assert(!ask_matches("select * where a == b", big));
	ck_assert(ask_matches("select * where a > b", big));
	ck_assert(ask_matches("select * where c < d", big));
	ck_assert(!ask_matches("select * where c == d", big));
	ck_assert(ask_matches("select * where a in (9007199254740993)", big));
	ck_assert(!ask_matches("select * where b in (9007199254740993)", big));
}
END_TEST

START_TEST(eval_star_is_true_when_some_element_is)
{
	static const struct {
		const char *where, *event;
		bool        want;
	} t[] = {
		{ "l[*] == 2", "{\"l\":[1,2,3]}", true },
		{ "l[*] == 4", "{\"l\":[1,2,3]}", false },
		{ "2 == l[*]", "{\"l\":[1,2,3]}", true },
		{ "l[*] != 2", "{\"l\":[2,3]}", true },
		{ "l[*] != 2", "{\"l\":[2,2]}", false },
		{ "l[*] == 2", "{\"l\":[]}", false },
		{ "l[*] != 2", "{}", false },
		{ "l[*] == 2", "{\"l\":2}", false },
		{ "l[*] == 2", "{\"l\":{\"x\":1,\"y\":2}}", true },
		{ "not (l[*] == 1)", "{\"l\":[1,2]}", false },
		{ "not (l[*] == 1)", "{}", true },
		{ "l[*] > 2", "{\"l\":[1,\"9\",3]}", true },
		{ "l[*] between 3 and 4", "{\"l\":[1,9]}", false },
		{ "l[*] between 3 and 4", "{\"l\":[1,9,3]}", true },
		{ "l[*] in (3, 4)", "{\"l\":[1,9,3]}", true },
		{ "l[*] in (3, 4)", "{\"l\":[1,9]}", false },
		{ "l[*] not in (1, 9)", "{\"l\":[1,2]}", false },
		{ "l[*] not in (1, 9)", "{\"l\":[2,3]}", true },
		{ "l[*] =~ /b/", "{\"l\":[\"a\",\"abc\"]}", true },
		{ "l[*] !~ /b/", "{\"l\":[\"abc\",null]}", false },
		{ "l[*] !~ /b/", "{\"l\":[\"abc\",\"x\"]}", true },
		{ "l[*] ==~ /a/", "{\"l\":[\"ab\",\"a\"]}", true },
		{ "l[*] like 'b%'", "{\"l\":[\"a\",\"bc\"]}", true },
		{ "l[*] ==+ 'c'", "{\"l\":[\"a\",\"bc\"]}", true },
		{ "l[*].s == 2", "{\"l\":[{\"s\":1},{\"s\":2}]}", true },
		{ "l[*].s == 3", "{\"l\":[{\"s\":1},{\"s\":2}]}", false },
		{ "l[*].s == 1 and l[*].t == 2",
		  "{\"l\":[{\"s\":1,\"t\":1},{\"s\":2,\"t\":2}]}", true },
		{ "l[*] == x", "{\"l\":[1,2],\"x\":2}", true },
		{ "l[*] == x + 1", "{\"l\":[1,2],\"x\":1}", true },
		{ "x == 1 and l[*] == 2 or y == 1", "{\"y\":1}", true },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		char text[200];

		snprintf(text, sizeof text, "select * where %s", t[i].where);
		ck_assert_msg(ask_matches(text, t[i].event) == t[i].want,
			      "%s on %s", t[i].where, t[i].event);
	}
}
END_TEST

START_TEST(eval_calls_take_null_by_their_own_rules)
{
	static const struct truth t[] = {
		{ "lower(a) == 'abc'",        "00000000000110000" },
		{ "lower(a) is null",         "11111111100001111" },
		{ "length(a) == 3",           "00000000000110000" },
		{ "starts_with(a, 'a')",      "00000000000100000" },
		{ "not starts_with(a, 'a')",  "11111111111011111" },
		{ "abs(a) == 5",              "00000000100000000" },
		{ "typeof(a) == 'integer'",   "00001100100000000" },
		{ "exists(a)",                "00111111111111111" },
		{ "not exists(a)",            "11000000000000000" },
		{ "coalesce(a, 1) == 1",      "11000110000000000" },
		{ "coalesce(a, none, n) is null", "11000000000000000" },
		{ "nullif(a, 1) is null",     "11000110000000000" },
		{ "regexp_extract(a, /b/) == 'b'", "00000000000100000" },
		{ "length(concat(a, 'x')) > length('x')",
					      "00111111101111111" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_chooses_the_first_branch_that_holds)
{
	static const struct truth t[] = {
		{ "if(a > 0, 1, 2) == 1",     "00000111000000000" },
		{ "if(a > 0, 1, 2) == 2",     "11111000111111111" },
		{ "if(a > 0, 1) is null",     "11111000111111111" },
		{ "if(a, one, zero) == 1",    "00100000000000000" },
		{ "case when a > 1 then 'x' when a > 0 then 'y' end == 'y'",
					      "00000110000000000" },
		{ "case when a > 1 then 'x' when a > 0 then 'y' "
		  "else a end == a",          "11111000111111111" },
		{ "case when a == 1 then true when a == 0 then false end",
					      "00000110000000000" },
		{ "case when if(a > 0, true, false) then 1 else 2 end == 1",
					      "00000111000000000" },
		{ "1 + if(a > 0, a, 0) * 2 == 3", "00000110000000000" },
		{ "case when a > 0 and (a < 1.2 or a is null) then 1 end == 1",
					      "00000110000000000" },
	};

	CHECK_TABLE(t);
}
END_TEST

START_TEST(eval_asks_the_event_for_the_time)
{
	struct mql_query *q = ask_compile("select now() as n, @ts as t "
					  "where now() == @ts");
	struct mql_runner *r;
	const char *row;
	size_t len;

	ck_assert_int_eq(mql_runner_new(q, 0, &r), 0);
	mql_runner_time(r, 1700000000000);
	ck_assert_int_eq(mql_runner_event(r, "{}", 2, &row, &len), 0);
	ck_assert(row && str_eq((struct str){ row, len },
				STR("{\"n\":1700000000000,"
				    "\"t\":1700000000000}")));
	mql_runner_free(r);
	mql_query_free(q);
}
END_TEST

START_TEST(eval_counts_orderings_that_make_no_sense)
{
	static const struct {
		const char *where, *event;
		uint64_t    want;
	} t[] = {
		{ "s > 400", "{\"s\":\"500\"}", 1 },
		{ "s > 400", "{\"s\":500}", 0 },
		{ "s > 400", "{}", 0 },
		{ "s > 400", "{\"s\":true}", 1 },
		{ "s > 'x'", "{\"s\":[]}", 1 },
		{ "s == 400", "{\"s\":\"500\"}", 0 },
		{ "s[*] > 400", "{\"s\":[\"a\",\"b\",500]}", 2 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct mql_runner_stats st;
		char text[200];

		snprintf(text, sizeof text, "select * where %s", t[i].where);
		free(ask_stats(text, t[i].event, &st));
		ck_assert_msg(st.mismatches == t[i].want, "%s on %s",
			      t[i].where, t[i].event);
	}
}
END_TEST

START_TEST(eval_counts_matches_that_were_given_up)
{
	const char *event = "{\"s\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"}";
	struct mql_runner_stats st;

	ck_assert_ptr_null(ask_stats("select * where s ==~ /(a+)+/", event,
				     &st));
	ck_assert_uint_eq(st.regex_limited, 1);
	ck_assert_ptr_null(ask_stats("select * where s !~ /(a+)+$/", event,
				     &st));
	ck_assert_uint_eq(st.regex_limited, 1);
}
END_TEST

START_TEST(eval_holds_three_thousand_alternatives)
{
	enum { N = 3000 };
	char *text = malloc(N * 16 + 32), *p = text;

	p += sprintf(p, "select * where a == 0");
	for (int i = 1; i < N; i++)
		p += sprintf(p, " or a == %d", i * 2);
	ck_assert(ask_matches(text, "{\"a\":5998}"));
	ck_assert(!ask_matches(text, "{\"a\":5999}"));
	free(text);
}
END_TEST

TEST_MAIN(eval, eval_equality_takes_null_as_a_value,
	  eval_order_is_false_for_null_and_across_types,
	  eval_text_tests_see_every_value_but_null_as_text,
	  eval_in_is_equality_without_null,
	  eval_arithmetic_gives_null_for_what_is_no_number,
	  eval_connectives_bind_as_usual,
	  eval_integers_and_floats_compare_exactly,
	  eval_star_is_true_when_some_element_is,
	  eval_calls_take_null_by_their_own_rules,
	  eval_chooses_the_first_branch_that_holds,
	  eval_asks_the_event_for_the_time,
	  eval_counts_orderings_that_make_no_sense,
	  eval_counts_matches_that_were_given_up,
	  eval_holds_three_thousand_alternatives)
