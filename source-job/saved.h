/* saved.h - queries that are kept under a name, and run whenever the source-job
 * does.
 *
 *     saved --tick--> runs: a subscription of nobody's holds the query, so
 *     that agents evaluate it whether anybody listens or not. Its rows are
 *     counted there (rows_unkept) and thrown away.
 *
 * Somebody who subscribes to the same text shares it, and has its rows from
 * then on. A change is answered when it is kept, and holds from then on; one
 * is written at a time. What is removed ends at once.
 *
 * They are kept in one of two places: a file of this source-job (state.h), or a
 * topic that many share (kafka/table.h). Then others change them, too, and the
 * topic says in which order; until it has been read to where it ended at the
 * start, nothing is known, so nothing runs and nobody is answered.
 *
 * The job's thread. */
#ifndef SOURCE_JOB_SAVED_H
#define SOURCE_JOB_SAVED_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "source-job/state.h"
#include "wire/message.h"
#include "wire/socket.h"

struct job;
struct link;
struct query;
struct table;

enum { SAVED_MAX = 64, SAVED_NAME = 64 };

struct saved_query {
	char    *name, *text, *by;
	int64_t  since;    /* ms since the epoch: when it was saved */
	uint32_t sub;      /* of the subscription that holds it; 0: none */
	int64_t  retry_at; /* ms; when it could not run: try again then */
	bool     leaving;  /* about to be removed */
	char     why[240]; /* it does not run; "": it does */
};

struct saved {
	struct state *state; /* the file, */
	struct table *table; /* or the topic; neither: nothing can be saved */
	bool          read;  /* all that was there when we came */
	uint64_t      passed_over; /* records of the topic that are not ours */
	struct saved_query *query[SAVED_MAX];
	size_t        n;
	struct link  *link;  /* nobody's */
	uint32_t      last_sub;

	/* What is being written, for whom. */
	bool          writing;
	char          name[SAVED_NAME + 1];
	struct saved_query *plus; /* under this name; NULL: none */
	struct wire_peer to;
	uint32_t      request;
};

/* Read what is there, or begin to. 0, or an error that was told to the log. */
int saved_open(struct job *j);
void saved_fini(struct job *j); /* before the subscribers go */

/* Is it a save or a rm? Then it is answered, now or when it is kept. */
bool saved_request(struct job *j, const struct wire_peer *from,
		   const struct wire_request *m);

/* All of them as a JSON list, or the one of this name. False when they are not
 * known yet: then it is an object that says so. */
bool saved_list(const struct job *j, struct str name, struct buf *out);

/* Why they are not known yet, or NULL. */
const char *saved_waits(const struct job *j);

/* Does each of them run everywhere here, or is it said why it does not? */
bool saved_all_run(const struct job *j);

/* When the oldest of those that run was saved, in ms since the epoch; 0: none
 * runs. */
int64_t saved_since(const struct job *j);

/* There is no use in going on; it has been said. */
bool saved_failed(const struct job *j);

/* In Prometheus' text format. */
void saved_metrics(const struct job *j, struct buf *out);

/* Under which name q is saved; NULL: it is not. */
const char *saved_name(const struct job *j, const struct query *q);

/* Answers that are due, and queries that ought to run. Some times a second. */
void saved_tick(struct job *j);

/* From now on the query of this name is q; NULL: none is. Takes q. False: there
 * are as many as there may be. */
bool saved_put(struct job *j, struct str name, struct saved_query *q);

/* --- saved_topic.c: the table in Kafka --------------------------------------- */

int saved_topic_open(struct job *j, char *why, size_t nwhy);
void saved_topic_take(struct job *j); /* what has been read meanwhile */
int saved_topic_write(struct saved *s); /* what is to be written */

/* --- saved_file.c: as text --------------------------------------------------- */

/* The file. 0; MQL_EINVAL: no text of ours; MQL_ENOMEM. */
int saved_decode(struct saved *s, struct str text);
/* As it will be when what is being written holds. */
void saved_encode(const struct saved *s, struct buf *out);

/* One of them: the value of its name in the topic. Errors as above; also when
 * it is of another name. */
int saved_query_decode(struct str name, struct str text,
		       struct saved_query **out);
void saved_query_encode(const struct saved_query *q, struct buf *out);

/* May it be called that? */
bool saved_name_ok(struct str name);
struct saved_query *saved_query_new(struct str name, struct str text,
				    struct str by, int64_t since);
void saved_query_free(struct saved_query *q); /* NULL is allowed */

#endif
