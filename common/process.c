#include "common/process.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#ifdef __GLIBC__
#include <malloc.h>
#endif

#include "common/prom.h"

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t
resident_bytes(void)
{
	unsigned long long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");

	if (f && fscanf(f, "%llu %llu", &size, &resident) != 2)
		resident = 0;
	if (f)
		fclose(f);
	return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Of all arenas, and of the blocks that have a mapping each. 0: not known. */
static uint64_t
heap_bytes(void)
{
#ifdef __GLIBC__ /* 2.33 and later */
	const struct mallinfo2 m = mallinfo2();

	return (uint64_t)m.uordblks + m.hblkhd;
#else
	return 0;
#endif
}

void
process_metrics(struct buf *out)
{
	const uint64_t heap = heap_bytes();
	struct rlimit files = { 0 };

	getrlimit(RLIMIT_NOFILE, &files);
	buf_printf(out,
		   "# HELP process_cpu_seconds_total Processor time of all "
		   "threads.\n# TYPE process_cpu_seconds_total counter\n"
		   "process_cpu_seconds_total %.3f\n"
		   "# HELP process_resident_memory_bytes Resident memory.\n"
		   "# TYPE process_resident_memory_bytes gauge\n"
		   "process_resident_memory_bytes %" PRIu64 "\n"
		   "# HELP process_max_fds File descriptors at most.\n"
		   "# TYPE process_max_fds gauge\nprocess_max_fds %ju\n",
		   cpu_seconds(), resident_bytes(), (uintmax_t)files.rlim_cur);
	if (heap)
		prom_put(out, "heap_bytes", "gauge",
			 "Memory that malloc() has given out", heap);
}
