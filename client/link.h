/* link.h - a connection to a source-job, from its name to a working link. */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "mql/client.h"
#include "wire/message.h"
#include "wire/socket.h"

struct client_link {
	struct wire_context *context;
	bool                 lent; /* the context is somebody else's */
	struct wire_dealer  *dealer;
	const char          *endpoint;
};

/* Where the source-jobs are: as given, else MQL_SOURCE_JOB, else the default.
 * See wire/discovery.h. */
const char *client_where(const char *given);

/* endpoint is borrowed for the life of the link, and so is context; NULL: the
 * link has its own. Returns 0, MQL_EADDRESS (diag says why; it may be NULL),
 * MQL_ENOMEM or MQL_EOS. */
int client_link_open(struct client_link *l, const char *endpoint,
		     struct wire_context *context, struct mql_diag *diag);

/* Close and connect anew: for a peer that has fallen silent. */
int client_link_reopen(struct client_link *l);

void client_link_close(struct client_link *l); /* a zeroed link is allowed */

/* As wire_dealer_wait(); without a socket (it could not be reopened yet) it is
 * only time that passes. */
bool client_link_wait(struct client_link *l, int timeout_ms);

/* Send the frame in b and empty b. 0, MQL_EUNREACH or MQL_ENOMEM. */
int client_link_send(struct client_link *l, struct buf *b);

/* A sentence into diag, if there is one to fill. Returns err. */
__attribute__((format(printf, 3, 4)))
int client_link_fail(struct mql_diag *diag, int err, const char *fmt, ...);

#endif
