/* producer_own.h - what the files of the producer share: producer.c (records
 * and reports) and topics.c (which topics there are). */
#ifndef SINK_KAFKA_PRODUCER_OWN_H
#define SINK_KAFKA_PRODUCER_OWN_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "kafka/kafka.h"
#include "sink/kafka/producer.h"

struct topic {
	SLIST_ENTRY(topic) entry;
	struct producer  *producer;
	rd_kafka_topic_t *rkt;
	enum topic_state  state;     /* lock */
	bool              made;      /* by us: it may take a moment */
	char              why[300];  /* once TOPIC_FAILED */
};

struct producer {
	const struct producer_options *opt;
	rd_kafka_t      *rk;
	uint64_t         waiting, bytes; /* on the way, with what they cost */
	uint64_t         acks;
	bool             full;
	struct kafka_reach reach;

	pthread_mutex_t  lock;
	char             failed[400];         /* lock */
	SLIST_HEAD(, topic) topics;           /* lock */
	bool             stopping;            /* lock */
	pthread_cond_t   wake;                /* there is a topic to look up */
	pthread_t        thread;
	bool             started;
};

/* The first sentence counts. Any thread, as the next. */
void producer_fail(struct producer *p, const char *what, const char *why);
/* Say when that changes. */
void producer_is_reached(struct producer *p, bool up);

int topics_start(struct producer *p); /* 0 or MQL_EOS */
void topics_stop(struct producer *p);
void topics_free(struct producer *p);

#endif
