/* agents.h - services with real agents, libmql-agent itself: several hundred
 * in a process, several processes.
 *
 *     process:   one thread publishes for all of its agents, in turn
 *                one I/O thread, which all of its agents share
 *     an agent:  its own thread
 *
 * An agent of its own takes three threads; a shared ZeroMQ context (the one
 * thing that differs from a service: agent/agent.h) makes it one, six
 * descriptors, and a megabyte. A thread that looks into its rings every 50 ms
 * while a query is live costs 0.05% of a core, and several times that while
 * rows flow: a thousand agents are half a core, ten thousand more than this
 * machine has. Beyond, bench/peers.h stands in. */
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
