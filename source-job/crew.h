/* crew.h - a shared subscription: its members share one stream of rows. Who
 * asks calls it a group, which in mql/ is of rows.
 *
 *     rows of the query --> its stage, if it needs one --> crew_give()
 *                                                               |
 *               each row to one of:   member   member   member <+
 *
 * With a key (spread.h) rows of one value of it go to one member, by
 * rendezvous of the value and the members' names: who comes or goes moves his
 * share and no other. Without one each row goes to the member who can take most
 * before anything is dropped. Who cannot be reached, or has his limit, gets
 * none. With a key the row of a member whose queue is full is dropped, and
 * counted with him; without, only when all are full.
 *
 * A member is a subscription to the query (subscribers.h) with a queue, a
 * credit and books of his own. These begin with him and are of all that the
 * query finds; what others got is counted as theirs, so that the equation of
 * wire/books.h holds for each member by himself. The group has the stage, so
 * that windows are of all. It lasts from its first member to its last.
 *
 * The job's thread. */
#ifndef SOURCE_JOB_CREW_H
#define SOURCE_JOB_CREW_H

#include "source-job/subscribers.h"

struct mql_diag;
struct mql_query;
struct partial;
struct spread;
struct wire_subscribe;

struct crew {
	LIST_ENTRY(crew) entry; /* of its query; not when it is over */
	char           name[CREW_NAME + 1];
	char          *text;     /* the query, canonical */
	struct spread *spread;   /* NULL: no key */
	struct sub     whole;    /* nobody's: has the stage, and its books */
	LIST_HEAD(, sub) members; /* with those who wait for their END */
	bool           over;     /* no row comes any more */
	uint64_t       given;    /* rows to members, ever */
	uint64_t       gone;     /* members */
	uint64_t       delivered; /* rows to those */
};

/* s becomes a member of the group that m names: the one there is of this query,
 * or a new one. Takes compiled. 0; MQL_EINVAL, MQL_EUNSUP or another error of
 * spread_open(), and a sentence in diag; MQL_ENOMEM. */
int crew_join(struct job *j, struct query *q, struct sub *s,
	       const struct wire_subscribe *m, struct mql_query *compiled,
	       struct mql_diag *diag);

/* s has its last rows, and its books are closed: the group goes on without it.
 * When nobody stays, what its stage still has is given before. */
void crew_settle(struct sub *s);

/* s is to be freed. */
void crew_forget(struct sub *s);

/* What agents send: rows, where they are not for a stage; and groups. */
void crew_rows(struct job *j, struct crew *g, struct span rows);
void crew_partial(struct crew *g, const struct partial *p);

/* What the stage made: as sub_give(). */
bool crew_give(struct job *j, struct crew *g, struct str row);
/* With what was given the window is complete. */
void crew_close(struct crew *g, const struct wire_window *w);

/* Look at the members at the end of this turn. */
void crew_mark(struct job *j, struct crew *g);

/* Of all members that there ever were, of rows. X(name, that and the type in
 * /metrics, what it is) */
#define CREW_SUMS(X)                                                        \
	X(members, "members", "gauge", "Members of shared subscriptions")   \
	X(delivered, "delivered_total", "counter", "Rows handed to members") \
	X(waiting, "waiting", "gauge", "Rows in the queues of members")     \
	X(dropped, "dropped_total", "counter",                              \
	  "Rows dropped because members were slow, or had their limit")

struct crew_sum {
#define X(field, metric, type, help) uint64_t field;
	CREW_SUMS(X)
#undef X
};
struct crew_sum crew_sum(const struct crew *g);

/* The part of s's books that is not his own. */
void crew_books(const struct sub *s, struct books_source *b);

/* Who has the stage of s: s, or its group. */
static inline struct sub *
sub_whole(struct sub *s)
{
	return s->crew ? &s->crew->whole : s;
}

static inline bool
sub_is_whole(const struct sub *s)
{
	return s->crew && s == &s->crew->whole;
}

#endif
