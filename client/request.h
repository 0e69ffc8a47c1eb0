/* request.h - an operator's question to all source-jobs of a fleet. */
#ifndef CLIENT_REQUEST_H
#define CLIENT_REQUEST_H

#include "mql/client.h"

struct wire_context;

struct client_reply {
	char  *json;   /* the answer of all; NULL: there is none */
	char  *silent; /* who does not answer: their endpoints; NULL: all do */
	size_t asked;  /* how many were */
};

/* As mql_request_with(), and says who was silent: fine as long as one answered.
 * context is borrowed, and its keys are used; NULL: one of its own. *r is
 * filled, to be freed, on failure too. */
int client_ask(struct wire_context *context,
	       const struct mql_request_options *o, struct client_reply *r,
	       struct mql_diag *diag);
void client_reply_fini(struct client_reply *r);

#endif
