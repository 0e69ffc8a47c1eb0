/* socket_private.h - what the dealer and the router share. Private to wire/.
 */
#ifndef WIRE_SOCKET_PRIVATE_H
#define WIRE_SOCKET_PRIVATE_H

#include <stdatomic.h>
#include <zmq.h>

#include "wire/socket.h"

struct links;
struct zap;

struct wire_context {
	void *zmq;
	const struct wire_keys *keys; /* borrowed; NULL: none */
	struct zap *zap;              /* NULL: nobody is let in by a key */
	struct links *links;          /* NULL: as many as there may be */
	int ping_ms, pong_ms;         /* of routers */
	_Atomic uint64_t dialled;     /* sockets of dealers */
};

/* A socket with the options of both kinds set, and the context's keys: roles
 * is whom a router is for, 0 for a dealer. 0, MQL_ENOMEM or MQL_EOS. */
int socket_new(struct wire_context *c, int type, unsigned roles, bool ipv6,
	       void **out);
int socket_set(void *socket, int option, int value);
void socket_close(void *socket, int linger_ms);

/* The next part into m, waiting for nothing. False when there is none. */
bool socket_receive(void *socket, zmq_msg_t *m);

/* What m holds; empty when it is the first part of several, which are all
 * taken and dropped. */
struct str socket_body(void *socket, zmq_msg_t *m);

/* Is a message waiting? Also lets ZeroMQ take note of new and lost links. */
bool socket_readable(void *socket);
int socket_fd(void *socket); /* what is readable when it has mail; or -1 */

#endif
