/* history_own.h - what the files of history share: history.c (life, and
 * messages in the order of their time) and history_find.c (where partitions
 * begin and end). */
#ifndef SOURCE_JOB_KAFKA_HISTORY_OWN_H
#define SOURCE_JOB_KAFKA_HISTORY_OWN_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>

#include "source-job/kafka/history.h"

enum { HISTORY_BATCH = 256 }; /* messages out of a queue at once */

enum stand {
	LACKING, /* what comes next is not here yet: the others wait for it */
	AT_HAND, /* in the heap */
	IDLE,    /* all that was there at first is read */
	DONE,    /* likewise, and no more is wanted */
};

struct part {
	size_t  topic;
	int32_t partition;
	int64_t begin, end; /* offsets: of what was there at first */
	int64_t at;         /* the next one */
	bool    started;
	enum stand stand;
	rd_kafka_message_t *batch[HISTORY_BATCH];
	size_t  next, n;    /* of it */
};

struct history {
	struct history_options opt;
	rd_kafka_t        *rk;
	rd_kafka_topic_t **topic; /* of the list; NULL: not wanted */
	struct part       *part;
	size_t             npart;
	struct part      **heap;  /* with a message at hand, oldest first */
	size_t             nheap;
	size_t             nreached;
	size_t             nlacking;
	unsigned           looked;   /* messages since those that are idle
					were looked at */
	struct history_figures figures;
	_Atomic bool       refused;  /* the broker does not know us */
};

/* What the broker says of a topic, by its place in the list: 0; MQL_ETIMEOUT:
 * try again; MQL_EREFUSED, and a sentence in why. */
int history_judge(const struct history *h, rd_kafka_resp_err_t err,
		  size_t topic, char *why, size_t nwhy);

/* Ask where all parts begin and end, and which partitions there are: into the
 * parts and *to. As history_find(), any number of times. */
int history_measure(struct history *h, struct history_figures *to, char *why,
		    size_t nwhy);

#endif
