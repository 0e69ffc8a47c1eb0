/* descriptors.h - how many a process has, for tests that look at leaks. */
#ifndef TESTS_DESCRIPTORS_H
#define TESTS_DESCRIPTORS_H

#include <check.h>
#include <dirent.h>

/* Those that are open in this thread's table, and a few more: the same few
 * each time. */
static inline unsigned
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	ck_assert_ptr_nonnull(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

#endif
