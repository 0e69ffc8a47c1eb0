/* test_partials.c - groups on the wire, and what a peer may make of them. */
#include "tests/check_main.h"

#include "mql/error.h"
#include "wire/pack.h"
#include "wire/partials.h"

/* Encode, and read the header: the body, in b. */
static struct str
encode(const struct wire_partials *m, struct buf *b)
{
	struct str body;
	unsigned kind;

	wire_partials_encode(m, b);
	ck_assert_int_eq(b->err, 0);
	ck_assert_int_eq(wire_get_header(b->data, b->len, &kind, &body), 0);
	ck_assert_uint_eq(kind, WIRE_PARTIALS);
	return body;
}

START_TEST(partials_read_back_and_their_bytes_stay_where_they_are)
{
	struct wire_partial item[] = {
		{ .id = UINT32_MAX, .first = 1, .events = UINT64_MAX - 1,
		  .upto = INT64_MAX, .bytes = STR("\0a\xff") },
		{ .id = 1, .upto = 5 },
	};
	struct wire_partials m = { .item = item, .n = 2 }, got;
	struct buf b = BUF_INIT;
	struct str body = encode(&m, &b);

	ck_assert_int_eq(wire_partials_decode(body, &got), 0);
	ck_assert_uint_eq(got.n, 2);
	ck_assert_uint_eq(got.item[0].id, UINT32_MAX);
	ck_assert_uint_eq(got.item[0].first, 1);
	ck_assert_uint_eq(got.item[0].events, UINT64_MAX - 1);
	ck_assert_uint_eq(got.item[0].upto, INT64_MAX);
	ck_assert(str_eq(got.item[0].bytes, item[0].bytes));
	ck_assert(got.item[0].bytes.ptr >= body.ptr &&
		  got.item[0].bytes.ptr < body.ptr + body.len);
	ck_assert_uint_eq(got.item[1].events, 0);
	ck_assert_uint_eq(got.item[1].upto, 5);
	arena_fini(&got.mem);
	buf_fini(&b);
}
END_TEST

START_TEST(partials_take_more_than_they_know)
{
	struct wire_partials m;

	/* [[7, 1, 2, 3, "x", "new"]] */
	ck_assert_int_eq(wire_partials_decode(STR(
		"\x91\x96\x07\x01\x02\x03\xc4\x01x\xa3new"), &m), 0);
	ck_assert_uint_eq(m.n, 1);
	ck_assert_uint_eq(m.item[0].events, 2);
	arena_fini(&m.mem);
	ck_assert_int_eq(wire_partials_decode(STR("\x90"), &m), 0);
	ck_assert_uint_eq(m.n, 0);
	arena_fini(&m.mem);
}
END_TEST

START_TEST(partials_refuse_what_does_not_fit)
{
	const struct str bad[] = {
		STR(""), STR("\xc0"), STR("\x07"), STR("\x91\x07"),
		STR("\x91\x94\x07\x01\x02\x03"),         /* no bytes */
		STR("\x91\x95\x07\x01\x02\x03\xa1x"),    /* text for bytes */
		STR("\x91\x95\x07\x01\x02\x03\x04"),
		STR("\x91\x95\xa1x\x01\x02\x03\xc4\x01x"),
		STR("\x91\x95\xff\x01\x02\x03\xc4\x01x"), /* below zero */
		STR("\x91\x95\xcf\0\0\0\1\0\0\0\0\x01\x02\x03\xc4\x01x"),
		STR("\x91\x95\x07\x00\x02\x03\xc4\x01x"), /* from number 0 */
		STR("\x91\x95\x07\x01\x02\x03\xc4\x00"),  /* of nothing */
		STR("\x91\x95\x07\x01\x00\x03\xc4\x01x"), /* of no events */
		STR("\x91\x95\x07\x02\xcf\xff\xff\xff\xff\xff\xff\xff\xff"
		    "\x03\xc4\x01x"),                     /* past 2^64 */
		STR("\x91\x95\x07\x01\x02\xcf\x80\0\0\0\0\0\0\0\xc4\x01x"),
		STR("\x91\x95\x07\x01\x02\x03\xc4\x02x"), /* cut short */
		STR("\x91\x95\x07\x01\x02\x03\xc4\x01xy"), /* and more */
		STR("\xdd\xff\xff\xff\xff"),
		STR("\x91\x95\x07\x01\x02\x03\xc6\xff\xff\xff\xff"),
	};
	struct wire_partials m;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(wire_partials_decode(bad[i], &m) ==
			      MQL_EBADFRAME, "case %zu", i);
		arena_fini(&m.mem);
	}
}
END_TEST

/* A body of 8 MiB could hold as many values of one byte, and a tree of them
 * would take 200 MB. */
START_TEST(partials_of_endless_values_are_refused_before_memory_is_asked_for)
{
	struct buf b = BUF_INIT;
	struct wire_partials m;

	buf_puts(&b, "\xdd");
	buf_put(&b, "\0\x80\0\0", 4);
	for (size_t i = 0; i < 0x800000 - 5; i++)
		buf_put_u8(&b, 0x90);
	ck_assert_int_eq(b.err, 0);
	struct str body = { (char *)b.data, b.len };
	ck_assert(!pack_bounded(body));
	ck_assert_int_eq(wire_partials_decode(body, &m), MQL_EBADFRAME);
	ck_assert_ptr_null(m.mem.head);
	buf_fini(&b);
}
END_TEST

START_TEST(a_list_is_bounded_both_ways)
{
	struct wire_partial *item = calloc(WIRE_MAX_LIST + 1, sizeof *item);
	struct wire_partials m = { .item = item, .n = WIRE_MAX_LIST }, got;
	struct buf b = BUF_INIT;

	ck_assert_int_eq(wire_partials_decode(encode(&m, &b), &got), 0);
	ck_assert_uint_eq(got.n, WIRE_MAX_LIST);
	arena_fini(&got.mem);
	buf_reset(&b);
	m.n++;
	wire_partials_encode(&m, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	buf_fini(&b);
	/* One too many, from a peer that does not care. */
	buf_put(&b, "\xdc\x10\x01", 3);
	for (size_t i = 0; i <= WIRE_MAX_LIST; i++)
		buf_put(&b, "\x95\1\0\0\0\xc4\0", 7);
	ck_assert_int_eq(wire_partials_decode(
		(struct str){ (char *)b.data, b.len }, &got), MQL_EBADFRAME);
	arena_fini(&got.mem);
	buf_fini(&b);
	free(item);
}
END_TEST

START_TEST(a_frame_holds_as_much_as_one_of_rows_and_no_more)
{
	enum { AROUND = 32 }; /* an entry without its bytes */
	char *bytes = calloc(1, WIRE_MAX_ROWS);
	struct wire_partial item = { .id = 1, .first = 1, .events = 1 };
	struct wire_partials m = { .item = &item, .n = 1 }, got;
	struct buf b = BUF_INIT;

	item.bytes = (struct str){ bytes, WIRE_MAX_ROWS - AROUND };
	ck_assert_int_eq(wire_partials_decode(encode(&m, &b), &got), 0);
	ck_assert_uint_eq(got.item[0].bytes.len, WIRE_MAX_ROWS - AROUND);
	arena_fini(&got.mem);
	buf_reset(&b);
	item.bytes.len = WIRE_MAX_ROWS;
	wire_partials_encode(&m, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	buf_fini(&b);
	free(bytes);
}
END_TEST

TEST_MAIN(partials, partials_read_back_and_their_bytes_stay_where_they_are,
	  partials_take_more_than_they_know,
	  partials_refuse_what_does_not_fit,
	  partials_of_endless_values_are_refused_before_memory_is_asked_for,
	  a_list_is_bounded_both_ways,
	  a_frame_holds_as_much_as_one_of_rows_and_no_more)
