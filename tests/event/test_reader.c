/* test_reader.c - one event, whatever its form, each field once. */
#include "event/reader.h"

#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

enum { MAX_EVENT = 4096 };

static struct reader *reader;
static struct pathset *ps;
static struct event_meta meta;

static void
begin(const struct schema *s)
{
	ck_assert_int_eq(reader_new(MAX_EVENT, &reader), 0);
	ck_assert_int_eq(pathset_new(s, &ps), 0);
}

static void
end(void)
{
	reader_free(reader);
	pathset_free(ps);
}

static int
begin_text(const char *text)
{
	static struct event ev;

	ev = (struct event){
		.form = EVENT_JSON, .text = str_of(text), .meta = &meta,
	};
	return reader_begin(reader, ps, &ev);
}

static const char *
show(unsigned slot)
{
	return value_show(reader_get(reader, slot));
}

static bool
collect(void *arg, const struct value *v)
{
	struct buf *b = arg;

	buf_puts(b, value_show(v));
	buf_puts(b, ";");
	return true;
}

static const char *
each(unsigned slot)
{
	static char text[512];
	struct buf b = BUF_FIXED(text, sizeof text - 1);

	reader_each(reader, slot, collect, &b);
	text[b.len] = '\0';
	return text;
}

START_TEST(reader_reads_text)
{
	begin(NULL);
	unsigned a = pathset_put(ps, "a"), bc = pathset_put(ps, "b.c");
	unsigned last = pathset_put(ps, "l[-1]"), all = pathset_put(ps, "l[*]");
	unsigned deep = pathset_put(ps, "l[-1].x[*]");

	ck_assert_int_eq(begin_text("{\"a\":1,\"b\":{\"c\":\"\\u0041\"},"
				    "\"l\":[1,{\"x\":[2,3]}]}"), 0);
	ck_assert_str_eq(show(a), "integer 1");
	ck_assert_str_eq(show(bc), "string A");
	ck_assert_str_eq(show(last), "object {\"x\":[2,3]}");
	ck_assert_str_eq(show(all), "array [1,{\"x\":[2,3]}]");
	ck_assert_str_eq(each(all), "integer 1;object {\"x\":[2,3]};");
	ck_assert_str_eq(each(deep), "integer 2;integer 3;");
	ck_assert_str_eq(each(a), "integer 1;");
	ck_assert_int_eq(begin_text("{\"a\":\"next\"}"), 0);
	ck_assert_str_eq(show(a), "string next");
	ck_assert_str_eq(show(bc), "null");
	ck_assert_str_eq(show(last), "null");
	ck_assert_str_eq(each(all), "");
	ck_assert_str_eq(each(deep), "");
	end();
}
END_TEST

START_TEST(reader_refuses_a_bad_event)
{
	static const char *const texts[] = {
		"", "[]", "1", "{", "{\"a\":1}x",
	};
	static char large[MAX_EVENT + 2];

	begin(NULL);
	pathset_put(ps, "a");
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
		ck_assert_int_eq(begin_text(texts[i]), MQL_EBADEVENT);
	memset(large, ' ', MAX_EVENT + 1);
	memcpy(large, "{}", 2);
	ck_assert_int_eq(begin_text(large), MQL_EBADEVENT);
	large[MAX_EVENT] = '\0';
	ck_assert_int_eq(begin_text(large), 0);
	end();
}
END_TEST

START_TEST(reader_checks_what_was_read_or_all_of_it)
{
	static const char *const wrong_behind[] = {
		"{\"a\":1}}", "{\"a\":1,\"z\":tru}", "{\"a\":1,}",
		"{\"a\":1,\"z\":[{]}",
	};
	static const char *const wrong_before[] = {
		"{\"a\":1;}", "{\"z\":1}}", "{\"z\":\"}", "{\"a\":tru}",
		"{\"z\":{}",
	};

	begin(NULL);
	unsigned a = pathset_put(ps, "a");
	for (size_t i = 0; i < sizeof wrong_behind / sizeof(char *); i++) {
		ck_assert_int_eq(begin_text(wrong_behind[i]), 0);
		ck_assert_int_eq(reader_check(reader, false), 0);
		ck_assert_str_eq(show(a), "integer 1");
		ck_assert_int_eq(reader_check(reader, false), 0);
		ck_assert_int_eq(reader_check(reader, true), MQL_EBADEVENT);
	}
	for (size_t i = 0; i < sizeof wrong_before / sizeof(char *); i++) {
		ck_assert_int_eq(begin_text(wrong_before[i]), 0);
		ck_assert_str_eq(show(a), "null");
		ck_assert_int_eq(reader_check(reader, false), MQL_EBADEVENT);
		ck_assert_int_eq(reader_check(reader, true), MQL_EBADEVENT);
	}
	ck_assert_int_eq(begin_text(" {\"z\":[],\"a\":1}\n"), 0);
	ck_assert_int_eq(reader_check(reader, true), 0);
	unsigned b = pathset_put(ps, "b");
	ck_assert_int_eq(begin_text("{\"a\":tru,\"b\":1}"), 0);
	ck_assert_str_eq(show(a), "null");
	ck_assert_str_eq(show(b), "null"); /* once bad, bad */
	ck_assert_int_eq(reader_check(reader, false), MQL_EBADEVENT);
	end();
}
END_TEST

START_TEST(reader_meta_fields_are_what_the_event_says)
{
	begin(NULL);
	unsigned ts = pathset_put(ps, "@ts"), seq = pathset_put(ps, "@seq");
	unsigned app = pathset_put(ps, "@app"), zone = pathset_put(ps, "@zone");

	meta = (struct event_meta){
		.ts = 1700000000123, .seq = 42, .app = STR("web"),
	};
	ck_assert_int_eq(begin_text("{\"ts\":1,\"@ts\":2}"), 0);
	ck_assert_str_eq(show(ts), "integer 1700000000123");
	ck_assert_str_eq(show(seq), "integer 42");
	ck_assert_str_eq(show(app), "string web");
	ck_assert_str_eq(show(zone), "null");
	meta.zone = STR("eu");
	ck_assert_str_eq(show(zone), "null"); /* remembered */
	ck_assert_int_eq(begin_text("{}"), 0);
	ck_assert_str_eq(show(zone), "string eu");
	end();
}
END_TEST

/* A string of escapes fills the scratch; ways to it are many. */
START_TEST(reader_keeps_one_copy_of_a_string)
{
	static const char *const paths[] = {
		"a[0]", "a[-1]", "a[-2]", "/a[-1]", "a[*]", "b.c", "/b.c",
		"b[*]",
	};
	unsigned slot[8];
	char text[MAX_EVENT + 1] = "{\"b\":0,\"a\":[\"";
	size_t n = strlen(text);

	begin(NULL);
	for (int i = 0; i < 8; i++)
		slot[i] = pathset_put(ps, paths[i]);
	for (; n + 2 < MAX_EVENT - 16; n += 2)
		memcpy(text + n, "\\n", 2);
	strcpy(text + n, "\",\"\\u0041\"]}");
	ck_assert_int_eq(begin_text(text), 0);
	ck_assert_uint_gt(reader_get(reader, slot[0])->len, MAX_EVENT / 2 - 32);
	ck_assert_str_eq(show(slot[1]), "string A");
	ck_assert_str_eq(show(slot[3]), "string A");
	ck_assert_ptr_eq(reader_get(reader, slot[1])->ptr,
			 reader_get(reader, slot[3])->ptr);
	ck_assert_ptr_eq(reader_get(reader, slot[2])->ptr,
			 reader_get(reader, slot[0])->ptr);
	ck_assert_uint_gt(strlen(each(slot[4])), 0);
	end();
}
END_TEST

struct nest {
	unsigned slot, n;
};

static bool
count_nested(void *arg, const struct value *v)
{
	struct nest *nest = arg;
	char text[256];
	struct buf b = BUF_FIXED(text, sizeof text);
	char *before = strndup(v->ptr, v->len);

	reader_each(reader, nest->slot, collect, &b);
	ck_assert_mem_eq(text, "string \t;string \n;", b.len);
	ck_assert_uint_eq(b.len, 18);
	ck_assert_mem_eq(before, v->ptr, v->len); /* still what it was */
	free(before);
	nest->n++;
	return true;
}

START_TEST(reader_walks_may_nest)
{
	begin(NULL);
	struct nest nest = { .slot = pathset_put(ps, "b[*]") };
	unsigned a = pathset_put(ps, "a[*]");

	ck_assert_int_eq(begin_text("{\"a\":[\"\\u0041\",\"\\u0042\"],"
				    "\"b\":[\"\\t\",\"\\n\"]}"), 0);
	reader_each(reader, a, count_nested, &nest);
	ck_assert_uint_eq(nest.n, 2);
	end();
}
END_TEST

START_TEST(reader_writes_text_as_one_line)
{
	char text[64] = { 0 };
	struct buf b = BUF_FIXED(text, sizeof text);

	begin(NULL);
	ck_assert_int_eq(begin_text("{\"a\":1,\n\"b\":\t2}"), 0);
	reader_write_event(reader, &b);
	ck_assert_str_eq(text, "{\"a\":1, \"b\":\t2}");
	end();
}
END_TEST

/* --- the other two forms ----------------------------------------------------- */

struct record {
	int32_t     ms;
	const char *json;
	struct {
		const char *host;
	} in;
};

static const struct mql_field in_fields[] = {
	{ .name = "host", .type = MQL_T_CSTR },
};
static const struct mql_field fields[] = {
	{ .name = "ms", .type = MQL_T_I32,
	  .offset = offsetof(struct record, ms) },
	{ .name = "j", .type = MQL_T_JSON,
	  .offset = offsetof(struct record, json) },
	{ .name = "in", .type = MQL_T_STRUCT,
	  .offset = offsetof(struct record, in), .fields = in_fields,
	  .nfields = 1 },
};

START_TEST(reader_reads_a_struct)
{
	struct record rec = {
		7, "{\"a\":[\"\\u0041\",\"\\u0042\"],\"b\":{\"c\":1}}",
		{ "h" },
	};
	struct schema *s;
	char text[128] = { 0 };
	struct buf b = BUF_FIXED(text, sizeof text);

	ck_assert_int_eq(schema_new(fields, 3, &s), 0);
	begin(s);
	unsigned ms = pathset_put(ps, "ms"), host = pathset_put(ps, "in.host");
	unsigned first = pathset_put(ps, "j.a[0]"), in = pathset_put(ps, "in");
	unsigned last = pathset_put(ps, "j.a[-1]");
	unsigned all = pathset_put(ps, "j.a[*]"), jb = pathset_put(ps, "j.b.c");
	unsigned members = pathset_put(ps, "in[*]");
	unsigned none = pathset_put(ps, "none"), app = pathset_put(ps, "@app");
	struct event ev = {
		.form = EVENT_STRUCT, .record = &rec, .schema = s,
		.meta = &meta,
	};
	meta.app = STR("web");
	ck_assert_int_eq(reader_begin(reader, ps, &ev), 0);
	ck_assert_str_eq(show(ms), "integer 7");
	ck_assert_str_eq(show(host), "string h");
	ck_assert_str_eq(show(in), "object {\"host\":\"h\"}");
	ck_assert_str_eq(show(first), "string A");
	ck_assert_str_eq(show(last), "string B");
	ck_assert_str_eq(show(first), "string A");
	ck_assert_str_eq(each(all), "string A;string B;");
	ck_assert_str_eq(each(members), "string h;");
	ck_assert_str_eq(show(jb), "integer 1");
	ck_assert_str_eq(show(none), "null");
	ck_assert_str_eq(show(app), "string web");
	reader_write_event(reader, &b);
	ck_assert_str_eq(text, "{\"ms\":7,\"j\":{\"a\":[\"\\u0041\","
			 "\"\\u0042\"],\"b\":{\"c\":1}},\"in\":{\"host\":"
			 "\"h\"}}");
	rec.ms = 8;
	ck_assert_str_eq(show(ms), "integer 7"); /* read once */
	rec.json = "{\"a\":";
	ck_assert_int_eq(reader_begin(reader, ps, &ev), 0);
	ck_assert_str_eq(show(ms), "integer 8");
	ck_assert_str_eq(show(first), "null");
	ck_assert_str_eq(each(all), "");
	end();
	schema_free(s);
}
END_TEST

START_TEST(reader_reads_a_built_event)
{
	static struct built b;
	struct event ev = {
		.form = EVENT_BUILT, .built = &b, .meta = &meta,
	};
	char text[128] = { 0 }, mem[32];
	struct buf out = BUF_FIXED(text, sizeof text);
	struct buf scratch = BUF_FIXED(mem, sizeof mem);

	begin(NULL);
	unsigned host = pathset_put(ps, "h.host"), h = pathset_put(ps, "h");
	unsigned last = pathset_put(ps, "tags[-1]");
	unsigned all = pathset_put(ps, "tags[*]");
	unsigned any = pathset_put(ps, "h[*]");
	built_begin(&b);
	built_object(&b, STR("h"));
	built_add(&b, STR("host"),
		  (struct value){ .type = VALUE_STR, .ptr = "x", .len = 1 });
	ck_assert_int_eq(reader_begin(reader, ps, &ev), MQL_EBADEVENT);
	built_end(&b);
	built_add(&b, STR("tags"), json_value(STR("[1,\"\\n\"]"), &scratch));
	ck_assert_int_eq(reader_begin(reader, ps, &ev), 0);
	ck_assert_str_eq(show(host), "string x");
	ck_assert_str_eq(show(h), "object {\"host\":\"x\"}");
	ck_assert_str_eq(show(last), "string \n");
	ck_assert_str_eq(each(all), "integer 1;string \n;");
	ck_assert_str_eq(each(any), "string x;");
	reader_write_event(reader, &out);
	ck_assert_str_eq(text, "{\"h\":{\"host\":\"x\"},"
			 "\"tags\":[1,\"\\n\"]}");
	end();
}
END_TEST

/* --- some of its fields ------------------------------------------------------ */

static bool
begins_with_a(void *arg, struct str name)
{
	(void)arg;
	return name.len && *name.ptr == 'a';
}

static const char *
fields_of(const struct event *ev, bool comma)
{
	static char text[4 * MAX_EVENT];
	struct buf b = BUF_FIXED(text, sizeof text - 1);

	ck_assert_int_eq(reader_begin(reader, ps, ev), 0);
	reader_write_fields(reader, begins_with_a, NULL, &comma, &b);
	ck_assert_int_eq(b.err, 0);
	ck_assert(comma || !b.len);
	text[b.len] = '\0';
	return text;
}

static const char *
fields_of_text(const char *text)
{
	const struct event ev = {
		.form = EVENT_JSON, .text = str_of(text), .meta = &meta,
	};

	return fields_of(&ev, false);
}

START_TEST(reader_writes_the_fields_that_are_wanted)
{
	begin(NULL);
	ck_assert_str_eq(fields_of_text("{}"), "");
	ck_assert_str_eq(fields_of_text(" { \"b\" : 1 } "), "");
	ck_assert_str_eq(fields_of_text(" { \"a\" : [1,\n2], \"b\":1,"
					"\"\\u0061\\n\":-0.0 } "),
			 "\"a\":[1, 2],\"\\u0061\\n\":-0.0");
	ck_assert_str_eq(fields_of_text("{\"a\":null,\"\\u0061\":1,\"ab\":2,"
					"\"a\\u0062\":3}"), "\"ab\":2");
	end();
}
END_TEST

/* As many names as a text of this size can hold, each of them twice. */
START_TEST(reader_knows_all_names_of_a_full_event)
{
	char text[MAX_EVENT + 1] = "{", want[MAX_EVENT + 1] = "";
	size_t n = 1, w = 0;

	begin(NULL);
	for (int i = 0; i < 2 * 230; i++) {
		const int at = i % 230;

		n += (size_t)sprintf(text + n, "\"a%c%c\":1,", 'a' + at % 20,
				     'a' + at / 20);
		if (i < 230)
			w += (size_t)sprintf(want + w, "%s\"a%c%c\":1",
					     i ? "," : "", 'a' + at % 20,
					     'a' + at / 20);
	}
	text[n - 1] = '}';
	ck_assert_uint_le(n, MAX_EVENT);
	ck_assert_str_eq(fields_of_text(text), want);
	end();
}
END_TEST

START_TEST(reader_writes_the_wanted_fields_of_a_struct)
{
	static const struct mql_field some[] = {
		{ .name = "a", .type = MQL_T_CSTR,
		  .offset = offsetof(struct record, in.host) },
		{ .name = "b", .type = MQL_T_I32,
		  .offset = offsetof(struct record, ms) },
		{ .name = "a.j", .type = MQL_T_JSON,
		  .offset = offsetof(struct record, json) },
		{ .name = "ain", .type = MQL_T_STRUCT,
		  .offset = offsetof(struct record, in), .fields = in_fields,
		  .nfields = 1 },
	};
	struct record rec = { 7, "{\"x\":\n1}", { "h" } };
	struct schema *s;

	ck_assert_int_eq(schema_new(some, 4, &s), 0);
	begin(s);
	const struct event ev = {
		.form = EVENT_STRUCT, .record = &rec, .schema = s,
		.meta = &meta,
	};
	ck_assert_str_eq(fields_of(&ev, true), ",\"a\":\"h\",\"a.j\":{\"x\":"
			 " 1},\"ain\":{\"host\":\"h\"}");
	rec.in.host = NULL;
	ck_assert_str_eq(fields_of(&ev, false),
			 "\"a.j\":{\"x\": 1},\"ain\":{}");
	end();
	schema_free(s);
}
END_TEST

START_TEST(reader_writes_the_wanted_fields_of_a_built_event)
{
	static struct built b;
	const struct event ev = {
		.form = EVENT_BUILT, .built = &b, .meta = &meta,
	};
	const struct value one = { .type = VALUE_INT, .i = 1 };
	const struct value two = { .type = VALUE_INT, .i = 2 };

	begin(NULL);
	built_begin(&b);
	built_add(&b, STR("an"), VALUE_NONE);
	built_object(&b, STR("a"));
	built_add(&b, STR("ax"), one);
	built_end(&b);
	built_add(&b, STR("b"), one);
	built_add(&b, STR("a"), two);
	built_add(&b, STR("a\""), two);
	built_add(&b, STR("an"), two);
	ck_assert_str_eq(fields_of(&ev, false),
			 "\"a\":{\"ax\":1},\"a\\\"\":2");
	end();
}
END_TEST

START_TEST(reader_lends_a_scratch_that_begin_empties)
{
	begin(NULL);
	ck_assert_int_eq(begin_text("{}"), 0);
	struct buf *b = reader_scratch(reader);
	ck_assert_uint_ge(b->cap, MAX_EVENT);
	buf_puts(b, "words");
	ck_assert_int_eq(begin_text("{}"), 0);
	ck_assert_uint_eq(reader_scratch(reader)->len, 0);
	end();
	reader_free(NULL);
}
END_TEST

START_TEST(reader_refuses_a_size_that_overflows)
{
	struct reader *none = (struct reader *)1;

	ck_assert_int_eq(reader_new(SIZE_MAX, &none), MQL_ENOMEM);
	ck_assert_ptr_null(none);
	ck_assert_int_eq(reader_new(SIZE_MAX / 4, &none), MQL_ENOMEM);
	ck_assert_ptr_null(none);
}
END_TEST

TEST_MAIN(reader, reader_writes_the_fields_that_are_wanted,
	  reader_knows_all_names_of_a_full_event,
	  reader_writes_the_wanted_fields_of_a_struct,
	  reader_writes_the_wanted_fields_of_a_built_event,
	  reader_reads_text, reader_refuses_a_bad_event,
	  reader_checks_what_was_read_or_all_of_it,
	  reader_meta_fields_are_what_the_event_says,
	  reader_keeps_one_copy_of_a_string, reader_walks_may_nest,
	  reader_writes_text_as_one_line, reader_reads_a_struct,
	  reader_reads_a_built_event, reader_lends_a_scratch_that_begin_empties,
	  reader_refuses_a_size_that_overflows)
