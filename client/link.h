/* link.h - a connection to a source-job, from its name to a working link. */
#ifndef CLIENT_LINK_H
#define CLIENT_LINK_H

#include "mql/client.h"
#include "wire/message.h"
#include "wire/socket.h"

struct client_context { /* of ZeroMQ, with what all of its links have */
	struct wire_context *wire;
	struct wire_keys    *keys; /* NULL: none, or not ours */
	bool                 lent; /* wire is not ours */
};

struct client_link {
	struct wire_context *context;
	struct wire_dealer  *dealer;
	const char          *endpoint;
	bool                 strange; /* what came last is of no version that
					 we know */
};

/* Where the source-jobs are: as given, else MQL_SOURCE_JOB, else the default.
 * See wire/discovery.h. */
const char *client_where(const char *given);

/* Files of keys; NULL: MQL_KEY_FILE and MQL_SERVER_KEY, else none. lent: a
 * context that is used as it is, and not ours; NULL: a new one. 0, MQL_EINVAL
 * (a key cannot be read: diag says why; it may be NULL), MQL_ENOMEM or
 * MQL_EOS. */
int client_context_open(struct client_context *c, const char *key,
			const char *server_key, struct wire_context *lent,
			struct mql_diag *diag);
void client_context_close(struct client_context *c); /* a zeroed one: nothing */

/* endpoint and context are borrowed for the life of the link. Returns 0,
 * MQL_EADDRESS (diag says why; it may be NULL), MQL_ENOMEM or MQL_EOS. */
int client_link_open(struct client_link *l, const char *endpoint,
		     struct wire_context *context, struct mql_diag *diag);

/* wire_get_header() of what has come. */
int client_link_read(struct client_link *l, struct str msg, unsigned *kind,
		     struct str *body);

/* There is trouble with keys or versions, and has been since a second after
 * `since` (ms, monotonic) at least: nothing that passes by itself. */
bool client_link_hopeless(const struct client_link *l, int64_t since);

/* What is known of why it is not spoken to; NULL: nothing. */
const char *client_link_trouble(const struct client_link *l);

/* MQL_EUNREACH with a sentence: of what is in trouble there, or (NULL) that
 * nobody answers. */
int client_link_unreached(struct mql_diag *diag, const char *where,
			  const char *trouble);

/* Close and connect anew: for a peer that has fallen silent. */
int client_link_reopen(struct client_link *l);

void client_link_close(struct client_link *l); /* a zeroed link is allowed */

/* Send the frame in b and empty b. 0, MQL_EUNREACH or MQL_ENOMEM. */
int client_link_send(struct client_link *l, struct buf *b);

/* A sentence into diag, if there is one to fill. Returns err. */
__attribute__((format(printf, 3, 4)))
int client_link_fail(struct mql_diag *diag, int err, const char *fmt, ...);

#endif
