/* test_message.c - the control messages: what is left out, what is mended,
 * and everything that a decoder must refuse. The bytes of a full message of
 * each kind are in test_golden.c. */
#include "tests/check_main.h"

#include <stdio.h>

#include "mql/error.h"
#include "wire/message.h"
#include "wire/pack.h"

static struct str
body_of(const struct buf *b)
{
	struct str body = { 0 };
	unsigned kind;

	ck_assert_int_eq(b->err, 0);
	ck_assert_int_eq(wire_get_header(b->data, b->len, &kind, &body), 0);
	return body;
}

/* --- absent and unknown ------------------------------------------------------- */

START_TEST(empty_messages_of_every_kind_read_back)
{
#define X(name, NAME)                                                      \
	{                                                                  \
		static const struct wire_##name zero;                      \
		struct buf once = BUF_INIT, twice = BUF_INIT;              \
		struct wire_##name m;                                      \
		wire_##name##_encode(&zero, &once);                        \
		ck_assert_int_eq(wire_##name##_decode(body_of(&once), &m), \
				 0);                                       \
		wire_##name##_encode(&m, &twice);                          \
		ck_assert_msg(str_eq(body_of(&once), body_of(&twice)),     \
			      #name);                                      \
		arena_fini((struct arena *)(void *)&m);                    \
		buf_fini(&once);                                           \
		buf_fini(&twice);                                          \
	}
	WIRE_MESSAGES(X)
#undef X
}
END_TEST

START_TEST(zero_fields_are_left_out_unless_they_must_be_there)
{
	struct buf b = BUF_INIT;

	wire_ack_encode(&(struct wire_ack){ 0 }, &b);
	ck_assert(str_eq(body_of(&b), STR("{\"version\":0}")));
	buf_reset(&b);
	wire_meta_encode(&(struct wire_meta){ .books.live = 1 }, &b);
	ck_assert(str_eq(body_of(&b),
			 STR("{\"id\":0,\"books\":{\"live\":1}}")));
	buf_fini(&b);
}
END_TEST

START_TEST(unknown_fields_are_ignored)
{
	struct wire_credit m;

	ck_assert_int_eq(wire_credit_decode(
		STR("{\"new\":[{\"x\":null}],\"bytes\":7,\"id\":1.5e0}"), &m),
		MQL_EBADFRAME); /* id is known, and no integer */
	arena_fini(&m.mem);
	ck_assert_int_eq(wire_credit_decode(
		STR(" {\"new\":[{\"x\":null}],\"bytes\":7}\n"), &m), 0);
	ck_assert_uint_eq(m.bytes, 7);
	ck_assert_uint_eq(m.id, 0);
	ck_assert_uint_eq(m.rows, 0);
	arena_fini(&m.mem);
}
END_TEST

START_TEST(missing_fields_that_must_be_there_are_refused)
{
	struct wire_queries m;

	ck_assert_int_eq(wire_queries_decode(STR("{}"), &m), MQL_EBADFRAME);
	arena_fini(&m.mem);
	ck_assert_int_eq(wire_queries_decode(
		STR("{\"version\":1,\"add\":[{\"id\":1}]}"), &m),
		MQL_EBADFRAME);
	arena_fini(&m.mem);
}
END_TEST

/* --- numbers ------------------------------------------------------------------- */

static int
decode_ping(const char *n, uint64_t *got)
{
	struct wire_ping m;
	char text[100];
	int err;

	snprintf(text, sizeof text, "{\"n\":%s}", n);
	err = wire_ping_decode(str_of(text), &m);
	*got = m.n;
	arena_fini(&m.mem);
	return err;
}

START_TEST(integers_stay_exact_up_to_63_bits)
{
	uint64_t n;

	ck_assert_int_eq(decode_ping("9007199254740993", &n), 0);
	ck_assert_uint_eq(n, 9007199254740993);
	ck_assert_int_eq(decode_ping("9223372036854775807", &n), 0);
	ck_assert_uint_eq(n, INT64_MAX);
}
END_TEST

START_TEST(numbers_out_of_range_are_refused)
{
	static const char *const bad[] = { "9223372036854775808", "-1", "1.0",
					   "1e3", "\"1\"", "null", "true",
					   "[1]", "{}", "NaN", "01", "" };
	struct wire_unsubscribe m;
	uint64_t n;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(decode_ping(bad[i], &n) == MQL_EBADFRAME, "%s",
			      bad[i]);
	ck_assert_int_eq(wire_unsubscribe_decode(STR("{\"id\":4294967296}"),
						 &m), MQL_EBADFRAME);
	arena_fini(&m.mem);
}
END_TEST

START_TEST(an_interval_of_more_than_a_day_is_refused)
{
	struct wire_welcome m;

	ck_assert_int_eq(wire_welcome_decode(
		STR("{\"source_job\":\"s\",\"heartbeat_ms\":86400001,"
		    "\"silence_ms\":1,\"lease_ms\":1,\"credit\":1}"), &m),
		MQL_EBADFRAME);
	arena_fini(&m.mem);
}
END_TEST

START_TEST(a_number_too_large_to_send_fails_in_the_encoder)
{
	struct buf b = BUF_INIT;

	wire_ping_encode(&(struct wire_ping){ .n = UINT64_MAX }, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	buf_fini(&b);
}
END_TEST

/* --- text ---------------------------------------------------------------------- */

static void
assert_why(struct str why, const char *expected)
{
	struct buf b = BUF_INIT;
	struct wire_goodbye m;

	wire_goodbye_encode(&(struct wire_goodbye){ .why = why }, &b);
	ck_assert_int_eq(wire_goodbye_decode(body_of(&b), &m), 0);
	ck_assert_str_eq(m.why.len ? m.why.ptr : "", expected);
	arena_fini(&m.mem);
	buf_fini(&b);
}

START_TEST(text_for_people_is_mended)
{
	assert_why(STR("caf\xc3\xa9 \"x\" \n"), "caf\xc3\xa9 \"x\" \n");
	assert_why(STR("caf\xc3"), "caf?");
	assert_why(STR("a\0b"), "a?b");
	assert_why(STR("\xed\xa0\x80"), "???");
}
END_TEST

START_TEST(text_for_people_is_cut_between_characters)
{
	char long_one[3000], expected[3000] = { 0 };

	for (size_t i = 0; i < sizeof long_one; i += 3)
		memcpy(long_one + i, "\xe2\x82\xac", 3);
	memcpy(expected, long_one, 1023); /* the limit is 1,024 */
	assert_why((struct str){ long_one, sizeof long_one }, expected);
}
END_TEST

static int
encode_query(struct str text)
{
	struct wire_subscribe m = { .id = 1, .query = text };
	struct buf b = BUF_INIT;
	int err;

	wire_subscribe_encode(&m, &b);
	err = b.err;
	buf_fini(&b);
	return err;
}

START_TEST(a_query_is_sent_exactly_or_not_at_all)
{
	char *large = calloc(1, WIRE_MAX_TEXT + 1);

	memset(large, 'x', WIRE_MAX_TEXT + 1);
	ck_assert_int_eq(encode_query(STR("caf\xc3\xa9")), 0);
	ck_assert_int_eq(encode_query(STR("caf\xc3")), MQL_EINVAL);
	ck_assert_int_eq(encode_query(STR("a\0b")), MQL_EINVAL);
	ck_assert_int_eq(encode_query((struct str){ large, WIRE_MAX_TEXT }),
			 0);
	ck_assert_int_eq(encode_query((struct str){ large,
						    WIRE_MAX_TEXT + 1 }),
			 MQL_ELIMIT);
	free(large);
}
END_TEST

static int
decode_why(const char *why)
{
	struct wire_goodbye m;
	char text[100];
	int err;

	snprintf(text, sizeof text, "{\"why\":\"%s\"}", why);
	err = wire_goodbye_decode(str_of(text), &m);
	arena_fini(&m.mem);
	return err;
}

START_TEST(escapes_that_spell_no_text_are_refused)
{
	static const char *const good[] = { "\\ufffd", "\\uFFFD\\n",
		"\\ud83d\\ude00", "\\\\ud800", "\\\\u0000" };
	static const char *const bad[] = { "\\u0000", "a\\u0000b",
		"\\ud800", "\\udc00", "\\ud83d\\ud83d", "\\ude00\\ud83d",
		"\\ufffd\\uD83Dx", "\\ud83", "\\a" };

	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		ck_assert_msg(!decode_why(good[i]), "%s", good[i]);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		ck_assert_msg(decode_why(bad[i]) == MQL_EBADFRAME, "%s",
			      bad[i]);
}
END_TEST

START_TEST(bad_text_from_a_peer_is_refused)
{
	char name[WIRE_MAX_NAME + 20];
	struct wire_hello m;

	ck_assert_int_eq(wire_hello_decode(STR("{\"agent\":\"\xff\"}"), &m),
			 MQL_EBADFRAME);
	arena_fini(&m.mem);
	ck_assert_int_eq(wire_hello_decode(STR("{\"agent\":\"\\u0000\"}"),
					   &m), MQL_EBADFRAME);
	arena_fini(&m.mem);
	snprintf(name, sizeof name, "{\"agent\":\"%0*d\"}",
		 WIRE_MAX_NAME + 1, 0);
	ck_assert_int_eq(wire_hello_decode(str_of(name), &m), MQL_EBADFRAME);
	arena_fini(&m.mem);
}
END_TEST

/* --- shape --------------------------------------------------------------------- */

START_TEST(what_is_no_object_is_refused)
{
	static const char *const bad[] = { "", "null", "[]", "7", "{", "{}}",
					   "{} {}", "{\"id\":1,}", "\"{}\"" };
	struct wire_meta m;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(wire_meta_decode(str_of(bad[i]), &m) ==
			      MQL_EBADFRAME, "%s", bad[i]);
		arena_fini(&m.mem);
	}
}
END_TEST

START_TEST(wrong_types_inside_are_refused)
{
	static const char *const bad[] = {
		"\"version\":1,\"entry\":{}",
		"\"version\":1,\"entry\":[7]",
		"\"version\":1,\"entry\":[[]]",
		"\"version\":1,\"resync\":1",
		"\"version\":1,\"entry\":[{\"id\":1,\"state\":0}]",
		"\"version\":1,\"entry\":[{\"id\":1,\"state\":\"dead\"}]",
		"\"version\":1,\"entry\":[{\"id\":1,\"state\":\"live\","
			"\"books\":[]}]",
		"\"version\":1,\"entry\":[{\"id\":1,\"state\":\"live\","
			"\"books\":{\"seen\":\"1\"}}]",
		"\"version\":1,\"version\":2",
	};
	char text[200];
	struct wire_ack m;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		snprintf(text, sizeof text, "{%s}", bad[i]);
		ck_assert_msg(wire_ack_decode(str_of(text), &m) ==
			      MQL_EBADFRAME, "%s", text);
		arena_fini(&m.mem);
	}
}
END_TEST

/* {"x":[[[...]]],"bytes":1} with `levels` brackets. */
static int
decode_deep(int levels)
{
	struct buf b = BUF_INIT;
	struct wire_credit m;
	int err;

	buf_puts(&b, "{\"}]\\\"\":\"[[[[[[[[[[[[[[[[[[\",\"x\":");
	for (int i = 0; i < levels; i++)
		buf_puts(&b, "[");
	for (int i = 0; i < levels; i++)
		buf_puts(&b, "]");
	buf_puts(&b, ",\"bytes\":1}");
	err = wire_credit_decode((struct str){ (char *)b.data, b.len }, &m);
	arena_fini(&m.mem);
	buf_fini(&b);
	return err;
}

START_TEST(nesting_is_limited)
{
	ck_assert_int_eq(decode_deep(WIRE_MAX_DEPTH - 1), 0);
	ck_assert_int_eq(decode_deep(WIRE_MAX_DEPTH), MQL_EBADFRAME);
	ck_assert_int_eq(decode_deep(100000), MQL_EBADFRAME);
}
END_TEST

static int
decode_many(const char *element, int n)
{
	struct buf b = BUF_INIT;
	struct wire_queries m;
	int err;

	buf_puts(&b, "{\"version\":1,\"remove\":[");
	for (int i = 0; i < n; i++)
		buf_printf(&b, "%s%s", i ? "," : "", element);
	buf_puts(&b, "]}");
	err = wire_queries_decode((struct str){ (char *)b.data, b.len }, &m);
	arena_fini(&m.mem);
	buf_fini(&b);
	return err;
}

START_TEST(lists_are_limited)
{
	uint32_t *ids = calloc(WIRE_MAX_LIST + 1, sizeof *ids);
	struct wire_queries m = { .remove = ids,
				  .nremove = WIRE_MAX_LIST + 1 };
	struct buf b = BUF_INIT;

	ck_assert_int_eq(decode_many("1", WIRE_MAX_LIST), 0);
	ck_assert_int_eq(decode_many("1", WIRE_MAX_LIST + 1), MQL_EBADFRAME);
	ck_assert_int_eq(decode_many("{}", 100000), MQL_EBADFRAME);
	wire_queries_encode(&m, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	buf_fini(&b);
	free(ids);
}
END_TEST

START_TEST(the_largest_lists_of_entries_read_back)
{
	struct wire_ack_entry *entry = calloc(WIRE_MAX_LIST, sizeof *entry);
	struct wire_ack m = { .entry = entry, .nentry = WIRE_MAX_LIST }, got;
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < WIRE_MAX_LIST; i++)
		entry[i].books.seen = i + 1;
	wire_ack_encode(&m, &b);
	ck_assert_int_eq(wire_ack_decode(body_of(&b), &got), 0);
	ck_assert_uint_eq(got.nentry, WIRE_MAX_LIST);
	ck_assert_uint_eq(got.entry[4095].books.seen, 4096);
	arena_fini(&got.mem);
	buf_fini(&b);
	free(entry);
}
END_TEST

START_TEST(a_message_over_the_limit_fails_in_the_encoder)
{
	char *text = calloc(1, WIRE_MAX_TEXT);
	struct wire_query add[5];
	struct wire_queries m = { .add = add, .nadd = 5 };
	struct buf b = BUF_INIT;

	memset(text, 'x', WIRE_MAX_TEXT);
	for (int i = 0; i < 5; i++)
		add[i] = (struct wire_query){
			.id = 1, .text = { text, WIRE_MAX_TEXT } };
	wire_queries_encode(&m, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	buf_fini(&b);
	free(text);
}
END_TEST

START_TEST(an_encoder_does_nothing_after_a_failure)
{
	uint8_t mem[4];
	struct buf b = BUF_FIXED(mem, sizeof mem);

	wire_ping_encode(&(struct wire_ping){ .n = 1 }, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	wire_heartbeat_encode(&(struct wire_heartbeat){ .at = 1 }, &b);
	ck_assert_int_eq(b.err, MQL_ELIMIT);
	ck_assert_uint_le(b.len, sizeof mem);
}
END_TEST

/* --- MessagePack ---------------------------------------------------------------- */

START_TEST(heartbeat_takes_more_and_less_than_it_knows)
{
	struct wire_heartbeat m;

	/* [1, 2, [[7, [1, 2], "new"]], [], [5, 6, 1, 9], {"new": nil}] */
	ck_assert_int_eq(wire_heartbeat_decode(STR(
		"\x96\x01\x02\x91\x93\x07\x92\x01\x02\xa3new\x90"
		"\x94\x05\x06\x01\x09\x81\xa3new\xc0"), &m), 0);
	ck_assert_uint_eq(m.health.cpu_ns, 5);
	ck_assert_uint_eq(m.health.memory, 6);
	ck_assert(m.health.disabled);
	ck_assert_uint_eq(m.version, 2);
	ck_assert_uint_eq(m.nquery, 1);
	ck_assert_uint_eq(m.query[0].id, 7);
	ck_assert_uint_eq(m.query[0].books.matched, 2);
	ck_assert_uint_eq(m.query[0].books.sampled, 0);
	arena_fini(&m.mem);
	/* A counter after the last that we know. */
	ck_assert_int_eq(wire_heartbeat_decode(STR(
		"\x93\x01\x02\x91\x92\x07\x9f\1\2\3\4\5\6\7\x08\x09\x0a\x0b"
		"\x0c\x0d\x0e\x0f"), &m), 0);
	ck_assert_uint_eq(m.query[0].books.skipped, 14);
	ck_assert(!m.query[0].suspended);
	arena_fini(&m.mem);
	/* Over its budget: [0, "x"]. */
	ck_assert_int_eq(wire_heartbeat_decode(STR(
		"\x93\x01\x02\x91\x93\x07\x90\x92\x00\xa1x"), &m), 0);
	ck_assert(m.query[0].suspended);
	ck_assert(str_eq(m.query[0].why, STR("x")));
	arena_fini(&m.mem);
	ck_assert_int_eq(wire_heartbeat_decode(STR("\x92\x01\x02"), &m), 0);
	ck_assert(!m.health.disabled);
	arena_fini(&m.mem);
	ck_assert_int_eq(wire_heartbeat_decode(STR(
		"\x95\x01\x02\x90\x90\x91\x05"), &m), 0);
	ck_assert_uint_eq(m.health.cpu_ns, 5);
	arena_fini(&m.mem);
}
END_TEST

START_TEST(heartbeat_refuses_what_does_not_fit)
{
	const struct str bad[] = {
		STR(""), STR("\xc0"), STR("\x01"), STR("\x91\x01"),
		STR("\x92\xff\x02"),                  /* before the epoch */
		STR("\x92\x01\xa1x"),                 /* a text for a number */
		STR("\x93\x01\x02\x80"),              /* a map for a list */
		STR("\x93\x01\x02\x91\x91\x07"),      /* no counters */
		STR("\x93\x01\x02\x91\x92\x07\x91\xd0\xff"), /* below zero */
		STR("\x93\x01\x02\x91\x92\xcf\0\0\0\1\0\0\0\0\x90"),
		STR("\x93\x01\x02\x91\x93\x07\x90\x91\x02"), /* no reason */
		STR("\x94\x01\x02\x90\x91\xa1\xff"),  /* not UTF-8 */
		STR("\x94\x01\x02\x90\x91\x01"),
		STR("\x95\x01\x02\x90\x90\x01"), /* a number for a list */
		STR("\x95\x01\x02\x90\x90\x91\xff"),
		STR("\x93\x01\x02\xc1"),              /* never used */
		STR("\x92\x01\x02\x03"),              /* something after it */
	};
	struct wire_heartbeat m;

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		ck_assert_msg(wire_heartbeat_decode(bad[i], &m) ==
			      MQL_EBADFRAME, "case %zu", i);
		arena_fini(&m.mem);
	}
}
END_TEST

/* The check comes before any memory is asked for. */
START_TEST(heartbeat_with_a_huge_announcement_costs_nothing)
{
	const struct str lies[] = {
		STR("\xdd\xff\xff\xff\xff"), /* an array of 2^32 - 1 */
		STR("\xdf\xff\xff\xff\xff"), /* a map */
		STR("\xdb\xff\xff\xff\xff"), /* a text */
		STR("\xc6\xff\xff\xff\xff"), /* bytes */
		STR("\xc9\xff\xff\xff\xff"), /* an extension */
		STR("\xdc\xff\xff"), STR("\xdd\xff"), STR("\x9f"),
		STR("\x92\xdd\xff\xff\xff\xff\xdd\xff\xff\xff\xff"),
	};
	struct wire_heartbeat m;

	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		ck_assert(!pack_bounded(lies[i]));
		ck_assert_int_eq(wire_heartbeat_decode(lies[i], &m),
				 MQL_EBADFRAME);
		ck_assert_ptr_null(m.mem.head);
	}
}
END_TEST

START_TEST(heartbeat_of_deep_arrays_is_refused)
{
	char deep[1000];
	struct wire_heartbeat m;

	memset(deep, 0x91, sizeof deep);
	deep[sizeof deep - 1] = 0;
	ck_assert_int_eq(wire_heartbeat_decode(
		(struct str){ deep, sizeof deep }, &m), MQL_EBADFRAME);
	arena_fini(&m.mem);
}
END_TEST

TEST_MAIN(message, empty_messages_of_every_kind_read_back,
	  zero_fields_are_left_out_unless_they_must_be_there,
	  unknown_fields_are_ignored,
	  missing_fields_that_must_be_there_are_refused,
	  integers_stay_exact_up_to_63_bits, numbers_out_of_range_are_refused,
	  an_interval_of_more_than_a_day_is_refused,
	  a_number_too_large_to_send_fails_in_the_encoder,
	  text_for_people_is_mended, text_for_people_is_cut_between_characters,
	  a_query_is_sent_exactly_or_not_at_all,
	  escapes_that_spell_no_text_are_refused,
	  bad_text_from_a_peer_is_refused, what_is_no_object_is_refused,
	  wrong_types_inside_are_refused, nesting_is_limited,
	  lists_are_limited, the_largest_lists_of_entries_read_back,
	  a_message_over_the_limit_fails_in_the_encoder,
	  an_encoder_does_nothing_after_a_failure,
	  heartbeat_takes_more_and_less_than_it_knows,
	  heartbeat_refuses_what_does_not_fit,
	  heartbeat_with_a_huge_announcement_costs_nothing,
	  heartbeat_of_deep_arrays_is_refused)
