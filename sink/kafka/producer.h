/* producer.h - records into Kafka, and what became of them.
 *
 *     producer_send() --> librdkafka's queue --> broker
 *                                                  |
 *     struct delivery <-- producer_turn() <-- reports
 *
 * Idempotent, acknowledged by all replicas in sync, compressed, in batches;
 * every record ends as acknowledged or as failed, by error. Records wait for a
 * broker for ever, so they are bounded by whoever sends: producer_is_full()
 * says when to stop.
 *
 * Topics are looked up, and made where that is wished, by a thread of their
 * own, since that may take as long as a broker is away. All else is for the
 * owner's thread. */
#ifndef SINK_KAFKA_PRODUCER_H
#define SINK_KAFKA_PRODUCER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "common/str.h"

enum {
	PRODUCER_HEADERS = 8,
	PRODUCER_ERRORS = 16, /* kinds that are told apart */
};

struct producer; /* opaque */
struct topic;    /* opaque; lives as long as its producer */

/* What became of the records of one sender. produced = acked + failed + those
 * on the way. */
struct delivery {
	uint64_t produced, acked, failed;
	uint64_t bytes;    /* of values, acknowledged */
	struct {
		int      code; /* librdkafka's; 0: none; the last: all others */
		uint64_t n;
	} error[PRODUCER_ERRORS];
};

struct header {
	struct str name, value;
};

struct record {
	struct str    key;   /* ptr NULL: none */
	struct str    value;
	int64_t       ts;    /* ms since the epoch; 0: now */
	struct header header[PRODUCER_HEADERS];
	unsigned      nheader;
};

struct producer_options {
	const char *bootstrap;
	const struct option_list *property;     /* property=value */
	const struct option_list *topic_config; /* for topics that are made */
	uint64_t    buffer;      /* bytes that may wait */
	bool        create;      /* topics that are not there */
	int         partitions, replication; /* of those; -1: as the broker
						likes */
};

/* opt and what it points to are borrowed. 0; MQL_EINVAL (a wrong property),
 * MQL_ENOMEM or MQL_EOS, and a sentence in why. No broker is needed. */
int producer_open(const struct producer_options *opt, struct producer **out,
		  char *why, size_t nwhy);

/* What is still on the way is given up, and reported as failed, before. */
void producer_close(struct producer *p); /* NULL is allowed */

/* The topic of this name, which is looked up from now on; NULL: no memory. */
struct topic *producer_topic(struct producer *p, const char *name);

enum topic_state { TOPIC_ASKED, TOPIC_READY, TOPIC_FAILED };

/* *why, of a failure, lives as long as the producer. */
enum topic_state topic_state(struct topic *t, const char **why);
const char *topic_name(const struct topic *t);

/* Queue a copy of r. d is told until all of its records are done. False: there
 * was no memory, or librdkafka refused it: counted in d as failed. */
bool producer_send(struct producer *p, struct topic *t,
		   const struct record *r, struct delivery *d);

/* Take reports. */
void producer_turn(struct producer *p);

/* Does more wait than the buffer holds? Once so, until half of it is gone. */
bool producer_is_full(struct producer *p);

/* Give up what is on the way; its reports come with producer_turn(). */
void producer_give_up(struct producer *p);

uint64_t producer_waiting(const struct producer *p); /* records */
uint64_t producer_waiting_bytes(const struct producer *p);

/* Is a broker there, as far as is known? */
bool producer_is_up(struct producer *p);

/* A permanent error: there is no use in going on; NULL: none. */
const char *producer_failed(struct producer *p);

/* "MSG_TIMED_OUT", for struct delivery. */
const char *producer_error_name(int code);

#endif
