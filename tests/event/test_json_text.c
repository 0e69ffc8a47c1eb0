/* test_json_text.c - tokens to values, members, and text out again. */
#include "event/json.h"

#include <errno.h>
#include <float.h>
#include <math.h>

#include "tests/check_main.h"
#include "tests/event/paths.h"

START_TEST(number_is_the_nearest_double)
{
	static const struct {
		const char *text;
		double      f;
	} cases[] = {
		{ "0.1", 0.1 }, { "1e22", 1e22 }, { "1e23", 1e23 },
		{ "123456789012345678e-5", 1234567890123.45678 },
		{ "9007199254740993.0", 9007199254740992.0 },
		{ "9007199254740993.00000000000000000000000000001",
		  9007199254740994.0 },
		{ "0.000001e6", 1 }, { "100e-2", 1 }, { "0e999", 0 },
		{ "0.00000000000000000000000000000000000000000001e44", 1 },
		{ "2.2250738585072011e-308", 2.2250738585072011e-308 },
		{ "5e-324", DBL_TRUE_MIN }, { "2e-324", 0 },
		{ "1e400", INFINITY }, { "-1e400", -INFINITY },
		{ "1e-99999999999999999999999", 0 },
		{ "1e99999999999999999999999", INFINITY },
		{ "1.7976931348623157e308", DBL_MAX },
		{ "123.456E+2", 12345.6 }, { "-2.5", -2.5 },
	};
	struct buf none = BUF_FIXED(NULL, 0);

	errno = 0;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct value v = json_value(str_of(cases[i].text), &none);
		ck_assert_int_eq(v.type, VALUE_FLOAT);
		ck_assert_msg(!memcmp(&v.f, &cases[i].f, sizeof v.f),
			      "%s: %.17g", cases[i].text, v.f);
	}
	ck_assert_int_eq(errno, 0); /* the host's */
}
END_TEST

/* A number of n digits: front, zeros, back. */
static double
long_number(const char *front, size_t zeros, const char *back)
{
	struct buf text = BUF_INIT, none = BUF_FIXED(NULL, 0);
	struct value v;

	buf_puts(&text, front);
	for (size_t i = 0; i < zeros; i++)
		buf_put_u8(&text, '0');
	buf_puts(&text, back);
	v = json_value((struct str){ (char *)text.data, text.len }, &none);
	buf_fini(&text);
	return value_number(&v);
}

START_TEST(number_may_have_any_number_of_digits)
{
	/* 2^53 + 1 lies between two doubles: the tie goes down, and anything
	 * behind it, however far, goes up. */
	ck_assert(long_number("9007199254740993.", 5000, "") == 0x1p53);
	ck_assert(long_number("9007199254740993.", 5000, "1") == 0x1p53 + 2);
	ck_assert(long_number("1", 100000, "e-100000") == 1);
	ck_assert(long_number("0.", 100000, "1e100001") == 1);
	ck_assert(isinf(long_number("1", 100000, "")));
	ck_assert(long_number("0.", 100000, "1") == 0);
	ck_assert(long_number("0.", 100000, "") == 0);
}
END_TEST

START_TEST(value_string_needs_room_only_for_escapes)
{
	char mem[8];
	struct buf b = BUF_FIXED(mem, sizeof mem);
	struct value v = json_value(STR("\"a long plain string\""), &b);

	ck_assert_str_eq(value_show(&v), "string a long plain string");
	ck_assert_uint_eq(b.len, 0);
	v = json_value(STR(" \"\\u0041b\" "), &b);
	ck_assert_str_eq(value_show(&v), "string Ab");
	ck_assert_uint_eq(b.len, 2);
	ck_assert_uint_eq(v.nraw, 9);
	v = json_value(STR("\"\\u0041\\u0042\""), &b);
	ck_assert_int_eq(v.type, VALUE_NULL);
	ck_assert_int_ne(b.err, 0);
}
END_TEST

START_TEST(value_string_may_hold_a_nul)
{
	char mem[16];
	struct buf b = BUF_FIXED(mem, sizeof mem);
	struct value v = json_value(STR("\"a\\u0000b\""), &b);

	ck_assert_uint_eq(v.len, 3);
	ck_assert_mem_eq(v.ptr, "a\0b", 3);
}
END_TEST

static const char *
members(const char *text)
{
	static char out[256];
	struct buf b = BUF_FIXED(out, sizeof out - 1);
	struct str key, value;
	size_t at = 0;

	while (json_member_next(str_of(text), &at, &key, &value)) {
		buf_put(&b, key.ptr, key.len);
		buf_puts(&b, "=");
		buf_put(&b, value.ptr, value.len);
		buf_puts(&b, ";");
	}
	out[b.len] = '\0';
	return out;
}

START_TEST(members_come_in_order)
{
	ck_assert_str_eq(members("{}"), "");
	ck_assert_str_eq(members("[ ]"), "");
	ck_assert_str_eq(members(" { \"a\" : 1 , \"\\u0062\":[2,{}] } "),
			 "\"a\"=1;\"\\u0062\"=[2,{}];");
	ck_assert_str_eq(members("[1,\"]\",{\"a\":[]},null]"),
			 "=1;=\"]\";={\"a\":[]};=null;");
	ck_assert_str_eq(members("{\"a\":1,\"a\":2}"), "\"a\"=1;\"a\"=2;");
}
END_TEST

START_TEST(members_of_a_scalar_are_none)
{
	static const char *const texts[] = {
		"", " ", "1", "\"a\"", "null", "[", "{", "]", "{1", "[,",
	};

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_str_eq(members(texts[i]), "");
}
END_TEST

static const char *
string_out(const char *ptr, size_t len)
{
	static char out[256];
	struct buf b = BUF_FIXED(out, sizeof out - 1);

	json_write_str((struct str){ ptr, len }, &b);
	out[b.len] = '\0';
	return out;
}

START_TEST(write_str_escapes_what_it_must_and_no_more)
{
	ck_assert_str_eq(string_out(NULL, 0), "\"\"");
	ck_assert_str_eq(string_out("abc", 3), "\"abc\"");
	ck_assert_str_eq(string_out("\"\\/", 3), "\"\\\"\\\\/\"");
	ck_assert_str_eq(string_out("\b\f\n\r\t", 5), "\"\\b\\f\\n\\r\\t\"");
	ck_assert_str_eq(string_out("a\0b", 3), "\"a\\u0000b\"");
	ck_assert_str_eq(string_out("\x1f\x20\x7f", 3), "\"\\u001f \x7f\"");
	ck_assert_str_eq(string_out("\xc3\xa9\xff", 3), "\"\xc3\xa9\xff\"");
}
END_TEST

START_TEST(write_str_reads_back_the_same)
{
	for (int c = 0; c < 256; c++) {
		char one[3] = { 'x', (char)c, 'y' }, mem[32];
		struct buf b = BUF_FIXED(mem, sizeof mem);
		struct str text = str_of(string_out(one, 3));
		ck_assert_int_eq(json_check(text, NULL), 0);
		struct value v = json_value(text, &b);
		ck_assert_uint_eq(v.len, 3);
		ck_assert_mem_eq(v.ptr, one, 3);
	}
}
END_TEST

START_TEST(write_line_is_one_line_of_the_same_length)
{
	static const char text[] = "{\n\"a\":\r\n\t[1,\n2],\"b\":\"\\n\"}";
	char out[sizeof text] = { 0 };
	struct buf b = BUF_FIXED(out, sizeof out - 1);

	json_write_line(STR(text), &b);
	ck_assert_str_eq(out, "{ \"a\":  \t[1, 2],\"b\":\"\\n\"}");
}
END_TEST

TEST_MAIN(json_text, number_is_the_nearest_double,
	  number_may_have_any_number_of_digits,
	  value_string_needs_room_only_for_escapes, value_string_may_hold_a_nul,
	  members_come_in_order, members_of_a_scalar_are_none,
	  write_str_escapes_what_it_must_and_no_more,
	  write_str_reads_back_the_same,
	  write_line_is_one_line_of_the_same_length)
