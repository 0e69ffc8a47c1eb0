/* kafka.h - what all our clients of Kafka have in common, whether they produce
 * or consume: librdkafka's properties, its log, whether a broker answers, and
 * which errors there is no use in waiting for the end of.
 *
 * A client has a table of properties. -X of the command line is said after it,
 * and may say otherwise, but for those that the client's promises rest on. */
#ifndef KAFKA_KAFKA_H
#define KAFKA_KAFKA_H

#include <librdkafka/rdkafka.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

#include "common/options.h"

struct kafka_property {
	const char *name, *value; /* name NULL ends the table */
	const char *fixed;        /* what -X is told instead; NULL: it may */
};

/* value and fixed of a row that is what it is. */
#define KAFKA_FIXED(value) value, "it is " value " here, and has to be"

/* Set what all have, with the brokers to begin with; all of own; then the texts
 * "property=value" of given (NULL: none). 0, or MQL_EINVAL and a sentence in
 * why: librdkafka does not know it, it is fixed, or it is no such text.
 * Start-up only, as the next. */
int kafka_configure(rd_kafka_conf_t *conf, const char *bootstrap,
		    const struct kafka_property *own,
		    const struct option_list *given, char *why, size_t nwhy);

/* Set one; as kafka_configure(). */
int kafka_set(rd_kafka_conf_t *conf, const char *name, const char *value,
	      char *why, size_t nwhy);

/* For rd_kafka_conf_set_log_cb(): into our log, what is not critical at level
 * debug. Any thread. */
void kafka_log(const rd_kafka_t *rk, int level, const char *facility,
	       const char *text);

/* Whether a broker answers. Any thread, as its functions. */
struct kafka_reach {
	const char  *name;      /* begins what is said of it: "Kafka: " */
	const char  *bootstrap; /* both borrowed */
	_Atomic bool up;        /* one does, as far as is known */
	_Atomic bool told;      /* that, or that none does */
	_Atomic bool known;     /* one has let us in */
	_Atomic bool distrusted; /* TLS failed, and that was told */
};

/* One answers, or none does: true, and it is told, when that has changed. */
bool kafka_reached(struct kafka_reach *r, bool up);

/* What rd_kafka_conf_set_error_cb() brings. NULL: it was told, if it is worth
 * that; else there is no use in going on, for this, and why says more. */
const char *kafka_error(struct kafka_reach *r, rd_kafka_t *rk, int err,
			const char *reason, char *why, size_t nwhy);

/* A topic or a group that is not ours, not there or wrongly named: to try
 * again changes nothing. Any thread. */
bool kafka_is_permanent(rd_kafka_resp_err_t err);

/* To try again a moment later may help. Any thread. */
bool kafka_is_passing(rd_kafka_resp_err_t err);

/* What CreateTopics has answered of one topic. */
enum kafka_made {
	KAFKA_MADE,
	KAFKA_THERE,  /* another made it */
	KAFKA_AGAIN,  /* not now: kafka_is_passing() */
	KAFKA_FAILED, /* why (ev's, or static) says why */
};
enum kafka_made kafka_topic_made(rd_kafka_event_t *ev, const char **why);

#endif
