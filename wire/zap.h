/* zap.h - the thread that ZeroMQ asks who may come in (ZAP, rfc.zeromq.org/
 * spec/27): one for a context, answering from memory. Private to wire/.
 *
 *     I/O thread --- inproc://zeromq.zap.01 ---> this thread: allowed.h
 *        "is this key all right, on a socket of this domain?"
 *        "200, User-Id 17.3.alice", or "400"
 *
 * Only the sockets of this context reach it; what it gets is checked all the
 * same. The domain says for whom a router is: its roles. */
#ifndef WIRE_ZAP_H
#define WIRE_ZAP_H

#include "wire/allowed.h"

struct zap; /* opaque */

enum { ZAP_DOMAIN = 16, ZAP_USER = CERT_NAME + 24 };

/* zmq is a context without routers yet. Takes a. say as in allowed.h. 0,
 * MQL_ENOMEM or MQL_EOS. */
int zap_start(void *zmq, struct allowed *a, wire_say *say, void *arg,
	      struct zap **out);
/* When no router is left. NULL is allowed. */
void zap_stop(struct zap *z);

uint64_t zap_refused(const struct zap *z); /* any thread */

/* The domain of a router, and the user id of a key: what is written is read
 * back here, and nowhere else. */
void zap_domain_write(unsigned roles, char out[ZAP_DOMAIN]);
bool zap_domain_read(struct str domain, unsigned *roles);
void zap_user_write(const struct allowed_key *k, char out[ZAP_USER]);

/* What the peer with this user id (NULL: it has none) may do now, and the
 * number (not 0) and name of its key. Any thread. */
unsigned zap_user_roles(const struct zap *z, const char *user,
			uint32_t *number, struct str *name);

#endif
