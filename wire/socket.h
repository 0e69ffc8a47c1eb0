/* socket.h - the two kinds of ZeroMQ sockets that we use, with the options
 * that ZeroMQ gets wrong for us set right (no endless linger, no silent drops,
 * a real backlog, no queueing for a dead peer), and the link's state told.
 *
 * One owner thread per socket, always. */
#ifndef WIRE_SOCKET_H
#define WIRE_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

struct wire_context; /* a ZeroMQ context; opaque */

/* Starts io_threads (1 to 16) threads and one more, which block all signals
 * and are named ZMQbg/... by ZeroMQ. 0, MQL_EINVAL, MQL_ENOMEM, or MQL_EOS,
 * mostly for want of file descriptors. */
int wire_context_new(int io_threads, struct wire_context **out);
/* Every socket must be closed before. NULL is allowed. */
void wire_context_free(struct wire_context *c);

/* --- keys ------------------------------------------------------------------- */

/* With keys, all sockets of a context speak CURVE and only that: dealers say
 * who they are and check whom they speak to, routers let in whose public key
 * is in a directory for the role that they are opened for. */

enum wire_role {
	WIRE_ROLE_AGENT      = 1 << 0,
	WIRE_ROLE_SUBSCRIBER = 1 << 1,
	WIRE_ROLE_OPERATOR   = 1 << 2,
	WIRE_ROLES           = 3, /* how many there are */
	WIRE_ROLE_ALL        = 7,
};

struct wire_keys; /* keys.h */

/* One line for a log; warning: something is wrong. */
typedef void wire_say(void *arg, bool warning, const char *line);

/* Before any socket is opened. k is borrowed until the context is freed; NULL:
 * no keys. */
void wire_context_use(struct wire_context *c, const struct wire_keys *k);

/* For routers, after wire_context_use(): let in the keys of the directories
 * agents/, subscribers/ and operators/ below dir. They are read again when
 * they change, which is noticed within a second (a file that is written over
 * in place: within half a minute). Starts a thread, which blocks all signals
 * and calls say (NULL: nobody is told). 0, MQL_EINVAL (nothing to read there,
 * or no keys), MQL_ENOMEM or MQL_EOS, and a sentence in why. */
int wire_context_allow(struct wire_context *c, const char *dir, wire_say *say,
		       void *arg, char *why, size_t nwhy);

/* Peers that were turned away for their keys. Any thread. */
uint64_t wire_context_refused(const struct wire_context *c);

/* --- limits ------------------------------------------------------------------ */

struct wire_limits { /* of links; 0: any */
	uint64_t links;      /* at all routers of a context */
	uint64_t of_address; /* of one IP address */
};

/* Before any router is opened: what is too many is cut (links.h). Starts a
 * thread, which blocks all signals and calls say (NULL: nobody is told). 0,
 * MQL_ENOMEM or MQL_EOS. */
int wire_context_limit(struct wire_context *c, const struct wire_limits *limits,
		       wire_say *say, void *arg);

/* How long a peer of a router may be silent until it is asked whether it is
 * there, and how long until it must have said something: 60 s and 20 s if they
 * are not set before the router is opened. */
void wire_context_ping(struct wire_context *c, int ping_ms, int pong_ms);

/* Links that stand open, and those that were cut, where there are limits. Any
 * thread. */
uint64_t wire_context_links(const struct wire_context *c);
uint64_t wire_context_turned_away(const struct wire_context *c);

/* --- endpoints ---------------------------------------------------------------- */

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

/* Why the last try to connect failed, if keys are the reason: a sentence for
 * people, static; NULL: for no such reason. */
const char *wire_dealer_trouble(const struct wire_dealer *d);

/* Wait for a message, a change of the link or the time (-1: for ever).
 * wakefd (-1: none) is waited for too; its bytes are the caller's to read.
 * False when a signal interrupted it. */
bool wire_dealer_wait(struct wire_dealer *d, int timeout_ms, int wakefd);

/* The same for several at once, all of one thread; at most WIRE_WAIT_MAX of
 * them are looked at. */
enum { WIRE_WAIT_MAX = 1024 };
bool wire_dealers_wait(struct wire_dealer *const *d, size_t n, int timeout_ms,
		       int wakefd);

/* The two halves of a wait, for who has a poll set of its own. Before: how long
 * it may be, at most timeout_ms (negative: for ever), and for what; 0: there is
 * something to be had now. After: which of the two were readable, and whether
 * anything was that was waited for. */
struct wire_watch {
	int      fd[2];  /* for reading; -1: none */
	uint64_t serial; /* another one: other descriptors, even if they have
			    the same numbers; never 0 where there are some */
};
int wire_dealer_watch(struct wire_dealer *d, int timeout_ms,
		      struct wire_watch *w);
void wire_dealer_see(struct wire_dealer *d, const bool readable[2], bool news);

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

/* The same for one who takes messages of two parts, too: *rest is the second,
 * empty when there is none. */
int wire_dealer_recv_parts(struct wire_dealer *d, struct str *msg,
			   struct str *rest);

/* --- the side that listens: a ROUTER ---------------------------------------- */

struct wire_router; /* opaque */

enum { WIRE_PEER_MAX = 32 };

struct wire_peer { /* who a message came from; compare len bytes of id */
	uint8_t len;
	uint8_t id[WIRE_PEER_MAX];
	uint8_t roles; /* what it may be here, as of this message: enum
			  wire_role; 0: its key was taken away */
	uint32_t key;  /* a number of its key, which its other links have too;
			  0: without keys */
};

/* Listens on endpoint (port 0 or * takes a free one) for who has one of these
 * roles. Without keys everybody has them all. 0, MQL_EADDRESS, MQL_EINUSE,
 * MQL_EOS, MQL_EINVAL (keys, but none is allowed); why gets a sentence. */
int wire_router_open(struct wire_context *c, const char *endpoint,
		     unsigned roles, struct wire_router **out, char *why,
		     size_t nwhy);
void wire_router_close(struct wire_router *r, int linger_ms); /* NULL: none */

/* Open n that listen on one TCP endpoint: the kernel spreads new links among
 * them. On failure none is open. Other endpoints: MQL_EUNSUP if n is not 1. */
int wire_routers_open(struct wire_context *c, const char *endpoint,
		      unsigned roles, struct wire_router **out, unsigned n,
		      char *why, size_t nwhy);

/* The real endpoint, with its port. Lives as long as r. */
const char *wire_router_endpoint(const struct wire_router *r);

/* For the caller's own poll set: readable means "call recv until it says 0".
 * Always the same one; but after a send it tells all only when it has been
 * asked for again. */
int wire_router_fd(struct wire_router *r);

/* As wire_dealer_recv(). Messages larger than any of ours never arrive: the
 * peer is cut off by ZeroMQ. */
int wire_router_recv(struct wire_router *r, struct wire_peer *from,
		     struct str *msg);

/* The name of the key of whoever sent the last message, borrowed until the
 * next; empty without keys. */
struct str wire_router_key(const struct wire_router *r);

/* Cut the link over which the last message came, as if the network had. */
void wire_router_cut(struct wire_router *r);

/* 0; MQL_EUNREACH when the peer is gone (forget it), MQL_ENOMEM. Never blocks;
 * flow is bounded by credit, so nothing is dropped here. */
int wire_router_send(struct wire_router *r, const struct wire_peer *to,
		     const void *data, size_t len);

/* The same for what is in b, which grows on the heap. If that is long it is not
 * copied: its memory is ZeroMQ's then, and b is empty, also where the peer is
 * gone. With MQL_ENOMEM b is as it was. */
int wire_router_send_buf(struct wire_router *r, const struct wire_peer *to,
			 struct buf *b);

/* The same as a message of two parts: head is copied, rest is not. It must not
 * change until done(arg) is called, in whatever thread; with MQL_ENOMEM, and
 * only then, it is not. */
int wire_router_send_parts(struct wire_router *r, const struct wire_peer *to,
			   struct str head, struct str rest,
			   void (*done)(void *data, void *arg), void *arg);

#endif
