/* test_json_extract.c - values of paths, in one pass. */
#include "event/json.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

/* The value at one path of a text, as value_show() has it. */
static const char *
at(const char *text, const char *path)
{
	static const char *shown;
	struct value v;
	struct pathset *ps;
	size_t len = strlen(text);
	char *scratch = malloc(len + !len);
	struct buf b = BUF_FIXED(scratch, len);

	pathset_new(NULL, &ps);
	pathset_put(ps, path);
	ck_assert_msg(!json_extract(str_of(text), ps, &v, &b), "%s", text);
	ck_assert_int_eq(b.err, 0);
	shown = value_show(&v);
	pathset_free(ps);
	free(scratch);
	return shown;
}

struct expect {
	const char *text, *path, *value;
};

static void
expect(const struct expect *e, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = at(e[i].text, e[i].path);
		ck_assert_msg(!strcmp(got, e[i].value), "%s %s: %s", e[i].text,
			      e[i].path, got);
	}
}

#define EXPECT(e) expect(e, sizeof(e) / sizeof *(e))

START_TEST(extract_finds_values_of_every_type)
{
	static const struct expect e[] = {
		{ "{\"a\":null}", "a", "null" },
		{ "{\"a\":true}", "a", "boolean true" },
		{ "{\"a\":false}", "a", "boolean false" },
		{ "{\"a\":-12}", "a", "integer -12" },
		{ "{\"a\":1.50}", "a", "float 1.50" },
		{ "{\"a\":1e2}", "a", "float 1e2" },
		{ "{\"a\":\"x\\ty\"}", "a", "string x\ty" },
		{ "{\"a\":\"\"}", "a", "string " },
		{ "{\"a\":[1, 2]}", "a", "array [1, 2]" },
		{ "{\"a\":{\"b\":{}}}", "a", "object {\"b\":{}}" },
		{ " { \"x\" : 1 , \"a\" : 2 } ", "a", "integer 2" },
		{ "{\"x\":{\"a\":1}}", "a", "null" },
		{ "{}", "a", "null" },
		{ "{\"\":1}", "a", "null" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_walks_keys_and_indexes)
{
	static const struct expect e[] = {
		{ "{\"a\":{\"b\":{\"c\":5}}}", "a.b.c", "integer 5" },
		{ "{\"a\":{\"b\":5}}", "a.b.c", "null" },
		{ "{\"a\":[{\"b\":1},{\"b\":2}]}", "a[1].b", "integer 2" },
		{ "{\"a\":[{\"b\":1},{\"b\":2}]}", "a[2].b", "null" },
		{ "{\"a\":[[0,1],[2,[3]]]}", "a[1][1][0]", "integer 3" },
		{ "{\"a\":[]}", "a[0]", "null" },
		{ "{\"a\":{\"0\":1}}", "a[0]", "null" },
		{ "{\"a\":[1]}", "a.b", "null" },
		{ "{\"a\":\"text\"}", "a[0]", "null" },
		{ "{\"a\":{\"c\":1,\"b\":{\"x\":1},\"d\":[]}}", "a.b",
		  "object {\"x\":1}" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_stops_before_what_must_be_walked)
{
	static const struct expect e[] = {
		{ "{\"a\":[1,2]}", "a[*]", "array [1,2]" },
		{ "{\"a\":[1,2]}", "a[-1]", "array [1,2]" },
		{ "{\"a\":{\"b\":[[7]]}}", "a.b[0][*].c", "array [7]" },
		{ "{\"a\":5}", "a[*]", "integer 5" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_matches_keys_with_escapes)
{
	static const struct expect e[] = {
		{ "{\"\\u0061\":1}", "a", "integer 1" },
		{ "{\"a\\u002eb\":1}", "a.b", "integer 1" },
		{ "{\"\\u0061\":{\"\\u0062\":2}}", "a.b", "integer 2" },
		{ "{\"x\\\"y\":1}", "x\"y", "integer 1" },
		{ "{\"x\\ny\":1}", "x\ny", "integer 1" },
		{ "{\"x\\/y\":1}", "x/y", "integer 1" },
		{ "{\"\\ud83d\\ude00\":1}", "\xf0\x9f\x98\x80", "integer 1" },
		{ "{\"\\u0062\":1}", "a", "null" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_counts_the_first_of_duplicate_keys)
{
	static const struct expect e[] = {
		{ "{\"a\":1,\"a\":2}", "a", "integer 1" },
		{ "{\"a\":null,\"a\":2}", "a", "null" },
		{ "{\"a\":1,\"\\u0061\":2}", "a", "integer 1" },
		{ "{\"a\":{\"b\":1},\"a\":{\"b\":2,\"c\":3}}", "a.b",
		  "integer 1" },
		{ "{\"a\":{\"b\":1},\"a\":{\"b\":2,\"c\":3}}", "a.c", "null" },
		{ "{\"a\":1,\"a\":{\"c\":3}}", "a.c", "null" },
		{ "{\"a\":{\"b\":1,\"b\":2}}", "a.b", "integer 1" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_prefers_the_dotted_key_unless_it_is_null)
{
	static const struct expect e[] = {
		{ "{\"a.b\":1}", "a.b", "integer 1" },
		{ "{\"a\":{\"b\":2}}", "a.b", "integer 2" },
		{ "{\"a.b\":1,\"a\":{\"b\":2}}", "a.b", "integer 1" },
		{ "{\"a\":{\"b\":2},\"a.b\":1}", "a.b", "integer 1" },
		{ "{\"a.b\":null,\"a\":{\"b\":2}}", "a.b", "integer 2" },
		{ "{\"a\":{\"b\":2},\"a.b\":null}", "a.b", "integer 2" },
		{ "{\"a\":{\"b\":2},\"a.b\":false}", "a.b", "boolean false" },
		{ "{\"a.b\":1,\"a\":{\"b\":2}}", "/a.b", "integer 2" },
		{ "{\"a.b\":1}", "/a.b", "null" },
		{ "{\"x\":{\"a.b\":1}}", "x.a.b", "null" },
		{ "{\"a.b\":[1,2],\"a\":{\"b\":[3]}}", "a.b[1]", "integer 2" },
		{ "{\"a.b\":[1],\"a\":{\"b\":[3,4]}}", "a.b[1]", "integer 4" },
		{ "{\"a.b.c\":1,\"a\":{\"b.c\":2}}", "a.b.c", "integer 1" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_undoes_surrogates)
{
	static const struct expect e[] = {
		{ "{\"a\":\"\\ud83d\\ude00\"}", "a",
		  "string \xf0\x9f\x98\x80" },
		{ "{\"a\":\"\\uDBFF\\uDFFF\"}", "a",
		  "string \xf4\x8f\xbf\xbf" },
		{ "{\"a\":\"\\ud800\"}", "a", "string \xef\xbf\xbd" },
		{ "{\"a\":\"\\udc00x\"}", "a", "string \xef\xbf\xbdx" },
		{ "{\"a\":\"\\ud800\\n\"}", "a", "string \xef\xbf\xbd\n" },
		{ "{\"a\":\"\\ud800\\u0041\"}", "a", "string \xef\xbf\xbd" "A" },
		{ "{\"a\":\"\\ud800\\ud800\\udc00\"}", "a",
		  "string \xef\xbf\xbd\xf0\x90\x80\x80" },
		{ "{\"a\":\"\\u00e9\\u20ac\\u007f\"}", "a",
		  "string \xc3\xa9\xe2\x82\xac\x7f" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_keeps_integers_exact_to_the_edge)
{
	static const struct expect e[] = {
		{ "{\"a\":9223372036854775807}", "a",
		  "integer 9223372036854775807" },
		{ "{\"a\":-9223372036854775808}", "a",
		  "integer -9223372036854775808" },
		{ "{\"a\":9223372036854775808}", "a",
		  "float 9223372036854775808" },
		{ "{\"a\":-9223372036854775809}", "a",
		  "float -9223372036854775809" },
		{ "{\"a\":18446744073709551616}", "a",
		  "float 18446744073709551616" },
		{ "{\"a\":10000000000000000000}", "a",
		  "float 10000000000000000000" },
		{ "{\"a\":-0}", "a", "integer -0" },
		{ "{\"a\":-0.0}", "a", "float -0.0" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(extract_refuses_a_text_that_is_wrong_anywhere)
{
	static const char *const texts[] = {
		"", "[]", "[{\"a\":1}]", "1", "null", "\"a\"", "{",
		"{\"a\":1", "{\"a\":1}}", "{\"a\":1} x", "{\"a\":1,}",
		"{\"a\":1,\"b\":tru}", "{\"a\":{\"b\":1,}}", "{\"a\":[1,]}",
		"{\"a\":[1 2]}", "{\"a\":{\"b\" 1}}", "{\"a\":01}",
		"{\"b\":1,\"a\":\"\x01\"}", "{\"a\":{\"b\":1]}",
		"{\"\\x\":1}", "{\"a\":[1}", "{\"a\":{]}", "{\"a\":1;}",
	};
	static const char *const paths[] = { "a", "a.b", "a[0]", "z" };
	struct value v;
	char scratch[64];

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		for (size_t j = 0; j < sizeof paths / sizeof paths[0]; j++) {
			struct buf b = BUF_FIXED(scratch, sizeof scratch);
			struct pathset *ps;
			pathset_new(NULL, &ps);
			pathset_put(ps, paths[j]);
			ck_assert_msg(json_extract(str_of(texts[i]), ps, &v,
						   &b) == MQL_EBADEVENT,
				      "%s", texts[i]);
			pathset_free(ps);
		}
	}
}
END_TEST

/* depth objects in each other, and one `inside` in the innermost. */
static int
extract_nested(unsigned depth, const char *inside, const char *path)
{
	struct buf text = BUF_INIT, b = BUF_INIT;
	struct pathset *ps;
	struct value v;
	int err;

	for (unsigned i = 0; i < depth; i++)
		buf_puts(&text, "{\"a\":");
	buf_puts(&text, inside);
	for (unsigned i = 0; i < depth; i++)
		buf_puts(&text, "}");
	pathset_new(NULL, &ps);
	pathset_put(ps, path);
	err = json_extract((struct str){ (char *)text.data, text.len }, ps,
			   &v, &b);
	pathset_free(ps);
	buf_fini(&text);
	buf_fini(&b);
	return err;
}

START_TEST(extract_counts_levels_on_and_off_the_path)
{
	static const char *const paths[] = { "z", "a", "a.a.a.a", "a[0]" };

	for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
		ck_assert(!extract_nested(JSON_MAX_DEPTH, "1", paths[i]));
		ck_assert(!extract_nested(JSON_MAX_DEPTH - 1, "[]", paths[i]));
		ck_assert(extract_nested(JSON_MAX_DEPTH, "[]", paths[i]));
		ck_assert(extract_nested(JSON_MAX_DEPTH + 1, "1", paths[i]));
	}
}
END_TEST

START_TEST(extract_fills_many_slots_in_one_pass)
{
	struct pathset *ps;
	struct buf text = BUF_INIT, b = BUF_INIT;
	static struct value v[PATHSET_MAX];

	pathset_new(NULL, &ps);
	buf_puts(&text, "{");
	for (unsigned i = 0; i < PATHSET_MAX; i++) {
		char path[32];
		snprintf(path, sizeof path, "f%u.v%u", i % 100, i);
		ck_assert_uint_eq(pathset_put(ps, path), i);
	}
	for (unsigned f = 0; f < 100; f++) {
		buf_printf(&text, "%s\"f%u\":{\"no\":1", f ? "," : "", f);
		for (unsigned i = f; i < PATHSET_MAX; i += 100)
			buf_printf(&text, ",\"v%u\":%u", i, i);
		buf_puts(&text, "}");
	}
	buf_puts(&text, "}");
	ck_assert(!json_extract((struct str){ (char *)text.data, text.len },
				ps, v, &b));
	for (unsigned i = 0; i < PATHSET_MAX; i++) {
		ck_assert_int_eq(v[i].type, VALUE_INT);
		ck_assert_int_eq(v[i].i, i);
	}
	pathset_free(ps);
	buf_fini(&text);
	buf_fini(&b);
}
END_TEST

START_TEST(extract_raw_is_the_text_of_the_value)
{
	static const char text[] =
		"{ \"a\" : \"x\\u0041\" , \"b\" : [ 1 ] , \"c\" : -0 }";
	static const char *const raw[] = { "\"x\\u0041\"", "[ 1 ]", "-0" };
	char scratch[sizeof text];
	struct buf b = BUF_FIXED(scratch, sizeof scratch);
	struct pathset *ps;
	struct value v[3];

	pathset_new(NULL, &ps);
	pathset_put(ps, "a");
	pathset_put(ps, "b");
	pathset_put(ps, "c");
	ck_assert(!json_extract(STR(text), ps, v, &b));
	for (int i = 0; i < 3; i++) {
		ck_assert(v[i].raw > text && v[i].raw < text + sizeof text);
		ck_assert_uint_eq(v[i].nraw, strlen(raw[i]));
		ck_assert_mem_eq(v[i].raw, raw[i], v[i].nraw);
	}
	ck_assert_int_eq(v[2].i, 0);
	pathset_free(ps);
}
END_TEST

START_TEST(extract_of_no_paths_is_a_check)
{
	struct buf b = BUF_INIT;
	struct pathset *ps;

	pathset_new(NULL, &ps);
	ck_assert(!json_extract(STR("{\"a\":[{}]}"), ps, NULL, &b));
	ck_assert(json_extract(STR("{\"a\":[{]}"), ps, NULL, &b));
	pathset_free(ps);
}
END_TEST

TEST_MAIN(json_extract, extract_finds_values_of_every_type,
	  extract_walks_keys_and_indexes,
	  extract_stops_before_what_must_be_walked,
	  extract_matches_keys_with_escapes,
	  extract_counts_the_first_of_duplicate_keys,
	  extract_prefers_the_dotted_key_unless_it_is_null,
	  extract_undoes_surrogates, extract_keeps_integers_exact_to_the_edge,
	  extract_refuses_a_text_that_is_wrong_anywhere,
	  extract_counts_levels_on_and_off_the_path,
	  extract_fills_many_slots_in_one_pass,
	  extract_raw_is_the_text_of_the_value,
	  extract_of_no_paths_is_a_check)
