/* replay.h - the history of topics for one query.
 *
 *     brokers --> history.h --> an agent of its own --> our agents' door
 *                               label mql.replay=ID
 *
 * A thread reads the messages of our share of the partitions in the order of
 * their time, and publishes them to an agent that only the query of that ID is
 * told to (source-job/at.h). So all that is true of live messages (source.h) is
 * true here, and nothing is shared with live queries. It waits: for the query
 * to be live, for room in the agent's ring, and while it is held. What is
 * produced meanwhile is read behind what was there, by the same consumer: there
 * is no seam.
 *
 * Our share are the partitions that the group has given us when it begins. It
 * stays so, whoever has them later. */
#ifndef SOURCE_JOB_KAFKA_REPLAY_H
#define SOURCE_JOB_KAFKA_REPLAY_H

#include "source-job/kafka/consumer.h"
#include "source-job/kafka/history.h"

struct replay; /* opaque */

enum { REPLAY_WHY = 400 };

struct replay_options {
	const struct consumer_options *from; /* borrowed */
	const struct consumer *member;       /* likewise: whose share it is */
	const char *source_job; /* whom its agent tells */
	uint64_t    id;         /* of the query */
	uint64_t    wanted;     /* topics, a bit each */
	int64_t     since;      /* see history.h */
	bool        until_end;
};

enum replay_state {
	REPLAY_BEGINS,
	REPLAY_READS,
	REPLAY_LIVE,   /* what was there at first is read */
	REPLAY_ENDED,  /* likewise, and the agent has sent all that came of
			  it: that was asked for */
	REPLAY_FAILED, /* there is no use in going on */
};

struct replay_stats {
	enum replay_state state;
	struct history_figures history; /* from REPLAY_READS on */
	uint64_t messages, bytes; /* that came of it */
	uint64_t tombstones;    /* of these: without a value */
	uint64_t large;         /* larger than an event may be */
	uint64_t sent;          /* REPLAY_ENDED: by the agent, in all */
	const char *why;        /* REPLAY_FAILED */
};

/* Start the thread; opt is copied, but for what is borrowed. 0, MQL_ENOMEM or
 * MQL_EOS. Never waits, as all here but replay_close(). Owner's thread, as
 * all but replay_look(). */
int replay_open(const struct replay_options *opt, struct replay **out);

/* Publish nothing for now (true), or go on. */
void replay_hold(struct replay *r, bool hold);

/* Publish nothing any more, and say goodbye. */
void replay_stop(struct replay *r);

/* After replay_stop(): is all done, so that replay_close() need not wait? */
bool replay_is_over(struct replay *r);

void replay_close(struct replay *r); /* NULL is allowed */

/* Any thread. */
void replay_look(struct replay *r, struct replay_stats *out);

#endif
