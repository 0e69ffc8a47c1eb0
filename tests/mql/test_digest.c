/* test_digest.c - digests of fields, read where they lie in a struct or as
 * values, and what two digests say about two values. */
#include <math.h>
#include <stdlib.h>

#include "mql/probe.h"
#include "tests/check_main.h"

struct record {
	bool     yes;
	int8_t   i8;
	int16_t  i16;
	int32_t  i32;
	int64_t  i64;
	uint8_t  u8;
	uint16_t u16;
	uint32_t u32;
	uint64_t u64;
	float    f32;
	double   f64;
	char     chars[12];
	const char *z;
	struct mql_text text;
};

#define FIELD(member, type) \
	{ #member, type, offsetof(struct record, member), 0, NULL, 0 }

static const struct mql_field fields[] = {
	FIELD(yes, MQL_T_BOOL), FIELD(i8, MQL_T_I8), FIELD(i16, MQL_T_I16),
	FIELD(i32, MQL_T_I32), FIELD(i64, MQL_T_I64), FIELD(u8, MQL_T_U8),
	FIELD(u16, MQL_T_U16), FIELD(u32, MQL_T_U32), FIELD(u64, MQL_T_U64),
	FIELD(f32, MQL_T_F32), FIELD(f64, MQL_T_F64), FIELD(z, MQL_T_CSTR),
	FIELD(text, MQL_T_TEXT),
	{ "chars", MQL_T_CHARS, offsetof(struct record, chars), 12, NULL, 0 },
};
enum { ALL = sizeof fields / sizeof *fields };

static const char *const texts[] = {
	"", "a", "ab", "abc", "abcdefg", "abcdefgh", "abcdefghi", "bbcdefghi",
	"abcdefghijk", "abcdefghijkl", "abcdefghijklmnop", "abcdefghijklmnoq",
	"abcdefghijklmnopq", "abcdefghijklmnopqrstuvwxyz",
};
static const double reals[] = {
	0, -0.0, 1, 0.5, -0.5, 200, 0x1p53, 0x1p63, -0x1p63, 0x1p64, 1e300,
	NAN, INFINITY, -INFINITY, 0x1.0000000000001p0, 1e-320,
};
static const uint64_t integers[] = {
	0, 1, 2, 127, 128, 255, 200, UINT64_C(1) << 53,
	(UINT64_C(1) << 53) + 1, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX,
};

static struct record
record_of(size_t i)
{
	const char *z = texts[i % (sizeof texts / sizeof *texts)];
	double f = reals[i % (sizeof reals / sizeof *reals)];
	uint64_t u = integers[i % (sizeof integers / sizeof *integers)];
	struct record r = {
		.yes = i & 1, .i8 = (int8_t)u, .i16 = (int16_t)u,
		.i32 = (int32_t)u, .i64 = (int64_t)u, .u8 = (uint8_t)u,
		.u16 = (uint16_t)u, .u32 = (uint32_t)u, .u64 = u,
		.f32 = (float)f, .f64 = f, .z = i % 5 ? z : NULL,
		.text = { i % 7 ? z : NULL, strlen(z) },
	};

	memcpy(r.chars, z, strnlen(z, sizeof r.chars));
	return r;
}

struct bench {
	struct schema  *schema;
	struct pathset *paths;
	struct reader  *r;
};

static void
set_up(struct bench *b)
{
	ck_assert_int_eq(schema_new(fields, ALL, &b->schema), 0);
	ck_assert_int_eq(pathset_new(b->schema, &b->paths), 0);
	ck_assert_int_eq(reader_new(0, &b->r), 0);
	for (unsigned i = 0; i < ALL; i++) {
		struct step key = { .kind = STEP_KEY,
				    .key = str_of(fields[i].name) };
		struct path path = { .nsteps = 1, .steps = &key };
		unsigned slot;

		ck_assert_int_eq(pathset_add(b->paths, &path, &slot), 0);
		ck_assert_uint_eq(slot, i);
	}
}

static void
tear_down(struct bench *b)
{
	reader_free(b->r);
	pathset_free(b->paths);
	schema_free(b->schema);
}

static void
begin(struct bench *b, const struct record *record)
{
	static const struct event_meta meta;
	static struct event ev;

	ev = (struct event){ .form = EVENT_STRUCT, .schema = b->schema,
			     .record = record, .meta = &meta };
	ck_assert_int_eq(reader_begin(b->r, b->paths, &ev), 0);
}

START_TEST(digest_of_a_field_is_that_of_its_value)
{
	struct probe *p = calloc(1, sizeof *p);
	struct bench b;

	set_up(&b);
	for (size_t i = 0; i < 1000; i++) {
		struct record record = record_of(i);

		begin(&b, &record);
		probe_begin(p, ALL);
		for (unsigned k = 0; k < ALL; k++) {
			const struct value *v = reader_get(b.r, k);
			struct digest d = *probe_digest(p, b.r, k), of;

			digest_of(v, &of);
			ck_assert_uint_eq(d.eq, probe_eq(p, b.r, k));
			ck_assert_msg(d.eq == of.eq && d.ord == of.ord &&
				      d.len == of.len &&
				      (!d.len || d.text == of.text),
				      "%s of record %zu", fields[k].name, i);
			ck_assert(digest_same(&d, &of));
		}
	}
	tear_down(&b);
	free(p);
}
END_TEST

/* Values of all kinds, each beside each. */
enum { VALUES = 64 };

static size_t
some_values(struct value *v)
{
	size_t n = 0;

	v[n++] = VALUE_NONE;
	v[n++] = (struct value){ .type = VALUE_BOOL, .b = false };
	v[n++] = (struct value){ .type = VALUE_BOOL, .b = true };
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		v[n++] = (struct value){ .type = VALUE_STR, .ptr = texts[i],
					 .len = (uint32_t)strlen(texts[i]) };
	v[n++] = (struct value){ .type = VALUE_STR, .ptr = "ab\0", .len = 3 };
	for (size_t i = 0; i < sizeof reals / sizeof *reals; i++)
		if (isfinite(reals[i]))
			v[n++] = (struct value){ .type = VALUE_FLOAT,
						 .f = reals[i] };
	for (size_t i = 0; i < sizeof integers / sizeof *integers; i++)
		v[n++] = (struct value){ .type = VALUE_INT,
					 .i = (int64_t)integers[i] };
	ck_assert_uint_le(n, VALUES);
	return n;
}

START_TEST(digests_are_the_same_of_equal_scalars_only)
{
	struct value v[VALUES];
	size_t n = some_values(v);

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			struct digest a, b;

			digest_of(&v[i], &a);
			digest_of(&v[k], &b);
			ck_assert_msg(digest_same(&a, &b) ==
				      value_equal(&v[i], &v[k]),
				      "%zu and %zu", i, k);
		}
	}
}
END_TEST

START_TEST(digests_keep_the_order_of_numbers_and_texts)
{
	struct value v[VALUES];
	size_t n = some_values(v);
	int cmp;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = 0; k < n; k++) {
			struct digest a, b;

			digest_of(&v[i], &a);
			digest_of(&v[k], &b);
			if (value_order(&v[i], &v[k], &cmp) && cmp < 0)
				ck_assert_msg(a.ord <= b.ord, "%zu and %zu",
					      i, k);
		}
	}
}
END_TEST

START_TEST(texts_of_one_hash_and_other_bytes_are_told_apart)
{
	struct value v = { .type = VALUE_STR, .ptr = "abcdefghi", .len = 9 };
	struct digest a, b;

	digest_of(&v, &a);
	b = a; /* as if the hash had met another text */
	b.text = "abcdefghj";
	ck_assert(!digest_same(&a, &b));
}
END_TEST

TEST_MAIN(digest, digest_of_a_field_is_that_of_its_value,
	  digests_are_the_same_of_equal_scalars_only,
	  digests_keep_the_order_of_numbers_and_texts,
	  texts_of_one_hash_and_other_bytes_are_told_apart)
