/* bench.h - measure, and report beside the limit measured in the same run.
 *
 * A suite prints one line a figure, tab-separated:
 *
 *     suite  name  value  unit  baseline  target
 *
 * Lower is better in all of them; baseline and target may be "-". The figures
 * of one machine say little: the ratio of value to baseline says more.
 * tools/bench.sh makes the table and bench.json. */
#ifndef BENCH_BENCH_H
#define BENCH_BENCH_H

#include <stddef.h>

/* ns per operation of loop(arg, n), which does n of them: the median of seven
 * runs of about 50 ms each. */
double bench_ns(void (*loop)(void *arg, size_t n), void *arg);

/* The p-th percentile (0 to 100) of v; sorts v. */
double bench_percentile(double *v, size_t n, double p);

enum { NONE = -1 }; /* no such baseline or target */

void bench_report(const char *suite, const char *name, double value,
		  const char *unit, double baseline, double target);

/* Say why this suite cannot go on, and exit. */
__attribute__((noreturn, format(printf, 1, 2)))
void bench_die(const char *fmt, ...);

/* The compiler may assume nothing about memory here. */
static inline void
bench_barrier(void)
{
	__asm__ volatile("" ::: "memory");
}

#endif
