/* sink.h - all queries and what they share: the daemon without its doors.
 *
 *     command line --+
 *     directory -----+--> outputs --> producer --> Kafka
 *     saved queries -+       ^
 *                            tails: source-job
 *
 * While the producer's buffer is full no tail is granted credit. Owner thread
 * only. */
#ifndef SINK_KAFKA_SINK_H
#define SINK_KAFKA_SINK_H

#include "sink/kafka/dir.h"
#include "sink/kafka/output.h"
#include "sink/kafka/saved.h"

struct sink {
	struct output_world world;
	struct wire_keys *keys; /* NULL: none */
	struct producer_options options;
	TAILQ_HEAD(outputs, output) outputs;
	struct mql_tail **tail; /* room for a pointer to each */
	size_t      n, cap;
	struct dir  dir;        /* and what is wished by its saved name */
	struct saved *saved;    /* NULL: nobody has asked for one yet */
	int64_t     looked;     /* at both; mono ms */
	int64_t     started;
	bool        full;       /* credit is withheld */
	bool        stopping;
	bool        failed;     /* some output did not end as asked, or some
				   record was not acknowledged */
	uint64_t    holds;      /* how often it was withheld */
	uint64_t    bad_files;  /* their queries that were wrong */
};

/* Begin the queries of the command line. 0, MQL_EINVAL (a query, key, property
 * or topic is wrong) or another error, and why is filled. */
int sink_open(struct sink *s, const struct config *config, struct buf *why);
/* Each query has its last word. False: some did not end as asked, or some
 * record was not acknowledged. A sink that did not open is allowed. */
bool sink_close(struct sink *s);

/* Take what has come. How many ms there is nothing to do without news. */
int sink_turn(struct sink *s);

/* Wait for news of a tail, for ms at most, or until wakefd is readable. */
void sink_wait(struct sink *s, int ms, int wakefd);

/* End all queries; rows and records on their way go on. */
void sink_stop(struct sink *s);
/* Give up all that is left, counted. */
void sink_give_up(struct sink *s);

/* Has everything ended, and is settled? */
bool sink_is_over(const struct sink *s);

/* A sentence, when there is no use in going on; NULL: there is. */
const char *sink_failed(struct sink *s);

/* Does it do what it is for? If not, a line that says why. */
bool sink_is_ready(struct sink *s, struct buf *why);

/* Prometheus' text; metrics.c. */
void sink_metrics(struct sink *s, struct buf *out);

#endif
