/* consumer.h - messages of Kafka's topics, as a member of a consumer group.
 *
 * A partition that comes to us is read from where it ended at that moment: live
 * queries want what happens now. For saved ones it is read from what its last
 * owner has committed: see offsets.h. The group hands partitions over one by
 * one (cooperative-sticky), so that those that stay are not interrupted.
 *
 * The first functions are for the owner's thread. */
#ifndef SOURCE_JOB_KAFKA_CONSUMER_H
#define SOURCE_JOB_KAFKA_CONSUMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/options.h"
#include "common/str.h"
#include "source-job/kafka/offsets.h"

struct consumer; /* opaque */

struct consumer_options {
	const char *bootstrap;
	const char *group;
	const struct option_list *topic;
	const struct option_list *property; /* property=value; may be NULL */
	struct offsets *offsets; /* where partitions begin: offsets.h */
};

struct message {
	size_t     topic; /* index into the options' list */
	struct str value; /* ptr NULL: a tombstone */
	int64_t    ts;    /* ms since the epoch; -1: none */
	bool       late;  /* from before the partition was ours */
};

/* opt and what it points to are borrowed. 0; MQL_EINVAL (a wrong property, a
 * wrong topic), MQL_ENOMEM or MQL_EOS, and a sentence in why. No broker is
 * needed. */
int consumer_open(const struct consumer_options *opt, struct consumer **out,
		  char *why, size_t nwhy);

/* Into conf what all consumers of opt have: its properties, where the broker is
 * and the name of the group. As consumer_open(). */
struct rd_kafka_conf_s;
int consumer_configure(struct rd_kafka_conf_s *conf,
		       const struct consumer_options *opt, char *why,
		       size_t nwhy);

/* Leave the group. */
void consumer_close(struct consumer *c); /* NULL is allowed */

typedef void (*consumer_fn)(void *arg, const struct message *m);

/* Wait so long for a message, and hand it to fn, which borrows it. False: there
 * was none. */
bool consumer_take(struct consumer *c, int wait_ms, consumer_fn fn, void *arg);

/* Go on with the commit of offsets: as offsets_turn(). */
enum offsets_do consumer_commit(struct consumer *c,
				const struct offsets_flow *live,
				const struct offsets_flow *late);

/* --- any thread --------------------------------------------------------------- */

/* A permanent error, of which a sentence went to the log: there is no use in
 * going on. */
bool consumer_failed(const struct consumer *c);

unsigned consumer_partitions(const struct consumer *c); /* that are ours */

struct consumer_place {
	size_t  topic; /* index into the options' list */
	int32_t partition;
};

/* Which these are, of the topics of wanted, a bit each; the caller frees *out.
 * 0; MQL_ETIMEOUT: the group is about to hand them out; or MQL_ENOMEM. */
int consumer_share(const struct consumer *c, uint64_t wanted,
		   struct consumer_place **out, size_t *n);

/* Messages of these that are still to come, as far as is known. */
uint64_t consumer_lag(const struct consumer *c);

#endif
