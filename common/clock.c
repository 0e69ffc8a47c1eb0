/* clock.c - see clock.h. */
#include "common/clock.h"

#include <time.h>

enum { NS_PER_MS = 1000 * 1000 };

static int64_t
now_ns(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 * NS_PER_MS + t.tv_nsec;
}

int64_t
clock_mono_ms(void)
{
	return now_ns(CLOCK_MONOTONIC) / NS_PER_MS;
}

int64_t
clock_mono_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

int64_t
clock_wall_ms(void)
{
	return now_ns(CLOCK_REALTIME) / NS_PER_MS;
}

int64_t
clock_wall_us(void)
{
	return now_ns(CLOCK_REALTIME) / 1000;
}

int64_t
clock_thread_ns(void)
{
	return now_ns(CLOCK_THREAD_CPUTIME_ID);
}
