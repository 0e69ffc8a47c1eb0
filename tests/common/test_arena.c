/* test_arena.c - memory that is freed all at once. */
#include <stdalign.h>
#include <stdint.h>

#include "common/arena.h"
#include "tests/check_main.h"

START_TEST(arena_memory_is_zeroed_and_aligned)
{
	struct arena a = { 0 };

	for (size_t n = 0; n < 300; n++) {
		const char *p = arena_alloc(&a, n);
		ck_assert_ptr_nonnull(p);
		ck_assert_uint_eq((uintptr_t)p % alignof(max_align_t), 0);
		for (size_t i = 0; i < n; i++)
			ck_assert_int_eq(p[i], 0);
	}
	arena_fini(&a);
}
END_TEST

START_TEST(arena_blocks_do_not_overlap)
{
	struct arena a = { 0 };
	unsigned char *p[500];

	for (unsigned i = 0; i < 500; i++) {
		p[i] = arena_alloc(&a, i * 7);
		memset(p[i], (int)(i % 251), i * 7);
	}
	for (unsigned i = 0; i < 500; i++)
		for (unsigned j = 0; j < i * 7; j++)
			ck_assert_uint_eq(p[i][j], i % 251);
	arena_fini(&a);
}
END_TEST

START_TEST(arena_serves_what_is_larger_than_a_chunk)
{
	struct arena a = { 0 };
	char *small = arena_alloc(&a, 8);
	char *large = arena_alloc(&a, 1 << 20);
	char *next = arena_alloc(&a, 8);

	memset(large, 1, 1 << 20);
	/* The large one has not cost the rest of the small one's chunk. */
	ck_assert(next > small && next < small + 4096);
	ck_assert_int_eq(*next, 0);
	arena_fini(&a);
}
END_TEST

START_TEST(arena_refuses_a_size_that_overflows)
{
	struct arena a = { 0 };

	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX));
	ck_assert_ptr_null(arena_alloc(&a, SIZE_MAX - 8));
	arena_fini(&a);
}
END_TEST

START_TEST(arena_grow_keeps_what_was_there)
{
	struct arena a = { 0 };
	const char *p = arena_grow(&a, NULL, 0, 4);

	ck_assert_mem_eq(p, "\0\0\0\0", 4);
	p = arena_grow(&a, "abcd", 4, 8);
	ck_assert_mem_eq(p, "abcd\0\0\0\0", 8);
	arena_fini(&a);
}
END_TEST

START_TEST(arena_str_is_terminated)
{
	struct arena a = { 0 };
	struct str s = arena_str(&a, (struct str){ "abcdef", 3 });
	struct str none = arena_str(&a, (struct str){ NULL, 0 });

	ck_assert_str_eq(s.ptr, "abc");
	ck_assert_uint_eq(s.len, 3);
	ck_assert_str_eq(none.ptr, "");
	arena_fini(&a);
}
END_TEST

START_TEST(arena_is_usable_again_after_fini)
{
	struct arena a = { 0 };

	arena_fini(NULL);
	arena_fini(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 10));
	arena_fini(&a);
	ck_assert_ptr_nonnull(arena_alloc(&a, 10));
	arena_fini(&a);
}
END_TEST

TEST_MAIN(arena, arena_memory_is_zeroed_and_aligned,
	  arena_blocks_do_not_overlap,
	  arena_serves_what_is_larger_than_a_chunk,
	  arena_refuses_a_size_that_overflows, arena_grow_keeps_what_was_there,
	  arena_str_is_terminated, arena_is_usable_again_after_fini)
