/* test_json_check.c - what the masks take for valid is what the scanner takes,
 * over every edge of a block: random rows of tokens, and damaged documents. */
#include "event/json_check.h"

#include "event/json_scan.h"
#include "event/json_seek.h"
#include "tests/check_main.h"

enum { ROWS = 300000, DOCUMENTS = 1000, DAMAGES = 100, EDGES = 140 };

static uint64_t state = 20261121;

static unsigned
draw(unsigned n)
{
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned)(state >> 33) % n;
}

#define PICK(list) (list)[draw(sizeof(list) / sizeof *(list))]

static bool
scanner(struct str text)
{
	struct scan s = scan_of(text);

	return scan_skip(&s) && s.p == s.end;
}

/* In memory of its own, so that asan sees a step over its end. */
static bool
agree(struct str text)
{
	char *copy = malloc(text.len);
	struct str t = { memcpy(copy, text.ptr, text.len), text.len };
	const bool valid = scanner(t);

#define AGREES(kernel)                                                     \
	ck_assert_msg(kernel(t) == valid, #kernel ": %d: %.*s", valid,     \
		      (int)t.len, t.ptr)
#ifdef __x86_64__
	if (seek_has_avx2())
		AGREES(check_avx2);
	if (seek_has_avx512())
		AGREES(check_avx512);
#endif
	ck_assert(!json_check(t, NULL) == valid);
	free(copy);
	return valid;
}

static void
put_string(struct buf *b)
{
	static const char *const piece[] = {
		"a", " ", "\\n", "\\\"", "\\\\", "\\u0041", "{", "]", ",", ":",
		"\xc3\xa9", "longer than a word",
		"longer than a block, which the string ends in the next one of",
	};

	buf_puts(b, "\"");
	for (unsigned n = draw(5); n > 0; n--)
		buf_puts(b, PICK(piece));
	buf_puts(b, "\"");
}

static void
put_token(struct buf *b)
{
	static const char *const token[] = {
		"{", "}", "[", "]", "[]", "{}", ",", ",", ":", ":", "\"\"",
		"\"a\":", "\"b\":1,", "0", "1", "-", "-1", "12", ".", "1.5",
		"-0", "00", "-01", "0.0", "1.2.3", "e", "1e5", "1E+05",
		"1e-5", "-.5", "5.", "+", "true", "false", "null", "nul",
		"truex", " ", "\n", "\t \r", "\\", "\"\\x\"", "\"\\u12g4\"",
		"\"\\ud800\"", "\"\x01\"", "\x01", "'", "\"", "\x80", "/",
	};

	if (draw(3))
		buf_puts(b, PICK(token));
	else
		put_string(b);
}

/* A row of tokens where a value may stand, somewhere in a block. */
START_TEST(masks_agree_with_the_scanner_on_rows_of_tokens)
{
	struct buf b = BUF_INIT;
	unsigned valid = 0;

	for (int i = 0; i < ROWS; i++) {
		const bool object = draw(2);

		buf_reset(&b);
		buf_puts(&b, object ? "{" : "[");
		buf_printf(&b, object ? "\"%*s\":" : "\"%*s\",",
			   (int)draw(EDGES), "");
		for (unsigned n = 1 + draw(5); n > 0; n--)
			put_token(&b);
		buf_puts(&b, object ? "}" : "]");
		valid += agree((struct str){ (char *)b.data, b.len });
	}
	ck_assert_uint_gt(valid, ROWS / 100);
	buf_fini(&b);
}
END_TEST

static void
put_space(struct buf *b)
{
	static const char *const space[] = { "", "", "", "", " ", "\n\t  " };

	buf_puts(b, PICK(space));
}

static void
put_value(struct buf *b, unsigned level)
{
	static const char *const scalar[] = {
		"0", "-0", "12", "-7.50", "0.25", "1e5", "-1.5E-07", "true",
		"false", "null", "12345678901234567890123456789",
		"0.000000000000000000000000000000000000000000000000000000001",
	};
	const bool object = draw(2);

	if (level > 4 || (level && !draw(3))) {
		if (draw(2))
			put_string(b);
		else
			buf_puts(b, PICK(scalar));
		return;
	}
	buf_puts(b, object ? "{" : "[");
	put_space(b);
	for (unsigned n = draw(5), i = 0; i < n; i++) {
		buf_puts(b, i ? "," : "");
		put_space(b);
		if (object) {
			put_string(b);
			put_space(b);
			buf_puts(b, ":");
			put_space(b);
		}
		put_value(b, level + 1);
		put_space(b);
	}
	buf_puts(b, object ? "}" : "]");
}

START_TEST(masks_agree_with_the_scanner_on_damaged_documents)
{
	static const char damage[] = "{}[],:\"\\ \n01-.eEtn+\x01\x80";
	struct buf b = BUF_INIT;
	unsigned valid = 0;

	for (int i = 0; i < DOCUMENTS; i++) {
		buf_reset(&b);
		put_value(&b, 0);
		struct str t = { (char *)b.data, b.len };
		ck_assert_msg(agree(t), "%.*s", (int)t.len, t.ptr);
		for (int k = 0; k < DAMAGES && t.len > 2; k++) {
			char *at = (char *)b.data + 1 +
				   draw((unsigned)t.len - 2);
			const char before = *at;

			*at = damage[draw(sizeof damage - 1)];
			if (agree(t))
				valid++;
			else
				*at = before;
		}
	}
	ck_assert_uint_gt(valid, DOCUMENTS);
	buf_fini(&b);
}
END_TEST

/* Deeper than the masks go the scanner goes on. */
START_TEST(any_depth_is_told_rightly)
{
	char text[2 * JSON_MAX_DEPTH + 2];

	for (size_t n = 1; n <= JSON_MAX_DEPTH + 1; n++) {
		memset(text, '[', n);
		memset(text + n, ']', n);
		ck_assert_int_eq(!json_check((struct str){ text, 2 * n }, NULL),
				 n <= JSON_MAX_DEPTH);
	}
}
END_TEST

TEST_MAIN(json_check, masks_agree_with_the_scanner_on_rows_of_tokens,
	  masks_agree_with_the_scanner_on_damaged_documents,
	  any_depth_is_told_rightly)
