/* test_utf8.c - what is UTF-8, and where it ends. */
#include "tests/check_main.h"

#include "common/utf8.h"

START_TEST(characters_have_one_to_four_bytes)
{
	ck_assert_uint_eq(utf8_char(STR("a")), 1);
	ck_assert_uint_eq(utf8_char(STR("\0")), 1);
	ck_assert_uint_eq(utf8_char(STR("\xc3\xa9 ")), 2);
	ck_assert_uint_eq(utf8_char(STR("\xe2\x82\xac")), 3);
	ck_assert_uint_eq(utf8_char(STR("\xf4\x8f\xbf\xbf")), 4);
}
END_TEST

START_TEST(what_is_no_character_is_told)
{
	const struct str bad[] = {
		STR("\x80"), STR("\xc0\x80"), STR("\xc1\xbf"), STR("\xc3"),
		STR("\xc3("), STR("\xe0\x9f\xbf"), STR("\xed\xa0\x80"),
		STR("\xe2\x82"), STR("\xf0\x8f\xbf\xbf"),
		STR("\xf4\x90\x80\x80"), STR("\xf5\x80\x80\x80"), STR("\xff"),
	};

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(!utf8_char(bad[i]), "case %zu", i);
}
END_TEST

/* Wherever it stands: eight bytes are looked at together. */
START_TEST(text_is_good_up_to_the_first_byte_that_is_not)
{
	char text[40];

	for (size_t i = 0; i < sizeof text; i++) {
		memset(text, 'x', sizeof text);
		text[i] = (char)0x80;
		ck_assert_uint_eq(utf8_good((struct str){ text, sizeof text }),
				  i);
		ck_assert_uint_eq(utf8_good((struct str){ text, i }), i);
		if (i < sizeof text - 1) {
			memcpy(text + i, "\xc3\xa9", 2);
			ck_assert_uint_eq(utf8_good((struct str){
				text, sizeof text }), sizeof text);
			ck_assert_uint_eq(utf8_good((struct str){
				text, i + 1 }), i);
		}
	}
	ck_assert_uint_eq(utf8_good((struct str){ NULL, 0 }), 0);
}
END_TEST

TEST_MAIN(utf8, characters_have_one_to_four_bytes, what_is_no_character_is_told,
	  text_is_good_up_to_the_first_byte_that_is_not)
