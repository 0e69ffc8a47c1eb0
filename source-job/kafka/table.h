/* table.h - a compacted topic as a table: texts by name, which many write and
 * all see alike.
 *
 *     table_write() --> the topic, acknowledged --> a reader's thread
 *                                                        |
 *     the owner's idea of it <------- table_take() <-----+
 *
 * The last record of a name says what it is: a text, or (one without a value)
 * that it is gone. So of two that write at once the later one in the topic
 * holds, for everybody; what we have written ourselves counts for us, too, when
 * we read it. After a start all is read from the beginning.
 *
 * A topic that is not there is made: one partition, compacted, replicated as
 * the broker likes. One that is not compacted, or that also forgets by age, is
 * refused: it would lose texts.
 *
 * One owner thread. No broker is needed to open. */
#ifndef SOURCE_JOB_KAFKA_TABLE_H
#define SOURCE_JOB_KAFKA_TABLE_H

#include <stddef.h>

#include "common/options.h"
#include "common/str.h"
#include "source-job/state.h"

enum {
	TABLE_NAME_BYTES = 1 << 10,  /* of a key, and */
	TABLE_TEXT_BYTES = 1 << 20,  /* of a value: more is not handed over */
};

struct table; /* opaque */

struct table_options {
	const char *bootstrap, *topic;
	const struct option_list *property; /* property=value; may be NULL */
};

/* opt is copied, but for property, which is borrowed. 0; MQL_EINVAL (a wrong
 * property), MQL_ENOMEM or MQL_EOS, and a sentence in why. */
int table_open(const struct table_options *opt, struct table **out, char *why,
	       size_t nwhy);
void table_close(struct table *t); /* NULL is allowed */

enum table_is {
	TABLE_ASKED,   /* is there a broker, and such a topic? */
	TABLE_READING, /* up to where it ended when we came */
	TABLE_READ,    /* and followed from now on */
	TABLE_FAILED,  /* there is no use in going on; it has been said */
};

enum table_is table_is(struct table *t);

struct table_record {
	struct str  name;
	struct str  text; /* ptr NULL: it is gone */
	const char *bad;  /* NULL, or what is wrong with it; then text is
			     empty, and name may be */
};

/* r is borrowed. */
typedef void (*table_fn)(void *arg, const struct table_record *r);

/* What has been read meanwhile, in the order of the topic. Some times a
 * second. */
void table_take(struct table *t, table_fn fn, void *arg);

/* Begin to write, one at a time; text.ptr NULL: the name is to be gone. The
 * bytes are copied. 0; MQL_EINUSE: the last one is on its way; MQL_EOS:
 * librdkafka refuses it. */
int table_write(struct table *t, struct str name, struct str text);

/* How it is: STATE_WRITTEN when all replicas in sync have acknowledged it, and
 * table_take() has had it. Several times a second. */
enum state_is table_look(struct table *t, char *why, size_t nwhy);

#endif
