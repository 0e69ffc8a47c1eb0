/* account.h - the books of one subscription over all the links it has had.
 *
 * A source-job counts from the moment of the subscription. When the link
 * breaks and the subscription is made anew, its count begins again, but each
 * agent has carried its run of the query over; META.before says where their
 * counters stood. So
 *
 *     past = what was counted up to the last break, brought up to date by
 *            the new link's `before` (what happened meanwhile)
 *     now  = what the present link has counted
 *
 * and a row that was sent but never got here is lost, and told as the gap.
 * All differences are modulo 2^64, as in wire/books.h. Owner thread only. */
#ifndef CLIENT_ACCOUNT_H
#define CLIENT_ACCOUNT_H

#include "mql/client.h"
#include "wire/message.h"

struct client_account {
	struct books       past;   /* earlier links; its gauges are settled */
	struct books       now;    /* this link, as last told */
	struct books_agent before; /* this link's */
	uint64_t           got;    /* rows that this link brought */
	uint64_t           received; /* rows given to the caller, ever */
	bool               told;   /* this link has told its books once */
	bool               broken; /* a link before this one broke */
};

/* The link brought a row that the caller now gets. */
void client_account_row(struct client_account *a);

/* The source-job tells its books. Returns the rows that were missed between
 * the last link and this one; 0 but for the first time after a break. */
uint64_t client_account_tell(struct client_account *a,
			     const struct wire_meta *m);

/* The link is gone: nobody can be called live. */
void client_account_break(struct client_account *a);

/* Everything so far, as the caller sees it. */
void client_account_books(const struct client_account *a,
			  struct mql_books *out);

#endif
