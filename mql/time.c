/* time.c - points in time, by arithmetic alone: the C library's calendar has
 * a time zone, a locale, and years that end. */
#include "mql/time.h"

#include <math.h>
#include <stdio.h>

enum {
	MS_A_DAY        = 24 * 60 * 60 * 1000,
	DAYS_BEFORE_1970 = 719468, /* from the first of March of the year 0 */
	DAYS_400_YEARS  = 146097,
	MAX_YEAR_DIGITS = 9,       /* int64 milliseconds need no more */
	MAX_TEXT        = 64,      /* a longer one is no time */
};

static const int64_t first_ms = 100 * INT64_C(1000) * 1000 * 1000;

static int64_t
floor_div(int64_t a, int64_t b) /* b > 0 */
{
	return a / b - (a % b < 0);
}

/* --- the calendar ---------------------------------------------------------- */

/* Years begin in March here: then the day that comes and goes is the last of
 * the year, and (153 m + 2) / 5 days lie before its m-th month. A year of the
 * 400 after which all repeats is found by undoing the leap days before it. */

static int64_t
days_of(int64_t year, int month, int day)
{
	const int64_t y = year - (month < 3);
	const int64_t era = floor_div(y, 400), of_era = y - era * 400;
	const int from_march = (month + 9) % 12;

	return era * DAYS_400_YEARS + of_era * 365 + of_era / 4 -
	       of_era / 100 + (153 * from_march + 2) / 5 + day - 1 -
	       DAYS_BEFORE_1970;
}

static void
date_of(int64_t days, struct time_parts *t)
{
	const int64_t era = floor_div(days + DAYS_BEFORE_1970, DAYS_400_YEARS);
	const int d = (int)(days + DAYS_BEFORE_1970 - era * DAYS_400_YEARS);
	const int y = (d - d / 1460 + d / 36524 - d / 146096) / 365;
	const int of_year = d - (365 * y + y / 4 - y / 100);
	const int m = (5 * of_year + 2) / 153;

	t->day = of_year - (153 * m + 2) / 5 + 1;
	t->month = m < 10 ? m + 3 : m - 9;
	t->year = era * 400 + y + (t->month < 3);
}

struct time_parts
time_split(int64_t ms)
{
	const int64_t days = floor_div(ms, MS_A_DAY);
	const int rest = (int)(ms % MS_A_DAY);
	const int of_day = rest < 0 ? rest + MS_A_DAY : rest;
	struct time_parts t = {
		.hour = of_day / 3600000, .minute = of_day / 60000 % 60,
		.second = of_day / 1000 % 60, .ms = of_day % 1000,
		/* 1970 began on a Thursday. */
		.weekday = (int)(days + 3 - floor_div(days + 3, 7) * 7) + 1,
	};

	date_of(days, &t);
	t.yearday = (int)(days - days_of(t.year, 1, 1)) + 1;
	return t;
}

size_t
time_write(int64_t ms, char *out)
{
	const struct time_parts t = time_split(ms);
	const bool plain = t.year >= 0 && t.year <= 9999;
	char part[8] = "";
	int n;

	if (t.ms)
		snprintf(part, sizeof part, ".%03d", t.ms % 1000);
	/* ISO 8601 wants a sign for years that do not have four digits. */
	n = snprintf(out, TIME_TEXT,
		     plain ? "%04lld-%02d-%02dT%02d:%02d:%02d%sZ"
			   : "%+05lld-%02d-%02dT%02d:%02d:%02d%sZ",
		     (long long)t.year, t.month, t.day, t.hour, t.minute,
		     t.second, part);
	return (size_t)n;
}

/* --- ISO 8601 -------------------------------------------------------------- */

static bool
take(struct str *in, char c)
{
	if (!in->len || *in->ptr != c)
		return false;
	in->ptr++;
	in->len--;
	return true;
}

/* From least to most digits. */
static bool
number(struct str *in, int least, int most, int64_t *out)
{
	int n = 0;

	for (*out = 0; n < most && in->len && *in->ptr >= '0' &&
		       *in->ptr <= '9'; n++) {
		*out = *out * 10 + (*in->ptr++ - '0');
		in->len--;
	}
	return n >= least;
}

static bool
two(struct str *in, int min, int max, int *out)
{
	int64_t n;

	if (!number(in, 2, 2, &n) || n < min || n > max)
		return false;
	*out = (int)n;
	return true;
}

static int
days_in(int64_t year, int month)
{
	const bool leap = year % 4 == 0 && (year % 100 || year % 400 == 0);

	return month == 2 ? 28 + leap : 30 + (month + month / 8) % 2;
}

static bool
read_date(struct str *in, struct time_parts *t)
{
	const bool minus = take(in, '-'), sign = minus || take(in, '+');

	if (!number(in, 4, sign ? MAX_YEAR_DIGITS : 4, &t->year))
		return false;
	if (minus)
		t->year = -t->year;
	return take(in, '-') && two(in, 1, 12, &t->month) && take(in, '-') &&
	       two(in, 1, days_in(t->year, t->month), &t->day);
}

/* Digits beyond milliseconds say nothing here. */
static bool
read_fraction(struct str *in, int *ms)
{
	int unit = 100;

	if (!in->len || *in->ptr < '0' || *in->ptr > '9')
		return false;
	for (; in->len && *in->ptr >= '0' && *in->ptr <= '9'; unit /= 10) {
		*ms += (*in->ptr++ - '0') * unit;
		in->len--;
	}
	return true;
}

/* A leap second is the first of the next minute. */
static bool
read_clock(struct str *in, struct time_parts *t)
{
	if (!two(in, 0, 23, &t->hour) || !take(in, ':') ||
	    !two(in, 0, 59, &t->minute))
		return false;
	if (!take(in, ':'))
		return true;
	if (!two(in, 0, 60, &t->second))
		return false;
	return (!take(in, '.') && !take(in, ',')) ||
	       read_fraction(in, &t->ms);
}

/* Nothing, Z, +hh, +hhmm or +hh:mm: the end of the text. */
static bool
read_zone(struct str *in, int *minutes)
{
	int h, m = 0;

	*minutes = 0;
	if (!in->len)
		return true;
	if (take(in, 'Z') || take(in, 'z'))
		return !in->len;
	const bool minus = take(in, '-');
	if ((!minus && !take(in, '+')) || !two(in, 0, 23, &h))
		return false;
	if (in->len && (take(in, ':'), !two(in, 0, 59, &m)))
		return false;
	*minutes = (minus ? -1 : 1) * (h * 60 + m);
	return !in->len;
}

static bool
read_text(struct str in, int64_t *ms)
{
	struct time_parts t = { 0 };
	int zone = 0;
	int64_t of_day;

	if (!read_date(&in, &t))
		return false;
	if (in.len && ((!take(&in, 'T') && !take(&in, 't') &&
			!take(&in, ' ')) ||
		       !read_clock(&in, &t) || !read_zone(&in, &zone)))
		return false;
	of_day = ((t.hour * 60 + t.minute - zone) * 60 + t.second) *
		 INT64_C(1000) + t.ms;
	return !__builtin_mul_overflow(days_of(t.year, t.month, t.day),
				       (int64_t)MS_A_DAY, ms) &&
	       !__builtin_add_overflow(*ms, of_day, ms);
}

/* --- values ---------------------------------------------------------------- */

static bool
read_float(double f, int64_t *ms)
{
	if (!isfinite(f))
		return false;
	if (fabs(f) < (double)first_ms)
		f *= 1000;
	f = round(f); /* 1.234 s are 1233.9999 ms to a processor */
	if (!(fabs(f) < 0x1p63))
		return false;
	*ms = (int64_t)f;
	return true;
}

/* Times before 1970 mirror those after it: what counts is the magnitude. */
bool
time_of_value(const struct value *v, int64_t *ms)
{
	if (v->type == VALUE_STR)
		return v->len <= MAX_TEXT && read_text(value_str(v), ms);
	if (v->type == VALUE_FLOAT)
		return read_float(v->f, ms);
	if (v->type != VALUE_INT)
		return false;
	*ms = v->i > -first_ms && v->i < first_ms ? v->i * 1000 : v->i;
	return true;
}
