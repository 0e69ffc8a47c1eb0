/* test_decode.c - random messages of every kind, and damaged ones, read by us
 * and by jansson: what is refused must be the same, and what is read.
 *
 * The linker puts us between a message's decoder and fields_decode(): so the
 * tables, which are private, come by. The seed is fixed: a failure comes
 * again. */
#include <jansson.h>
#include <limits.h>

#include "mql/error.h"
#include "tests/check_main.h"
#include "wire/fields.h"
#include "wire/message.h"

enum { ROUNDS = 400, MUTATIONS = 20, LEVELS = 3 };

static uint64_t state = 20261122;
static const struct field *table; /* of the message that was decoded last */
static unsigned taken, refused;

static unsigned
draw(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

/* --- what jansson makes of it -------------------------------------------------- */

static bool fits(const struct field *rows, const json_t *o, const char *m);

/* m NULL: we have refused it. */
static bool
number_fits(const struct field *f, const json_t *v, const char *m)
{
	const bool u32 = f->kind == FIELD_U32, i = f->kind == FIELD_INT;
	const int64_t min = i ? INT_MIN :
			    f->kind == FIELD_COUNT ? INT64_MIN : 0;
	const int64_t max = i ? INT_MAX : u32 ? UINT32_MAX :
			    f->kind == FIELD_U64 ? (int64_t)f->max : INT64_MAX;
	const int64_t n = json_integer_value(v);

	if (!json_is_integer(v) || n < min || n > max)
		return false;
	if (m && i)
		ck_assert_int_eq(*(const int *)(const void *)m, n);
	else if (m && u32)
		ck_assert_int_eq(*(const uint32_t *)(const void *)m, n);
	else if (m)
		ck_assert_int_eq(*(const int64_t *)(const void *)m, n);
	return true;
}

static bool
text_fits(const struct field *f, const json_t *v, const struct str *m)
{
	const struct str s = { json_string_value(v), json_string_length(v) };

	if (!json_is_string(v) || s.len > f->max)
		return false;
	if (m)
		ck_assert(str_eq(*m, s) && m->ptr && !m->ptr[m->len]);
	return true;
}

static bool
choice_fits(const struct field *f, const json_t *v, const unsigned *m)
{
	unsigned i = 0;

	while (f->word[i] && !str_same(f->word[i], json_string_value(v)))
		i++;
	if (m)
		ck_assert_uint_eq(*m, i);
	return f->word[i];
}

static bool value_fits(const struct field *f, const json_t *v, const char *m);

static bool
list_fits(const struct field *f, const json_t *v, const char *m)
{
	const size_t n = json_array_size(v);
	const char *all = NULL;

	if (!json_is_array(v) || n > WIRE_MAX_LIST)
		return false;
	if (m) {
		memcpy(&all, m + f->at, sizeof all);
		ck_assert_uint_eq(*(const size_t *)(const void *)(m + f->count),
				  n);
	}
	for (size_t i = 0; i < n; i++)
		if (!value_fits(f->sub, json_array_get(v, i),
				all ? all + i * f->size : NULL))
			return false;
	return true;
}

static bool
value_fits(const struct field *f, const json_t *v, const char *m)
{
	const void *at = m ? m + f->at : NULL;

	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		return text_fits(f, v, at);
	case FIELD_BOOL:
		if (at && json_is_boolean(v))
			ck_assert_int_eq(*(const bool *)at, json_is_true(v));
		return json_is_boolean(v);
	case FIELD_CHOICE:
		return choice_fits(f, v, at);
	case FIELD_OBJECT:
		return fits(f->sub, v, at);
	case FIELD_LIST:
		return list_fits(f, v, m);
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_INT:
		return number_fits(f, v, at);
	}
	return false;
}

static bool
fits(const struct field *rows, const json_t *o, const char *m)
{
	if (!json_is_object(o))
		return false;
	for (const struct field *f = rows; f->name.ptr; f++) {
		const json_t *v = json_object_get(o, f->name.ptr);
		if (v ? !value_fits(f, v, m) : f->need == MUST)
			return false;
	}
	return true;
}

/* Not so a NUL, which jansson loses behind a number, and what it refuses but
 * we only where we keep what it is about. */
static bool
is_comparable(const json_t *tree, const json_error_t *e, struct str body)
{
	if (memchr(body.ptr, 0, body.len))
		return false;
	return tree || (json_error_code(e) != json_error_numeric_overflow &&
			json_error_code(e) != json_error_duplicate_key &&
			!memmem(body.ptr, body.len, "\\u0000", 6) &&
			!memmem(body.ptr, body.len, "\\ud", 3));
}

int __real_fields_decode(const struct field *rows, struct str body,
			 void *message, struct arena *mem);
int __wrap_fields_decode(const struct field *rows, struct str body,
			 void *message, struct arena *mem);

int
__wrap_fields_decode(const struct field *rows, struct str body, void *message,
		     struct arena *mem)
{
	const int err = __real_fields_decode(rows, body, message, mem);
	json_error_t e = { 0 };
	json_t *tree = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES,
				  &e);

	table = rows;
	if (is_comparable(tree, &e, body)) {
		bool good = tree && fits(rows, tree, err ? NULL : message);
		ck_assert_msg(good == !err && (good || err == MQL_EBADFRAME),
			      "we say %d, jansson %s: %.*s", err, e.text,
			      (int)body.len, body.ptr);
		*(good ? &taken : &refused) += 1;
	}
	json_decref(tree);
	return err;
}

/* --- random messages ------------------------------------------------------------ */

static void
put_space(struct buf *b)
{
	static const char *const space[] = { "", "", "", "", " ", "\t \r\n" };

	buf_puts(b, PICK(space));
}

/* Now and then with one of its letters spelled otherwise. */
static void
put_word(struct str word, struct buf *b)
{
	const size_t odd = draw(4) ? word.len : draw((unsigned)word.len + 1);

	buf_puts(b, "\"");
	for (size_t i = 0; i < word.len; i++)
		buf_printf(b, i == odd && word.ptr[i] > 0 ? "\\u%04x" : "%c",
			   word.ptr[i]);
	buf_puts(b, "\"");
}

static void
put_text(uint64_t max, struct buf *b)
{
	static const char *const piece[] = {
		"a", "B", " ", "\\n", "\\\"", "\\\\", "\\/", "\\u0041",
		"\\u00e9", "\\ud83d\\ude00", "\xc3\xa9", "\xf0\x9f\x98\x80",
		"longer than a word", "{", "}", "[", "]", ",", ":", "\\ufffd",
		"select * where a == \\\"b\\\"", "\x7f",
	};

	buf_puts(b, "\"");
	if (max <= 1024 && !draw(8)) /* as long as may be, or one more */
		for (uint64_t i = 0; i < max + !draw(8); i++)
			buf_puts(b, draw(9) ? "x" : "\\u0078");
	else
		for (unsigned n = draw(8); n > 0; n--)
			buf_puts(b, PICK(piece));
	if (!draw(200))
		buf_puts(b, draw(2) ? "\xc3" : "\xed\xa0\x80");
	buf_puts(b, "\"");
}

static void
put_any(struct buf *b, unsigned level)
{
	static const char *const any[] = {
		"null", "true", "false", "-7", "0", "1.5", "1e3", "{}", "[]",
		"\"\"", "[[],{}]", "{\"id\":[1,{\"version\":\"}\"}]}",
		"4294967296", "-2147483649", "9007199254740993",
	};

	if (level < LEVELS && !draw(3)) {
		buf_puts(b, "[");
		put_any(b, level + 1);
		buf_puts(b, ",");
		put_text(0, b);
		buf_puts(b, "]");
	} else {
		buf_puts(b, PICK(any));
	}
}

static void
put_number(const struct field *f, struct buf *b)
{
	static const char *const edge[] = {
		"0", "-0", "1", "7", "2147483647", "-2147483648", "4294967295",
		"9223372036854775807", "86400000", "-9223372036854775808",
	};

	if (f->kind == FIELD_U64 && !draw(4))
		buf_printf(b, "%lld", (long long)f->max);
	else if (draw(4))
		buf_printf(b, "%u", draw(1000));
	else
		buf_puts(b, PICK(edge));
}

static void put_object(const struct field *rows, struct buf *b);

static void
put_value(const struct field *f, struct buf *b)
{
	unsigned n;

	if (!draw(100)) {
		put_any(b, 0);
		return;
	}
	switch (f->kind) {
	case FIELD_TEXT:
	case FIELD_EXACT:
		put_text(f->max, b);
		break;
	case FIELD_BOOL:
		buf_puts(b, draw(2) ? "true" : "false");
		break;
	case FIELD_CHOICE:
		put_word(str_of(f->word[draw(3)]), b);
		break;
	case FIELD_OBJECT:
		put_object(f->sub, b);
		break;
	case FIELD_LIST:
		buf_puts(b, "[");
		for (n = draw(6); n > 0; n--) {
			put_space(b);
			put_value(f->sub, b);
			put_space(b);
			buf_puts(b, n > 1 ? "," : "");
		}
		buf_puts(b, "]");
		break;
	case FIELD_U32:
	case FIELD_U64:
	case FIELD_COUNT:
	case FIELD_INT:
		put_number(f, b);
	}
}

static void
put_member(struct str name, const struct field *f, bool comma, struct buf *b)
{
	put_space(b);
	buf_puts(b, comma ? "," : "");
	put_space(b);
	put_word(name, b);
	put_space(b);
	buf_puts(b, ":");
	put_space(b);
	if (f)
		put_value(f, b);
	else
		put_any(b, 0);
}

/* In the order of the table, or from somewhere in the middle. */
static void
put_object(const struct field *rows, struct buf *b)
{
	static const char *const unknown[] = { "x", "ids", "vers", "\xc3\xa9",
		"a name longer than any of ours, however it is spelled out" };
	unsigned n = 0, first;
	bool comma = false;

	while (rows[n].name.ptr)
		n++;
	first = draw(2) ? 0 : draw(n);
	buf_puts(b, "{");
	for (unsigned i = 0; i < n; i++) {
		const struct field *f = &rows[(first + i) % n];
		if (f->need == MUST ? !draw(100) : draw(2))
			continue;
		put_member(f->name, f, comma, b);
		comma = true;
	}
	if (!draw(3))
		put_member(str_of(PICK(unknown)), NULL, comma, b);
	put_space(b);
	buf_puts(b, "}");
}

/* --- all kinds ------------------------------------------------------------------ */

#define X(name, NAME)                                             \
	static void decode_##name(struct str body)                \
	{                                                         \
		struct wire_##name m;                             \
		wire_##name##_decode(body, &m);                   \
		arena_fini((struct arena *)(void *)&m);           \
	}
WIRE_MESSAGES(X)
#undef X

typedef void decode_fn(struct str body);

static decode_fn *const decoders[] = {
#define X(name, NAME) decode_##name,
	WIRE_MESSAGES(X)
#undef X
};

static struct str
body_of(const struct buf *b)
{
	return (struct str){ (char *)b->data, b->len };
}

/* Those with a table: the heartbeat has none. */
static void
each_kind(void (*fn)(decode_fn *decode, struct buf *body))
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < sizeof decoders / sizeof *decoders; i++) {
		table = NULL;
		decoders[i](STR("{}"));
		for (int j = 0; table && j < ROUNDS; j++) {
			buf_reset(&b);
			put_space(&b);
			put_object(table, &b);
			put_space(&b);
			fn(decoders[i], &b);
		}
	}
	buf_fini(&b);
}

static void
read_it(decode_fn *decode, struct buf *body)
{
	decode(body_of(body));
}

START_TEST(random_messages_are_read_as_jansson_reads_them)
{
	each_kind(read_it);
	ck_assert_uint_gt(taken, 10 * ROUNDS);
	ck_assert_uint_gt(refused, ROUNDS / 2);
}
END_TEST

static void
damage_it(decode_fn *decode, struct buf *body)
{
	static const char damage[] = "{}[],:\"0.-e tn\\xu\x80\0";

	for (int i = 0; i < MUTATIONS; i++) {
		uint8_t *at = &body->data[draw((unsigned)body->len)];
		uint8_t before = *at;
		unsigned so_far = refused;

		*at = (uint8_t)damage[draw(sizeof damage - 1)];
		decode(body_of(body));
		if (refused > so_far)
			*at = before;
	}
}

START_TEST(random_damage_is_refused_as_jansson_refuses_it)
{
	each_kind(damage_it);
	ck_assert_uint_gt(taken, 10 * ROUNDS);
	ck_assert_uint_gt(refused, 10 * ROUNDS);
}
END_TEST

static void
cut_it(decode_fn *decode, struct buf *body)
{
	decode((struct str){ (char *)body->data, draw((unsigned)body->len) });
}

START_TEST(messages_cut_short_are_refused_as_jansson_refuses_them)
{
	each_kind(cut_it);
	ck_assert_uint_gt(refused, 10 * ROUNDS);
}
END_TEST

/* --- where jansson is stricter ---------------------------------------------------- */

static int
read_credit(const char *members)
{
	struct buf b = BUF_INIT;
	struct wire_credit m;
	int err;

	buf_printf(&b, "{\"bytes\":7,%s}", members);
	err = wire_credit_decode((struct str){ (char *)b.data, b.len }, &m);
	ck_assert(err || m.bytes == 7);
	arena_fini(&m.mem);
	buf_fini(&b);
	return err;
}

START_TEST(unknown_fields_must_be_json_and_no_more)
{
	ck_assert_int_eq(read_credit("\"x\":1e999,\"y\":123456789012345678901"
				       ",\"x\":{\"z\":0,\"z\":0}"), 0);
	ck_assert_int_eq(read_credit("\"\\ud800\":\"\\u0000\""), 0);
	ck_assert_int_eq(read_credit("\"x\":[1,]"), MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("\"x\":01"), MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("\"x\":\"\\x\""), MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("\"x\":\"\xff\""), MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("\"x\":"), MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("x:1"), MQL_EBADFRAME);
}
END_TEST

START_TEST(unknown_fields_cost_no_memory)
{
	struct buf b = BUF_INIT;
	struct wire_credit m;

	buf_puts(&b, "{\"bytes\":7,\"x\":[{}");
	for (int i = 0; i < 20000; i++)
		buf_puts(&b, ",{}");
	buf_puts(&b, "]}");
	ck_assert_int_eq(wire_credit_decode(
		(struct str){ (char *)b.data, b.len }, &m), 0);
	ck_assert_ptr_null(m.mem.head);
	buf_fini(&b);
}
END_TEST

START_TEST(a_field_twice_is_refused_however_it_is_spelled)
{
	ck_assert_int_eq(read_credit("\"id\":1,\"id\":1"), MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("\"id\":1,\"\\u0069d\":1"),
			 MQL_EBADFRAME);
	ck_assert_int_eq(read_credit("\"id\":1,\"i\\u0064\\u0000\":1"), 0);
	ck_assert_int_eq(read_credit("\"\\u0062ytes\":1"), MQL_EBADFRAME);
}
END_TEST

TEST_MAIN(decode, random_messages_are_read_as_jansson_reads_them,
	  random_damage_is_refused_as_jansson_refuses_it,
	  messages_cut_short_are_refused_as_jansson_refuses_them,
	  unknown_fields_must_be_json_and_no_more,
	  unknown_fields_cost_no_memory,
	  a_field_twice_is_refused_however_it_is_spelled)
