/* test_json_find.c - values of paths, as far as the text must be read. */
#include "event/json_find.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

/* Is f good, and what is at that slot? As value_show() has it. */
static const char *
show(struct find *f, unsigned slot, struct buf *scratch)
{
	struct value v = VALUE_NONE;
	struct str raw;

	if (find_slot(f, slot, &raw))
		v = json_value(raw, scratch);
	return f->bad ? "bad" : value_show(&v);
}

/* The value at one path of a text. */
static const char *
at(const char *text, const char *path)
{
	static struct find f;
	const char *shown = "bad";
	struct pathset *ps;
	size_t len = strlen(text);
	char *scratch = malloc(len + !len), *copy = malloc(len + !len);
	struct buf b = BUF_FIXED(scratch, len);

	memcpy(copy, text, len); /* nothing behind it may be read */
	pathset_new(NULL, &ps);
	unsigned slot = pathset_put(ps, path);
	if (!find_begin(&f, (struct str){ copy, len }, ps, &b))
		shown = show(&f, slot, &b);
	ck_assert_int_eq(b.err, 0);
	pathset_free(ps);
	free(scratch);
	free(copy);
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

START_TEST(find_finds_values_of_every_type)
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

START_TEST(find_walks_keys_and_indexes)
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

START_TEST(find_stops_before_what_must_be_walked)
{
	static const struct expect e[] = {
		{ "{\"a\":[1,2]}", "a[*]", "array [1,2]" },
		{ "{\"a\":[1,2]}", "a[-1]", "array [1,2]" },
		{ "{\"a\":{\"b\":[[7]]}}", "a.b[0][*].c", "array [7]" },
		{ "{\"a\":5}", "a[*]", "integer 5" },
		{ " {\"a\":5} ", "[*].a", "object {\"a\":5}" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(find_matches_keys_with_escapes)
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

START_TEST(find_counts_the_first_of_duplicate_keys)
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

START_TEST(find_prefers_the_dotted_key_unless_it_is_null)
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

START_TEST(find_undoes_surrogates)
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

START_TEST(find_keeps_integers_exact_to_the_edge)
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

START_TEST(find_refuses_what_it_cannot_read)
{
	static const struct expect e[] = {
		{ "", "a", "bad" }, { " ", "a", "bad" }, { "[]", "a", "bad" },
		{ "[{\"a\":1}]", "a", "bad" }, { "1", "a", "bad" },
		{ "\"a\"", "a", "bad" }, { "{", "a", "bad" },
		{ "}", "a", "bad" }, { "{\"a\":1", "a", "bad" },
		{ "{\"a\":1} x", "a", "bad" }, { "{\"z\":\"}", "a", "bad" },
		{ "{\"z\":1}}", "a", "bad" }, { "{\"z\":{}", "a", "bad" },
		{ "{\"a\":01}", "a", "bad" }, { "{\"a\":tru}", "a", "bad" },
		{ "{\"a\":}", "a", "bad" }, { "{\"a\":\"\x01\"}", "a", "bad" },
		{ "{\"a\":\"\\x\"}", "a", "bad" }, { "{\"a\":[1,]}", "a", "bad" },
		{ "{\"a\":{\"b\" 1}}", "a", "bad" },
		{ "{\"a\":[1 2]}", "a[1]", "bad" },
		{ "{\"a\":[1,}", "a[1]", "bad" },
		{ "{\"a\":{\"c\":[}", "a.b", "bad" },
	};

	EXPECT(e);
}
END_TEST

/* What is not asked for is nobody's business until a row is written. */
START_TEST(find_reads_no_further_than_it_must)
{
	static const struct expect e[] = {
		{ "{\"a\":1,\"b\":tru}", "a", "integer 1" },
		{ "{\"a\":{\"b\":1,]}", "/a.b", "integer 1" },
		{ "{\"z\":[1,,2],\"a\":1]}", "a", "integer 1" },
	};

	EXPECT(e);
}
END_TEST

START_TEST(find_takes_many_slots_in_any_order)
{
	struct pathset *ps;
	struct buf text = BUF_INIT, b = BUF_INIT;
	static struct find f;

	pathset_new(NULL, &ps);
	buf_puts(&text, "{");
	for (unsigned i = 0; i < PATHSET_MAX; i++) {
		char path[32];
		snprintf(path, sizeof path, "f%u.v%u", i % 100, i);
		ck_assert_uint_eq(pathset_put(ps, path), i);
	}
	for (unsigned k = 0; k < 100; k++) {
		buf_printf(&text, "%s\"f%u\":{\"no\":1", k ? "," : "", k);
		for (unsigned i = k; i < PATHSET_MAX; i += 100)
			buf_printf(&text, ",\"v%u\":%u", i, i);
		buf_puts(&text, "}");
	}
	buf_puts(&text, "}");
	ck_assert(!find_begin(&f, (struct str){ (char *)text.data, text.len },
			      ps, &b));
	for (unsigned n = 0; n < PATHSET_MAX; n++) {
		unsigned i = 13 * n % PATHSET_MAX; /* each once */
		char expected[32];
		snprintf(expected, sizeof expected, "integer %u", i);
		ck_assert_str_eq(show(&f, i, &b), expected);
	}
	pathset_free(ps);
	buf_fini(&text);
	buf_fini(&b);
}
END_TEST

START_TEST(find_raw_is_the_text_of_the_value)
{
	static const char text[] =
		"{ \"a\" : \"x\\u0041\" , \"b\" : [ 1 ] , \"c\" : -0 }";
	static const char *const raw[] = { "\"x\\u0041\"", "[ 1 ]", "-0" };
	char scratch[sizeof text];
	struct buf b = BUF_FIXED(scratch, sizeof scratch);
	static struct find f;
	struct pathset *ps;
	struct str got;

	pathset_new(NULL, &ps);
	pathset_put(ps, "a");
	pathset_put(ps, "b");
	pathset_put(ps, "c");
	ck_assert(!find_begin(&f, STR(text), ps, &b));
	for (unsigned i = 0; i < 3; i++) {
		ck_assert(find_slot(&f, i, &got));
		ck_assert(got.ptr > text && got.ptr < text + sizeof text);
		ck_assert_uint_eq(got.len, strlen(raw[i]));
		ck_assert_mem_eq(got.ptr, raw[i], got.len);
	}
	pathset_free(ps);
}
END_TEST

START_TEST(find_of_no_paths_looks_at_the_braces_only)
{
	static struct find f;
	struct buf b = BUF_INIT;
	struct pathset *ps;

	pathset_new(NULL, &ps);
	ck_assert(!find_begin(&f, STR("{\"a\":[{}]}"), ps, &b));
	ck_assert(!find_begin(&f, STR("\r\n{]\t} "), ps, &b));
	ck_assert(find_begin(&f, STR("{\"a\":[{}]"), ps, &b));
	pathset_free(ps);
}
END_TEST

TEST_MAIN(json_find, find_finds_values_of_every_type,
	  find_walks_keys_and_indexes,
	  find_stops_before_what_must_be_walked,
	  find_matches_keys_with_escapes,
	  find_counts_the_first_of_duplicate_keys,
	  find_prefers_the_dotted_key_unless_it_is_null,
	  find_undoes_surrogates, find_keeps_integers_exact_to_the_edge,
	  find_refuses_what_it_cannot_read,
	  find_reads_no_further_than_it_must,
	  find_takes_many_slots_in_any_order,
	  find_raw_is_the_text_of_the_value,
	  find_of_no_paths_looks_at_the_braces_only)
