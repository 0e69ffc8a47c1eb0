/* share.h - several listening sockets on one port. Private to wire/.
 *
 * With SO_REUSEPORT the kernel gives each new link to one of them, by a hash
 * of both addresses. But whoever sets it before it binds also shares a port
 * with a stranger of the same user who did so: the second source-job on a
 * port would take half of the agents of the first. So the first socket binds
 * without it, and fails if anybody is there. */
#ifndef WIRE_SHARE_H
#define WIRE_SHARE_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

struct share { /* zeroed: no socket yet */
	struct sockaddr_storage at; /* with the real port, of the first one */
	socklen_t len;
};

/* One more. on: what endpoint_to_listen() made of a TCP endpoint. Gives a
 * non-blocking socket that listens. 0 or a value of errno. */
int share_listen(struct share *s, const char *on, int backlog, int *fd);

#endif
