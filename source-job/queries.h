/* queries.h - the queries that run, each once, and the set that agents have.
 *
 * A query is what agents run: the text of its rows, and, where agents can fold
 * these into groups, that of the fold. It lives from the first subscription
 * with both to the last word of the last agent about it:
 *
 *     opened --(flush: told to agents)--> runs --(close)--> closing
 *     closing --(flush: agents told)--> withdrawn --(all have acknowledged,
 *     or a second has passed)--> its subscriptions are settled, it is freed
 *
 * The set has a version. All that changed within one turn of the loop goes
 * to the agents as one delta, at the end of that turn. */
#ifndef SOURCE_JOB_QUERIES_H
#define SOURCE_JOB_QUERIES_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/buf.h"
#include "source-job/map.h"
#include "source-job/watermark.h"
#include "wire/books.h"

struct agent;
struct at;
struct job;
struct mql_query;
struct partial;
struct sub;
struct wire_query;

struct query_count { /* agents, by what they said about the query */
	uint32_t targeted, live, refused;
	uint32_t awaited; /* still to end, once it is withdrawn */
};

struct query {
	LIST_ENTRY(query) entry;
	uint32_t   id;
	unsigned   slot;    /* index of its run at each agent */
	char      *key;     /* what agents get: both texts, see queries.c */
	struct str text, fold; /* in the key; fold may be empty */
	struct mql_query *compiled; /* text: not the whole of a query that has
				       a stage */
	struct mql_query *folded;   /* fold; NULL: rows are wanted */
	struct partial   *partial;  /* what reads its groups; likewise */
	struct at *at;      /* which agents get it; NULL: all */
	size_t     nframe;  /* bytes it takes in a message */
	int64_t    opened;  /* ms */
	bool       told;    /* part of the set in force */
	bool       closing;
	int64_t    deadline; /* closing: the last wait for agents */

	/* the agents' side */
	struct books_agent all;     /* sum of the views of its runs */
	struct watermark watermark;
	struct query_count count;
	struct query_count at_close; /* what it was when closing began */

	/* the subscribers' side */
	LIST_HEAD(, sub) subs;
	unsigned   nstaying; /* those that have no reason to end */
	bool       changed;  /* count changed: META is due */
	int64_t    meta_at;
	uint64_t   meta_sent; /* all.sent at meta_at */
	uint64_t   rate;      /* rows a second, before meta_at */
};

struct queries {
	LIST_HEAD(, query) all;
	struct map     by_id, by_key;  /* by_key: those not closing */
	struct query **slot;           /* max_queries of them */
	size_t         n, nclosing;
	size_t         nframes;        /* sum of nframe: a snapshot must fit */
	uint64_t       version;
	uint32_t       last_id;
	bool           dirty;          /* the set is to be told */
	struct wire_query *add;        /* room for one delta */
	uint32_t      *remove;
};

int queries_init(struct job *j); /* 0 or MQL_ENOMEM */
void queries_fini(struct job *j);

/* The query that is the agents' part of this one, or a new one. 0, MQL_ELIMIT
 * with a sentence in why, an error of query_compile(), or MQL_ENOMEM. */
int queries_open(struct job *j, const struct mql_query *compiled,
		 struct query **out, const char **why);

/* Nobody wants q any more: withdraw it from the agents. Its subscriptions get
 * merge_done() when they have all answered, never within this call. */
void queries_close(struct job *j, struct query *q);

struct query *queries_find(struct job *j, uint32_t id); /* NULL: none */

/* End of a turn: tell the agents what changed, finish what has closed. */
void queries_flush(struct job *j);

/* The whole set, as far as it is for a, as one frame. */
void queries_encode(struct job *j, const struct agent *a, struct buf *out);

/* What subscribers see; it does not count down while a query closes. */
const struct query_count *query_shown(const struct query *q);

#endif
