/* test_schema.c - mapped structs: every kind of field, and paths to it. */
#include "event/schema.h"

#include <math.h>

#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

struct inner {
	int32_t     n;
	const char *text;
};

struct outer {
	bool     yes;
	int8_t   i8;
	int16_t  i16;
	int32_t  i32;
	int64_t  i64;
	uint8_t  u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float    f32;
	double   f64;
	char     chars[4];
	const char *cstr;
	struct mql_text text;
	const char *json;
	struct inner in;
	const char *dotted;
};

static const struct mql_field inner_fields[] = {
	{ .name = "n", .type = MQL_T_I32, .offset = offsetof(struct inner, n) },
	{ .name = "text", .type = MQL_T_CSTR,
	  .offset = offsetof(struct inner, text) },
};

#define FIELD(f, t) \
	{ .name = #f, .type = MQL_T_##t, .offset = offsetof(struct outer, f), \
	  .size = sizeof(((struct outer *)0)->f) }

static const struct mql_field fields[] = {
	FIELD(yes, BOOL), FIELD(i8, I8), FIELD(i16, I16), FIELD(i32, I32),
	FIELD(i64, I64), FIELD(u8, U8), FIELD(u16, U16), FIELD(u32, U32),
	FIELD(u64, U64), FIELD(f32, F32), FIELD(f64, F64),
	FIELD(chars, CHARS), FIELD(cstr, CSTR), FIELD(text, TEXT),
	FIELD(json, JSON),
	{ .name = "in", .type = MQL_T_STRUCT,
	  .offset = offsetof(struct outer, in), .fields = inner_fields,
	  .nfields = 2 },
	{ .name = "in.dotted", .type = MQL_T_CSTR,
	  .offset = offsetof(struct outer, dotted) },
};

enum { NFIELDS = sizeof fields / sizeof fields[0] };

static const struct outer sample = {
	.yes = true, .i8 = INT8_MIN, .i16 = INT16_MIN, .i32 = INT32_MIN,
	.i64 = INT64_MIN, .u8 = UINT8_MAX, .u16 = UINT16_MAX,
	.u32 = UINT32_MAX, .u64 = UINT64_MAX, .f32 = 0.5f, .f64 = 0.1,
	.chars = { 'a', 'b', 'c', 'd' }, .cstr = "c\"d",
	.text = { "te\0xt", 5 }, .json = " {\"k\":[1,\n{\"z\":2}]} ",
	.in = { 7, "inside" }, .dotted = "flat",
};

static char room[1024];

/* The direct value of a path, before what is left to be walked. */
static const char *
read_at(const struct outer *record, const char *path, unsigned *walked)
{
	static struct value v;
	struct buf scratch = BUF_FIXED(room, sizeof room);
	struct arena mem = { 0 };
	struct path p = path_of(path, &mem);
	struct schema_ref r;
	struct schema *s;

	ck_assert_int_eq(schema_new(fields, NFIELDS, &s), 0);
	r = schema_resolve(s, &p);
	v = VALUE_NONE;
	if (r.found)
		schema_read(r.field, (const char *)record + r.offset, &scratch,
			    &v);
	if (walked)
		*walked = r.walked;
	schema_free(s);
	arena_fini(&mem);
	return r.found ? value_show(&v) : "nothing";
}

START_TEST(schema_reads_every_kind_of_field)
{
	static const struct {
		const char *path, *value;
	} cases[] = {
		{ "yes", "boolean true" }, { "i8", "integer -128" },
		{ "i16", "integer -32768" }, { "i32", "integer -2147483648" },
		{ "i64", "integer -9223372036854775808" },
		{ "u8", "integer 255" }, { "u16", "integer 65535" },
		{ "u32", "integer 4294967295" },
		{ "u64", "float 18446744073709551615" },
		{ "f32", "float 0.5" }, { "f64", "float 0.1" },
		{ "chars", "string abcd" }, { "cstr", "string c\"d" },
		{ "json", "object {\"k\":[1, {\"z\":2}]}" },
		{ "in.n", "integer 7" }, { "in.text", "string inside" },
		{ "in", "object {\"n\":7,\"text\":\"inside\"}" },
		{ "in.dotted", "string flat" }, { "none", "nothing" },
		{ "in.none", "nothing" }, { "cstr.x", "nothing" },
		{ "cstr[0]", "nothing" }, { "in[0]", "nothing" },
		{ "/in.dotted", "nothing" }, { "n", "nothing" },
		{ "in.n.x", "nothing" }, { "@ts", "nothing" },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		const char *got = read_at(&sample, cases[i].path, NULL);
		ck_assert_msg(!strcmp(got, cases[i].value), "%s: %s",
			      cases[i].path, got);
	}
}
END_TEST

START_TEST(schema_leaves_steps_into_json_to_be_walked)
{
	unsigned walked;

	ck_assert_str_eq(read_at(&sample, "json.k[1].z", &walked),
			 "object {\"k\":[1, {\"z\":2}]}");
	ck_assert_uint_eq(walked, 1);
	ck_assert_str_eq(read_at(&sample, "in[*]", &walked),
			 "object {\"n\":7,\"text\":\"inside\"}");
	ck_assert_uint_eq(walked, 1);
	read_at(&sample, "in.dotted", &walked);
	ck_assert_uint_eq(walked, 2);
}
END_TEST

START_TEST(schema_null_pointers_and_bad_json_are_null)
{
	struct outer r = sample;

	r.cstr = NULL;
	r.text.ptr = NULL;
	r.json = NULL;
	r.in.text = NULL;
	r.f64 = NAN;
	r.f32 = INFINITY;
	ck_assert_str_eq(read_at(&r, "cstr", NULL), "null");
	ck_assert_str_eq(read_at(&r, "text", NULL), "null");
	ck_assert_str_eq(read_at(&r, "json", NULL), "null");
	ck_assert_str_eq(read_at(&r, "in", NULL), "object {\"n\":7}");
	ck_assert_str_eq(read_at(&r, "f64", NULL), "null");
	ck_assert_str_eq(read_at(&r, "f32", NULL), "null");
	r.json = "{\"k\":1,}";
	ck_assert_str_eq(read_at(&r, "json", NULL), "null");
	r.json = "";
	ck_assert_str_eq(read_at(&r, "json", NULL), "null");
	r.json = "12";
	ck_assert_str_eq(read_at(&r, "json", NULL), "integer 12");
}
END_TEST

START_TEST(schema_chars_end_at_a_nul_or_at_their_size)
{
	struct outer r = sample;

	memcpy(r.chars, "ab\0d", 4);
	ck_assert_str_eq(read_at(&r, "chars", NULL), "string ab");
	memset(r.chars, 0, 4);
	ck_assert_str_eq(read_at(&r, "chars", NULL), "string ");
}
END_TEST

START_TEST(schema_integers_that_fit_are_integers)
{
	struct outer r = sample;

	r.u64 = INT64_MAX;
	ck_assert_str_eq(read_at(&r, "u64", NULL),
			 "integer 9223372036854775807");
	r.u64++;
	ck_assert_str_eq(read_at(&r, "u64", NULL),
			 "float 9223372036854775808");
}
END_TEST

START_TEST(schema_writes_the_record_as_one_line)
{
	char text[1024];
	struct buf b = BUF_FIXED(text, sizeof text - 1);
	struct outer r = sample;
	struct schema *s;

	ck_assert_int_eq(schema_new(fields, NFIELDS, &s), 0);
	r.dotted = NULL;
	r.f32 = NAN;
	schema_write_json(s, &r, &b);
	text[b.len] = '\0';
	ck_assert_int_eq(b.err, 0);
	ck_assert_str_eq(text,
		"{\"yes\":true,\"i8\":-128,\"i16\":-32768,"
		"\"i32\":-2147483648,\"i64\":-9223372036854775808,"
		"\"u8\":255,\"u16\":65535,\"u32\":4294967295,"
		"\"u64\":18446744073709551615,\"f64\":0.1,"
		"\"chars\":\"abcd\",\"cstr\":\"c\\\"d\","
		"\"text\":\"te\\u0000xt\",\"json\": {\"k\":[1, {\"z\":2}]} ,"
		"\"in\":{\"n\":7,\"text\":\"inside\"}}");
	schema_free(s);
}
END_TEST

START_TEST(schema_fields_need_not_be_aligned)
{
	char memory[sizeof(uint64_t) + 1] = { 0 };
	struct mql_field f = { .name = "x", .type = MQL_T_I64, .offset = 1 };
	struct buf none = BUF_FIXED(NULL, 0);
	int64_t n = -5;

	memcpy(memory + 1, &n, sizeof n);
	struct value v;

	schema_read(&f, memory + 1, &none, &v);
	ck_assert_int_eq(v.i, -5);
}
END_TEST

START_TEST(schema_copies_its_tables)
{
	char name[] = "first";
	struct mql_field f = { .name = name, .type = MQL_T_BOOL };
	struct arena mem = { 0 };
	struct path p = path_of("first", &mem);
	struct schema *s;

	ck_assert_int_eq(schema_new(&f, 1, &s), 0);
	memset(name, 'x', sizeof name - 1);
	f.type = MQL_T_I64;
	struct schema_ref r = schema_resolve(s, &p);
	ck_assert(r.found);
	ck_assert_int_eq(r.field->type, MQL_T_BOOL);
	schema_free(s);
	schema_free(NULL);
	arena_fini(&mem);
}
END_TEST

static void
refuse(const struct mql_field *table, size_t n)
{
	struct schema *s = (struct schema *)1;

	ck_assert_int_eq(schema_new(table, n, &s), MQL_EINVAL);
	ck_assert_ptr_null(s);
}

START_TEST(schema_refuses_a_bad_table)
{
	struct mql_field two[] = {
		{ .name = "a", .type = MQL_T_BOOL },
		{ .name = "a", .type = MQL_T_I8 },
	};
	struct mql_field f = { .name = "a", .type = MQL_T_BOOL };
	struct mql_field many[1025];
	static char names[1025][16];

	refuse(NULL, 0);
	refuse(&f, 0);
	refuse(NULL, 1);
	refuse(two, 2);
	f.name = NULL;
	refuse(&f, 1);
	f.name = "";
	refuse(&f, 1);
	f = (struct mql_field){ .name = "a", .type = (enum mql_type)99 };
	refuse(&f, 1);
	f = (struct mql_field){ .name = "a", .type = MQL_T_CHARS };
	refuse(&f, 1);
	f = (struct mql_field){ .name = "a", .type = MQL_T_STRUCT };
	refuse(&f, 1);
	for (int i = 0; i < 1025; i++) {
		snprintf(names[i], sizeof names[i], "f%d", i);
		many[i] = (struct mql_field){ .name = names[i] };
	}
	refuse(many, 1025);
}
END_TEST

START_TEST(schema_refuses_a_table_too_deep)
{
	struct mql_field level[9] = {
		{ .name = "leaf", .type = MQL_T_BOOL },
	};
	struct schema *s;

	for (int i = 1; i < 9; i++)
		level[i] = (struct mql_field){
			.name = "in", .type = MQL_T_STRUCT,
			.fields = &level[i - 1], .nfields = 1,
		};
	ck_assert_int_eq(schema_new(&level[7], 1, &s), 0);
	schema_free(s);
	refuse(&level[8], 1);
}
END_TEST

TEST_MAIN(schema, schema_reads_every_kind_of_field,
	  schema_leaves_steps_into_json_to_be_walked,
	  schema_null_pointers_and_bad_json_are_null,
	  schema_chars_end_at_a_nul_or_at_their_size,
	  schema_integers_that_fit_are_integers,
	  schema_writes_the_record_as_one_line,
	  schema_fields_need_not_be_aligned, schema_copies_its_tables,
	  schema_refuses_a_bad_table, schema_refuses_a_table_too_deep)
