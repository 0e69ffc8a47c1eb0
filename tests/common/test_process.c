/* test_process.c - what a process tells of itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/process.h"
#include "tests/check_main.h"

/* The value of a sample, which is there. */
static double
figure(const char *name)
{
	struct buf b = BUF_INIT;
	char line[80];
	const char *at;
	double v;

	process_metrics(&b);
	buf_put_u8(&b, 0);
	ck_assert_int_eq(b.err, 0);
	snprintf(line, sizeof line, "\n%s ", name);
	at = strstr((const char *)b.data, line);
	ck_assert_msg(at != NULL, "no %s", name);
	v = strtod(at + strlen(line), NULL);
	buf_fini(&b);
	return v;
}

START_TEST(a_process_tells_its_time_its_memory_and_its_bounds)
{
	ck_assert(figure("process_cpu_seconds_total") >= 0);
	ck_assert(figure("process_resident_memory_bytes") > 1e5);
	ck_assert(figure("process_max_fds") >= 3);
}
END_TEST

START_TEST(the_heap_is_what_is_in_use_not_what_malloc_keeps)
{
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
	return; /* malloc() is not the C library's */
#endif
	enum { N = 4000, BYTES = 1000 };
	static char *block[N];
	const double before = figure("mql_heap_bytes");
	double most, after;

	for (int i = 0; i < N; i++)
		ck_assert((block[i] = malloc(BYTES)) != NULL);
	most = figure("mql_heap_bytes");
	for (int i = 0; i < N - 1; i++) /* the last holds back the rest */
		free(block[i]);
	after = figure("mql_heap_bytes");
	free(block[N - 1]);
	ck_assert(most - before > 0.9 * N * BYTES);
	ck_assert(after - before < 0.2 * N * BYTES);
}
END_TEST

TEST_MAIN(process, a_process_tells_its_time_its_memory_and_its_bounds,
	  the_heap_is_what_is_in_use_not_what_malloc_keeps)
