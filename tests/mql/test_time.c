#include <stdio.h>

#include "mql/time.h"
#include "tests/check_main.h"

static const int64_t epoch_ms = INT64_C(1600000000123);

static bool
read_text(const char *text, int64_t *ms)
{
	const struct value v = { .type = VALUE_STR, .ptr = text,
				 .len = (uint32_t)strlen(text) };

	return time_of_value(&v, ms);
}

static const char *
write(int64_t ms)
{
	static char text[TIME_TEXT];

	ck_assert_uint_lt(time_write(ms, text), TIME_TEXT);
	return text;
}

START_TEST(time_is_read_from_iso_text)
{
	static const struct { const char *text; int64_t ms; } t[] = {
		{ "1970-01-01", 0 },
		{ "1970-01-01T00:00:00Z", 0 },
		{ "1970-01-01T00:00", 0 },
		{ "1970-01-01 00:00:01", 1000 },
		{ "1970-01-01t00:00:01z", 1000 },
		{ "2020-09-13T12:26:40.123Z", epoch_ms },
		{ "2020-09-13T12:26:40,123", epoch_ms },
		{ "2020-09-13T12:26:40.123999999Z", epoch_ms },
		{ "2020-09-13T12:26:40.1Z", epoch_ms - 23 },
		{ "2020-09-13T14:26:40.123+02:00", epoch_ms },
		{ "2020-09-13T14:26:40.123+0200", epoch_ms },
		{ "2020-09-13T14:26:40.123+02", epoch_ms },
		{ "2020-09-13T07:56:40.123-04:30", epoch_ms },
		{ "2020-09-13T12:26:40.123-00:00", epoch_ms },
		{ "2016-12-31T23:59:60Z", INT64_C(1483228800000) },
		{ "2000-02-29", INT64_C(951782400000) },
		{ "1969-12-31T23:59:59.999Z", -1 },
		{ "0000-03-01", INT64_C(-62162035200000) },
		{ "-0001-12-31", INT64_C(-62167305600000) },
		{ "+10000-01-01", INT64_C(253402300800000) },
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		ck_assert_msg(read_text(t[i].text, &ms), "%s", t[i].text);
		ck_assert_msg(ms == t[i].ms, "%s is %lld", t[i].text,
			      (long long)ms);
	}
}
END_TEST

START_TEST(time_refuses_what_is_no_point_in_time)
{
	static const char *const t[] = {
		"", " ", "today", "2020", "2020-09", "2020-9-13", "20200913",
		"2020-00-01", "2020-13-01", "2020-01-00", "2020-01-32",
		"2020-04-31", "2021-02-29", "1900-02-29", "2020-09-13T",
		"2020-09-13T12", "2020-09-13T24:00", "2020-09-13T12:60",
		"2020-09-13T12:26:61", "2020-09-13T12:26:40.",
		"2020-09-13T12:26:40.Z", "2020-09-13T12:26:40ZZ",
		"2020-09-13T12:26:40 ", " 2020-09-13", "2020-09-13Z",
		"2020-09-13T12:26:40+24:00", "2020-09-13T12:26:40+02:60",
		"2020-09-13T12:26:40+2", "2020-09-13T12:26:40+02:",
		"2020-09-13T12:26:40+02:00x", "2020-09-13T12:26:40 CET",
		"12020-09-13", "+1234567890-01-01", "+999999999-01-01",
		"-999999999-01-01", "1600000000", "++2020-01-01",
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		ck_assert_msg(!read_text(t[i], &ms), "%s", t[i]);
}
END_TEST

START_TEST(time_text_has_an_end)
{
	char text[100];
	int64_t ms;

	snprintf(text, sizeof text, "2020-09-13T12:26:40.%043dZ", 0);
	ck_assert(read_text(text, &ms)); /* 64 bytes */
	snprintf(text, sizeof text, "2020-09-13T12:26:40.%044dZ", 0);
	ck_assert(!read_text(text, &ms));
}
END_TEST

START_TEST(time_is_read_from_numbers)
{
	static const struct { struct value v; bool is; int64_t ms; } t[] = {
		{ { .type = VALUE_INT, .i = 0 }, true, 0 },
		{ { .type = VALUE_INT, .i = 1600000000 }, true,
		  INT64_C(1600000000000) },
		{ { .type = VALUE_INT, .i = INT64_C(1600000000123) }, true,
		  INT64_C(1600000000123) },
		{ { .type = VALUE_INT, .i = INT64_C(99999999999) }, true,
		  INT64_C(99999999999000) },
		{ { .type = VALUE_INT, .i = INT64_C(100000000000) }, true,
		  INT64_C(100000000000) },
		{ { .type = VALUE_INT, .i = -5 }, true, -5000 },
		{ { .type = VALUE_INT, .i = INT64_C(-100000000000) }, true,
		  INT64_C(-100000000000) },
		{ { .type = VALUE_INT, .i = INT64_MIN }, true, INT64_MIN },
		{ { .type = VALUE_INT, .i = INT64_MAX }, true, INT64_MAX },
		{ { .type = VALUE_FLOAT, .f = 1600000000.123 }, true,
		  INT64_C(1600000000123) },
		{ { .type = VALUE_FLOAT, .f = 1600000000123.4 }, true,
		  INT64_C(1600000000123) },
		{ { .type = VALUE_FLOAT, .f = -0.001 }, true, -1 },
		{ { .type = VALUE_FLOAT, .f = 0x1p63 }, false, 0 },
		{ { .type = VALUE_FLOAT, .f = -1e300 }, false, 0 },
		{ { .type = VALUE_FLOAT, .f = __builtin_inf() }, false, 0 },
		{ { .type = VALUE_FLOAT, .f = __builtin_nan("") }, false, 0 },
		{ { .type = VALUE_NULL }, false, 0 },
		{ { .type = VALUE_BOOL, .b = true }, false, 0 },
		{ { .type = VALUE_ARRAY, .ptr = "[]", .len = 2 }, false, 0 },
		{ { .type = VALUE_OBJECT, .ptr = "{}", .len = 2 }, false, 0 },
	};
	int64_t ms;

	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		ck_assert_msg(time_of_value(&t[i].v, &ms) == t[i].is,
			      "case %zu", i);
		ck_assert_msg(!t[i].is || ms == t[i].ms, "case %zu", i);
	}
}
END_TEST

START_TEST(time_is_written_as_iso_text)
{
	ck_assert_str_eq(write(0), "1970-01-01T00:00:00Z");
	ck_assert_str_eq(write(epoch_ms), "2020-09-13T12:26:40.123Z");
	ck_assert_str_eq(write(7), "1970-01-01T00:00:00.007Z");
	ck_assert_str_eq(write(-1), "1969-12-31T23:59:59.999Z");
	ck_assert_str_eq(write(INT64_C(253402300799000)),
			 "9999-12-31T23:59:59Z");
	ck_assert_str_eq(write(INT64_C(253402300800000)),
			 "+10000-01-01T00:00:00Z");
	ck_assert_str_eq(write(INT64_C(-62167305600000)),
			 "-0001-12-31T00:00:00Z");
	ck_assert_str_eq(write(INT64_MAX), "+292278994-08-17T07:12:55.807Z");
	ck_assert_str_eq(write(INT64_MIN), "-292275055-05-16T16:47:04.192Z");
}
END_TEST

START_TEST(time_reads_what_it_wrote)
{
	const int64_t day = 86400000, step = day * 97 + 12345678;
	int64_t ms;

	for (int64_t t = -step * 10000; t < step * 10000; t += step) {
		ck_assert(read_text(write(t), &ms));
		ck_assert_int_eq(ms, t);
	}
	ck_assert(read_text(write(INT64_MAX), &ms) && ms == INT64_MAX);
	ck_assert(read_text(write(INT64_MIN + day), &ms) &&
		  ms == INT64_MIN + day);
	ck_assert(!read_text("-292275055-05-15", &ms));
	ck_assert(!read_text("+292278994-08-18", &ms));
}
END_TEST

/* Each day is the one after the day before, by the rules that people know. */
START_TEST(time_calendar_has_every_day_once)
{
	static const int length[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
				      30, 31 };
	int64_t year = -401, ms = INT64_C(-74821536000000);
	int month = 1, day = 1, yearday = 1, weekday;

	weekday = time_split(ms).weekday;
	for (; year < 2420; ms += 86400000) {
		const struct time_parts t = time_split(ms + 86399999);
		ck_assert(t.year == year && t.month == month && t.day == day);
		ck_assert(t.yearday == yearday && t.weekday == weekday);
		const bool leap = year % 4 == 0 &&
				  (year % 100 != 0 || year % 400 == 0);
		weekday = weekday % 7 + 1;
		yearday++;
		if (day++ < length[month - 1] + (leap && month == 2))
			continue;
		day = 1;
		if (month++ == 12) {
			month = yearday = 1;
			year++;
		}
	}
	ck_assert_int_eq(time_split(0).weekday, 4); /* a Thursday */
	ck_assert_int_eq(ms, INT64_C(14200617600000)); /* 2420-01-01 */
}
END_TEST

START_TEST(time_splits_a_day)
{
	const struct time_parts t = time_split(epoch_ms);

	ck_assert_int_eq(t.hour, 12);
	ck_assert_int_eq(t.minute, 26);
	ck_assert_int_eq(t.second, 40);
	ck_assert_int_eq(t.ms, 123);
	ck_assert_int_eq(t.weekday, 7);
	ck_assert_int_eq(t.yearday, 257);
}
END_TEST

TEST_MAIN(time, time_is_read_from_iso_text,
	  time_refuses_what_is_no_point_in_time, time_text_has_an_end,
	  time_is_read_from_numbers, time_is_written_as_iso_text,
	  time_reads_what_it_wrote, time_calendar_has_every_day_once,
	  time_splits_a_day)
