/* eval_threads.h - a plain query over files, by several threads.
 *
 *     parts.h --> thread 1 --> rows of part 0 --+
 *            \--> thread 2 --> rows of part 1 --+--> in order, to the caller
 *             \-> thread 3 --> rows of part 2 --+
 *
 * Each thread has a runner of its own and judges the lines of one part at a
 * time. What comes of the parts is given to the calling thread in the order of
 * the input, so the answer is that of one thread, byte for byte. The threads
 * are never further ahead than a few parts of what has been taken. */
#ifndef CLI_EVAL_THREADS_H
#define CLI_EVAL_THREADS_H

#include "cli/input.h"
#include "common/buf.h"
#include "mql/mql.h"

/* Is the answer for an event the same whatever came before it? Not with
 * groups, windows, order, limit, a sample, or @seq. */
bool eval_threads_allowed(const struct mql_query *q);

/* to += from, or to -= from, for what a plain query counts. */
void eval_stats_add(struct mql_runner_stats *to,
		    const struct mql_runner_stats *from, bool minus);

struct eval_part {
	struct buf rows;         /* a line each */
	struct mql_runner_stats stats;
	const char *name;        /* of the file */
	uint64_t bytes;
	uint64_t nbad, nlong;    /* nlong of the nbad lines are too long */
	uint64_t first_bad;      /* line of the file, when there is one */
	int      err, oserr;     /* why it ends here, or 0 */
};

struct eval_threads {
	const struct mql_query *q;
	const struct input     *in;
	unsigned threads;
	size_t   block, max_event;
	/* Both on the thread of eval_threads_run(), with arg; false: enough.
	 * The part is borrowed. Idle: nothing is ready; waiting: nor has the
	 * input anything more just now. */
	bool (*part)(void *arg, const struct eval_part *part);
	bool (*idle)(void *arg, bool waiting);
	void *arg;
};

/* 0 (stopped early too), or MQL_ENOMEM. Failures of the input are told by the
 * part that ends there. */
int eval_threads_run(const struct eval_threads *how);

#endif
