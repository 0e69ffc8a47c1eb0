/* test_position.c - ids, as we write them and as strangers do. */
#include "sink/sse/position.h"
#include "tests/check_main.h"

#define EPOCH "0123456789ab"

static struct position
parse(const char *text)
{
	struct position p;

	position_parse(str_of(text), &p, 1);
	return p;
}

START_TEST(position_reads_what_it_writes)
{
	static const char *const texts[] = {
		EPOCH "-0", EPOCH "-1204", EPOCH "-1204.3", EPOCH "-end",
		EPOCH "-9223372036854775807.9223372036854775807", "error",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		char back[POSITION_MAX];
		struct buf b = BUF_FIXED(back, sizeof back);
		struct position p = parse(texts[i]);

		ck_assert_int_ne(p.kind, POSITION_NONE);
		position_write(&p, &b);
		ck_assert_int_eq(b.err, 0);
		ck_assert_uint_eq(b.len, strlen(texts[i]));
		ck_assert(!memcmp(back, texts[i], b.len));
	}
}
END_TEST

START_TEST(position_refuses_what_makes_no_sense)
{
	static const char *const texts[] = {
		"", "-", "x", EPOCH, EPOCH "-", EPOCH "-x", EPOCH "-1x",
		EPOCH "-1.", EPOCH "-.1", EPOCH "-1.2.3", EPOCH "--1",
		EPOCH "-9223372036854775808", EPOCH "-99999999999999999999999",
		"0123456789AB-1", "0123456789a-1", "0123456789abc-1",
		EPOCH "-end ", "error ", "ERROR", "0123456789a\xff-1",
	};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		ck_assert_msg(parse(texts[i]).kind == POSITION_NONE, "%s",
			      texts[i]);
}
END_TEST

START_TEST(positions_of_several_queries_are_in_order)
{
	struct position p[4];

	position_parse(STR(EPOCH "-17,error,," "ffffffffffff-end,x"), p, 4);
	ck_assert_int_eq(p[0].kind, POSITION_AT);
	ck_assert_uint_eq(p[0].place.rows, 17);
	ck_assert_int_eq(p[1].kind, POSITION_OVER);
	ck_assert_str_eq(p[1].epoch, "");
	ck_assert_int_eq(p[2].kind, POSITION_NONE);
	ck_assert_int_eq(p[3].kind, POSITION_OVER);
	ck_assert_str_eq(p[3].epoch, "ffffffffffff");
}
END_TEST

TEST_MAIN(position, position_reads_what_it_writes,
	  position_refuses_what_makes_no_sense,
	  positions_of_several_queries_are_in_order)
