/* replays.h - subscriptions to the history of Kafka's topics.
 *
 *     subscription --> query of its own --> an agent of its own
 *         |                                      ^
 *         +--> struct replaying --> the thread of kafka/replay.h
 *
 * Such a subscription has its query for itself: the agent that brings the
 * messages is the only one that is asked it, and is asked nothing else (at.h).
 * Nothing is dropped for want of room: while half of the subscriber's queue is
 * full, the thread is held. What is on its way then goes into the queue all
 * the same, beyond its limit: an agent's ring, its credit and a stage.
 *
 * The job's thread. */
#ifndef SOURCE_JOB_REPLAYS_H
#define SOURCE_JOB_REPLAYS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "source-job/kafka/replay.h"

struct job;
struct mql_query;
struct sub;
struct wire_replay;
struct wire_subscribe;

struct replaying {
	LIST_ENTRY(replaying) entry;
	struct sub    *sub;    /* NULL: it has gone, and the thread goes, too */
	struct replay *replay; /* NULL: it has not begun */
	uint64_t       id;     /* of the query */
	uint64_t       wanted; /* topics */
	bool           until_end;
	bool           held;
	enum replay_state told; /* what the subscriber knows, */
	bool           shared; /* and which partitions are read: before that he
				  takes no rows */
	int64_t        looked; /* ms */
};

struct replays {
	LIST_HEAD(, replaying) all;
	size_t n;
};

/* What m asks for, to be begun; NULL: no replay. 0; MQL_EUNSUP, MQL_EINVAL or
 * MQL_ELIMIT and a sentence in why; or MQL_ENOMEM. */
int replays_admit(struct job *j, const struct wire_subscribe *m,
		  const struct mql_query *compiled, struct replaying **out,
		  const char **why);

/* s has joined its query. 0, MQL_ENOMEM or MQL_EOS. */
int replays_begin(struct job *j, struct sub *s, const struct wire_subscribe *m);

/* s wants no more rows: publish nothing for it. Without a replay nothing is
 * done, here as below. */
void replays_leave(struct sub *s);
/* s is gone. */
void replays_forget(struct job *j, struct sub *s);

/* End of a turn: hold those whose subscriber is slow, end what has ended. */
void replays_turn(struct job *j);

/* At the end of the daemon, before that of its source: waits for threads. */
void replays_fini(struct job *j);

/* What META says of it, which is about to be sent. */
void replays_tell(const struct sub *s, struct wire_replay *out);

#endif
