/* latency.h - how long things take, as a histogram of Prometheus.
 *
 * One thread adds, any thread may read (counters.h). Buckets are counted apart
 * and summed up when they are written. */
#ifndef SOURCE_JOB_LATENCY_H
#define SOURCE_JOB_LATENCY_H

#include <stdatomic.h>
#include <stdint.h>

/* Upper bounds in us, and as Prometheus writes them in seconds. */
#define LATENCY_BUCKETS(X)                                              \
	X(100, "0.0001") X(250, "0.00025") X(500, "0.0005")             \
	X(1000, "0.001") X(2500, "0.0025") X(5000, "0.005")             \
	X(10000, "0.01") X(25000, "0.025") X(50000, "0.05")             \
	X(100000, "0.1") X(250000, "0.25") X(500000, "0.5")             \
	X(1000000, "1") X(2500000, "2.5") X(5000000, "5")               \
	X(10000000, "10")

enum {
#define X(us, text) + 1
	LATENCY_NBUCKETS = 0 LATENCY_BUCKETS(X)
#undef X
};

struct latency {
	_Atomic uint64_t bucket[LATENCY_NBUCKETS + 1]; /* the last: longer */
	_Atomic uint64_t us; /* the sum of all */
};

/* n things took so many us each; less than none is none. The owner. */
void latency_add(struct latency *l, int64_t us, uint64_t n);

/* to is another thread's no more: what from has is added. */
void latency_sum(const struct latency *from, struct latency *to);

/* The samples of mql_NAME_seconds. */
struct buf;
void latency_write(const struct latency *l, const char *name, struct buf *out);

#endif
