/* test_built.c - events put together field by field. */
#include "event/built.h"

#include <math.h>

#include "event/json.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

static struct built b;
static char room[4096];

static struct value
integer(int64_t i)
{
	return (struct value){ .type = VALUE_INT, .i = i };
}

static const char *
json(void)
{
	static char text[8192];
	struct buf out = BUF_FIXED(text, sizeof text - 1);

	built_write_json(&b, &out);
	ck_assert_int_eq(out.err, 0);
	text[out.len] = '\0';
	return text;
}

static const char *
read_at(const char *path)
{
	static struct value v;
	struct buf scratch = BUF_FIXED(room, sizeof room);
	struct arena mem = { 0 };
	struct path p = path_of(path, &mem);

	v = built_read(&b, &p, &scratch);
	arena_fini(&mem);
	return value_show(&v);
}

/* {country, headers: {host, via: {n}, tags}, ms} */
static void
build(void)
{
	struct buf none = BUF_FIXED(NULL, 0);

	built_begin(&b);
	built_add(&b, STR("country"),
		  (struct value){ .type = VALUE_STR, .ptr = "BR", .len = 2 });
	built_object(&b, STR("headers"));
	built_add(&b, STR("host"),
		  (struct value){ .type = VALUE_STR, .ptr = "x", .len = 1 });
	built_object(&b, STR("via"));
	built_add(&b, STR("n"), integer(1));
	built_end(&b);
	built_add(&b, STR("tags"),
		  json_value(STR("[\"a\",{\"b\":\n2}]"), &none));
	built_end(&b);
	built_add(&b, STR("ms"), integer(250));
}

START_TEST(built_is_written_in_order)
{
	build();
	ck_assert(built_ok(&b));
	ck_assert_str_eq(json(), "{\"country\":\"BR\",\"headers\":{\"host\":"
			 "\"x\",\"via\":{\"n\":1},\"tags\":[\"a\",{\"b\": 2}]},"
			 "\"ms\":250}");
}
END_TEST

START_TEST(built_is_read_by_path)
{
	build();
	ck_assert_str_eq(read_at("country"), "string BR");
	ck_assert_str_eq(read_at("headers.host"), "string x");
	ck_assert_str_eq(read_at("headers.via.n"), "integer 1");
	ck_assert_str_eq(read_at("headers.via"), "object {\"n\":1}");
	ck_assert_str_eq(read_at("headers"), "object {\"host\":\"x\",\"via\":"
			 "{\"n\":1},\"tags\":[\"a\",{\"b\": 2}]}");
	ck_assert_str_eq(read_at("headers.tags[1].b"), "integer 2");
	ck_assert_str_eq(read_at("headers.tags[*].b"),
			 "array [\"a\",{\"b\": 2}]");
	ck_assert_str_eq(read_at("ms"), "integer 250");
	ck_assert_str_eq(read_at("host"), "null");
	ck_assert_str_eq(read_at("n"), "null");
	ck_assert_str_eq(read_at("ms.x"), "null");
	ck_assert_str_eq(read_at("headers[0]"), "null");
	ck_assert_str_eq(read_at("headers.none"), "null");
}
END_TEST

START_TEST(built_null_fields_are_left_out)
{
	built_begin(&b);
	built_add(&b, STR("a"), VALUE_NONE);
	built_add(&b, STR("b"), integer(1));
	built_object(&b, STR("c"));
	built_add(&b, STR("d"), VALUE_NONE);
	built_end(&b);
	built_add(&b, STR("e"), VALUE_NONE);
	built_add(&b, STR("f"),
		  (struct value){ .type = VALUE_FLOAT, .f = (double)NAN });
	ck_assert_str_eq(json(), "{\"b\":1,\"c\":{}}");
	ck_assert_str_eq(read_at("a"), "null");
	ck_assert_str_eq(read_at("f"), "null");
	built_begin(&b);
	ck_assert_str_eq(json(), "{}");
}
END_TEST

START_TEST(built_dotted_key_comes_first_unless_null)
{
	built_begin(&b);
	built_object(&b, STR("a"));
	built_add(&b, STR("b"), integer(1));
	built_end(&b);
	ck_assert_str_eq(read_at("a.b"), "integer 1");
	built_add(&b, STR("a.b"), VALUE_NONE);
	ck_assert_str_eq(read_at("a.b"), "integer 1");
	built_begin(&b);
	built_object(&b, STR("a"));
	built_add(&b, STR("b"), integer(1));
	built_end(&b);
	built_add(&b, STR("a.b"), integer(2));
	ck_assert_str_eq(read_at("a.b"), "integer 2");
	ck_assert_str_eq(read_at("/a.b"), "integer 1");
}
END_TEST

START_TEST(built_first_of_duplicate_keys_counts)
{
	built_begin(&b);
	built_add(&b, STR("a"), integer(1));
	built_add(&b, STR("a"), integer(2));
	ck_assert_str_eq(read_at("a"), "integer 1");
}
END_TEST

START_TEST(built_objects_must_be_closed)
{
	built_begin(&b);
	built_object(&b, STR("a"));
	ck_assert(!built_ok(&b));
	built_end(&b);
	ck_assert(built_ok(&b));
	built_end(&b);
	ck_assert(!built_ok(&b));
	built_begin(&b);
	ck_assert(built_ok(&b));
}
END_TEST

START_TEST(built_has_a_last_field_and_a_last_level)
{
	built_begin(&b);
	for (int i = 0; i < BUILT_MAX_FIELDS; i++)
		built_add(&b, STR("k"), integer(i));
	ck_assert(built_ok(&b));
	built_add(&b, STR("k"), integer(0));
	ck_assert(!built_ok(&b));
	built_object(&b, STR("k"));
	built_end(&b);
	ck_assert(!built_ok(&b));

	built_begin(&b);
	for (int i = 1; i < JSON_MAX_DEPTH; i++)
		built_object(&b, STR("k"));
	for (int i = 1; i < JSON_MAX_DEPTH; i++)
		built_end(&b);
	ck_assert(built_ok(&b));
	ck_assert(!json_check(str_of(json()), NULL));

	built_begin(&b);
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		built_object(&b, STR("k"));
	for (int i = 0; i < JSON_MAX_DEPTH; i++)
		built_end(&b);
	ck_assert(!built_ok(&b));
}
END_TEST

START_TEST(built_object_without_room_reads_as_null)
{
	char small[8];
	struct buf scratch = BUF_FIXED(small, sizeof small);
	struct arena mem = { 0 };
	struct path p = path_of("headers", &mem);

	build();
	struct value v = built_read(&b, &p, &scratch);
	ck_assert_int_eq(v.type, VALUE_NULL);
	ck_assert_int_eq(scratch.err, 0);
	ck_assert_uint_eq(scratch.len, 0);
	arena_fini(&mem);
}
END_TEST

TEST_MAIN(built, built_is_written_in_order, built_is_read_by_path,
	  built_null_fields_are_left_out,
	  built_dotted_key_comes_first_unless_null,
	  built_first_of_duplicate_keys_counts, built_objects_must_be_closed,
	  built_has_a_last_field_and_a_last_level,
	  built_object_without_room_reads_as_null)
