/* test_error.c - each code has its text; and the clocks go forward. */
#include <string.h>

#include "common/clock.h"
#include "mql/error.h"
#include "tests/check_main.h"

START_TEST(strerror_knows_every_code)
{
	static const int codes[] = {
#define X(name, value, text) MQL_E##name,
		MQL_ERRORS(X)
#undef X
	};

	ck_assert_str_eq(mql_strerror(MQL_ESYNTAX), "syntax error");
	ck_assert_str_eq(mql_strerror(0), "success");
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		ck_assert_int_lt(codes[i], 0);
		ck_assert_str_ne(mql_strerror(codes[i]), "unknown error");
	}
}
END_TEST

START_TEST(strerror_has_a_text_for_a_code_that_is_none)
{
	ck_assert_str_eq(mql_strerror(-9999), "unknown error");
	ck_assert_str_eq(mql_strerror(42), "unknown error");
}
END_TEST

START_TEST(clock_mono_does_not_go_back)
{
	int64_t before = clock_mono_ns();

	for (int i = 0; i < 1000; i++) {
		int64_t now = clock_mono_ns();
		ck_assert_int_ge(now, before);
		before = now;
	}
	ck_assert_int_ge(clock_mono_ms(), before / 1000000);
	ck_assert_int_gt(clock_wall_ms(), INT64_C(1700000000000));
}
END_TEST

TEST_MAIN(error, strerror_knows_every_code,
	  strerror_has_a_text_for_a_code_that_is_none,
	  clock_mono_does_not_go_back)
