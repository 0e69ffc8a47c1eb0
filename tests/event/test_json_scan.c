/* test_json_scan.c - what is JSON and what is not: the spirit of the
 * conformance suite of "Parsing JSON is a Minefield". */
#include "event/json_scan.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/json_texts.h"

START_TEST(check_accepts_what_is_valid)
{
	for (size_t i = 0; i < VALID_TEXTS; i++) {
		size_t at = 99;
		int err = json_check(valid_texts[i], &at);
		ck_assert_msg(!err, "%.*s: %zu", (int)valid_texts[i].len,
			      valid_texts[i].ptr, at);
	}
}
END_TEST

START_TEST(check_refuses_what_is_not)
{
	for (size_t i = 0; i < INVALID_TEXTS; i++) {
		size_t at = 99;
		int err = json_check(invalid_texts[i], &at);
		ck_assert_msg(err == MQL_EBADEVENT, "%zu: %.*s", i,
			      (int)invalid_texts[i].len, invalid_texts[i].ptr);
		ck_assert_uint_le(at, invalid_texts[i].len);
	}
}
END_TEST

/* Each text stands at the end of memory of just its size, so that asan sees a
 * step too far. */
START_TEST(check_never_reads_past_the_end)
{
	for (size_t i = 0; i < VALID_TEXTS; i++) {
		for (size_t n = 0; n <= valid_texts[i].len; n++) {
			char *copy = malloc(n + !n);
			memcpy(copy, valid_texts[i].ptr, n);
			int err = json_check((struct str){ copy, n }, NULL);
			ck_assert(n < valid_texts[i].len || !err);
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
