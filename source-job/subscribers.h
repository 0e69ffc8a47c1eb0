/* subscribers.h - who asks: links, their leases and their subscriptions.
 *
 * A subscription (`sub`) shares its query with others and has a queue, a
 * credit, a limit and books of its own, and where the agents' rows are not yet
 * its rows, a stage (staged.h):
 *
 *     staying --(limit, unsubscribe, kill, lease, drain)--> leaving
 *     leaving --(query goes on without it: at once; else when the agents have
 *                ended it)--> settled: its books are final
 *     settled --(its queue is delivered, or time is up)--> END, freed */
#ifndef SOURCE_JOB_SUBSCRIBERS_H
#define SOURCE_JOB_SUBSCRIBERS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "source-job/handed.h"
#include "source-job/map.h"
#include "source-job/queue.h"
#include "wire/books.h"
#include "wire/socket.h"

struct crew;
struct job;
struct mql_diag;
struct query;
struct replaying;
struct staged;

enum { SUB_MAX_CLIENT = 64, SUB_MAX_WHY = 96, CREW_NAME = 64 };

struct link { /* one peer with at least one subscription */
	struct wire_peer peer;
	LIST_ENTRY(link) entry;
	LIST_HEAD(, sub) subs;
	int64_t heard;       /* job_listened(); the lease */
	int64_t complained;
	bool    unreachable; /* the socket has forgotten it */
	bool    nobody;      /* and so it ever was: see saved.h */
};

enum sub_state { SUB_STAYING, SUB_LEAVING, SUB_SETTLED };

struct sub {
	LIST_ENTRY(sub)  of_link, of_query;
	TAILQ_ENTRY(sub) of_dirty;
	bool          dirty;
	struct link  *link;
	char         *canonical; /* until it is accepted */
	struct query *query;  /* NULL once settled */
	enum sub_state state;
	uint32_t id;          /* the subscriber's own number */
	uint64_t serial;      /* of its joining */
	bool     accepted;    /* ACCEPTED is sent: its books may follow, */
	bool     told;        /* and behind the first of them rows */
	uint64_t limit;       /* rows; UINT64_MAX: none */
	uint64_t rate;        /* rows a second of all agents; 0: any: rates.h */
	uint64_t credit, used; /* bytes of DATA bodies, cumulative */
	uint64_t window;      /* the most credit it ever had open */
	uint64_t done;        /* rows that it has done with, by its last word */
	bool     silent;      /* its lease has ended */
	struct staged *staged; /* NULL: the agents' rows are its rows */
	bool     merge;       /* the last merge is the subscriber's */
	struct replaying *replaying; /* NULL: it is not of history */
	struct queue queue;
	struct hand hand;     /* of a saved query: see handed.h */
	struct wire_window closed; /* the last window whose rows are sent */
	struct books_agent before; /* the query's books when it joined */
	struct books books;   /* source side; the agents' once settled. Of
				 the stage see staged_count() */
	int64_t  deadline;    /* leaving: the queue may wait until then */
	bool     failed;
	char     why[SUB_MAX_WHY];
	char     client[SUB_MAX_CLIENT];

	/* A member of a shared subscription: see crew.h. */
	struct crew *crew;   /* NULL: it has all rows for itself */
	LIST_ENTRY(sub) of_crew;
	char     member[CREW_NAME + 1]; /* its name there */
	struct books_source at_join; /* the group's books when it joined, */
	uint64_t given;       /* and the rows given by then */
};

struct subscribers {
	LIST_HEAD(, link) links;
	struct map by_peer;
	TAILQ_HEAD(, sub) dirty; /* something is to be sent or ended */
	size_t     n;            /* subscriptions */
};

void subscribers_init(struct job *j);
void subscribers_fini(struct job *j);

/* Take what the socket has, up to a bound: true when more may wait. */
bool subscribers_receive(struct job *j);

/* Leases, deadlines, the books of each second. */
void subscribers_tick(struct job *j);

/* End of a turn: send rows, books and endings (delivery.c). */
void subscribers_flush(struct job *j);

/* End s, or all of q, for this reason. */
void sub_leave(struct job *j, struct sub *s, bool failed, const char *why);
void sub_leave_all(struct job *j, struct query *q, bool failed,
		   const char *why);

/* A link of nobody's, whose subscriptions take no row and have no lease, until
 * subscribers_fini(). 0 or MQL_ENOMEM. */
int subscribers_nobody(struct job *j, struct link **out);

/* Subscribe to a query on nobody's link. diag gets a sentence, if there is one
 * to say. 0, an error of query_compile(), MQL_ELIMIT or MQL_ENOMEM. */
int subscribers_hold(struct job *j, struct link *l, uint32_t id,
		     const char *text, const char *client,
		     struct mql_diag *diag);

/* It takes so many bytes of DATA bodies in all. See subscribe.c. */
void sub_open(struct sub *s, uint64_t credit);

struct sub *sub_find(const struct link *l, uint32_t id); /* l may be NULL */

/* SUBSCRIBE; l is NULL for the first of a link. 0 or MQL_EBADFRAME, also when
 * it was refused. See subscribe.c. */
int subscribers_subscribe(struct job *j, struct link *l,
			  const struct wire_peer *from, struct str body);

/* Send ACCEPTED with these counts, unless that is done. */
struct query_count;
void sub_accept(struct job *j, struct sub *s, const struct query_count *c);

/* Final books: s no longer belongs to its query. */
void sub_settle(struct job *j, struct sub *s);

/* s ended without a word: say and count what was handed over that it may not
 * have done with. */
void sub_lost(struct job *j, const struct sub *s);

/* Free s, and its link when that was the last. */
void sub_free(struct job *j, struct sub *s);

/* A row for s: into its queue, or counted as dropped. False when its limit is
 * reached. See delivery.c. */
bool sub_give(struct job *j, struct sub *s, struct str row);

/* The same for rows of a batch. */
void sub_give_span(struct job *j, struct sub *s, struct span rows);

/* Rows that s still wants. */
uint64_t sub_wants(const struct sub *s);

/* With the last row that s was given this window is complete. */
void sub_close(struct sub *s, const struct wire_window *w);

/* Look at s at the end of this turn. */
void sub_mark(struct job *j, struct sub *s);

#endif
