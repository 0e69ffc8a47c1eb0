/* time.h - points in time as the language reads them. Any thread.
 *
 * A value means a point in time when it is ISO 8601 text (a date, or a date
 * and a time, with Z, an offset or neither, which is UTC), or a number: of
 * seconds below 1e11, of milliseconds from there on. */
#ifndef MQL_TIME_H
#define MQL_TIME_H

#include "event/value.h"

/* Milliseconds since the epoch; false when v is no point in time. */
bool time_of_value(const struct value *v, int64_t *ms);

struct time_parts { /* UTC, proleptic Gregorian */
	int64_t year;
	int     month, day, hour, minute, second, ms;
	int     weekday; /* 1 Monday ... 7 Sunday */
	int     yearday; /* from 1 */
};
struct time_parts time_split(int64_t ms);

/* "2026-11-21T10:20:30.123Z", at most TIME_TEXT bytes with the NUL; the
 * milliseconds are left out when they are 0. Returns the length. */
enum { TIME_TEXT = 40 };
size_t time_write(int64_t ms, char *out);

#endif
