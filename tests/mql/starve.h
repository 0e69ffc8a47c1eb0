/* starve.h - an allocation that fails when a test says so. The program is
 * linked with -Wl,--wrap for the three below, so the library needs no hook. */
#ifndef TESTS_MQL_STARVE_H
#define TESTS_MQL_STARVE_H

#include <stdbool.h>
#include <stddef.h>

/* So many allocations succeed, then one fails; -1: none does. */
static long countdown = -1;

static bool
fails(void)
{
	return countdown >= 0 && countdown-- == 0;
}

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t m);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t m);
void *__wrap_realloc(void *p, size_t n);

void *
__wrap_malloc(size_t n)
{
	return fails() ? NULL : __real_malloc(n);
}

void *
__wrap_calloc(size_t n, size_t m)
{
	return fails() ? NULL : __real_calloc(n, m);
}

void *
__wrap_realloc(void *p, size_t n)
{
	return fails() ? NULL : __real_realloc(p, n);
}

#endif
