/* process.h - what the process itself takes, for Prometheus. Any thread; reads
 * /proc, and nothing is kept. */
#ifndef COMMON_PROCESS_H
#define COMMON_PROCESS_H

#include "common/buf.h"

/* Processor time, resident memory, descriptors: under the names that are the
 * same for every program. And mql_heap_bytes, what malloc() has given out and
 * not got back: of the resident memory the rest is code, stacks and what the
 * allocator keeps for the next burst, so that only this one tells a leak. It is
 * left out where the C library does not say. */
void process_metrics(struct buf *out);

#endif
