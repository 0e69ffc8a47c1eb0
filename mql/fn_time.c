/* fn_time.c - functions of time, all in UTC. */
#include "mql/fn.h"
#include "mql/time.h"

struct value
fn_now(const struct function_call *c)
{
	return fn_int(c->now);
}

struct value
fn_iso(const struct function_call *c)
{
	uint8_t *to = buf_room(c->scratch, TIME_TEXT);
	const size_t since = c->scratch->len;
	int64_t ms;

	if (!to || !time_of_value(&c->arg[0], &ms))
		return VALUE_NONE;
	c->scratch->len += time_write(ms, (char *)to);
	return fn_written(c, since);
}

/* Buckets are counted from 1970, so a day begins at midnight. */
struct value
fn_time_bucket(const struct function_call *c)
{
	const int64_t width = c->arg[1].i;
	int64_t ms, rest;

	if (width <= 0 || !time_of_value(&c->arg[0], &ms))
		return VALUE_NONE;
	rest = ms % width + (ms % width < 0 ? width : 0);
	return __builtin_sub_overflow(ms, rest, &ms) ? VALUE_NONE : fn_int(ms);
}

/* --- parts of a date --------------------------------------------------------- */

#define PART(part)                                                   \
	struct value fn_##part(const struct function_call *c)        \
	{                                                            \
		int64_t ms;                                          \
		return time_of_value(&c->arg[0], &ms)                \
			       ? fn_int(time_split(ms).part)         \
			       : VALUE_NONE;                         \
	}

PART(year)
PART(month)
PART(day)
PART(hour)
PART(minute)
PART(second)
PART(weekday)
