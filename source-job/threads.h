/* threads.h - the processor time of all threads of the process, by their names,
 * as Linux knows it. Any thread; reads /proc, and nothing is kept. */
#ifndef SOURCE_JOB_THREADS_H
#define SOURCE_JOB_THREADS_H

#include <stddef.h>

enum { THREAD_NAME = 16, THREADS_MAX = 64 };

struct thread_cpu { /* those of one name are one */
	char   name[THREAD_NAME]; /* letters, digits and /-_. */
	double seconds;           /* to a hundredth */
};

/* How many names there are in out, which has room for THREADS_MAX; what is
 * beyond that is left out. 0 where /proc does not say. */
size_t threads_cpu(struct thread_cpu *out);

#endif
