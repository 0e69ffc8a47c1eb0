/* test_buf.c - a buffer that grows, and one that does not. */
#include "common/buf.h"
#include "mql/error.h"
#include "tests/check_main.h"

START_TEST(buf_grows_and_keeps_its_bytes)
{
	struct buf b = BUF_INIT;

	for (unsigned i = 0; i < 10000; i++)
		buf_put_u8(&b, (uint8_t)i);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, 10000);
	for (unsigned i = 0; i < 10000; i++)
		ck_assert_uint_eq(b.data[i], (uint8_t)i);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_numbers_are_little_endian)
{
	struct buf b = BUF_INIT;

	buf_put_u16(&b, 0x0102);
	buf_put_u32(&b, 0x01020304);
	buf_put_u64(&b, 0x0102030405060708);
	ck_assert_uint_eq(b.len, 14);
	ck_assert_mem_eq(b.data, "\2\1" "\4\3\2\1" "\10\7\6\5\4\3\2\1", 14);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_fixed_takes_all_its_room_and_no_more)
{
	char mem[4] = "....";
	struct buf b = BUF_FIXED(mem, 3);

	buf_put(&b, "abc", 3);
	ck_assert_int_eq(b.err, 0);
	buf_put_u8(&b, 'd');
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	ck_assert_uint_eq(b.len, 3);
	ck_assert_mem_eq(mem, "abc.", 4);
	buf_fini(&b);
	ck_assert_ptr_eq(b.data, mem);
	buf_puts(&b, "xyz");
	ck_assert_mem_eq(mem, "xyz.", 4);
}
END_TEST

START_TEST(buf_error_is_sticky_until_reset)
{
	char mem[4];
	struct buf b = BUF_FIXED(mem, sizeof mem);

	buf_puts(&b, "too long");
	buf_puts(&b, "a");
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_ptr_null(buf_room(&b, 0));
	buf_reset(&b);
	buf_puts(&b, "a");
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, 1);
}
END_TEST

START_TEST(buf_refuses_a_size_that_overflows)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "some");
	ck_assert_ptr_null(buf_room(&b, SIZE_MAX - 2));
	ck_assert_int_eq(b.err, MQL_ENOMEM);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_put_of_nothing_is_nothing)
{
	struct buf b = BUF_INIT;

	buf_put(&b, NULL, 0);
	ck_assert_int_eq(b.err, 0);
	ck_assert_uint_eq(b.len, 0);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_printf_appends)
{
	struct buf b = BUF_INIT;

	buf_puts(&b, "n=");
	for (int i = 0; i < 1000; i++)
		buf_printf(&b, "%03d,", i);
	ck_assert_uint_eq(b.len, 2 + 4000);
	ck_assert_mem_eq(b.data + b.len - 8, "998,999,", 8);
	buf_fini(&b);
}
END_TEST

START_TEST(buf_printf_into_a_fixed_buffer_is_whole_or_not_at_all)
{
	char mem[6];
	struct buf b = BUF_FIXED(mem, sizeof mem);

	buf_printf(&b, "%d", 12345);
	ck_assert_uint_eq(b.len, 5);
	buf_printf(&b, "%d", 67);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	ck_assert_uint_eq(b.len, 5);
}
END_TEST

START_TEST(buf_detach_gives_all_bytes)
{
	struct buf b = BUF_INIT;
	uint8_t *data = NULL;
	size_t len = 0;

	buf_puts(&b, "mine");
	ck_assert_int_eq(buf_detach(&b, &data, &len), 0);
	ck_assert_uint_eq(len, 4);
	ck_assert_mem_eq(data, "mine", 4);
	ck_assert_uint_eq(b.len, 0);
	ck_assert_ptr_null(b.data);
	free(data);
}
END_TEST

START_TEST(buf_detach_gives_nothing_after_an_error)
{
	struct buf b = BUF_INIT;
	uint8_t *data = NULL;
	size_t len = 7;

	buf_puts(&b, "some");
	buf_room(&b, SIZE_MAX / 2);
	ck_assert_int_eq(buf_detach(&b, &data, &len), MQL_ENOMEM);
	ck_assert_ptr_null(data);
	ck_assert_uint_eq(len, 7);
	buf_fini(&b);
	buf_fini(NULL);
}
END_TEST

TEST_MAIN(buf, buf_grows_and_keeps_its_bytes, buf_numbers_are_little_endian,
	  buf_fixed_takes_all_its_room_and_no_more,
	  buf_error_is_sticky_until_reset, buf_refuses_a_size_that_overflows,
	  buf_put_of_nothing_is_nothing, buf_printf_appends,
	  buf_printf_into_a_fixed_buffer_is_whole_or_not_at_all,
	  buf_detach_gives_all_bytes, buf_detach_gives_nothing_after_an_error)
