/* test_pathset.c - each path once, each step once. */
#include "event/pathset_trie.h"
#include "mql/error.h"
#include "tests/check_main.h"
#include "tests/event/paths.h"

START_TEST(pathset_gives_each_path_one_slot)
{
	static const char *const texts[] = {
		"a", "a.b", "/a.b", "a[0]", "a[1]", "a[-1]", "a[*]", "a[*].b",
		"@ts", "@app", "b", "a.b.c",
	};
	size_t n = sizeof texts / sizeof texts[0];
	struct pathset *ps;

	ck_assert_int_eq(pathset_new(NULL, &ps), 0);
	for (int twice = 0; twice < 2; twice++)
		for (size_t i = 0; i < n; i++)
			ck_assert_uint_eq(pathset_put(ps, texts[i]), i);
	ck_assert_uint_eq(pathset_size(ps), n);
	pathset_free(ps);
}
END_TEST

START_TEST(pathset_keeps_copies_of_its_paths)
{
	struct arena mem = { 0 };
	struct path p = path_of("one.two[3]", &mem);
	struct pathset *ps;
	unsigned slot;

	pathset_new(NULL, &ps);
	ck_assert_int_eq(pathset_add(ps, &p, &slot), 0);
	arena_fini(&mem);
	p = path_of("one.two[3]", &mem);
	ck_assert(path_equal(pathset_path(ps, slot), &p));
	ck_assert(str_eq(pathset_path(ps, slot)->flat, STR("one.two")));
	arena_fini(&mem);
	pathset_free(ps);
}
END_TEST

START_TEST(pathset_copy_grows_alone_and_outlives_its_original)
{
	static const char *const texts[] = { "a.b", "a[1]", "@ts", "a[*]" };
	struct arena mem = { 0 };
	struct path p = path_of("later.one", &mem);
	struct pathset *ps, *copy;
	unsigned slot;

	pathset_new(NULL, &ps);
	for (unsigned i = 0; i < 4; i++)
		pathset_put(ps, texts[i]);
	ck_assert_int_eq(pathset_copy(ps, &copy), 0);
	for (unsigned i = 0; i < 40; i++) {
		char text[32];

		snprintf(text, sizeof text, "key%u.x", i);
		ck_assert_uint_eq(pathset_put(copy, text), 4 + i);
	}
	ck_assert_int_eq(pathset_add(copy, &p, &slot), 0);
	ck_assert_uint_eq(pathset_size(ps), 4);
	ck_assert(!pathset_find(ps, &p, &slot));
	pathset_free(ps);
	ck_assert(pathset_find(copy, &p, &slot));
	ck_assert_uint_eq(slot, 44);
	for (unsigned i = 0; i < 4; i++) {
		struct path q = path_of(texts[i], &mem);

		ck_assert(pathset_find(copy, &q, &slot));
		ck_assert_uint_eq(slot, i);
		ck_assert_uint_eq(pathset_put(copy, texts[i]), i);
	}
	pathset_free(copy);
	arena_fini(&mem);
}
END_TEST

START_TEST(pathset_has_a_last_slot)
{
	struct pathset *ps;
	struct path p;
	struct arena mem = { 0 };
	unsigned slot;
	char text[32];

	pathset_new(NULL, &ps);
	for (unsigned i = 0; i < PATHSET_MAX; i++) {
		snprintf(text, sizeof text, "key%u.x", i);
		ck_assert_uint_eq(pathset_put(ps, text), i);
	}
	p = path_of("one.more", &mem);
	ck_assert_int_eq(pathset_add(ps, &p, &slot), MQL_ELIMIT);
	p = path_of("@ts", &mem);
	ck_assert_int_eq(pathset_add(ps, &p, &slot), MQL_ELIMIT);
	ck_assert(!pathset_uses(ps, META_ts));
	ck_assert_uint_eq(pathset_put(ps, "key77.x"), 77);
	ck_assert_uint_eq(pathset_size(ps), PATHSET_MAX);
	arena_fini(&mem);
	pathset_free(ps);
}
END_TEST

START_TEST(pathset_bounds_the_steps_of_all_paths)
{
	struct pathset *ps;
	struct arena mem = { 0 };
	unsigned slot, n = 0;
	char text[300];
	int err;

	pathset_new(NULL, &ps);
	do {
		size_t at = (size_t)snprintf(text, sizeof text, "/k%u", n++);
		for (int i = 1; i < PATH_MAX_STEPS; i++, at += 2)
			memcpy(text + at, ".x", 3);
		struct path p = path_of(text, &mem);
		err = pathset_add(ps, &p, &slot);
	} while (!err);
	ck_assert_int_eq(err, MQL_ELIMIT);
	ck_assert_uint_eq(n, (PATHSET_MAX_NODES - 1) / PATH_MAX_STEPS + 1);
	ck_assert_uint_eq(pathset_put(ps, "/k0"), n - 1); /* still of use */
	arena_fini(&mem);
	pathset_free(ps);
}
END_TEST

START_TEST(pathset_knows_which_meta_fields_are_used)
{
	struct pathset *ps;

	pathset_new(NULL, &ps);
	pathset_put(ps, "ts");
	pathset_put(ps, "@seq");
	ck_assert(!pathset_uses(ps, META_ts));
	ck_assert(pathset_uses(ps, META_seq));
	pathset_free(ps);
}
END_TEST

START_TEST(pathset_finds_children_by_key_and_by_index)
{
	struct pathset *ps;
	unsigned a, b;

	pathset_new(NULL, &ps);
	pathset_put(ps, "a.b");
	pathset_put(ps, "a[2]");
	pathset_put(ps, "/x.y");
	a = pathset_key_child(ps, 0, STR("a"));
	b = pathset_key_child(ps, a, STR("b"));
	ck_assert_uint_ne(a, PATHSET_NO_NODE);
	ck_assert_uint_ne(b, PATHSET_NO_NODE);
	ck_assert_uint_ne(pathset_key_child(ps, 0, STR("a.b")), b);
	ck_assert_uint_ne(pathset_key_child(ps, 0, STR("a.b")),
			  PATHSET_NO_NODE);
	ck_assert_uint_eq(pathset_key_child(ps, 0, STR("x.y")),
			  PATHSET_NO_NODE);
	ck_assert_uint_eq(pathset_key_child(ps, 0, STR("b")), PATHSET_NO_NODE);
	ck_assert_uint_ne(pathset_index_child(ps, a, 2), PATHSET_NO_NODE);
	ck_assert_uint_eq(pathset_index_child(ps, a, 1), PATHSET_NO_NODE);
	ck_assert_uint_eq(pathset_index_child(ps, 0, 0), PATHSET_NO_NODE);
	pathset_free(ps);
	pathset_free(NULL);
}
END_TEST

TEST_MAIN(pathset, pathset_copy_grows_alone_and_outlives_its_original,
	  pathset_gives_each_path_one_slot,
	  pathset_keeps_copies_of_its_paths, pathset_has_a_last_slot,
	  pathset_bounds_the_steps_of_all_paths,
	  pathset_knows_which_meta_fields_are_used,
	  pathset_finds_children_by_key_and_by_index)
