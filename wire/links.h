/* links.h - how many links stand open at the routers of a context, in all and
 * from one address; what is too many is cut as it comes.
 *
 *     I/O threads --"accepted", "disconnected"--> a thread of ours
 *
 * For want of a descriptor ZeroMQ would try to accept for ever, with all of a
 * processor, and nobody else in the process could open anything. So the bound
 * in all has to be below what the process may open. A link is counted from its
 * first moment, before anybody knows whose it is. */
#ifndef WIRE_LINKS_H
#define WIRE_LINKS_H

#include <stdint.h>

#include "wire/socket.h"

struct links; /* opaque */

/* Starts a thread, which calls say (NULL: nobody is told). 0, MQL_ENOMEM or
 * MQL_EOS. */
int links_start(void *zmq, const struct wire_limits *limits, wire_say *say,
		void *arg, struct links **out);
void links_stop(struct links *l); /* NULL is allowed */

/* A router that is not bound yet, in the thread that has it. 0, MQL_ELIMIT
 * when there are too many, or MQL_EOS. */
int links_watch(struct links *l, void *router);

/* Any thread. */
uint64_t links_open(const struct links *l);
uint64_t links_refused(const struct links *l);

#endif
