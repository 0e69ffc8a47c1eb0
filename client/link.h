/* link.h - a connection to a source-job, from its name to a working link. */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "mql/client.h"
#include "wire/message.h"
#include "wire/socket.h"

struct client_link {
	struct wire_context *context;
	bool                 lent; /* the context is somebody else's, with its
				      keys */
	struct wire_keys    *keys; /* ours; NULL: none */
	struct wire_dealer  *dealer;
	const char          *endpoint;
};

/* What somebody gave, with the environment where he gave nothing. */
struct client_peer {
	const char *endpoint;
	const char *key, *server_key;
};

/* p->endpoint NULL: MQL_SOURCE_JOB, else the default; keys NULL: MQL_KEY_FILE
 * and MQL_SERVER_KEY, else none. The endpoint is borrowed for the life of the
 * link, and so is context; NULL: the link has its own. Returns 0, MQL_EADDRESS
 * or MQL_EINVAL (diag says why; it may be NULL), MQL_ENOMEM or MQL_EOS. */
int client_link_open(struct client_link *l, const struct client_peer *p,
		     struct wire_context *context, struct mql_diag *diag);

/* There is trouble with keys, and has been since a second after `since` (ms,
 * monotonic) at least: nothing that passes by itself. */
bool client_link_hopeless(const struct client_link *l, int64_t since);

/* MQL_EUNREACH, with a sentence that says what is known of the reason. */
int client_link_unreached(const struct client_link *l, struct mql_diag *diag);

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
