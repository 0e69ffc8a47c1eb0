/* agents.h - services with real agents, libmql-agent itself: several hundred
 * in a process, several processes.
 *
 *     process:   one thread publishes for all of its agents, in turn
 *                one does what their own threads would do (agents_loop.h)
 *                one I/O thread, which all of its agents share
 *
 * An agent of its own takes three threads; here it takes none, six descriptors,
 * and a megabyte at most. What it does is what it does in a service, but for
 * when it is waked. Beyond what there is memory for, bench/peers.h stands in.
 */
#ifndef BENCH_AGENTS_H
#define BENCH_AGENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum {
	AGENTS_PROCESSES  = 64,
	AGENTS_IN_PROCESS = 1000, /* each has one of its 1,024 thread keys */
};

struct agents_options {
	const char *source_job;
	unsigned    n, processes; /* agents in all */
	uint64_t    rate;  /* events a second of each */
	bool        large; /* events of 3 KB (corpus.h), not of 300 bytes */
};

struct agents_knobs {
	_Atomic uint64_t rate;
	_Atomic uint32_t churn; /* agents of each process that say goodbye a
				   second; as many others come */
};

/* Of processes that were killed, what they had counted stays. */
struct agents_sum {
	uint64_t published; /* while a query was live there */
	uint64_t opened, closed;
};

struct agents; /* opaque */

/* bench_die() when they cannot be started. */
struct agents *agents_start(const struct agents_options *opt);
struct agents_knobs *agents_knobs(struct agents *a);
struct agents_sum agents_sum(const struct agents *a);

/* kill -9 for the k-th process; another one takes its place. */
void agents_kill(struct agents *a, unsigned k);

/* All say goodbye and hand over what they have; waits for them. NULL is
 * allowed. */
void agents_stop(struct agents *a);

#endif
