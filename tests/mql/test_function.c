/* test_function.c - the table of functions: whether it tells the truth about
 * itself, finding, and what holds for the calls of all. */
#include <errno.h>
#include <locale.h>

#include "tests/mql/call.h"

static const struct function *table;
static size_t ntable;

static void
load(void)
{
	table = function_table(&ntable);
	ck_assert_uint_gt(ntable, 50);
}

/* --- the table ----------------------------------------------------------------- */

START_TEST(function_rows_are_complete)
{
	static const char *const group[] = {
		"Text", "Numbers", "Values", "Time", "Network",
	};
	size_t at = 0;

	load();
	for (size_t i = 0; i < ntable; i++) {
		const struct function *f = &table[i];
		ck_assert(f->name && f->about && f->example && f->gives);
		while (at < 5 && strcmp(f->group, group[at]))
			at++;
		ck_assert_msg(at < 5, "%s: group %s", f->name, f->group);
		ck_assert_uint_eq(strspn(f->args, "snibtv?*"),
				  strlen(f->args));
		ck_assert_msg(strstr(" string number integer boolean any ",
				     f->result), "%s", f->name);
		ck_assert_msg(strstr(f->example, f->name), "%s", f->name);
		ck_assert_ptr_eq(function_find(str_of(f->name)), f);
	}
}
END_TEST

START_TEST(function_examples_give_what_they_say)
{
	load();
	for (size_t i = 0; i < ntable; i++)
		if (table[i].run)
			ck_assert_str_eq(call(table[i].example),
					 table[i].gives);
}
END_TEST

START_TEST(function_leaves_four_to_the_compiler)
{
	unsigned n = 0;

	load();
	for (size_t i = 0; i < ntable; i++) {
		if (table[i].run)
			continue;
		ck_assert_msg(strstr(" if coalesce exists regexp_extract ",
				     table[i].name), "%s", table[i].name);
		n++;
	}
	ck_assert_uint_eq(n, 4);
}
END_TEST

START_TEST(function_is_found_in_any_case)
{
	const struct function *f = function_find(STR("lower"));

	ck_assert_ptr_nonnull(f);
	ck_assert_ptr_eq(function_find(STR("LOWER")), f);
	ck_assert_ptr_eq(function_find(STR("Lower")), f);
	ck_assert_ptr_null(function_find(STR("lowe")));
	ck_assert_ptr_null(function_find(STR("lower2")));
	ck_assert_ptr_null(function_find(STR("")));
	ck_assert_ptr_null(function_find(STR("count"))); /* an aggregate */
}
END_TEST

START_TEST(function_near_knows_typos)
{
	ck_assert_str_eq(function_near(STR("lowr")), "lower");
	ck_assert_str_eq(function_near(STR("SUBSTRR")), "substr");
	ck_assert_str_eq(function_near(STR("cidr_mtach")), "cidr_match");
	ck_assert_ptr_null(function_near(STR("frobnicate")));
}
END_TEST

START_TEST(function_takes_what_its_arguments_say)
{
	static const struct {
		const char *name;
		unsigned    least, most;
		const char *letters; /* of the first arguments */
	} t[] = {
		{ "lower", 1, 1, "s" },  { "trim", 1, 2, "ss" },
		{ "substr", 2, 3, "sii" }, { "round", 1, 2, "ni" },
		{ "now", 0, 0, "" },     { "iso", 1, 1, "t" },
		{ "concat", 1, FUNCTION_MAX_ARGS, "vvvvv" },
		{ "if", 2, 3, "bvv" },   { "time_bucket", 2, 2, "ti" },
	};

	for (size_t k = 0; k < sizeof t / sizeof *t; k++) {
		const struct function *f = function_find(str_of(t[k].name));
		for (unsigned n = 0; n < FUNCTION_MAX_ARGS + 2; n++)
			ck_assert_msg(function_takes(f, n) ==
				      (n >= t[k].least && n <= t[k].most),
				      "%s of %u", f->name, n);
		for (unsigned i = 0; t[k].letters[i]; i++)
			ck_assert_int_eq(function_arg(f, i), t[k].letters[i]);
	}
}
END_TEST

/* --- what holds for all -------------------------------------------------------- */

/* A value that suits the letter, and one that does not. */
static struct value
sample(char letter, bool right)
{
	const struct value text = { .type = VALUE_STR, .ptr = "2020-09-13",
				    .len = 10 };
	const struct value one = { .type = VALUE_INT, .i = 1 };
	const struct value yes = { .type = VALUE_BOOL, .b = true };

	if (letter == 'b')
		return right ? yes : one;
	if (letter == 't' || letter == 's')
		return right ? text : yes;
	return right ? one : text;
}

/* f with one argument replaced, or none when at is beyond them. */
static struct value
apply(const struct function *f, unsigned narg, unsigned at, struct value v,
      struct buf *scratch)
{
	struct value arg[FUNCTION_MAX_ARGS];
	const struct function_call c = { arg, narg, scratch, 1000 };

	for (unsigned i = 0; i < narg; i++)
		arg[i] = i == at ? v : sample(function_arg(f, i), true);
	return function_apply(f, &c);
}

START_TEST(function_strict_gives_null_for_any_null)
{
	char room[256];

	load();
	for (size_t k = 0; k < ntable; k++) {
		struct buf scratch = BUF_FIXED(room, sizeof room);
		const struct function *f = &table[k];
		if (f->null != FUNCTION_STRICT)
			continue;
		for (unsigned n = 1; n <= FUNCTION_MAX_ARGS; n++)
			for (unsigned i = 0; function_takes(f, n) && i < n; i++)
				ck_assert_msg(!apply(f, n, i, VALUE_NONE,
						     &scratch).type,
					      "%s, argument %u", f->name, i);
	}
}
END_TEST

START_TEST(function_gives_null_for_a_wrong_type)
{
	char room[256];

	load();
	for (size_t k = 0; k < ntable; k++) {
		struct buf scratch = BUF_FIXED(room, sizeof room);
		const struct function *f = &table[k];
		for (unsigned n = 1; n <= FUNCTION_MAX_ARGS; n++)
			for (unsigned i = 0; function_takes(f, n) && i < n;
			     i++) {
				char letter = function_arg(f, i);
				struct value v = sample(letter, false);
				if (letter == 'v')
					continue;
				ck_assert_msg(!apply(f, n, i, v,
						     &scratch).type,
					      "%s, argument %u", f->name, i);
			}
	}
}
END_TEST

/* In whatever little room: what comes is right, or null, and the room is as
 * it was when it did not do. */
START_TEST(function_gives_null_when_scratch_is_full)
{
	const struct value none = VALUE_NONE;
	char room[256];

	load();
	for (size_t k = 0; k < ntable; k++) {
		const struct function *f = &table[k];
		unsigned n = 0;
		while (!function_takes(f, n))
			n++;
		for (size_t size = 0; size < 64; size++) {
			struct buf whole = BUF_FIXED(room, sizeof room);
			struct value v = apply(f, n, n, none, &whole), w;
			char *little = malloc(size + 1); /* asan looks on */
			struct buf tight = BUF_FIXED(little, size);
			w = apply(f, n, n, none, &tight);
			ck_assert(!tight.err && tight.len <= size);
			ck_assert_msg(!w.type || value_equal(&v, &w), "%s",
				      f->name);
			ck_assert(w.type || !tight.len);
			free(little);
		}
	}
}
END_TEST

START_TEST(function_gives_null_on_a_scratch_that_has_failed)
{
	const struct value v = { .type = VALUE_STR, .ptr = "A", .len = 1 };
	struct buf scratch = { .fixed = true, .err = -1 };
	const char *const name[] = { "lower", "concat", "string", "replace" };

	for (size_t i = 0; i < 3; i++) {
		const struct function *f = function_find(str_of(name[i]));
		const struct value got = apply(f, 1, 0, v, &scratch);
		ck_assert(!got.type || got.ptr == v.ptr);
		ck_assert_int_eq(scratch.err, -1);
	}
}
END_TEST

START_TEST(function_leaves_errno_to_the_host)
{
	errno = EXDEV;
	ck_assert_str_eq(call("log(0)"), "null");
	ck_assert_str_eq(call("exp(1000)"), "null");
	ck_assert_str_eq(call("float('1e999')"), "null");
	ck_assert_int_eq(errno, EXDEV);
}
END_TEST

/* Where there is no such locale this is the test again. */
START_TEST(function_knows_no_locale)
{
	const char *const name[] = { "de_DE.UTF-8", "tr_TR.UTF-8", "de_DE" };

	load();
	for (size_t k = 0; k < 3; k++) {
		setlocale(LC_ALL, name[k]);
		ck_assert_str_eq(call("float('1.5')"), "1.5");
		ck_assert_str_eq(call("string(1.5)"), "\"1.5\"");
		ck_assert_str_eq(call("lower('TITLE')"), "\"title\"");
		ck_assert_ptr_nonnull(function_find(STR("IF")));
	}
	setlocale(LC_ALL, "C");
}
END_TEST

TEST_MAIN(function, function_rows_are_complete,
	  function_examples_give_what_they_say,
	  function_leaves_four_to_the_compiler, function_is_found_in_any_case,
	  function_near_knows_typos, function_takes_what_its_arguments_say,
	  function_strict_gives_null_for_any_null,
	  function_gives_null_for_a_wrong_type,
	  function_gives_null_when_scratch_is_full,
	  function_gives_null_on_a_scratch_that_has_failed,
	  function_leaves_errno_to_the_host, function_knows_no_locale)
