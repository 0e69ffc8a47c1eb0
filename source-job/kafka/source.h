/* source.h - a topic's messages are events: what agents are to services.
 *
 *     broker --> consumer.c --> an agent of our own --> our agents' door
 *                               app kafka, a stream
 *                               for each topic
 *
 * A thread reads messages and publishes their values through mql/agent.h, and
 * that agent's link goes over the wire as any other's: matcher, partial
 * aggregation, books and credit are those of agents, and nothing of the daemon
 * knows where these events come from. While the ring is full the thread waits,
 * and messages wait at the broker: none is lost for that.
 *
 * Messages from before a partition was ours are for saved queries only: they go
 * through a second agent, which is there while there are any.
 *
 * @ts is the time of the message, as producer or broker has set it. */
#ifndef SOURCE_JOB_KAFKA_SOURCE_H
#define SOURCE_JOB_KAFKA_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/options.h"
#include "common/str.h"
#include "source-job/kafka/offsets.h"
#include "source-job/own.h"

struct kafka_source; /* opaque */
struct replay;

enum {
	KAFKA_TOPICS_MAX = 64, /* streams of an agent */
	KAFKA_EVENT_BYTES = 1 << 20,
};

struct kafka_source_options {
	const char *bootstrap;
	const char *topics; /* a comma list */
	const char *group;
	const struct option_list *property; /* property=value; may be NULL */
	const char *source_job; /* whom its agent tells: agents' endpoint */
	unsigned    max_queries; /* that it may be asked; 0: 256 */
	uint64_t    token;      /* by which its agents are known: own.h */
	bool        waits;      /* for kafka_source_asked(), before it reads */
};

struct kafka_source_stats {
	uint64_t messages, bytes;
	uint64_t unasked;    /* of these: while no query was live */
	uint64_t tombstones; /* of these: without a value */
	uint64_t bad;        /* no JSON objects, among those that were asked;
				tombstones and large ones too */
	uint64_t large;      /* of more bytes than an event may have */
	uint64_t lag;        /* messages that are still to come */
	struct offsets_figures offsets;
	unsigned partitions; /* that are ours now */
	uint32_t queries;    /* that are live */
	bool     failed;     /* there is no use in going on; it has been said */
};

/* Start the thread. opt is copied, but for property, which is borrowed. 0;
 * MQL_EINVAL (a wrong property or topic), MQL_EADDRESS, MQL_ELIMIT (more than
 * 64 topics), MQL_ENOMEM or MQL_EOS, and a sentence in why. No broker is
 * needed. Start-up only. */
int kafka_source_open(const struct kafka_source_options *opt,
		      struct kafka_source **out, char *why, size_t nwhy);

/* Say goodbye, leave the group, stop the thread. NULL is allowed. */
void kafka_source_close(struct kafka_source *s);

/* --- for saved queries: see offsets.h and handed.h. Any thread --------------- */

/* As of this time, in ms since the epoch, an agent of it has been asked all
 * saved queries, and has answered. */
void kafka_source_asked(struct kafka_source *s, enum own which, int64_t at);

/* As offsets_keep(), offsets_mark(), offsets_handed() and offsets_again(). */
void kafka_source_keep(struct kafka_source *s, int64_t since);
int64_t kafka_source_mark(const struct kafka_source *s, bool *late);
void kafka_source_handed(struct kafka_source *s, int64_t mark);
void kafka_source_again(struct kafka_source *s);

/* Those of the topics that are wanted, a bit each. Any thread. */
uint64_t kafka_source_topics(const struct kafka_source *s,
			     bool (*wants)(const void *arg, struct str topic),
			     const void *arg);

/* Begin to replay these for the query of that id: see replay.h. The source is
 * borrowed for its life. As replay_open(). */
int kafka_source_replay(const struct kafka_source *s, uint64_t id,
			uint64_t wanted, int64_t since, bool until_end,
			struct replay **out);

/* Any thread. */
void kafka_source_stats(const struct kafka_source *s,
			struct kafka_source_stats *out);
bool kafka_source_failed(const struct kafka_source *s); /* as in there */

/* In Prometheus' text format. Any thread. */
void kafka_source_metrics(const struct kafka_source *s, struct buf *out);

#endif
