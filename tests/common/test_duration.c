/* test_duration.c - durations as people type them. */
#include <stdint.h>

#include "common/duration.h"
#include "mql/error.h"
#include "tests/check_main.h"

START_TEST(duration_reads_units_and_fractions)
{
	static const struct {
		const char *text;
		int64_t     ms;
	} cases[] = {
		{ "0", 0 },             { "10", 10000 },
		{ "250ms", 250 },       { "10s", 10000 },
		{ "5m", 300000 },       { "1h", 3600000 },
		{ "1.5s", 1500 },       { "0.25", 250 },
		{ "1.5h", 5400000 },    { "0.1m", 6000 },
		{ "1.9ms", 1 },         { "0.0005s", 0 },
		{ "007s", 7000 },       { "0.333333333333333s", 333 },
		{ "9223372036854775807ms", INT64_MAX },
		{ "9223372036854775s", 9223372036854775000 },
	};

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		int64_t ms = -1;
		int err = duration_parse(str_of(cases[i].text), &ms);
		ck_assert_msg(!err, "%s: %d", cases[i].text, err);
		ck_assert_msg(ms == cases[i].ms, "%s: %lld", cases[i].text,
			      (long long)ms);
	}
}
END_TEST

START_TEST(duration_refuses_what_is_none)
{
	static const char *const cases[] = {
		"", "s", "ms", "-1s", "+1s", " 1s", "1s ", "1 s", "1d", "1S",
		"1.", ".5s", "1.s", "1..5s", "1.5.5s", "1e3", "0x10", "inf",
		"1sm", "1ms1", "1,5s",
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(duration_parse(str_of(cases[i]), &ms) ==
			      MQL_EINVAL, "'%s'", cases[i]);
	ck_assert_int_eq(duration_parse((struct str){ NULL, 0 }, &ms),
			 MQL_EINVAL);
}
END_TEST

START_TEST(duration_refuses_what_does_not_fit)
{
	static const char *const cases[] = {
		"9223372036854775808ms", "9223372036854776s",
		"9223372036854775.9s", "99999999999999999999999999h",
		"2562047788016h",
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		ck_assert_msg(duration_parse(str_of(cases[i]), &ms) ==
			      MQL_ELIMIT, "'%s'", cases[i]);
}
END_TEST

TEST_MAIN(duration, duration_reads_units_and_fractions,
	  duration_refuses_what_is_none, duration_refuses_what_does_not_fit)
