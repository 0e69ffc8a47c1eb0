#include <math.h>

#include "event/json.h"
#include "mql/key.h"
#include "tests/check_main.h"

static struct value
integer(int64_t i)
{
	return (struct value){ .type = VALUE_INT, .i = i };
}

static struct value
real(double f)
{
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

static struct value
string(const char *s, size_t n)
{
	return (struct value){ .type = VALUE_STR, .ptr = s,
			       .len = (uint32_t)n };
}

/* As the reader gives it: with its text. */
static struct value
json(const char *text)
{
	static uint8_t undone[8][256];
	static unsigned next;
	struct buf scratch = BUF_FIXED(undone[next++ % 8], 256);

	return json_value(str_of(text), &scratch);
}

static int
compare(const struct value *a, const struct value *b, bool desc)
{
	struct buf x = BUF_INIT, y = BUF_INIT;

	key_put(a, desc, &x);
	key_put(b, desc, &y);
	/* As in use, something follows. */
	buf_put_u8(&x, 7);
	buf_put_u8(&y, 7);
	int c = str_cmp((struct str){ (char *)x.data, x.len },
			(struct str){ (char *)y.data, y.len });
	buf_fini(&x);
	buf_fini(&y);
	return (c > 0) - (c < 0);
}

START_TEST(key_orders_values_of_all_types)
{
	const struct value v[] = {
		VALUE_NONE, json("false"), json("true"), real(-1e300),
		integer(INT64_MIN), integer(INT64_MIN + 1), real(-1.5),
		integer(-1), real(-1e-300), integer(0), real(5e-324),
		integer(1), real(1.5), integer(2), integer(1 << 20),
		integer((INT64_C(1) << 53)), integer((INT64_C(1) << 53) + 1),
		integer(INT64_MAX - 1), integer(INT64_MAX),
		json("9223372036854775808"), json("18446744073709551614"),
		json("18446744073709551615"), real(1e300), string("", 0),
		string("\0", 1), string("\0\0", 2), string("\0a", 2),
		string("a", 1), string("a\0", 2), string("a\0b", 3),
		string("aa", 2), string("\xff", 1), json("[1]"), json("[]"),
		json("{\"a\":1}"), json("{}"),
	};
	const int n = sizeof v / sizeof *v;

	for (int i = 0; i < n; i++) {
		for (int k = 0; k < n; k++) {
			int want = (i > k) - (i < k);
			ck_assert_msg(compare(&v[i], &v[k], false) == want &&
				      compare(&v[i], &v[k], true) == -want,
				      "value %d against %d", i, k);
		}
	}
}
END_TEST

START_TEST(key_of_equal_values_is_the_same)
{
	const char *const same[][2] = {
		{ "1", "1.0" }, { "0", "-0.0" }, { "100", "1e2" },
		{ "-5", "-5.000" }, { "\"\\u00e9\"", "\"é\"" },
		{ "9223372036854775808", "9223372036854775808.0" },
		{ "{\"a\":1,\"b\":[1.0, 2]}", "{ \"b\" : [1,2], \"a\":1e0 }" },
		{ "{\"a\":1,\"a\":2}", "{\"\\u0061\":1}" },
		{ "[{}, \"\\ud83d\\ude80\"]", "[{},\"\xf0\x9f\x9a\x80\"]" },
	};
	const char *const other[][2] = {
		{ "1", "\"1\"" }, { "1", "true" }, { "null", "false" },
		{ "9007199254740993", "9007199254740992" },
		{ "9223372036854775807", "9223372036854775808" },
		{ "[1,2]", "[2,1]" }, { "{}", "[]" }, { "[1]", "[\"1\"]" },
	};

	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		struct value a = json(same[i][0]), b = json(same[i][1]);
		ck_assert_msg(!compare(&a, &b, false), "%s", same[i][0]);
	}
	for (size_t i = 0; i < sizeof other / sizeof *other; i++) {
		struct value a = json(other[i][0]), b = json(other[i][1]);
		ck_assert_msg(compare(&a, &b, false), "%s", other[i][0]);
	}
}
END_TEST

START_TEST(key_gives_the_value_back)
{
	const char *const text[] = {
		"null", "true", "false", "0", "-1", "1.5", "9007199254740993",
		"9223372036854775807", "-9223372036854775808",
		"18446744073709551615", "-18446744073709551615",
		"10000000000000000000", "1e+300", "\"\"", "\"a b\"",
		"\"\\u0000a\\u0000\"", "[1,{\"a\":[]}]", "{\"a\":\"é\"}",
	};
	struct buf key = BUF_INIT, out = BUF_INIT;
	uint8_t mem[256];
	struct buf room = BUF_FIXED(mem, sizeof mem);

	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		struct value v = json(text[i]);
		key_put(&v, false, &key);
	}
	struct str in = { (char *)key.data, key.len };
	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		buf_reset(&room);
		buf_reset(&out);
		struct value v = key_get(&in, &room);
		struct value want = json(text[i]);
		ck_assert_msg(value_equal(&v, &want), "%s", text[i]);
		value_write_json(&v, &out);
		buf_put_u8(&out, 0);
		if (*text[i] != '1' || text[i][1] != 'e')
			ck_assert_str_eq((char *)out.data, text[i]);
	}
	ck_assert_uint_eq(in.len, 0);
	buf_fini(&key);
	buf_fini(&out);
}
END_TEST

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Integers of every size, doubles of every size, and those close together. */
static struct value
any_number(uint64_t *state)
{
	int64_t i = (int64_t)draw(state) >> draw(state) % 64;
	double f;
	uint64_t bits = draw(state);

	switch (draw(state) % 3) {
	case 0:
		return integer(i);
	case 1:
		return real((double)i);
	default:
		memcpy(&f, &bits, sizeof f);
		return isfinite(f) ? real(f) : real(0.5);
	}
}

START_TEST(key_orders_numbers_as_the_language_does)
{
	uint64_t state = 42;

	for (int i = 0; i < 200000; i++) {
		struct value a = any_number(&state), b = any_number(&state);
		int want = 0;

		ck_assert(value_order(&a, &b, &want));
		want = (want > 0) - (want < 0);
		ck_assert_int_eq(compare(&a, &b, false), want);
	}
}
END_TEST

START_TEST(key_of_deep_and_wide_json_is_made)
{
	struct buf text = BUF_INIT, out = BUF_INIT;

	for (int i = 0; i < 126; i++)
		buf_puts(&text, "[");
	for (int i = 0; i < 126; i++)
		buf_puts(&text, "]");
	key_json((struct str){ (char *)text.data, text.len }, &out);
	ck_assert(!out.err && out.len == text.len &&
		  !memcmp(out.data, text.data, out.len));
	buf_reset(&text);
	buf_reset(&out);
	buf_puts(&text, "{");
	for (int i = 5000; i-- > 0;)
		buf_printf(&text, "\"%04d\": %d%s", i, i, i ? "," : "}");
	key_json((struct str){ (char *)text.data, text.len }, &out);
	ck_assert(!out.err);
	ck_assert(!memcmp(out.data, "{\"0000\":0,\"0001\":1,", 19));
	buf_fini(&text);
	buf_fini(&out);
}
END_TEST

TEST_MAIN(key, key_orders_values_of_all_types, key_of_equal_values_is_the_same,
	  key_gives_the_value_back, key_orders_numbers_as_the_language_does,
	  key_of_deep_and_wide_json_is_made)
