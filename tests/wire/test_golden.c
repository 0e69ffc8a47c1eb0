/* test_golden.c - the frames of tests/wire/golden, byte for byte, both ways;
 * and what is left of them when they are cut short or a bit falls over.
 *
 * A .hex file holds hex digits, white space, and comments from # to the end
 * of the line. Runs from the top of the tree. */
#include "tests/check_main.h"

#include <ctype.h>
#include <stdio.h>

#include "mql/error.h"
#include "tests/wire/any.h"
#include "tests/wire/sample.h"

static const enum wire_kind kinds[] = {
#define X(name, value, body, way) WIRE_##name,
	WIRE_KINDS(X)
#undef X
};
enum { NKINDS = sizeof kinds / sizeof *kinds };

static FILE *
open_golden(enum wire_kind kind)
{
	char path[80];
	size_t at = strlen("tests/wire/golden/");
	FILE *f;

	snprintf(path, sizeof path, "tests/wire/golden/%s.hex",
		 wire_kind_name(kind));
	for (; path[at]; at++)
		path[at] = (char)tolower(path[at]);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "%s is missing", path);
	return f;
}

static void
read_golden(enum wire_kind kind, struct buf *b)
{
	char line[4096], *p;
	FILE *f = open_golden(kind);

	while (fgets(line, sizeof line, f)) {
		line[strcspn(line, "#\n")] = '\0';
		for (p = line;; p += 2) {
			char two[3] = { 0 };
			p += strspn(p, " \t");
			if (!*p)
				break;
			memcpy(two, p, 2);
			buf_put_u8(b, (uint8_t)strtoul(two, NULL, 16));
		}
	}
	fclose(f);
}

static void
assert_same(const struct buf *a, const struct buf *b, enum wire_kind kind)
{
	ck_assert_int_eq(a->err, 0);
	ck_assert_int_eq(b->err, 0);
	ck_assert_msg(a->len == b->len && !memcmp(a->data, b->data, a->len),
		      "%s: %zu bytes and %zu bytes that differ",
		      wire_kind_name(kind), a->len, b->len);
}

START_TEST(every_kind_encodes_to_its_golden_bytes)
{
	for (int i = 0; i < NKINDS; i++) {
		struct buf golden = BUF_INIT, made = BUF_INIT;
		read_golden(kinds[i], &golden);
		sample_encode(kinds[i], &made);
		assert_same(&golden, &made, kinds[i]);
		buf_fini(&golden);
		buf_fini(&made);
	}
}
END_TEST

START_TEST(golden_bytes_decode_to_what_encodes_to_them)
{
	for (int i = 0; i < NKINDS; i++) {
		struct buf golden = BUF_INIT, again = BUF_INIT;
		read_golden(kinds[i], &golden);
		ck_assert_int_eq(any_decode(golden.data, golden.len, &again),
				 0);
		assert_same(&golden, &again, kinds[i]);
		buf_fini(&golden);
		buf_fini(&again);
	}
}
END_TEST

/* In memory of its own, so that asan sees a read past the end. */
static int
decode_copy(const void *frame, size_t len, struct buf *again)
{
	void *copy = malloc(len ? len : 1);
	int err;

	memcpy(copy, frame, len);
	err = any_decode(copy, len, again);
	free(copy);
	return err;
}

START_TEST(a_frame_cut_short_anywhere_is_refused)
{
	for (int i = 0; i < NKINDS; i++) {
		struct buf golden = BUF_INIT, again = BUF_INIT;
		read_golden(kinds[i], &golden);
		for (size_t n = 0; n < golden.len; n++)
			ck_assert_int_eq(decode_copy(golden.data, n, &again),
					 MQL_EBADFRAME);
		ck_assert_uint_eq(again.len, 0);
		buf_fini(&golden);
	}
}
END_TEST

START_TEST(a_frame_with_something_after_it_is_refused)
{
	for (int i = 0; i < NKINDS; i++) {
		struct buf golden = BUF_INIT, again = BUF_INIT;
		read_golden(kinds[i], &golden);
		buf_put_u8(&golden, 'x');
		ck_assert_int_eq(decode_copy(golden.data, golden.len, &again),
				 MQL_EBADFRAME);
		buf_fini(&golden);
	}
}
END_TEST

/* What a wrong bit leaves valid can be encoded and decoded again. */
static void
flip_and_decode(struct buf *b, size_t bit)
{
	struct buf once = BUF_INIT, twice = BUF_INIT;
	int err;

	b->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	err = decode_copy(b->data, b->len, &once);
	ck_assert(err == 0 || err == MQL_EBADFRAME || err == MQL_EVERSION ||
		  err == MQL_EUNSUP);
	if (!err && once.len) {
		ck_assert_int_eq(any_decode(once.data, once.len, &twice), 0);
		ck_assert_uint_eq(once.len, twice.len);
	}
	b->data[bit / 8] ^= (uint8_t)(1 << bit % 8);
	buf_fini(&once);
	buf_fini(&twice);
}

START_TEST(a_wrong_bit_anywhere_is_an_error_or_another_message)
{
	for (int i = 0; i < NKINDS; i++) {
		struct buf golden = BUF_INIT;
		read_golden(kinds[i], &golden);
		for (size_t bit = 0; bit < 8 * golden.len; bit++)
			flip_and_decode(&golden, bit);
		buf_fini(&golden);
	}
}
END_TEST

TEST_MAIN(golden, every_kind_encodes_to_its_golden_bytes,
	  golden_bytes_decode_to_what_encodes_to_them,
	  a_frame_cut_short_anywhere_is_refused,
	  a_frame_with_something_after_it_is_refused,
	  a_wrong_bit_anywhere_is_an_error_or_another_message)
