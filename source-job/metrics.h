/* metrics.h - the daemon's figures in Prometheus' text format 0.0.4. */
#ifndef SOURCE_JOB_METRICS_H
#define SOURCE_JOB_METRICS_H

#include "common/buf.h"

struct job;

void metrics_write(const struct job *j, struct buf *out);

#endif
