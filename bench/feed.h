/* feed.h - a source-job that does nothing but send rows, so that what takes
 * them is the only thing that is measured. A thread of its own. */
#ifndef BENCH_FEED_H
#define BENCH_FEED_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

struct feed {
	const struct str *row;    /* are sent in turn; the user's */
	size_t            nrows;
	uint64_t          rows;   /* to send in all */
	const char       *endpoint; /* where to subscribe; the router's */

	struct wire_context *context;
	struct wire_router  *router;
	pthread_t            thread;
	_Atomic int          stopping;
};

/* row, nrows and rows are filled in. Dies when it cannot. It serves the first
 * who subscribes, within the credit that it gets. */
void feed_start(struct feed *f);
void feed_stop(struct feed *f);

#endif
