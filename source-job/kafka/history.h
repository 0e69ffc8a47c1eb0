/* history.h - the messages of some partitions, from a time in the past on, in
 * the order of their time.
 *
 *     partition 0  | 10:00 10:03 10:04 ...
 *     partition 1  | 10:01 10:02 ...        --> 10:00 10:01 10:02 10:03 ...
 *     partition 2  | (all read)
 *
 * Each partition is read in its own order, and of those that are known to have
 * more the one goes on whose next message is the oldest: so windows by time
 * are complete as they were when it happened. A partition that has been read
 * to its end holds nobody up; what is produced to it later comes as it comes.
 *
 * A consumer of its own, in no group: nothing is committed, and nobody else's
 * partitions move for it. One owner thread, for which it may wait. */
#ifndef SOURCE_JOB_KAFKA_HISTORY_H
#define SOURCE_JOB_KAFKA_HISTORY_H

#include "source-job/kafka/consumer.h"

struct history; /* opaque */

struct history_options {
	const struct consumer_options *from;
	uint64_t    wanted;    /* topics, a bit each */
	const struct consumer_place *place; /* of these; they are read */
	size_t      nplace;
	int64_t     since;     /* ms since the epoch: from the first message of
				  each partition that is so old or younger;
				  0: from the first that is there */
	bool        until_end; /* nothing behind the end that history_find()
				  has found */
};

struct history_figures {
	uint64_t read, of;   /* offsets, up to the end that was found */
	uint32_t partitions; /* that are read, */
	uint32_t all;        /* of those that the topics have */
	uint64_t mine, whole; /* the sums of their hashes, modulo 2^63: all are
				 read once where those of several histories
				 are as the whole */
	bool     reached;    /* all is read up to that end */
};

/* opt is borrowed; of place a copy is kept. 0; MQL_EINVAL (a wrong property),
 * MQL_ENOMEM or MQL_EOS, and a sentence in why. No broker is needed. */
int history_open(const struct history_options *opt, struct history **out,
		 char *why, size_t nwhy);
void history_close(struct history *h); /* NULL is allowed */

/* Ask a broker where partitions begin and end, and go to the beginning. 0;
 * MQL_ETIMEOUT: nobody has answered within some seconds, try again;
 * MQL_EREFUSED, and a sentence in why: there is no use in that. Once. */
int history_find(struct history *h, char *why, size_t nwhy);

/* Hand the next message to fn, which borrows it; wait so long for one. 0;
 * MQL_ETIMEOUT: none came; MQL_EREFUSED, and a sentence in why. */
int history_take(struct history *h, int wait_ms, consumer_fn fn, void *arg,
		 char *why, size_t nwhy);

/* After history_find(). */
void history_look(const struct history *h, struct history_figures *out);

#endif
