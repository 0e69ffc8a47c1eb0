/* counters.h - what is counted for /metrics: numbers that one thread counts and
 * any thread may read.
 *
 * One writer needs no atomic addition: a load and a store, neither of which
 * can be torn. A reader gets a number of a moment ago. */
#ifndef SOURCE_JOB_COUNTERS_H
#define SOURCE_JOB_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

#include "source-job/latency.h"

/* The thread that counts. */
static inline void
counter_set(_Atomic uint64_t *c, uint64_t n)
{
	atomic_store_explicit(c, n, memory_order_relaxed);
}

static inline void
counter_add(_Atomic uint64_t *c, uint64_t n)
{
	counter_set(c, atomic_load_explicit(c, memory_order_relaxed) + n);
}

/* Any thread. */
static inline uint64_t
counter_get(const _Atomic uint64_t *c)
{
	return atomic_load_explicit(c, memory_order_relaxed);
}

/* Rows; of a partial its events. The job and each worker have their own;
 * /metrics gives the sum. X(name, help) */
#define JOB_COUNTERS(X)                                                  \
	X(rows_in,    "Rows received from agents")                       \
	X(partials_in, "Partials received from agents")                  \
	X(folded_in,  "Events received in partials")                     \
	X(rows_out,   "Rows handed to subscribers")                      \
	X(rows_bad,   "Rows that were no line of JSON, dropped")         \
	X(rows_stray, "Rows of a query that does not run there, dropped") \
	X(rows_lost,  "Rows lost on the link, by gaps in sequence numbers") \
	X(folded,     "Rows put into groups, or held in order")          \
	X(results,    "Rows made of groups, or of what was held")        \
	X(rows_unkept, "Rows of saved queries while nobody subscribed")  \
	X(rows_unsure, "Rows handed to subscribers that ended without a word, " \
		       "and had not said that they have done with them")  \
	X(subs_refused, "Subscriptions refused to peers that have too many")

/* Rows dropped, by cause. X(name, cause) */
#define JOB_DROPS(X)                                                     \
	X(drop_slow,     "subscriber_slow")                              \
	X(drop_limit,    "past_limit")                                   \
	X(drop_late,     "no_open_window")                               \
	X(drop_overflow, "no_memory_for_groups")

/* X(name, help) */
#define JOB_LATENCIES(X)                                                 \
	X(row,    "From an agent's sending of rows to their hand-over to a " \
		  "subscriber's socket, by the first of each message")   \
	X(window, "From the end of a window of @ts to its rows")         \
	X(agent_round_trip, "From us to an agent and back")

struct job_counters {
#define X(name, help) _Atomic uint64_t name;
	JOB_COUNTERS(X)
	JOB_DROPS(X)
#undef X
#define X(name, help) struct latency name##_latency;
	JOB_LATENCIES(X)
#undef X
};

#endif
