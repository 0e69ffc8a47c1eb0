/* test_path.c - paths by themselves. */
#include "event/path.h"

#include "tests/check_main.h"
#include "tests/event/paths.h"

START_TEST(path_knows_the_meta_fields)
{
	ck_assert_int_eq(path_meta_of(STR("ts")), META_ts);
	ck_assert_int_eq(path_meta_of(STR("seq")), META_seq);
	ck_assert_int_eq(path_meta_of(STR("stream")), META_stream);
	ck_assert_int_eq(path_meta_of(STR("TS")), META_NONE);
	ck_assert_int_eq(path_meta_of(STR("t")), META_NONE);
	ck_assert_int_eq(path_meta_of(STR("")), META_NONE);
}
END_TEST

START_TEST(path_equal_goes_by_steps_and_readings)
{
	static const char *const texts[] = {
		"a", "b", "a.b", "/a.b", "a.b.c", "a[0]", "a[-1]", "a[*]",
		"a[0].b", "a[*].b", "@ts", "@seq", "a.b[0]", "/a.b[0]",
	};
	size_t n = sizeof texts / sizeof texts[0];
	struct arena mem = { 0 };

	for (size_t i = 0; i < n; i++) {
		for (size_t j = 0; j < n; j++) {
			struct path a = path_of(texts[i], &mem);
			struct path b = path_of(texts[j], &mem);
			ck_assert_msg(path_equal(&a, &b) == (i == j), "%s %s",
				      texts[i], texts[j]);
		}
	}
	arena_fini(&mem);
}
END_TEST

START_TEST(path_counts_what_a_forward_scan_can_find)
{
	static const struct {
		const char *text;
		unsigned    direct;
		bool        any;
	} cases[] = {
		{ "a", 1, false },         { "a.b.c", 3, false },
		{ "a[0].b", 3, false },    { "a[*]", 1, true },
		{ "a[-1]", 1, false },     { "a[0][-1].b[*]", 2, true },
		{ "a.b[*].c[0]", 2, true },
	};
	struct arena mem = { 0 };

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct path p = path_of(cases[i].text, &mem);
		ck_assert_uint_eq(path_direct_steps(&p), cases[i].direct);
		ck_assert(path_has_any(&p) == cases[i].any);
	}
	arena_fini(&mem);
}
END_TEST

START_TEST(path_is_written_dotted)
{
	static const char *const texts[] = {
		"a", "a.b.c", "a[0].b", "a[-1]", "a[*].b[2][*]", "@ts",
		"key with spaces.x",
	};
	struct arena mem = { 0 };

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		char text[64] = { 0 };
		struct buf b = BUF_FIXED(text, sizeof text - 1);
		struct path p = path_of(texts[i], &mem);
		path_write(&p, &b);
		ck_assert_str_eq(text, texts[i]);
	}
	arena_fini(&mem);
}
END_TEST

TEST_MAIN(path, path_knows_the_meta_fields,
	  path_equal_goes_by_steps_and_readings,
	  path_counts_what_a_forward_scan_can_find, path_is_written_dotted)
