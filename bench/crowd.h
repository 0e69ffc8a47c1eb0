/* crowd.h - many HTTP clients in a few processes of their own, which count
 * the rows that they get: each row of these benchmarks holds one `~`, and
 * nothing else does. */
#ifndef BENCH_CROWD_H
#define BENCH_CROWD_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { CROWD_PROCESSES = 2 };

struct crowd_part { /* shared with its process */
	_Atomic uint64_t connected;
	_Atomic uint64_t rows;
	_Atomic int64_t  last; /* when the latest row came: clock_mono_ns() */
};

struct crowd {
	struct crowd_part *part;
	pid_t              pid[CROWD_PROCESSES];
	unsigned           n;
};

struct crowd_options {
	unsigned    n;
	uint16_t    port;    /* of 127.0.0.1 */
	const char *path;
	unsigned    queries; /* not 0: client i has i modulo this behind it */
	bool        tls;     /* whatever the certificate is */
};

/* The clients ask; returns when all have got the head of their answer. */
void crowd_start(struct crowd *c, const struct crowd_options *opt);
void crowd_stop(struct crowd *c);

/* They read nothing from now on; and again. */
void crowd_stall(const struct crowd *c, bool on);

/* Wait until all have got so many rows in all. When the last one came. */
int64_t crowd_await(const struct crowd *c, uint64_t rows);
uint64_t crowd_rows(const struct crowd *c);

#endif
