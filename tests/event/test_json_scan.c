/* test_json_scan.c - what is JSON and what is not: the spirit of the
 * conformance suite of "Parsing JSON is a Minefield". */
#include "event/json_scan.h"
#include "mql/error.h"
#include "tests/check_main.h"

#define T(literal) { literal, sizeof literal - 1 }

static const struct str valid[] = {
	T("[]"), T("{}"), T("[ ]"), T("{ }"), T("\t\r\n [\n]\n "),
	T("null"), T("true"), T("false"), T("0"), T("\"\""), T(" 1 "),
	T("[[]   ]"), T("[\"\"]"), T("[\"a\"]"), T("[false]"), T("[null, 1]"),
	T("[1\n]"), T(" [1]"), T("[1,null,null,null,2]"), T("[2] "),
	T("[123e65]"), T("[0e+1]"), T("[0e1]"), T("[ 4]"), T("[-0.0000001]"),
	T("[20e1]"), T("[-0]"), T("[-123]"), T("[-1]"), T("[1E22]"),
	T("[1E-2]"), T("[1E+2]"), T("[123e45]"), T("[123.456e78]"),
	T("[1e-2]"), T("[1e+2]"), T("[123.456789]"), T("[1e9999]"),
	T("[-1e-9999]"), T("[0.0]"), T("[100000000000000000000000000]"),
	T("[0.4e00669999999999999999999999999999]"),
	T("{\"asd\":\"sdf\"}"), T("{\"a\":\"b\",\"a\":\"c\"}"),
	T("{\"a\":\"b\",\"a\":\"b\"}"), T("{\"\":0}"),
	T("{\"foo\\u0000bar\": 42}"), T("{ \"min\": -1.0e+28 }"),
	T("{\"a\":[]}"), T("{\"a\":{\"b\":[{}]}}"), T("{\n\"a\": \"b\"\n}"),
	T("{\"a\" : 1 , \"b\" : 2}"),
	T("[\"\\u0060\\u012a\\u12AB\"]"), T("[\"\\uD801\\udc37\"]"),
	T("[\"\\ud83d\\ude39\\ud83d\\udc8d\"]"),
	T("[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\"]"), T("[\"\\\\u0000\"]"),
	T("[\"\\\"\"]"), T("[\"a/*b*/c/*d//e\"]"), T("[\"\\\\a\"]"),
	T("[\"\\\\n\"]"), T("[\"\\u0012\"]"), T("[\"\\uFFFF\"]"),
	T("[\"asd\"]"), T("[\"\x7f\"]"), T("[\"\\u0000\"]"),
	T("[\"\xf4\x8f\xbf\xbf\"]"), T("[\"\xe2\x80\xa8\"]"),
	T("[\"\xef\xbb\xbf\"]"), T("[\"\\uA66D\"]"), T("\" \""),
	/* passed on as they are: invalid UTF-8, halves of surrogate pairs */
	T("[\"\xff\"]"), T("[\"\xc0\xaf\"]"), T("[\"\xed\xa0\x80\"]"),
	T("[\"\\uD800\"]"), T("[\"\\uDd1e\"]"), T("[\"\\uD800\\n\"]"),
	T("[\"\\uD800\\uD800\\n\"]"), T("[\"\\ud800abc\"]"),
	/* strings around the width of a word */
	T("\"1234567\""), T("\"12345678\""), T("\"123456789\""),
	T("\"1234567\\n\""), T("\"12345678\\n901234567\""),
};

static const struct str invalid[] = {
	T(""), T(" "), T("\n"), T("["), T("]"), T("{"), T("}"), T("[["),
	T("[}"), T("{]"), T("[1"), T("[1,"), T("[1,]"), T("[,1]"), T("[,]"),
	T("[1,,2]"), T("[\"x\",,]"), T("[\"x\"]]"), T("[\"\","), T("[3[4]]"),
	T("[1 true]"), T("[\"a\" \"b\"]"), T("[1:2]"), T("[\"\": 1]"),
	T("[1]x"), T("[1]]"), T("[][]"), T("{}{}"), T("{}}"), T("1 2"),
	T("nul"), T("tru"), T("fals"), T("nulll"), T("True"), T("[nan]"),
	T("[NaN]"), T("[Inf]"), T("[-Infinity]"), T("[truth]"), T("[ttrue]"),
	T("-"), T("[-]"), T("[+1]"), T("[++1]"), T("[--1]"), T("[-01]"),
	T("[012]"), T("[00]"), T("[-012]"), T("[1.]"), T("[2.e3]"),
	T("[2.e+3]"), T("[.5]"), T("[-.5]"), T("[.2e-3]"), T("[0.e1]"),
	T("[1e]"), T("[1e+]"), T("[1e-]"), T("[0e]"), T("[0E+]"), T("[1.0e]"),
	T("[1eE2]"), T("[1.2.3]"), T("[0x1]"), T("[0x42]"), T("[1+2]"),
	T("[1a]"), T("[1 000.0]"), T("[- 1]"), T("[1.2a-3]"), T("[1e1.5]"),
	T("[\xef\xbc\x91]"), T("[-foo]"), T("[0.3e+]"), T("[9.e+]"),
	T("\""), T("[\"]"), T("[\"a]"), T("[\"\\\"]"), T("[\"\\\\\\\"]"),
	T("[\"\\x00\"]"), T("[\"\\a\"]"), T("[\"\\'\"]"), T("[\"\\0\"]"),
	T("[\"\\ \"]"), T("[\"\\\n\"]"), T("[\"\\\0\"]"), T("[\"\\u\"]"),
	T("[\"\\u1\"]"), T("[\"\\u12\"]"), T("[\"\\u123\"]"),
	T("[\"\\u123g\"]"), T("[\"\\uD834\\uDd\"]"), T("[\"\\uqqqq\"]"),
	T("[\"\\U0041\"]"), T("[\"\\u 041\"]"), T("[\"\\u+041\"]"),
	T("[\"a\x00" "a\"]"), T("[\"new\nline\"]"), T("[\"\t\"]"),
	T("[\"\x1f\"]"), T("[\"12345678\x01\"]"), T("['a']"), T("[a]"),
	T("[\\u0020\"asd\"]"), T("[\\n]"), T("abc"), T("*"), T("<.>"),
	T("{\"a\"}"), T("{\"a\":}"), T("{\"a\""), T("{\"a\":\"a"),
	T("{\"a\":1,}"), T("{,}"), T("{,\"a\":1}"), T("{\"a\":1,,\"b\":2}"),
	T("{\"a\" 1}"), T("{\"a\"::1}"), T("{\"a\",1}"), T("{1:1}"),
	T("{a:1}"), T("{'a':1}"), T("{null:null}"), T("{[]:1}"), T("{\"a\":1"),
	T("{\"a\":1]"), T("[\"a\":1}"), T("{\"a\":1 \"b\":2}"),
	T("{\"a\":\"b\"}#"), T("{\"a\":\"b\"}//"), T("{\"a\":/**/1}"),
	T("[1]\0"), T("\0"), T("[\0]"), T("\xef\xbb\xbf[]"), T("[\x0c]"),
	T("[\v1]"), T("[\xc2\xa0]"), T("\xe2\x81\xa0[]"), T("[\xe5]"),
	T("[1]\xff"), T("[\"x\"] ]"), T("&"), T("[*]"), T("[{}"), T("{\"\":"),
};

START_TEST(check_accepts_what_is_valid)
{
	for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
		size_t at = 99;
		int err = json_check(valid[i], &at);
		ck_assert_msg(!err, "%.*s: %zu", (int)valid[i].len,
			      valid[i].ptr, at);
	}
}
END_TEST

START_TEST(check_refuses_what_is_not)
{
	for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++) {
		size_t at = 99;
		int err = json_check(invalid[i], &at);
		ck_assert_msg(err == MQL_EBADEVENT, "%zu: %.*s", i,
			      (int)invalid[i].len, invalid[i].ptr);
		ck_assert_uint_le(at, invalid[i].len);
	}
}
END_TEST

/* Each text stands at the end of memory of just its size, so that asan sees a
 * step too far. */
START_TEST(check_never_reads_past_the_end)
{
	for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++) {
		for (size_t n = 0; n <= valid[i].len; n++) {
			char *copy = malloc(n + !n);
			memcpy(copy, valid[i].ptr, n);
			int err = json_check((struct str){ copy, n }, NULL);
			ck_assert(n < valid[i].len || !err);
			free(copy);
		}
	}
}
END_TEST

START_TEST(check_tells_where_the_error_is)
{
	static const struct {
		struct str text;
		size_t     at;
	} cases[] = {
		{ T("{\"a\":tru}"), 5 },     { T("{\"a\":1,}"), 7 },
		{ T("{\"a\":\"\x01\"}"), 6 }, { T("{\"a\":01}"), 6 },
		{ T("{} x"), 3 },            { T("{\"a\":1"), 6 },
		{ T("{\"a\":\"\\x\"}"), 7 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		size_t at = 99;
		ck_assert(json_check(cases[i].text, &at));
		ck_assert_msg(at == cases[i].at, "%s: %zu", cases[i].text.ptr,
			      at);
	}
}
END_TEST

/* A text of n levels; open is all that stands between two of them. */
static int
nested(const char *open, char close, size_t n)
{
	struct buf b = BUF_INIT;
	int err;

	for (size_t i = 1; i < n; i++)
		buf_puts(&b, open);
	buf_put(&b, open, 1);
	for (size_t i = 0; i < n; i++)
		buf_put(&b, &close, 1);
	err = json_check((struct str){ (const char *)b.data, b.len }, NULL);
	buf_fini(&b);
	return err;
}

START_TEST(check_goes_so_deep_and_no_deeper)
{
	ck_assert_int_eq(nested("[", ']', JSON_MAX_DEPTH), 0);
	ck_assert_int_eq(nested("[", ']', JSON_MAX_DEPTH + 1), MQL_EBADEVENT);
	ck_assert_int_eq(nested("{\"a\":", '}', JSON_MAX_DEPTH), 0);
	ck_assert_int_eq(nested("{\"a\":", '}', JSON_MAX_DEPTH + 1),
			 MQL_EBADEVENT);
	ck_assert_int_eq(nested("[", ']', 1000 * 1000), MQL_EBADEVENT);
}
END_TEST

START_TEST(check_minds_which_bracket_closes_at_every_depth)
{
	char text[2 * JSON_MAX_DEPTH];

	for (size_t wrong = 0; wrong < JSON_MAX_DEPTH; wrong++) {
		memset(text, '[', JSON_MAX_DEPTH);
		memset(text + JSON_MAX_DEPTH, ']', JSON_MAX_DEPTH);
		ck_assert(!json_check((struct str){ text, sizeof text }, NULL));
		text[JSON_MAX_DEPTH + wrong] = '}';
		ck_assert(json_check((struct str){ text, sizeof text }, NULL));
	}
}
END_TEST

START_TEST(check_finds_a_control_character_anywhere_in_a_string)
{
	for (size_t n = 1; n < 40; n++) {
		char text[64] = "\"";
		memset(text + 1, 'a', n);
		text[n + 1] = '"';
		struct str s = { text, n + 2 };
		ck_assert(!json_check(s, NULL));
		for (size_t i = 1; i <= n; i++) {
			text[i] = '\x1f';
			size_t at = 0;
			ck_assert(json_check(s, &at));
			ck_assert_uint_eq(at, i);
			text[i] = (char)0x80; /* no control character */
			ck_assert(!json_check(s, NULL));
			text[i] = 'a';
		}
	}
}
END_TEST

TEST_MAIN(json_scan, check_accepts_what_is_valid, check_refuses_what_is_not,
	  check_never_reads_past_the_end, check_tells_where_the_error_is,
	  check_goes_so_deep_and_no_deeper,
	  check_minds_which_bracket_closes_at_every_depth,
	  check_finds_a_control_character_anywhere_in_a_string)
