/* test_json_needle.c - whether a text can have a string at a key. */
#include <stdio.h>

#include "event/json_needle.h"
#include "event/json_seek.h"
#include "tests/check_main.h"

static bool
in(const char *key, const char *value, const char *text)
{
	const size_t len = strlen(text);
	char *copy = malloc(len + !len); /* nothing behind it may be read */
	struct str t = { memcpy(copy, text, len), len };
	struct needle n;
	bool is;

	ck_assert(needle_init(&n, str_of(key), str_of(value)));
	is = needle_in(&n, t);
	ck_assert_msg(needle_vector(&n, t) == is, "%s", text);
	ck_assert_msg(needle_word(&n, t) == is, "%s", text);
#ifdef __x86_64__
	if (seek_has_avx2())
		ck_assert_msg(needle_avx2(&n, t) == is, "%s", text);
#endif
	free(copy);
	return is;
}

START_TEST(needle_lies_where_the_value_follows_the_key)
{
	static const char *const yes[] = {
		"{\"country\":\"BR\"}", "{\"country\" \n:\t\r \"BR\"}",
		"{\"a\":{\"country\":\"BR\"}}", "{\"geo.country\":\"BR\"}",
		"{\"country\":\"US\",\"country\":\"BR\"}",
		"\"country\":\"BR\"",
	};
	static const char *const no[] = {
		"", "\"BR\"", ":\"BR\"", "\":\"BR\"", "{\"country\":\"BR",
		"{\"country\":\"BRA\"}", "{\"country\":\"B\"}",
		"{\"country\":[\"BR\"]}", "{\"country\":\"br\"}",
		"{\"x\":\"country: BR\"}", "{\"untry\":\"BR\"}",
		"{\"x\":\"\\\"country\\\":\\\"BR\\\"\"}",
		"{\"country\":\"US\",\"region\":\"BR\"}",
	};

	for (size_t i = 0; i < sizeof yes / sizeof *yes; i++)
		ck_assert_msg(in("country", "BR", yes[i]), "%s", yes[i]);
	for (size_t i = 0; i < sizeof no / sizeof *no; i++)
		ck_assert_msg(!in("country", "BR", no[i]), "%s", no[i]);
	ck_assert(in("a", "b", "{\"a\":\"b\"}"));
	ck_assert(!in("a", "b", "{\"a\":\"c\"}"));
}
END_TEST

START_TEST(needle_may_be_spelled_with_escapes)
{
	ck_assert(in("country", "BR", "{\"countr\\u0079\":\"BR\"}"));
	ck_assert(in("country", "BR", "{\"country\":\"B\\u0052\"}"));
	ck_assert(in("ipad", "jo", "{\"ipad\":\"\\u006A\\u006f\"}"));
	ck_assert(!in("country", "BR", "{\"x\":\"O\\u0027Neil\"}"));
	ck_assert(!in("country", "BR", "{\"x\":\"\\u0142\\u1042\"}"));
	ck_assert(!in("country", "BR", "{\"x\":\"\\u004"));
	ck_assert(!in("country", "BR", "{\"x\":\"\\u00"));
}
END_TEST

/* Over every edge of a block. */
START_TEST(needle_lies_anywhere)
{
	char text[300];

	for (size_t before = 0; before < 200; before++) {
		snprintf(text, sizeof text, "{%*s\"device\":\"ipad\"}",
			 (int)before, "");
		ck_assert(in("device", "ipad", text));
		ck_assert(!in("device", "iphone", text));
		snprintf(text, sizeof text, "{%*s\"device\":\"\\u0069pad\"}",
			 (int)before, "");
		ck_assert(in("device", "ipad", text));
	}
}
END_TEST

START_TEST(needle_refuses_what_has_many_spellings)
{
	static const char *const bad[] = {
		"", "a\"b", "a\\b", "a/b", "a\nb", "\xc3\xa9", "\x7f",
	};
	struct needle n;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert(!needle_init(&n, str_of(bad[i]), STR("x")));
		ck_assert(!needle_init(&n, STR("x"), str_of(bad[i])));
	}
}
END_TEST

TEST_MAIN(json_needle, needle_lies_where_the_value_follows_the_key,
	  needle_may_be_spelled_with_escapes, needle_lies_anywhere,
	  needle_refuses_what_has_many_spellings)
