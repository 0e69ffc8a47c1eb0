#include "mql/regex.h"
#include "mql/error.h"
#include "tests/check_main.h"

/* 1, 0, or MQL_ELIMIT. */
static int
matches(struct str pattern, bool whole, struct str subject)
{
	struct arena a = { 0 };
	struct regex_error why;
	struct regex_match *m;
	struct regex re;

	ck_assert_int_eq(regex_compile(&a, pattern, whole, &re, &why), 0);
	ck_assert_int_eq(regex_match_new(&m), 0);
	int got = regex_matches(&re, m, subject);
	regex_match_free(m);
	arena_fini(&a);
	return got;
}

static int
all(const char *pattern, const char *subject)
{
	return matches(str_of(pattern), true, str_of(subject));
}

static int
some(const char *pattern, const char *subject)
{
	return matches(str_of(pattern), false, str_of(subject));
}

START_TEST(regex_whole_takes_the_whole_value)
{
	ck_assert_int_eq(all("i-123", "i-123"), 1);
	ck_assert_int_eq(all("i-123", "i-123456"), 0);
	ck_assert_int_eq(all("i-123", "xi-123"), 0);
	ck_assert_int_eq(all("a|ab", "ab"), 1); /* backtracks to fit */
	ck_assert_int_eq(all("a+?", "aaa"), 1);
	ck_assert_int_eq(all("abc", "abc\n"), 0);
	ck_assert_int_eq(all("", ""), 1);
}
END_TEST

START_TEST(regex_dot_takes_a_newline_only_in_a_whole_match)
{
	ck_assert_int_eq(all("a.b", "a\nb"), 1);
	ck_assert_int_eq(some("a.b", "a\nb"), 0);
	ck_assert_int_eq(some("(?s)a.b", "a\nb"), 1);
}
END_TEST

START_TEST(regex_search_finds_it_anywhere)
{
	ck_assert_int_eq(some("error", "no error here"), 1);
	ck_assert_int_eq(some("^error", "no error here"), 0);
	ck_assert_int_eq(some("(?i)ERROR", "no error here"), 1);
	ck_assert_int_eq(some("(a)\\1", "xaay"), 1);
}
END_TEST

START_TEST(regex_dot_is_a_character_of_utf8)
{
	ck_assert_int_eq(all("caf.", "caf\u00e9"), 1);
	ck_assert_int_eq(all("(?i)caf\u00c9", "caf\u00e9"), 1);
}
END_TEST

START_TEST(regex_survives_bytes_that_are_no_utf8)
{
	ck_assert_int_eq(some("abc", "\xff\xfe abc"), 1);
	ck_assert_int_eq(all("a.c", "a\xff""c"), 0);
	ck_assert_int_eq(matches(STR("a.b"), true, STR("a\0b")), 1);
	ck_assert_int_eq(matches(STR(""), true, (struct str){ NULL, 0 }), 1);
}
END_TEST

START_TEST(regex_says_where_a_pattern_is_wrong)
{
	static const struct {
		const char *pattern;
		size_t      at;
	} t[] = { { "a(b", 3 }, { "a)b", 1 }, { "[a", 2 }, { "*a", 0 },
		{ "ab\xff", 2 } };
	struct arena a = { 0 };
	struct regex_error why;
	struct regex re;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		ck_assert_int_eq(regex_compile(&a, str_of(t[i].pattern), true,
					       &re, &why), MQL_ESYNTAX);
		ck_assert_msg(why.at == t[i].at, "%s: %zu", t[i].pattern,
			      why.at);
		ck_assert_int_ne(why.text[0], 0);
	}
	arena_fini(&a);
}
END_TEST

START_TEST(regex_refuses_to_split_a_character)
{
	struct arena a = { 0 };
	struct regex_error why;
	struct regex re;

	ck_assert_int_eq(regex_compile(&a, STR("a\\Cb"), true, &re, &why),
			 MQL_ESYNTAX);
	arena_fini(&a);
}
END_TEST

START_TEST(regex_gives_up_a_catastrophe)
{
	const char *a = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!";

	ck_assert_int_eq(all("(a+)+", a), MQL_ELIMIT);
	ck_assert_int_eq(some("(a*)*b$", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac"
					 "b "), MQL_ELIMIT);
	ck_assert_int_eq(all("(a|aa)+", a), MQL_ELIMIT);
}
END_TEST

START_TEST(regex_gives_up_what_is_quadratic_in_a_long_text)
{
	enum { N = 1000 * 1000 };
	char *text = malloc(N + 2);

	memset(text, 'a', N);
	strcpy(text + N, "c");
	ck_assert_int_eq(some("a++b|d", text), MQL_ELIMIT);
	ck_assert_int_eq(some("a{0,900}[bd]", text), MQL_ELIMIT);
	ck_assert_int_eq(some("error", text), 0);
	ck_assert_int_eq(some("c$", text), 1);
	ck_assert_int_eq(some("[bc]+", text), 1);
	ck_assert_int_eq(all("a.*c", text), 1);
	free(text);
}
END_TEST

/* The group that is found, or "-". */
static void
check_group(const char *pattern, unsigned group, const char *subject,
	    const char *want)
{
	struct arena a = { 0 };
	struct regex_error why;
	struct regex_match *m;
	struct regex re;
	struct str found = STR("-");

	ck_assert_int_eq(regex_compile(&a, str_of(pattern), false, &re, &why),
			 0);
	ck_assert_uint_le(group, re.ngroup);
	re.group = group;
	ck_assert_int_eq(regex_match_new(&m), 0);
	ck_assert_int_eq(regex_find(&re, m, str_of(subject), &found),
			 strcmp(want, "-") != 0);
	ck_assert_msg(str_eq(found, str_of(want)), "%s: %.*s", pattern,
		      (int)found.len, found.ptr);
	regex_match_free(m);
	arena_fini(&a);
}

START_TEST(regex_finds_the_group_that_is_asked_for)
{
	check_group("v([0-9]+)", 0, "/api/v12/v3", "v12");
	check_group("v([0-9]+)", 1, "/api/v12/v3", "12");
	check_group("v([0-9]+)", 1, "/api", "-");
	check_group("(a)|(b)", 1, "b", "-"); /* it has no part in it */
	check_group("(a)|(b)", 2, "b", "b");
	check_group("x(y*)z", 1, "xz", "");
	check_group("", 0, "abc", "");
	check_group("a\\Kb", 0, "ab", "b");
}
END_TEST

TEST_MAIN(regex, regex_finds_the_group_that_is_asked_for,
	  regex_whole_takes_the_whole_value,
	  regex_dot_takes_a_newline_only_in_a_whole_match,
	  regex_search_finds_it_anywhere, regex_dot_is_a_character_of_utf8,
	  regex_survives_bytes_that_are_no_utf8,
	  regex_says_where_a_pattern_is_wrong,
	  regex_refuses_to_split_a_character, regex_gives_up_a_catastrophe,
	  regex_gives_up_what_is_quadratic_in_a_long_text)
