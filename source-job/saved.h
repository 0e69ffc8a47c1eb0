/* saved.h - queries that are kept on disk under a name, and run whenever the
 * source-job does.
 *
 *     saved --tick--> runs: a subscription of nobody's holds the query, so
 *     that agents evaluate it whether anybody listens or not. Its rows are
 *     counted there (rows_unkept) and thrown away.
 *
 * Somebody who subscribes to the same text shares it, and has its rows from
 * then on. A change is answered when it is on the disk (state.h), and holds
 * from then on; one is written at a time. What is removed ends at once.
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
	struct state *state; /* NULL: nothing can be saved */
	struct saved_query *query[SAVED_MAX];
	size_t        n;
	struct link  *link;  /* nobody's */
	uint32_t      last_sub;

	/* What is being written, for whom; plus and minus may both be. */
	bool          writing;
	struct saved_query *plus, *minus;
	struct wire_peer to;
	uint32_t      request;
};

/* Read what is there, if there is a directory. 0, or an error that was told to
 * the log. */
int saved_open(struct job *j);
void saved_fini(struct job *j); /* before the subscribers go */

/* Is it a save or a rm? Then it is answered, now or when it is on the disk. */
bool saved_request(struct job *j, const struct wire_peer *from,
		   const struct wire_request *m);

/* All of them as a JSON list, or the one of this name. */
void saved_list(const struct job *j, struct str name, struct buf *out);

/* Under which name q is saved; NULL: it is not. */
const char *saved_name(const struct job *j, const struct query *q);

/* Answers that are due, and queries that ought to run. Some times a second. */
void saved_tick(struct job *j);

/* --- saved_file.c: the table as text ---------------------------------------- */

/* 0; MQL_EINVAL: no text of ours; MQL_ENOMEM. */
int saved_decode(struct saved *s, struct str text);
/* As it will be with plus, and without minus; both may be NULL. */
void saved_encode(const struct saved *s, struct buf *out);

/* May it be called that? */
bool saved_name_ok(struct str name);
struct saved_query *saved_query_new(struct str name, struct str text,
				    struct str by, int64_t since);
void saved_query_free(struct saved_query *q); /* NULL is allowed */

#endif
