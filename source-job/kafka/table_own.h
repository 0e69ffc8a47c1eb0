/* table_own.h - what the files of the table share: table.c (its owner) and
 * table_reader.c (the thread that finds the topic and reads it). */
#ifndef SOURCE_JOB_KAFKA_TABLE_OWN_H
#define SOURCE_JOB_KAFKA_TABLE_OWN_H

#include <librdkafka/rdkafka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "kafka/kafka.h"
#include "source-job/kafka/table.h"

struct read_record { /* a record, or how far a partition is read */
	STAILQ_ENTRY(read_record) entry;
	int32_t partition;
	int64_t next;      /* the offset behind it */
	bool    is_record; /* else the end was seen */
	struct table_record of; /* its texts follow the struct */
};

STAILQ_HEAD(read_list, read_record);

struct table {
	char *bootstrap, *topic;
	const struct option_list *property;
	rd_kafka_t       *reader, *writer;
	rd_kafka_topic_t *rkt; /* of the reader */
	pthread_t thread;
	bool      started;
	_Atomic bool stop;

	pthread_mutex_t lock;
	pthread_cond_t  room;    /* the owner has taken what was read */
	enum table_is   is;      /* lock */
	struct read_list read;   /* lock */
	size_t          nbytes;  /* lock: of those */
	int32_t         npartition; /* these are set before it is READING */
	int64_t        *goal;    /* where each ended when we came */

	/* the owner's */
	int64_t *position;       /* of each, as far as it was taken */
	bool     writing, reported;
	int      error;          /* of the report, */
	int32_t  partition;      /* and where it is */
	int64_t  offset;

	struct kafka_reach reach; /* of the reader */
};

/* Find or make the topic, then read it, until t->stop. */
void *table_read(void *table);

/* Of the reader; the table is its opaque. */
void table_on_error(rd_kafka_t *rk, int err, const char *reason, void *table);

#endif
