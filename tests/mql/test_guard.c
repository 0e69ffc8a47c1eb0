#include <math.h>

#include "mql/guard_term.h"
#include "mql/matcher.h"
#include "tests/check_main.h"
#include "tests/mql/ask.h"

struct record {
	bool            b;
	int8_t          i8;
	int32_t         i32;
	int64_t         i64;
	uint16_t        u16;
	uint64_t        u64;
	float           f32;
	double          f64;
	char            chars[4];
	const char     *cstr, *json;
	struct mql_text text;
};

#define FIELD(t, f) { .name = #f, .type = (t), \
	.offset = offsetof(struct record, f), \
	.size = sizeof((struct record *)0)->f }

static const struct mql_field fields[] = {
	FIELD(MQL_T_BOOL, b), FIELD(MQL_T_I8, i8), FIELD(MQL_T_I32, i32),
	FIELD(MQL_T_I64, i64), FIELD(MQL_T_U16, u16), FIELD(MQL_T_U64, u64),
	FIELD(MQL_T_F32, f32), FIELD(MQL_T_F64, f64),
	FIELD(MQL_T_CHARS, chars), FIELD(MQL_T_CSTR, cstr),
	FIELD(MQL_T_JSON, json), FIELD(MQL_T_TEXT, text),
};

/* Of the values that matter a few of each, so that tests are true as often as
 * they are false. */
static struct record
draw(unsigned *seed)
{
	static const int64_t ints[] = { INT64_MIN, -1, 0, 4, 5, 6, 127,
		INT64_MAX, (INT64_C(1) << 53) + 1 };
	static const double reals[] = { -1e300, -0.0, 1.5, 5, 5.000001, 1e300,
		(double)NAN, (double)INFINITY, -(double)INFINITY };
	static const char *const texts[] = { NULL, "", "B", "BR", "BRA", "BS",
		"ipad", "ipads", "x", "5" };
#define PICK(of) of[(size_t)rand_r(seed) % (sizeof of / sizeof *of)]
	struct record r = {
		.b = rand_r(seed) % 2, .i8 = (int8_t)PICK(ints),
		.i32 = (int32_t)PICK(ints), .i64 = PICK(ints),
		.u16 = (uint16_t)PICK(ints), .u64 = (uint64_t)PICK(ints),
		.f32 = (float)PICK(reals), .f64 = PICK(reals),
		.cstr = PICK(texts), .json = PICK(texts),
	};
	const char *z = PICK(texts), *t = PICK(texts);

	strncpy(r.chars, z ? z : "", sizeof r.chars); /* no NUL when full */
	r.text = (struct mql_text){ t, t ? strlen(t) : 0 };
	return r;
}

struct bench {
	struct mql_query   *q[GUARD_QUERIES + 1];
	struct matcher     *m;
	struct schema      *schema;
	struct guard       *guard;
	struct reader      *reader;
	struct eval        *eval;
	struct eval_counts  counts;
	struct event        ev;
	size_t              n;
};

static void
set_up(struct bench *b, bool structs, const char *const *text, size_t n)
{
	const struct mql_query *q[GUARD_QUERIES + 1];
	struct matcher_query of[GUARD_QUERIES + 1] = { 0 };

	*b = (struct bench){ .n = n };
	for (size_t i = 0; i < n; i++)
		q[i] = of[i].q = b->q[i] = ask_compile(text[i]);
	if (structs)
		ck_assert_int_eq(schema_new(fields,
			sizeof fields / sizeof *fields, &b->schema), 0);
	ck_assert_int_eq(matcher_new(b->schema, of, n, NULL, &b->m), 0);
	ck_assert_int_eq(guard_new(b->schema, matcher_paths(b->m), q, n,
				   &b->guard), 0);
	ck_assert_int_eq(reader_new(65536, &b->reader), 0);
	ck_assert_int_eq(eval_new(&b->eval), 0);
}

static void
tear_down(struct bench *b)
{
	guard_free(b->guard);
	matcher_free(b->m);
	schema_free(b->schema);
	reader_free(b->reader);
	eval_free(b->eval);
	for (size_t i = 0; i < b->n; i++)
		mql_query_free(b->q[i]);
}

/* Does the program match, or count something? */
static bool
concerned(struct bench *b, const struct event *ev)
{
	static const struct event_meta meta;
	uint16_t hit[GUARD_QUERIES + 1];
	uint64_t before = b->counts.mismatches;
	size_t n;

	b->ev = *ev;
	b->ev.meta = &meta;
	ck_assert_int_eq(reader_begin(b->reader, matcher_paths(b->m), &b->ev),
			 0);
	n = matcher_match(b->m, b->eval, b->reader, &b->counts, NULL, hit);
	return n || b->counts.mismatches != before;
}

enum { DRAWS = 4000 };

/* Returns how many of the records nobody was concerned with it refused. */
static void
compare(struct bench *b, const char *what, unsigned *refused, unsigned *could)
{
	unsigned seed = 1;

	*refused = *could = 0;
	for (int i = 0; i < DRAWS; i++) {
		struct record r = draw(&seed);
		bool yes = concerned(b, &(struct event){
			.form = EVENT_STRUCT, .record = &r,
			.schema = b->schema,
		});
		bool no = guard_refuses(b->guard, &r);
		bool look = guard_refuses_at_sight(b->guard, &r);

		ck_assert_msg(!(yes && no), "%s: refused (i8 %d i64 %lld u64 "
			      "%llu f64 %g chars %.4s cstr %s)", what, r.i8,
			      (long long)r.i64, (unsigned long long)r.u64,
			      r.f64, r.chars, r.cstr ? r.cstr : "-");
		ck_assert_msg(no || !look, "%s: refused at sight only", what);
		*could += !yes;
		*refused += no;
	}
}

/* Conditions that a guard decides alone. */
static const char *const whole[] = {
	"b", "b == true", "b != true", "b == false",
	"i8 == 5", "i8 != 5", "i32 > 4", "i32 >= 5", "i64 < 5", "i64 <= -1",
	"u16 == 127", "5 < i64", "i64 between 4 and 6", "i8 > 127",
	"i64 > 9223372036854775806", "i64 < -9223372036854775807",
	"f64 > 1.5", "f64 < 5", "f64 == 5", "f64 != 5", "f32 >= 1.5",
	"f64 <= 0", "f64 between 1.5 and 5",
	"chars == 'BR'", "chars != 'BR'", "chars == 'ipad'", "chars == ''",
	"chars == 'ipads'", "cstr == 'BR'", "cstr != 'BR'", "cstr == ''",
	"cstr != ''", "text == 'ipad'", "text != 'ipad'", "text == ''",
	"cstr == 'BR' and text == 'ipad'",
	"i64 > 4 and f64 < 6 and b and cstr != 'x'",
};

START_TEST(guard_refuses_what_does_not_match_and_nothing_else)
{
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		char text[256];
		const char *one = text;
		unsigned refused, could;
		struct bench b;

		snprintf(text, sizeof text, "select * where %s", whole[i]);
		set_up(&b, true, &one, 1);
		compare(&b, text, &refused, &could);
		ck_assert_msg(refused == could, "%s: refused %u of %u", text,
			      refused, could);
		tear_down(&b);
	}
}
END_TEST

/* A field is of any type, or missing, whatever its name; of some events the
 * fields come in another order. */
static void
build(struct built *b, unsigned *seed)
{
	static const char *const keys[] = { "b", "i8", "i32", "i64", "u16",
		"u64", "f32", "f64", "chars", "cstr", "text", "json" };
	static const char *const texts[] = { "", "BR", "BS", "ipad", "x" };
	enum { N = sizeof keys / sizeof *keys };
	size_t first = rand_r(seed) % 8 ? 0 : (size_t)rand_r(seed) % N;

	built_begin(b);
	for (size_t i = 0; i < N; i++) {
		const char *key = keys[(first + i) % N];
		const char *z = PICK(texts);
		struct value v = { .type = (enum value_type)
			(rand_r(seed) % (VALUE_STR + 1)) };

		if (v.type == VALUE_BOOL)
			v.b = rand_r(seed) % 2;
		else if (v.type == VALUE_INT)
			v.i = rand_r(seed) % 4 ? rand_r(seed) % 8 : INT64_MAX;
		else if (v.type == VALUE_FLOAT)
			v.f = 0.5 * (rand_r(seed) % 16);
		else if (v.type == VALUE_STR)
			v.ptr = z, v.len = (uint32_t)strlen(z);
		built_add(b, built_key(b, key), v);
	}
}

static void
compare_built(struct bench *b, const char *what, unsigned *refused)
{
	static struct layout layout;
	struct built built = { .layout = &layout };
	unsigned seed = 1;

	layout = (struct layout){ 0 };
	*refused = 0;
	for (int i = 0; i < DRAWS; i++) {
		struct event ev = { .form = EVENT_BUILT, .built = &built,
				    .era = 7 };
		bool yes, no, look;

		build(&built, &seed);
		look = guard_refuses_built_at_sight(b->guard, &built,
						    ev.era);
		no = guard_refuses_built(b->guard, &built, ev.era);
		yes = concerned(b, &ev);
		ck_assert_msg(!(yes && no), "%s: refused", what);
		ck_assert_msg(no || !look, "%s: refused at sight only", what);
		*refused += no;
		built_note(&built);
	}
}

START_TEST(guard_knows_built_events_by_their_layout)
{
	for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
		char text[256];
		const char *one = text;
		unsigned refused;
		struct bench b;

		snprintf(text, sizeof text, "select * where %s", whole[i]);
		set_up(&b, false, &one, 1);
		compare_built(&b, text, &refused);
		ck_assert_msg(refused, "%s: never", text);
		tear_down(&b);
	}
}
END_TEST

START_TEST(guard_never_refuses_what_the_program_would_match_or_count)
{
	static const char *const text[] = {
		"u64 == 5", "u64 > 5", "u64 != 5", "i64 > 4.5", "i8 == '5'",
		"i8 != 'x'", "i8 > 'x'", "cstr > 'BR'", "cstr > 5",
		"cstr > 5 and i8 == 5", "i8 == 5 and cstr > 5", "json == 5",
		"f64 > 9007199254740993", "i8 == 5 or i64 == 5",
		"not (i8 == 5)", "i8 == 5 and (i64 == 5 or b)", "i8 + 1 == 5",
		"i8 in (5, 6)", "cstr == 'BR' and i8 in (5, 6)",
		"cstr like 'B%' and i8 == 5", "cstr == null", "nobody == 5",
		"nobody == null", "i64 == null", "b > 4", "b > true",
		"i8 == i32", "cstr == \"B\\u0000\"", "i64 == true",
		"text =~ /B/",
	};

	for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
		char query[256];
		const char *one = query;
		unsigned refused, could;
		struct bench b;

		snprintf(query, sizeof query, "select * where %s", text[i]);
		set_up(&b, true, &one, 1);
		compare(&b, query, &refused, &could);
		tear_down(&b);
		set_up(&b, false, &one, 1);
		compare_built(&b, query, &refused);
		tear_down(&b);
	}
}
END_TEST

START_TEST(guard_of_several_queries_refuses_what_none_of_them_matches)
{
	static const char *const text[] = {
		"select * where i8 == 5 and b", "select * where cstr == 'BR'",
		"select * where text != 'ipad' and f64 > 1 and i64 < 5",
	};
	unsigned refused, could;
	struct bench b;

	set_up(&b, true, text, 3);
	compare(&b, "three", &refused, &could);
	ck_assert_uint_gt(could, 0);
	ck_assert_uint_eq(refused, could);
	tear_down(&b);
}
END_TEST

START_TEST(guard_lets_all_by_when_one_query_has_no_condition)
{
	static const char *const text[] = {
		"select * where i8 == 5", "select *", "select * where b",
	};
	unsigned refused, could;
	struct bench b;

	set_up(&b, true, text, 3);
	compare(&b, "one is for all", &refused, &could);
	ck_assert_uint_eq(refused, 0);
	tear_down(&b);
}
END_TEST

START_TEST(guard_without_a_schema_or_a_query_refuses_nothing)
{
	struct mql_query *q = ask_compile("select * where i8 == 5");
	const struct mql_query *one = q;
	struct record r = { .i8 = 4 };
	struct pathset *none;
	struct guard *g;

	ck_assert_int_eq(pathset_new(NULL, &none), 0);
	ck_assert_int_eq(guard_new(NULL, none, &one, 1, &g), 0);
	ck_assert(!guard_refuses(g, &r) && !guard_refuses_at_sight(g, &r));
	guard_free(g);
	ck_assert_int_eq(guard_new(NULL, none, NULL, 0, &g), 0);
	ck_assert(!guard_refuses(g, &r));
	guard_free(g);
	pathset_free(none);
	mql_query_free(q);
}
END_TEST

TEST_MAIN(guard,
      guard_refuses_what_does_not_match_and_nothing_else,
      guard_never_refuses_what_the_program_would_match_or_count,
      guard_knows_built_events_by_their_layout,
      guard_of_several_queries_refuses_what_none_of_them_matches,
      guard_lets_all_by_when_one_query_has_no_condition,
      guard_without_a_schema_or_a_query_refuses_nothing)
