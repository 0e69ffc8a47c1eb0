/* account.h - the books of one tail over all the links it has had.
 *
 * A tail has a link to each source-job of the fleet, and each of these counts
 * from the moment of the subscription. When a link breaks and the subscription
 * is made anew, that count begins again; the agents have carried their runs of
 * the query over, to it or to other source-jobs, and META.before says where
 * their counters stood, growing as one agent after the other comes. So
 *
 *     settled   links that are over and done with
 *     last      those that have broken since, as one
 *     arrived   what agents have brought along, wherever: it brings `last` up
 *               to date, when it is not less than what was told there
 *     tallies   what the present links have counted, a link each
 *
 * and a row that was sent but never got here is lost, and told as the gap. An
 * agent that does not come back takes what it did meanwhile with it: the gap
 * is then what is known of it. An agent that moves with a goodbye brings
 * nothing along: the one it left has closed its books with it. All differences
 * are modulo 2^64, as in wire/books.h.
 *
 * Where the last merge is ours (merge.h), links bring no finished rows but
 * what agents sent: a tally then counts that, by events, and the rows that
 * were made of it are counted once, in `made`. Owner thread only. */
#ifndef CLIENT_ACCOUNT_H
#define CLIENT_ACCOUNT_H

#include "mql/client.h"
#include "mql/results.h"
#include "wire/message.h"

struct client_tally { /* one link; zeroed at first */
	struct client_tally *next;
	struct books       books;  /* as last told */
	struct books_agent before; /* what the agents had counted before it */
	uint64_t           got;    /* rows that it brought; if merged, events */
	bool               told;   /* it has told its books */
	bool               again;  /* it is not the first one to its endpoint */
};

struct client_made { /* by the last merge */
	bool merged; /* there is one */
	struct results_counts counts;
};

struct client_account {
	struct books        settled;
	struct client_tally last;
	struct books_agent  arrived, base; /* since then: base was before */
	bool                broken;   /* there is something in last */
	bool                shared;   /* with the members of a group, who get
					 what agents send while a link is
					 broken: it is not ours to count */
	uint32_t            live;     /* agents, before it broke */
	struct client_tally *tallies;
	struct client_made  made;
	uint64_t            received; /* rows given to the caller, ever */
	uint64_t            excess;   /* rows past a limit of all links */
};

/* A link more; t is borrowed until it is dropped. */
void client_account_join(struct client_account *a, struct client_tally *t);
/* Its source-job is none of the fleet any more. */
void client_account_drop(struct client_account *a, struct client_tally *t);

/* The link brought a row that the caller now gets; or events for the merge. */
void client_account_row(struct client_account *a, struct client_tally *t);
void client_account_events(struct client_tally *t, uint64_t n);
/* Likewise, or of our merge (t is NULL), but the limit was reached. */
void client_account_excess(struct client_account *a, struct client_tally *t);

/* The source-job tells its books; last: it has sent all that it ever will. */
void client_account_tell(struct client_account *a, struct client_tally *t,
			 const struct wire_meta *m, bool last);

/* The link is gone: nobody can be called live there. */
void client_account_break(struct client_account *a, struct client_tally *t);

/* Rows that were missed by the last breaks, as far as is known now. *whole is
 * false when the query did not run everywhere meanwhile, so that nobody has
 * counted what else it would have found. */
uint64_t client_account_gap(const struct client_account *a, bool *whole);

/* All that can be known of the last breaks is known. */
void client_account_settle(struct client_account *a);

/* Agents that are live now. */
uint32_t client_account_live(const struct client_account *a);

/* Everything so far, under the names of wire/books.h: */
struct books client_account_sum(const struct client_account *a);
/* and as the caller sees it. */
void client_account_books(const struct client_account *a,
			  struct mql_books *out);

#endif
