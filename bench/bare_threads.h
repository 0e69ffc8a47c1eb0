/* bare_threads.h - peers of a bare router, each with a thread and a ZeroMQ
 * socket of its own, as many in a process, and as many I/O threads, as
 * bench/agents.h has them: what a thousand threads that wake up for a question
 * cost, whatever they do with it. */
#ifndef BENCH_BARE_THREADS_H
#define BENCH_BARE_THREADS_H

#include <sys/types.h>

enum { BARE_THREADS_PROCESSES = 8 };

struct bare_threads {
	unsigned processes;
	pid_t    pid[BARE_THREADS_PROCESSES];
};

/* n peers say hello at the endpoint, and answer what they are asked there.
 * bench_die() when they cannot be started. */
void bare_threads_start(struct bare_threads *t, const char *endpoint,
			unsigned n, unsigned processes);
void bare_threads_stop(struct bare_threads *t);

#endif
