#include <stdio.h>

#include "mql/error.h"
#include "mql/held.h"
#include "mql/key.h"
#include "tests/check_main.h"

static struct budget budget;

static void
begin(struct held *h, uint64_t limit, bool by_content, size_t max)
{
	budget = (struct budget){ 0, max };
	held_init(h, &budget, limit, by_content);
}

/* A row of text under the key of x. */
static int
put(struct held *h, int64_t x, bool desc, const char *text, uint64_t seq)
{
	struct value v = { .type = VALUE_INT, .i = x };
	struct buf key = BUF_INIT;
	int err = 0;

	key_put(&v, desc, &key);
	const struct held_row row = {
		.key = { (char *)key.data, key.len }, .row = str_of(text),
	};
	if (held_wants(h, row.key))
		err = held_add(h, &row, seq);
	buf_fini(&key);
	return err;
}

struct got {
	struct buf text;
	int        left;
};

static bool
take(void *arg, const struct held_row *row)
{
	struct got *got = arg;

	buf_put(&got->text, row->row.ptr, row->row.len);
	buf_puts(&got->text, " ");
	return --got->left > 0;
}

static const char *
rows(struct held *const *h, size_t n, int max)
{
	static char text[1 << 20];
	struct got got = { .left = max };

	ck_assert_int_eq(held_each(h, n, take, &got), 0);
	ck_assert(got.text.len < sizeof text);
	if (got.text.len)
		memcpy(text, got.text.data, got.text.len);
	text[got.text.len] = 0;
	buf_fini(&got.text);
	return text;
}

START_TEST(order_is_by_key_and_then_by_arrival)
{
	struct held h, *const list = &h;

	begin(&h, UINT64_MAX, false, 1 << 20);
	put(&h, 2, false, "b", 0);
	put(&h, 1, false, "z", 1);
	put(&h, 2, false, "a", 2);
	put(&h, -1, false, "m", 3);
	ck_assert_str_eq(rows(&list, 1, 9), "m z b a ");
	ck_assert_str_eq(rows(&list, 1, 2), "m z ");
	held_fini(&h);
	ck_assert_uint_eq(budget.used, 0);

	begin(&h, UINT64_MAX, false, 1 << 20);
	put(&h, 2, true, "b", 0);
	put(&h, 1, true, "z", 1);
	put(&h, 2, true, "a", 2);
	ck_assert_str_eq(rows(&list, 1, 9), "b a z ");
	held_fini(&h);
}
END_TEST

START_TEST(order_by_content_does_not_depend_on_arrival)
{
	struct held h, *const list = &h;

	for (int k = 0; k < 2; k++) {
		begin(&h, 3, true, 1 << 20);
		for (int i = 0; i < 2000; i++) {
			char text[8];
			snprintf(text, sizeof text, "%04d",
				 k ? i : 1999 - i);
			ck_assert_int_eq(put(&h, 5, false, text,
					     (uint64_t)i), 0);
		}
		ck_assert_str_eq(rows(&list, 1, 3), "0000 0001 0002 ");
		held_fini(&h);
	}
}
END_TEST

START_TEST(order_with_a_limit_is_the_head_of_the_whole)
{
	static const uint64_t limits[] = { 1, 2, 10, 300, 5000 };

	for (size_t k = 0; k < sizeof limits / sizeof *limits; k++) {
		struct held all, some, *const a = &all, *const b = &some;
		uint64_t x = 88172645463325252;
		char *want;

		begin(&all, UINT64_MAX, false, 1 << 24);
		held_init(&some, &budget, limits[k], false);
		for (uint64_t i = 0; i < 20000; i++) {
			char text[32];
			x = x * 6364136223846793005 + 1;
			snprintf(text, sizeof text, "%d",  (int)i);
			put(&all, (int64_t)(x >> 50), i & 1, text, i);
			put(&some, (int64_t)(x >> 50), i & 1, text, i);
		}
		ck_assert_uint_lt(some.n, 2 * limits[k] + 300);
		want = strdup(rows(&a, 1, (int)limits[k]));
		ck_assert_str_eq(rows(&b, 1, (int)limits[k]), want);
		free(want);
		held_fini(&all);
		held_fini(&some);
		ck_assert_uint_eq(budget.used, 0);
	}
}
END_TEST

START_TEST(order_goes_through_several_lists_as_one)
{
	struct held a, b, *const list[] = { &a, &b };

	begin(&a, UINT64_MAX, false, 1 << 20);
	held_init(&b, &budget, UINT64_MAX, false);
	put(&b, 1, false, "third", 3);
	put(&a, 1, false, "second", 2);
	put(&a, 2, false, "last", 0);
	put(&b, 0, false, "first", 9);
	ck_assert_str_eq(rows(list, 2, 9), "first second third last ");
	held_fini(&a);
	held_fini(&b);
}
END_TEST

START_TEST(order_refuses_what_does_not_fit_and_makes_room_where_it_can)
{
	struct held h, *const list = &h;
	int refused = 0;

	begin(&h, UINT64_MAX, false, 10000);
	for (int i = 0; i < 1000; i++) {
		int err = put(&h, i, false, "0123456789", (uint64_t)i);
		ck_assert(!err || err == MQL_ELIMIT);
		refused += err != 0;
		ck_assert_uint_le(budget.used, budget.max);
	}
	ck_assert_int_gt(refused, 0);
	held_fini(&h);

	/* A limit needs no more than its rows. */
	begin(&h, 2, false, 10000);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(put(&h, i, true, i == 999 ? "best" : "other",
				     (uint64_t)i), 0);
	ck_assert_str_eq(rows(&list, 1, 2), "best other ");
	held_fini(&h);
}
END_TEST

START_TEST(order_of_nothing_is_nothing)
{
	struct held h, *const list = &h;

	begin(&h, 0, false, 10000);
	ck_assert(!held_wants(&h, STR("")));
	ck_assert_str_eq(rows(&list, 1, 9), "");
	held_fini(&h);
}
END_TEST

TEST_MAIN(order, order_is_by_key_and_then_by_arrival,
	  order_by_content_does_not_depend_on_arrival,
	  order_with_a_limit_is_the_head_of_the_whole,
	  order_goes_through_several_lists_as_one,
	  order_refuses_what_does_not_fit_and_makes_room_where_it_can,
	  order_of_nothing_is_nothing)
