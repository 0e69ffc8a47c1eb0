/* socket.h - the two kinds of ZeroMQ sockets that we use, with the options
 * that ZeroMQ gets wrong for us set right (no endless linger, no silent drops,
 * a real backlog, no queueing for a dead peer), and the link's state told.
 *
 * One owner thread per socket, always. */
#ifndef WIRE_SOCKET_H
#define WIRE_SOCKET_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/str.h"

struct wire_context; /* a ZeroMQ context; opaque */

/* Starts io_threads (1 to 16) threads and one more, which block all signals
 * and are named ZMQbg/... by ZeroMQ. 0, MQL_EINVAL, MQL_ENOMEM, or MQL_EOS,
 * mostly for want of file descriptors. */
int wire_context_new(int io_threads, struct wire_context **out);
/* Every socket must be closed before. NULL is allowed. */
void wire_context_free(struct wire_context *c);

/* tcp://HOST:PORT, tcp://[IPV6]:PORT or ipc://PATH; `localhost` is 127.0.0.1.
 * 0, or MQL_EADDRESS and a sentence in why. */
int wire_endpoint_check(const char *endpoint, char *why, size_t nwhy);

/* --- the side that connects: a DEALER -------------------------------------- */

struct wire_dealer; /* opaque */

enum wire_link { WIRE_LINK_DOWN, WIRE_LINK_UP };

/* wire_endpoint_check(), and that one can connect to it. */
int wire_dealer_check(const char *endpoint, char *why, size_t nwhy);

/* Connects in the background and for ever (jittered back-off from 50 ms to
 * 1 s). 0, MQL_EADDRESS, MQL_ENOMEM, MQL_EOS. */
int wire_dealer_open(struct wire_context *c, const char *endpoint,
		     struct wire_dealer **out);
/* linger_ms: how long what is already sent may take to leave. NULL is
 * allowed. */
void wire_dealer_close(struct wire_dealer *d, int linger_ms);

/* Handshake done and not lost since. Call it after each wait; it reads the
 * link's events. *changes counts downs and ups, so that a quick down and up is
 * not missed. A new link is a new session: the peer knows nothing. What had
 * arrived before a link was lost can still be read, for a second; only then,
 * or when it has been read, is a new link tried. */
enum wire_link wire_dealer_link(struct wire_dealer *d, unsigned *changes);

/* Wait for a message, a change of the link or the time (-1: for ever).
 * wakefd (-1: none) is waited for too; its bytes are the caller's to read.
 * False when a signal interrupted it. */
bool wire_dealer_wait(struct wire_dealer *d, int timeout_ms, int wakefd);

/* The same for several at once, all of one thread; at most WIRE_WAIT_MAX of
 * them are looked at. */
enum { WIRE_WAIT_MAX = 1024 };
bool wire_dealers_wait(struct wire_dealer *const *d, size_t n, int timeout_ms,
		       int wakefd);

/* Did the last wait end with the time, and nothing to be read or heard? Then
 * neither wire_dealer_link() nor wire_dealer_recv() has anything to say. */
bool wire_dealer_quiet(const struct wire_dealer *d);

/* Send the bytes as one message; never blocks. 0; MQL_EUNREACH when the link
 * is down, or is not the one that wire_dealer_link() last spoke of; MQL_ENOMEM.
 */
int wire_dealer_send(struct wire_dealer *d, const void *data, size_t len);

/* The next message, if one is there: 1 and *msg (borrowed until the next call
 * on d), 0 when there is none. Multi-part messages are skipped and counted as
 * bad by returning them with len 0. */
int wire_dealer_recv(struct wire_dealer *d, struct str *msg);

/* --- the side that listens: a ROUTER ---------------------------------------- */

struct wire_router; /* opaque */

enum { WIRE_PEER_MAX = 32 };

struct wire_peer { /* who a message came from; compare by bytes */
	uint8_t len;
	uint8_t id[WIRE_PEER_MAX];
};

/* Listens on endpoint (port 0 or * takes a free one). 0, MQL_EADDRESS,
 * MQL_EINUSE, MQL_EOS; why gets a sentence. */
int wire_router_open(struct wire_context *c, const char *endpoint,
		     struct wire_router **out, char *why, size_t nwhy);
void wire_router_close(struct wire_router *r, int linger_ms); /* NULL: none */

/* Open n that listen on one TCP endpoint: the kernel spreads new links among
 * them. On failure none is open. Other endpoints: MQL_EUNSUP if n is not 1. */
int wire_routers_open(struct wire_context *c, const char *endpoint,
		      struct wire_router **out, unsigned n, char *why,
		      size_t nwhy);

/* The real endpoint, with its port. Lives as long as r. */
const char *wire_router_endpoint(const struct wire_router *r);

/* For the caller's own poll set: readable means "call recv until it says 0".
 * Level-triggered, whatever is sent in between. */
int wire_router_fd(const struct wire_router *r);

/* As wire_dealer_recv(). Messages larger than any of ours never arrive: the
 * peer is cut off by ZeroMQ. */
int wire_router_recv(struct wire_router *r, struct wire_peer *from,
		     struct str *msg);

/* A message that outlives the next call. Any one thread at a time. */
struct wire_kept {
	_Alignas(void *) unsigned char message[64];
};
void wire_kept_init(struct wire_kept *k);
void wire_kept_free(struct wire_kept *k);

/* Move the message that wire_router_recv() gave last into k, which is empty:
 * this is where it stands now, until wire_kept_free(). */
struct str wire_router_keep(struct wire_router *r, struct wire_kept *k);

/* 0; MQL_EUNREACH when the peer is gone (forget it), MQL_ENOMEM. Never blocks;
 * flow is bounded by credit, so nothing is dropped here. */
int wire_router_send(struct wire_router *r, const struct wire_peer *to,
		     const void *data, size_t len);

/* The same for what is in b, which grows on the heap. If that is long it is not
 * copied: its memory is ZeroMQ's then, and b is empty, also where the peer is
 * gone. With MQL_ENOMEM b is as it was. */
int wire_router_send_buf(struct wire_router *r, const struct wire_peer *to,
			 struct buf *b);

#endif
