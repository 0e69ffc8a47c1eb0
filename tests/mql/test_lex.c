/* test_lex.c - tokens: what they are worth, and where a broken one begins. */
#include "tests/mql/compiled.h"

START_TEST(numbers_keep_their_kind_and_value)
{
	static const char *const number[][2] = {
		{ "0", "0" }, { "010", "10" }, { "-7", "-7" },
		{ ".5", "0.5" }, { "1.5E3", "1500.0" }, { "2.0", "2.0" },
		{ "00.25", "0.25" }, { "1e2", "100.0" },
		{ "9223372036854775807", "9223372036854775807" },
		{ "-9223372036854775808", "-9223372036854775808" },
	};
	char query[80], canonical[80];

	for EACH (i, number) {
		snprintf(query, sizeof query, "select * where a = %s",
			 number[i][0]);
		snprintf(canonical, sizeof canonical,
			 "select * where a == %s", number[i][1]);
		assert_spelled(query, canonical);
	}
}
END_TEST

START_TEST(text_in_single_quotes_has_no_escapes)
{
	assert_spelled("select * where a == 'C:\\windows'",
		       "select * where a == 'C:\\windows'");
	assert_spelled("select * where a == 'it''s'",
		       "select * where a == 'it''s'");
	assert_spelled("select * where a == ''", "select * where a == ''");
}
END_TEST

START_TEST(text_in_double_quotes_has_json_escapes)
{
	assert_spelled("select * where a == \"it's \\u00e9\\ud83d\\ude80\"",
		       "select * where a == 'it''s \xc3\xa9\xf0\x9f\x9a\x80'");
	assert_spelled("select * where a == \"1\\n2\\\"\"",
		       "select * where a == \"1\\n2\\\"\"");
	assert_spelled("select * where a == 'line\nbreak'",
		       "select * where a == \"line\\nbreak\"");
}
END_TEST

START_TEST(a_slash_divides_unless_a_match_stands_before)
{
	assert_spelled("select * where a / b / 2 > 1",
		       "select * where a / b / 2 > 1");
	assert_spelled("select * where a ==~ /x\\/y\\\\\\/[\\/]/",
		       "select * where a ==~ /x\\/y\\\\\\/[\\/]/");
	assert_spelled("select * where a =~ -- so\n /* it */ /b/",
		       "select * where a =~ /b/");
}
END_TEST

START_TEST(comments_are_white_space)
{
	assert_spelled("select/**/a--b\n/* ** / */from s -- end",
		       "select a from s");
	assert_spelled("select * where a - -1 > 0",
		       "select * where a - -1 > 0");
}
END_TEST

START_TEST(keywords_have_no_case_and_may_be_fields)
{
	assert_spelled("SeLeCt a.select, e['where'] FROM s WhErE limit > 1",
		       "select a.select, e['where'] from s "
		       "where e['limit'] > 1");
	assert_spelled("select order, group, by", "select order, group, by");
}
END_TEST

START_TEST(a_broken_token_is_told_at_its_beginning)
{
	static const struct refusal broken[] = {
		{ "select * where a == 'open", MQL_ESYNTAX, 1, 21, 1,
		  "no end" },
		{ "select * where\n a == \"open", MQL_ESYNTAX, 2, 7, 1,
		  "no end" },
		{ "select * /* open", MQL_ESYNTAX, 1, 10, 2, "no end" },
		{ "select * where a =~ /open", MQL_ESYNTAX, 1, 21, 1,
		  "no `/`" },
		{ "select * where a =~ /op\nen/", MQL_ESYNTAX, 1, 21, 1,
		  "no `/`" },
		{ "select * where a # 1", MQL_ESYNTAX, 1, 18, 1, "no meaning" },
		{ "select * where a == 5xx", MQL_ESYNTAX, 1, 21, 3,
		  "is no number" },
		{ "select * where a == 1e999", MQL_ESYNTAX, 1, 21, 5,
		  "too large" },
		{ "select * where a == \"\\x\"", MQL_ESYNTAX, 1, 23, 1,
		  "JSON" },
		{ "select * where a == \xe2\x80\x9cx\xe2\x80\x9d",
		  MQL_ESYNTAX, 1, 21, 3, "no meaning" },
		{ "select @tss", MQL_ESYNTAX, 1, 8, 4, "@ts" },
	};

	for EACH (i, broken)
		assert_refused(&broken[i]);
}
END_TEST

START_TEST(columns_count_characters)
{
	const struct refusal r = {
		"select * where a == '\xc3\xa9\xf0\x9f\x9a\x80' #",
		MQL_ESYNTAX, 1, 26, 1, "no meaning"
	};

	assert_refused(&r);
}
END_TEST

START_TEST(text_that_is_no_text_is_refused)
{
	struct mql_diag d;
	struct mql_query *q;

	ck_assert_int_eq(query_compile(STR("select \0a"), &q, &d),
			 MQL_ESYNTAX);
	ck_assert_int_eq(d.beg, 7);
	ck_assert_int_eq(query_compile(STR("select * where a == '\xff'"), &q,
				       &d), MQL_ESYNTAX);
	ck_assert_int_eq(d.beg, 21);
	ck_assert_int_eq(d.col, 22);
}
END_TEST

START_TEST(a_text_beyond_the_limit_is_refused)
{
	size_t len = QUERY_MAX_TEXT + 1;
	char *text = malloc(len);
	struct mql_query *q;

	memset(text, ' ', len);
	ck_assert_int_eq(query_compile((struct str){ text, len }, &q, NULL),
			 MQL_ELIMIT);
	memcpy(text, "select *", 8);
	ck_assert_int_eq(query_compile((struct str){ text, len - 1 }, &q,
				       NULL), 0);
	mql_query_free(q);
	free(text);
}
END_TEST

TEST_MAIN(lex, numbers_keep_their_kind_and_value,
	  text_in_single_quotes_has_no_escapes,
	  text_in_double_quotes_has_json_escapes,
	  a_slash_divides_unless_a_match_stands_before,
	  comments_are_white_space, keywords_have_no_case_and_may_be_fields,
	  a_broken_token_is_told_at_its_beginning, columns_count_characters,
	  text_that_is_no_text_is_refused, a_text_beyond_the_limit_is_refused)
