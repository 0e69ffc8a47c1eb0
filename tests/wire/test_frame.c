/* test_frame.c - the header of every frame. */
#include "tests/check_main.h"

#include "mql/error.h"
#include "wire/frame.h"

START_TEST(frame_header_reads_back)
{
	struct buf b = BUF_INIT;
	struct str body;
	unsigned kind;

	wire_put_header(&b, WIRE_ACK);
	buf_puts(&b, "{}");
	ck_assert_uint_eq(b.len, WIRE_HEADER + 2);
	ck_assert_int_eq(wire_get_header(b.data, b.len, &kind, &body), 0);
	ck_assert_uint_eq(kind, WIRE_ACK);
	ck_assert(str_eq(body, STR("{}")));
	buf_fini(&b);
}
END_TEST

static int
get(const char *bytes, size_t n, unsigned *kind)
{
	struct str body;

	return wire_get_header(bytes, n, kind, &body);
}

START_TEST(frame_refuses_what_is_no_header)
{
	unsigned kind;

	ck_assert_int_eq(get("", 0, &kind), MQL_EBADFRAME);
	ck_assert_int_eq(get("MQLw\1\1\0", 7, &kind), MQL_EBADFRAME);
	ck_assert_int_eq(get("GET / HT", 8, &kind), MQL_EBADFRAME);
	ck_assert_int_eq(get("mqlw\1\1\0\0", 8, &kind), MQL_EBADFRAME);
}
END_TEST

START_TEST(frame_tells_another_version)
{
	unsigned kind;

	ck_assert_int_eq(get("MQLw\2\1\0\0", 8, &kind), MQL_EVERSION);
	ck_assert_int_eq(get("MQLw\0\1\0\0", 8, &kind), MQL_EVERSION);
}
END_TEST

START_TEST(frame_passes_unknown_kinds_and_flags_on)
{
	unsigned kind;

	ck_assert_int_eq(get("MQLw\1\115\377\377", 8, &kind), 0);
	ck_assert_uint_eq(kind, 77);
	ck_assert_ptr_null(wire_kind_name(kind));
	ck_assert_ptr_null(wire_kind_name(WIRE_NONE));
	ck_assert_str_eq(wire_kind_name(WIRE_HEARTBEAT), "HEARTBEAT");
}
END_TEST

static int
get_large(enum wire_kind kind, size_t body)
{
	char *bytes = calloc(1, WIRE_HEADER + body);
	struct buf b = BUF_FIXED(bytes, WIRE_HEADER);
	struct str rest;
	unsigned got;
	int err;

	wire_put_header(&b, kind);
	err = wire_get_header(bytes, WIRE_HEADER + body, &got, &rest);
	free(bytes);
	return err;
}

START_TEST(frame_is_limited_by_its_kind)
{
	ck_assert_int_eq(get_large(WIRE_HELLO, WIRE_MAX_CONTROL), 0);
	ck_assert_int_eq(get_large(WIRE_HELLO, WIRE_MAX_CONTROL + 1),
			 MQL_EBADFRAME);
	ck_assert_int_eq(get_large((enum wire_kind)77, WIRE_MAX_CONTROL + 1),
			 MQL_EBADFRAME);
	ck_assert_int_eq(get_large(WIRE_DATA, WIRE_MAX_ROWS), 0);
	ck_assert_int_eq(get_large(WIRE_ROWS, WIRE_MAX_ROWS + 1),
			 MQL_EBADFRAME);
	ck_assert_int_eq(get_large(WIRE_PARTIALS, WIRE_MAX_ROWS), 0);
	ck_assert_int_eq(get_large(WIRE_PARTIALS, WIRE_MAX_ROWS + 1),
			 MQL_EBADFRAME);
}
END_TEST

TEST_MAIN(frame, frame_header_reads_back, frame_refuses_what_is_no_header,
	  frame_tells_another_version,
	  frame_passes_unknown_kinds_and_flags_on,
	  frame_is_limited_by_its_kind)
