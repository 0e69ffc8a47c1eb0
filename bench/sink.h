/* sink.h - a real mql-sink-sse to measure. */
#ifndef BENCH_SINK_H
#define BENCH_SINK_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/scratch.h"

struct sink {
	pid_t    pid;
	uint16_t port;
	char     folder[SCRATCH_PATH]; /* of its certificate; "": none */
};

/* Start dir/mql-sink-sse with two threads on a free port and wait until it
 * serves; with TLS by a certificate that openssl makes for it. Dies when it
 * does not start; false: there is no openssl. */
bool sink_start(struct sink *s, const char *dir, const char *source_job,
		bool tls);
void sink_stop(struct sink *s);

double sink_memory(const struct sink *s); /* resident, bytes */

/* A number of /metrics, without TLS. */
uint64_t sink_metric(const struct sink *s, const char *name);

#endif
