/* test_aggregate_hostile.c - states from a socket that lies, and values that
 * want all the memory. */
#include "aggregate_run.h"

/* A state with something of everything in it, n values. */
static void *
filled(const struct aggregate_call *c, int n)
{
	void *s = state_new(c);
	uint64_t seed = 8;
	char json[60];

	for (int i = 0; i < n; i++) {
		const int64_t whole = (int64_t)dice(&seed) >> dice(&seed) % 60;
		snprintf(json, sizeof json,
			 i % 3 == 0 ? "%lld" : i % 3 == 1 ? "%lld.25" :
			 "\"%lld\\n\"", (long long)whole);
		add(c, s, json, i);
	}
	return s;
}

/* Read it, and if it can be read use it in every way. */
static void
try(const struct aggregate_call *c, const void *data, size_t n)
{
	static char text[SCRATCH];
	void *s = calloc(1, c->fn->size), *to;
	char *copy = malloc(n ? n : 1); /* exact: ASan sees overruns */
	struct str in = { copy, n };
	int err;

	memcpy(copy, data, n);
	err = c->fn->get(c, s, &in);
	ck_assert(!err || err == MQL_EBADFRAME);
	ck_assert_uint_le(in.len, n);
	ck_assert_uint_le(c->fn->heap(c, s) + c->fn->size,
			  AGGREGATE_MAX_BYTES);
	if (!err) {
		to = filled(c, 50);
		ck_assert_int_eq(c->fn->merge(c, to, s), 0);
		ck_assert_uint_le(c->fn->heap(c, to) + c->fn->size,
				  AGGREGATE_MAX_BYTES);
		add(c, to, "3", 3);
		result_text(c, to, text);
		ck_assert_int_eq(json_check(str_of(text), NULL), 0);
		ck_assert_ptr_null(strchr(text, '\n'));
		state_free(c, to);
	}
	free(copy);
	state_free(c, s);
}

static struct buf
written(const struct aggregate_call *c, int n)
{
	struct buf b = BUF_INIT;
	void *s = filled(c, n);

	c->fn->put(c, s, &b);
	ck_assert_int_eq(b.err, 0);
	state_free(c, s);
	return b;
}

static const int sizes[] = { 0, 1, 20, 200, 2000 };
enum { SIZES = sizeof sizes / sizeof *sizes };

START_TEST(get_refuses_what_is_cut_short)
{
	for (int i = 0; i < KINDS * SIZES; i++) {
		const struct aggregate_call c = call_of(&kinds[i / SIZES]);
		struct buf b = written(&c, sizes[i % SIZES]);
		const size_t step = 1 + b.len / 700;
		for (size_t n = 0; n < b.len; n += step) {
			void *s = calloc(1, c.fn->size);
			struct str in = { (char *)b.data, n };
			ck_assert_int_eq(c.fn->get(&c, s, &in),
					 MQL_EBADFRAME);
			state_free(&c, s);
		}
		buf_fini(&b);
	}
}
END_TEST

START_TEST(get_of_flipped_bits_fails_or_is_sane)
{
	uint64_t seed = 10;

	for (int i = 0; i < KINDS * SIZES; i++) {
		const struct aggregate_call c = call_of(&kinds[i / SIZES]);
		struct buf b = written(&c, sizes[i % SIZES]);
		for (int round = 0; round < 300; round++) {
			const size_t at = round % 2 || b.len < 16
				? dice(&seed) % b.len : dice(&seed) % 16;
			const uint8_t was = b.data[at];
			b.data[at] ^= (uint8_t)(1 << dice(&seed) % 8);
			if (round % 3 == 0)
				b.data[at] = 0xff;
			try(&c, b.data, b.len);
			b.data[at] = was;
		}
		buf_fini(&b);
	}
}
END_TEST

START_TEST(get_of_noise_fails_or_is_sane)
{
	uint8_t noise[64];
	uint64_t seed = 12;

	for (int i = 0; i < KINDS * 500; i++) {
		const struct aggregate_call c = call_of(&kinds[i % KINDS]);
		const size_t n = dice(&seed) % sizeof noise;
		for (size_t k = 0; k < n; k++)
			noise[k] = (uint8_t)(dice(&seed) >>
					     dice(&seed) % 60);
		try(&c, noise, n);
	}
}
END_TEST

START_TEST(get_puts_text_on_one_line)
{
	const struct aggregate_call list = call("list"), top = call("top");
	const struct aggregate_call max = call("max");

	try(&list, "\0\7[1,\n2 ]", 9);
	try(&list, "\0\10[1,[\n2]]", 10);
	try(&top, "\0\1\1\0\5[\n1 ]", 10);
	try(&max, "\5\0\0\0[\n1 ]", 9);
}
END_TEST

/* The tallies of a percentile: whole numbers, floats, buckets. */
START_TEST(get_refuses_percentiles_that_cannot_be)
{
	const struct str bad[] = {
		STR("\1\2\0\0\0"),             /* an integer, 0 times */
		STR("\2\2\1\0\1\0\0"),         /* the same one twice */
		STR("\2\2\1\xff\xff\xff\xff\xff\xff\xff\xff\x7f\1\0\0"),
		STR("\x81\x08"),               /* 1025 of them */
		STR("\0\1\0\1\0"),             /* 0 as a float */
		STR("\0\1\xfe\xff\xff\xff\xff\xff\xff\xff\xff\1\1\0"),
		STR("\1\2\1\0\1\0\1\0\0\0\0\0"), /* and buckets */
		STR("\0\0\1\x82\xe2\x09\1\0\0\0\2\0"), /* bucket 80001 */
		STR("\0\0\1\0\1\0\4\0\2\0"),   /* min over max */
		STR("\0\0\1\0\1\0\2\0\2\2"),   /* floats: neither */
	};
	const struct aggregate_call c = call("p50");

	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		void *s = state_new(&c);
		struct str in = bad[i];
		ck_assert_msg(c.fn->get(&c, s, &in) == MQL_EBADFRAME,
			      "case %zu", i);
		try(&c, bad[i].ptr, bad[i].len);
		state_free(&c, s);
	}
}
END_TEST

/* --- memory --------------------------------------------------------------- */

/* Values that are all different, text as long as it is allowed. */
static void
feed(const struct aggregate_call *c, void *s, int i, char *text)
{
	const uint32_t len = (uint32_t)(i % 5 ? 20 + i % 600
					      : (i * 37) % (30 * 1024));
	const struct value str = {
		.type = VALUE_STR, .ptr = text, .len = len,
	};
	int err;

	memcpy(text, &i, sizeof i);
	err = c->fn->update(c, s, &str, i, 1);
	ck_assert(!err || err == MQL_ELIMIT);
	add_float(c, s, exp(i % 1400 - 700) * (i % 2 ? 1 : -1));
	add_int(c, s, (int64_t)((uint64_t)i << i % 50));
}

START_TEST(no_state_outgrows_its_bound)
{
	static char text[64 * 1024];
	enum { VALUES = 20000 };

	memset(text, '\n', sizeof text);
	for (int k = 0; k < KINDS; k++) {
		const struct aggregate_call c = call_of(&kinds[k]);
		void *s = state_new(&c), *t = state_new(&c);
		for (int i = 0; i < VALUES; i++) {
			feed(&c, i % 3 ? s : t, i, text);
			ck_assert_uint_le(c.fn->heap(&c, s) + c.fn->size,
					  AGGREGATE_MAX_BYTES);
		}
		merge_by_wire(&c, s, t);
		ck_assert_uint_le(c.fn->heap(&c, s) + c.fn->size,
				  AGGREGATE_MAX_BYTES);
		state_free(&c, s);
		state_free(&c, t);
	}
}
END_TEST

START_TEST(a_value_that_is_refused_changes_nothing)
{
	static const char *const names[] = { "min", "max", "first", "last",
					     "top" };
	static char text[64 * 1024], before[SCRATCH], after[SCRATCH];

	memset(text, ' ', sizeof text);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const struct aggregate_call c = call(names[i]);
		const struct value v = { .type = VALUE_STR, .ptr = text,
					 .len = sizeof text };
		void *s = state_new(&c);
		add(&c, s, "\"x\"", 5);
		result_text(&c, s, before);
		/* Earlier for first, later for last, and so on. */
		text[0] = i % 2 ? 'z' : ' ';
		ck_assert_int_eq(c.fn->update(&c, s, &v, i == 2 ? 1 : 9, 1),
				 MQL_ELIMIT);
		ck_assert_str_eq(result_text(&c, s, after), before);
		state_free(&c, s);
	}
}
END_TEST

START_TEST(list_stops_at_its_limits_and_keeps_the_beginning)
{
	const struct aggregate_call c = call("list");
	static char text[SCRATCH], big[40 * 1024];
	const struct value v = { .type = VALUE_STR, .ptr = big,
				 .len = sizeof big };
	void *s = state_new(&c);

	for (int i = 0; i < 3 * AGGREGATE_MAX_LIST; i++)
		add_int(&c, s, i);
	result_text(&c, s, text);
	ck_assert_str_eq(text + strlen(text) - 9, ",998,999]");
	state_free(&c, s);

	memset(big, 'b', sizeof big);
	s = state_new(&c);
	add_int(&c, s, 1);
	ck_assert_int_eq(c.fn->update(&c, s, &v, 0, 1), 0);
	add_int(&c, s, 2); /* would leave a gap */
	ck_assert_str_eq(result_text(&c, s, text), "[1]");
	state_free(&c, s);
}
END_TEST

TEST_MAIN(aggregate_hostile, get_refuses_what_is_cut_short,
	  get_of_flipped_bits_fails_or_is_sane, get_of_noise_fails_or_is_sane,
	  get_puts_text_on_one_line,
	  get_refuses_percentiles_that_cannot_be, no_state_outgrows_its_bound,
	  a_value_that_is_refused_changes_nothing,
	  list_stops_at_its_limits_and_keeps_the_beginning)
