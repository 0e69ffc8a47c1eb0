/* agents.h - services with real agents, libmql-agent itself: several hundred
 * in a process, several processes.
 *
 *     process:   one thread publishes for all of its agents, in turn
 *                an agent: its own thread, and the two of its ZeroMQ
 *
 * An agent takes three threads, a dozen descriptors in a table of its own
 * (agent/descriptors.h: `ulimit -n` does not bound how many there are), and
 * some 100 KB. A thread that looks into its rings every 50 ms while a query is
 * live costs 0.05% of a core, so a thousand are half a core and ten thousand
 * are more than this machine: beyond, bench/peers.h stands in. */
#ifndef BENCH_AGENTS_H
#define BENCH_AGENTS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

enum { AGENTS_PROCESSES = 64 };

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
