#include "tests/check_main.h"

#include <stdio.h>

#include "source-job/map.h"

enum { N = 3000 };

static char keys[N][16];

static struct str
key(unsigned i)
{
	snprintf(keys[i], sizeof keys[i], "key %u", i);
	return str_of(keys[i]);
}

START_TEST(an_empty_map_has_nothing)
{
	struct map m = { 0 };

	ck_assert_ptr_null(map_get(&m, STR("x")));
	map_remove(&m, STR("x"));
	map_fini(&m);
}
END_TEST

START_TEST(what_is_put_is_found)
{
	struct map m = { 0 };

	for (unsigned i = 0; i < N; i++)
		ck_assert_int_eq(map_put(&m, key(i), keys[i]), 0);
	ck_assert_uint_eq(m.n, N);
	for (unsigned i = 0; i < N; i++)
		ck_assert_ptr_eq(map_get(&m, key(i)), keys[i]);
	map_fini(&m);
}
END_TEST

START_TEST(put_replaces)
{
	struct map m = { 0 };
	int a, b;

	ck_assert_int_eq(map_put(&m, STR("k"), &a), 0);
	ck_assert_int_eq(map_put(&m, STR("k"), &b), 0);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_ptr_eq(map_get(&m, STR("k")), &b);
	map_fini(&m);
}
END_TEST

START_TEST(removing_leaves_the_others)
{
	struct map m = { 0 };

	for (unsigned i = 0; i < N; i++)
		ck_assert_int_eq(map_put(&m, key(i), keys[i]), 0);
	for (unsigned i = 0; i < N; i += 2)
		map_remove(&m, key(i));
	ck_assert_uint_eq(m.n, N / 2);
	for (unsigned i = 0; i < N; i++)
		ck_assert_ptr_eq(map_get(&m, key(i)),
				 i % 2 ? keys[i] : NULL);
	map_fini(&m);
}
END_TEST

TEST_MAIN(map, an_empty_map_has_nothing, what_is_put_is_found, put_replaces,
	  removing_leaves_the_others)
