/* test_json_same.c - do two texts mean the same? */
#include "event/json.h"
#include "tests/check_main.h"

static bool
same(const char *a, const char *b)
{
	bool is = json_same(str_of(a), str_of(b));

	ck_assert_msg(is == json_same(str_of(b), str_of(a)), "%s %s", a, b);
	return is;
}

START_TEST(same_goes_by_meaning)
{
	static const char *const pairs[][2] = {
		{ "[]", "[ ]" }, { "{}", " { } " }, { "null", "null" },
		{ "[1,2,3]", "[ 1 , 2.0 , 30e-1 ]" },
		{ "{\"a\":1,\"b\":[]}", "{\"b\":[],\"a\":1}" },
		{ "{\"a\":{\"x\":1,\"y\":2}}", "{\"a\":{\"y\":2,\"x\":1}}" },
		{ "[\"A\"]", "[\"\\u0041\"]" },
		{ "[\"\\ud83d\\ude00\"]", "[\"\xf0\x9f\x98\x80\"]" },
		{ "[\"\\/\"]", "[\"/\"]" }, { "[\"\\n\"]", "[\"\\u000a\"]" },
		{ "{\"\\u0061\":1}", "{\"a\":1}" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":1}" },
		{ "{\"a\":1,\"a\":2,\"b\":3}", "{\"b\":3,\"a\":1,\"b\":4}" },
		{ "[-0]", "[0]" }, { "[true,false,null]",
		  "[true, false, null]" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		ck_assert_msg(same(pairs[i][0], pairs[i][1]), "%s %s",
			      pairs[i][0], pairs[i][1]);
}
END_TEST

START_TEST(same_sees_a_difference_anywhere)
{
	static const char *const pairs[][2] = {
		{ "[]", "{}" }, { "[1]", "[1,2]" }, { "[1,2]", "[2,1]" },
		{ "[1]", "[\"1\"]" }, { "[null]", "[]" }, { "[null]", "[0]" },
		{ "[true]", "[false]" }, { "[true]", "[1]" },
		{ "{\"a\":1}", "{\"b\":1}" }, { "{\"a\":1}", "{\"a\":2}" },
		{ "{\"a\":1}", "{\"a\":1,\"b\":1}" }, { "{}", "{\"a\":null}" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":2}" },
		{ "{\"a\":1,\"a\":2}", "{\"a\":1,\"b\":2}" },
		{ "[\"a\"]", "[\"\\u0061b\"]" }, { "[\"ab\"]", "[\"\\u0061\"]" },
		{ "[[[1]]]", "[[[2]]]" }, { "[\"[\"]", "[[]]" },
		{ "[9007199254740993]", "[9007199254740992]" },
		{ "[]", "[[]]" }, { "[{}]", "[[]]" }, { "1", "" },
	};

	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++)
		ck_assert_msg(!same(pairs[i][0], pairs[i][1]), "%s %s",
			      pairs[i][0], pairs[i][1]);
}
END_TEST

TEST_MAIN(json_same, same_goes_by_meaning, same_sees_a_difference_anywhere)
