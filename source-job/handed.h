/* handed.h - how far the rows of saved queries have got: what offsets of Kafka
 * are committed by.
 *
 *     kafka/offsets.h: all that came of messages up to here has been sent by
 *     our own agents ------- a mark ------->|
 *                                           v
 *     their next heartbeats are heard: it is in the subscribers' queues
 *     these queues are sent, as far as they go now
 *     all of it is acknowledged, by the subscribers' credit
 *                                           |
 *     the offsets are committed <-----------+
 *
 * Where a link of theirs broke meanwhile, rows may have been lost on it: then
 * nothing is committed, and what is not is read once more.
 *
 * Credit is what a subscriber has consumed, plus a window that does not change;
 * so it says what has been consumed, and where it can, also how many rows are
 * done with. A subscriber that is gone is not waited
 * for, and while nobody subscribes to a saved query its rows are handed to
 * nobody: see saved.h. Rows that were put into groups or windows count as
 * handed over. The job's thread. */
#ifndef SOURCE_JOB_HANDED_H
#define SOURCE_JOB_HANDED_H

#include <stdbool.h>
#include <stdint.h>

#include "source-job/own.h"

struct job;
struct op;

struct handed {
	int64_t heard[OWN_N]; /* ms since the epoch: all that ours said till
				 then has been taken */
	int64_t mark;         /* 0: none is followed */
	bool    queued;       /* it is in the subscribers' queues */
};

/* Of a subscription to a saved query: how far the mark has got. */
struct hand {
	enum { HAND_DONE, HAND_QUEUED, HAND_SENT } at;
	uint64_t rows; /* until so many are delivered, or done with */
	uint64_t used; /* HAND_SENT: or until so much credit was consumed */
};

/* OP_HEARD. */
void handed_heard(struct job *j, const struct op *op);

/* Some times a second. */
void handed_tick(struct job *j);

#endif
