/* account.h - the books of one subscription over all the links it has had.
 *
 * A source-job counts from the moment of the subscription. When the link
 * breaks and the subscription is made anew, its count begins again, but each
 * agent has carried its run of the query over; META.before says where their
 * counters stood, growing as one agent after the other comes back. So
 *
 *     settled   links before the last one that broke
 *     last      what that one had told, which the new link's `before` brings
 *               up to date: what happened meanwhile
 *     now       what the present link has counted
 *
 * and a row that was sent but never got here is lost, and told as the gap. An
 * agent that does not come back takes what it did meanwhile with it: the gap
 * is then what is known of it. All differences are modulo 2^64, as in
 * wire/books.h. Owner thread only. */
#ifndef CLIENT_ACCOUNT_H
#define CLIENT_ACCOUNT_H

#include "mql/client.h"
#include "wire/message.h"

struct client_tally { /* one link */
	struct books       books;  /* as last told */
	struct books_agent before; /* what the agents had counted before it */
	uint64_t           got;    /* rows that it brought */
};

struct client_account {
	struct books        settled;
	struct client_tally last, now;
	bool                told;     /* this link has told its books */
	bool                broken;   /* there is a last link */
	uint64_t            received; /* rows given to the caller, ever */
};

/* The link brought a row that the caller now gets. */
void client_account_row(struct client_account *a);

/* The source-job tells its books. */
void client_account_tell(struct client_account *a, const struct wire_meta *m);

/* The link is gone: nobody can be called live. */
void client_account_break(struct client_account *a);

/* Rows that were missed by the last break, as far as is known now. *whole is
 * false when the query did not run everywhere meanwhile, so that nobody has
 * counted what else it would have found. */
uint64_t client_account_gap(const struct client_account *a, bool *whole);

/* Everything so far, under the names of wire/books.h: */
struct books client_account_sum(const struct client_account *a);
/* and as the caller sees it. */
void client_account_books(const struct client_account *a,
			  struct mql_books *out);

#endif
