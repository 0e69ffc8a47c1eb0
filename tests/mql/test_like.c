#include "mql/like.h"
#include "mql/error.h"
#include "tests/check_main.h"

static int
like(const char *text, const char *pattern)
{
	return like_match(str_of(text), str_of(pattern), false);
}

START_TEST(like_takes_the_whole_text)
{
	static const struct {
		const char *text, *pattern;
		int         fits;
	} t[] = {
		{ "", "", 1 }, { "", "%", 1 }, { "", "_", 0 }, { "a", "", 0 },
		{ "abc", "abc", 1 }, { "abc", "ab", 0 }, { "abc", "abcd", 0 },
		{ "abc", "a%", 1 }, { "abc", "%c", 1 }, { "abc", "%b%", 1 },
		{ "abc", "%b", 0 }, { "abc", "b%", 0 }, { "abc", "%%", 1 },
		{ "abc", "a_c", 1 }, { "abc", "___", 1 }, { "abc", "__", 0 },
		{ "abc", "____", 0 }, { "abc", "%___", 1 },
		{ "abc", "%____", 0 }, { "abc", "a%c%", 1 },
		{ "aab", "%ab", 1 }, { "abab", "%ab", 1 },
		{ "ababx", "%ab", 0 }, { "mississippi", "m%iss%ip%i", 1 },
		{ "mississippi", "m%iss%ipp", 0 }, { "ABC", "abc", 0 },
		{ "a\nb", "a%b", 1 }, { "a\nb", "a_b", 1 },
	};

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		ck_assert_msg(like(t[i].text, t[i].pattern) == t[i].fits,
			      "'%s' like '%s'", t[i].text, t[i].pattern);
}
END_TEST

START_TEST(like_backslash_takes_the_next_character_as_it_is)
{
	ck_assert_int_eq(like("50%", "50\\%"), 1);
	ck_assert_int_eq(like("50x", "50\\%"), 0);
	ck_assert_int_eq(like("a_b", "a\\_b"), 1);
	ck_assert_int_eq(like("axb", "a\\_b"), 0);
	ck_assert_int_eq(like("a\\b", "a\\\\b"), 1);
	ck_assert_int_eq(like("ab", "a\\b"), 1);
	ck_assert_int_eq(like("a\\", "a\\"), 1); /* nothing after it */
	ck_assert_int_eq(like("x50%y", "%50\\%%"), 1);
}
END_TEST

START_TEST(like_underscore_is_one_utf8_character)
{
	ck_assert_int_eq(like("caf\u00e9", "caf_"), 1);
	ck_assert_int_eq(like("\u20ac", "_"), 1);
	ck_assert_int_eq(like("\u20ac", "__"), 0);
	ck_assert_int_eq(like("\u20ac", "%__"), 0);
	ck_assert_int_eq(like("\U0001f600!", "_!"), 1);
	ck_assert_int_eq(like("\xff", "_"), 1);     /* no UTF-8: a byte */
	ck_assert_int_eq(like("\xe2\x82", "__"), 1); /* cut short: bytes */
}
END_TEST

START_TEST(ilike_ignores_ascii_case_only)
{
	ck_assert_int_eq(like_match(STR("iPad"), STR("IP%"), true), 1);
	ck_assert_int_eq(like_match(STR("[x]"), STR("{X}"), true), 0);
	ck_assert_int_eq(like_match(STR("\u00e9"), STR("\u00c9"), true), 0);
}
END_TEST

START_TEST(like_gives_up_when_the_product_is_too_large)
{
	enum { TEXT = 1 << 20, PATTERN = 1 << 12 };
	char *text = malloc(TEXT), *pattern = malloc(PATTERN);

	memset(text, 'a', TEXT);
	memset(pattern, 'a', PATTERN);
	pattern[0] = pattern[PATTERN - 1] = '%';
	pattern[PATTERN - 2] = 'b';
	ck_assert_int_eq(like_match((struct str){ text, TEXT },
				    (struct str){ pattern, PATTERN }, false),
			 MQL_ELIMIT);
	ck_assert_int_eq(like_match((struct str){ text, TEXT }, STR("%b%"),
				    false), 0);
	free(text);
	free(pattern);
}
END_TEST

START_TEST(like_many_percents_are_not_exponential)
{
	ck_assert_int_eq(like("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
			      "%a%a%a%a%a%a%a%a%a%a%a%a%a%a%a%b"), 0);
}
END_TEST

TEST_MAIN(like, like_takes_the_whole_text,
	  like_backslash_takes_the_next_character_as_it_is,
	  like_underscore_is_one_utf8_character, ilike_ignores_ascii_case_only,
	  like_gives_up_when_the_product_is_too_large,
	  like_many_percents_are_not_exponential)
