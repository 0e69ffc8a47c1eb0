/* offsets.h - offsets that are committed for saved queries.
 *
 * Of each partition that is ours
 *
 *     --- handed over ---|-- on its way --|---- to come ----
 *                    committed         position          end
 *
 * an offset is committed once all rows that saved queries made of the messages
 * before it are with their subscribers, as the owner of the rows says
 * (offsets_handed()). So one that takes the partition over goes on there:
 *
 *     committed       where it ended when it became ours
 *         |-- late messages --|---- live ones ----
 *
 * Late messages are for saved queries only: live queries begin where a
 * partition is ours. What was on its way comes twice.
 *
 * It does so, too, when the link of one of our own agents breaks: rows that
 * were on it may be lost, so all that is not handed over is read once more
 * (offsets_again()), and is late.
 *
 * With an offset goes the time at which it was committed. One that is older
 * than the oldest saved query was for others, and does not count.
 *
 * The consumer's thread, unless otherwise noted. */
#ifndef SOURCE_JOB_KAFKA_OFFSETS_H
#define SOURCE_JOB_KAFKA_OFFSETS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

struct offsets; /* opaque */

struct offsets *offsets_new(void); /* NULL: no memory */
void offsets_free(struct offsets *o); /* NULL is allowed */

/* --- what the consumer tells ------------------------------------------------- */

/* These become ours: where each is to be read from, into the list. Waits for a
 * broker's answer, some seconds at most. */
void offsets_assigned(struct offsets *o, rd_kafka_t *rk,
		      rd_kafka_topic_partition_list_t *list);
void offsets_revoked(struct offsets *o,
		     const rd_kafka_topic_partition_list_t *list);

/* A message, before anybody has it, once: is it a late one? */
bool offsets_is_late(struct offsets *o, const rd_kafka_message_t *m);
/* A partition has been read to its end, which is m's offset. */
void offsets_end(struct offsets *o, const rd_kafka_message_t *m);

/* What became of a commit. */
void offsets_committed(struct offsets *o, rd_kafka_resp_err_t err,
		       const rd_kafka_topic_partition_list_t *list);

/* --- commits -------------------------------------------------------------------- */

struct offsets_flow { /* rows in an agent's ring */
	uint64_t in, out; /* bytes that ever went in, and came out */
};

enum offsets_do {
	OFFSETS_NOTHING,
	OFFSETS_FORGET_LATE, /* no late message is to come, and what came of
				those that were is handed over */
};

/* Several times a second, between two messages: begin a commit, or go on with
 * it. flow: of the agents for live messages and for late ones; the latter NULL:
 * there is none. */
enum offsets_do offsets_turn(struct offsets *o, rd_kafka_t *rk,
			     const struct offsets_flow *live,
			     const struct offsets_flow *late);

/* --- any thread ------------------------------------------------------------------- */

/* Offsets are kept for queries of which the oldest was saved at since, in ms
 * since the epoch; 0: there is none, and nothing is committed. */
void offsets_keep(struct offsets *o, int64_t since);
int64_t offsets_kept(const struct offsets *o);

/* All that came of the messages before the commit under way had left the rings
 * by then, in ms since the epoch; 0: none is that far. *late: also that of late
 * ones. */
int64_t offsets_mark(const struct offsets *o, bool *late);
void offsets_handed(struct offsets *o, int64_t mark); /* it is with them */
/* Or not: no mark of before is to be believed. */
void offsets_again(struct offsets *o);

struct offsets_figures {
	uint64_t late;    /* messages that only saved queries saw */
	uint64_t gone;    /* messages that the broker had deleted by then */
	uint64_t commits;
	uint64_t ahead;   /* messages read and not before a commit: these may
			     come twice */
};

void offsets_look(const struct offsets *o, struct offsets_figures *out);

#endif
