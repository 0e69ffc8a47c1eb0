/* router.c - the side that listens. See socket.h.
 *
 * ZeroMQ's file descriptor tells of a change, once: a send that happens to
 * take note of arrived messages also takes the signal, and poll(2) would
 * sleep on them. So the caller gets an epoll set of that descriptor and an
 * eventfd of ours, which is set when sends have left messages behind: looked
 * at when he asks for the set, once for all sends since he last read. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mql/error.h"
#include "wire/endpoint.h"
#include "wire/links.h"
#include "wire/share.h"
#include "wire/frame.h"
#include "wire/socket_private.h"
#include "wire/zap.h"

struct wire_router {
	void     *socket;
	zmq_msg_t msg; /* the one that the caller borrows */
	int       poll_fd;
	int       wake_fd;
	bool      woken;
	bool      unsure; /* a send may have taken the signal */
	unsigned  roles;
	const struct zap *zap; /* of the context; NULL: no keys */
	struct str key;   /* the name of the last sender's */
	char      endpoint[ENDPOINT_MAX];
};

enum {
	BACKLOG = 4096, /* a fleet that reconnects; the kernel's limit */
	GIVE_MIN = 8 << 10, /* bytes: less is cheaper to copy */
	/* Messages of a peer that wait for us. Who sends more, against all
	 * credit, finds that nobody reads; it takes no more memory. */
	WAITING = 128,
};

/* Who has greeted us and then does not even answer ZeroMQ's own PING is no peer
 * but an open descriptor: it is cut off. Any message answers. */
static int
set_pings(const struct wire_context *c, void *socket)
{
	int err = socket_set(socket, ZMQ_HEARTBEAT_IVL, c->ping_ms);

	return err ? err : socket_set(socket, ZMQ_HEARTBEAT_TIMEOUT,
				      c->pong_ms);
}

/* Nobody but agents sends rows. */
static int
set_options(const struct wire_context *c, void *socket, unsigned roles)
{
	const int64_t max_message = WIRE_HEADER + WIRE_MAX_CONTROL;
	int err;

	if (!(roles & WIRE_ROLE_AGENT) &&
	    zmq_setsockopt(socket, ZMQ_MAXMSGSIZE, &max_message,
			   sizeof max_message))
		return MQL_EOS;
	if ((err = socket_set(socket, ZMQ_RCVHWM, WAITING)) ||
	    (err = set_pings(c, socket)))
		return err;

	/* Say that a peer is gone, rather than drop what is for it. */
	if ((err = socket_set(socket, ZMQ_ROUTER_MANDATORY, 1)))
		return err;
	return socket_set(socket, ZMQ_BACKLOG, BACKLOG);
}

static int
open_poll(struct wire_router *r)
{
	struct epoll_event in = { .events = EPOLLIN };
	size_t n = sizeof(int);
	int fd;

	r->poll_fd = epoll_create1(EPOLL_CLOEXEC);
	r->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (r->poll_fd < 0 || r->wake_fd < 0 ||
	    zmq_getsockopt(r->socket, ZMQ_FD, &fd, &n) ||
	    epoll_ctl(r->poll_fd, EPOLL_CTL_ADD, fd, &in) ||
	    epoll_ctl(r->poll_fd, EPOLL_CTL_ADD, r->wake_fd, &in))
		return MQL_EOS;
	return 0;
}

static int
cannot_listen(const char *endpoint, const struct endpoint *ep, int os,
	      char *why, size_t nwhy)
{
	if (os == EADDRINUSE && ep->tcp) {
		snprintf(why, nwhy, "port %.*s on %.*s is in use",
			 (int)ep->port.len, ep->port.ptr, (int)ep->host.len,
			 ep->host.ptr);
	} else if (os == EADDRNOTAVAIL || os == ENODEV) {
		snprintf(why, nwhy, "%.*s is no address of this machine",
			 (int)ep->host.len, ep->host.ptr);
	} else {
		snprintf(why, nwhy, "cannot listen on %s: %s", endpoint,
			 zmq_strerror(os));
	}
	return os == EADDRINUSE ? MQL_EINUSE :
	       os == EADDRNOTAVAIL || os == ENODEV || os == EINVAL ?
				  MQL_EADDRESS : MQL_EOS;
}

/* fd: a socket that listens there already, which is taken; -1: none. */
static int
listen_on(struct wire_router *r, const char *endpoint,
	  const struct endpoint *ep, const char *on, int fd, char *why,
	  size_t nwhy)
{
	size_t n = sizeof r->endpoint;

	if (fd >= 0 && socket_set(r->socket, ZMQ_USE_FD, fd))
		return MQL_EOS;
	if (zmq_bind(r->socket, on) ||
	    zmq_getsockopt(r->socket, ZMQ_LAST_ENDPOINT, r->endpoint, &n))
		return cannot_listen(endpoint, ep, errno, why, nwhy);
	return 0;
}

/* share: see share.h; NULL: nobody else listens there. */
static int
open_router(struct wire_context *c, const char *endpoint, unsigned roles,
	    struct share *share, struct wire_router **out, char *why,
	    size_t nwhy)
{
	char on[ENDPOINT_MAX];
	struct wire_router *r;
	struct endpoint ep;
	bool ipv6;
	int err, fd = -1;

	*out = NULL;
	if ((err = endpoint_parse(endpoint, &ep, why, nwhy)))
		return err;
	if (c->keys && !c->zap) {
		snprintf(why, nwhy, "a key, but none that is allowed");
		return MQL_EINVAL;
	}
	snprintf(why, nwhy, "cannot open a socket for %s", endpoint);
	endpoint_to_listen(endpoint, &ep, on, &ipv6);
	r = calloc(1, sizeof *r);
	if (!r)
		return MQL_ENOMEM;
	r->poll_fd = r->wake_fd = -1;
	r->roles = roles;
	r->zap = c->zap;
	zmq_msg_init(&r->msg);
	if ((err = socket_new(c, ZMQ_ROUTER, roles, ipv6, &r->socket)) ||
	    (err = set_options(c, r->socket, roles)) || (err = open_poll(r)) ||
	    (c->links && (err = links_watch(c->links, r->socket))))
		goto out;
	if (share && (errno = share_listen(share, on, BACKLOG, &fd)) != 0) {
		err = cannot_listen(endpoint, &ep, errno, why, nwhy);
		goto out;
	}
	if ((err = listen_on(r, endpoint, &ep, on, fd, why, nwhy)))
		goto out;
	fd = -1;
	*out = r;
	r = NULL;
out:
	if (fd >= 0)
		close(fd);
	wire_router_close(r, 0);
	return err;
}

int
wire_router_open(struct wire_context *c, const char *endpoint,
		 unsigned roles, struct wire_router **out, char *why,
		 size_t nwhy)
{
	return open_router(c, endpoint, roles, NULL, out, why, nwhy);
}

int
wire_routers_open(struct wire_context *c, const char *endpoint,
		  unsigned roles, struct wire_router **out, unsigned n,
		  char *why, size_t nwhy)
{
	struct share share = { 0 };
	int err = 0;

	memset(out, 0, n * sizeof *out);
	if (n == 1)
		return wire_router_open(c, endpoint, roles, out, why, nwhy);
	if (strncmp(endpoint, "tcp://", 6)) {
		snprintf(why, nwhy, "only a TCP endpoint can be shared");
		return MQL_EUNSUP;
	}
	for (unsigned i = 0; !err && i < n; i++)
		err = open_router(c, endpoint, roles, &share, &out[i], why,
				  nwhy);
	for (unsigned i = 0; err && i < n; i++) {
		wire_router_close(out[i], 0);
		out[i] = NULL;
	}
	return err;
}

void
wire_router_close(struct wire_router *r, int linger_ms)
{
	if (!r)
		return;
	if (r->poll_fd >= 0)
		close(r->poll_fd);
	if (r->wake_fd >= 0)
		close(r->wake_fd);
	if (r->socket)
		socket_close(r->socket, linger_ms);
	zmq_msg_close(&r->msg);
	free(r);
}

const char *
wire_router_endpoint(const struct wire_router *r)
{
	return r->endpoint;
}

static void
set_wake(struct wire_router *r, bool woken)
{
	eventfd_t n;

	if (woken && !r->woken)
		eventfd_write(r->wake_fd, 1);
	else if (!woken && r->woken)
		eventfd_read(r->wake_fd, &n);
	r->woken = woken;
	r->unsure = false;
}

int
wire_router_fd(struct wire_router *r)
{
	if (r->unsure && !r->woken)
		set_wake(r, socket_readable(r->socket));
	return r->poll_fd;
}

/* Who sent r->msg. Without an id of ours nobody is let in, whatever may have
 * gone wrong with the asking. */
static void
identify(struct wire_router *r, struct wire_peer *from)
{
	unsigned roles = r->roles;

	if (r->zap)
		roles &= zap_user_roles(r->zap, zmq_msg_gets(&r->msg,
							     "User-Id"),
					&from->key, &r->key);
	from->roles = (uint8_t)roles;
}

/* ZeroMQ has no call for it, but tells the descriptor (for as long as a
 * message of it is here, as good as surely the same one; at worst somebody
 * else has to connect again). Its I/O thread finds the link closed. */
void
wire_router_cut(struct wire_router *r)
{
	int fd = zmq_msg_get(&r->msg, ZMQ_SRCFD);

	if (fd >= 0)
		shutdown(fd, SHUT_RDWR);
}

struct str
wire_router_key(const struct wire_router *r)
{
	return r->key;
}

/* The first part is who sent it. One who gave himself a longer name than any
 * of ours is nobody: no answer will reach him. */
int
wire_router_recv(struct wire_router *r, struct wire_peer *from,
		 struct str *msg)
{
	size_t n;

	*from = (struct wire_peer){ 0 };
	*msg = (struct str){ 0 };
	if (!socket_receive(r->socket, &r->msg)) {
		set_wake(r, false);
		return 0;
	}
	n = zmq_msg_size(&r->msg);
	if (n <= WIRE_PEER_MAX) {
		from->len = (uint8_t)n;
		memcpy(from->id, zmq_msg_data(&r->msg), n);
	}
	if (zmq_msg_more(&r->msg) && socket_receive(r->socket, &r->msg))
		*msg = socket_body(r->socket, &r->msg);
	identify(r, from);
	return 1;
}

/* The first part says to whom. */
static int
send_to(struct wire_router *r, const struct wire_peer *to)
{
	return zmq_send(r->socket, to->id, to->len,
			ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0;
}

static int
sent(struct wire_router *r, bool failed)
{
	r->unsure = true;
	return !failed ? 0 : errno == ENOMEM ? MQL_ENOMEM : MQL_EUNREACH;
}

int
wire_router_send(struct wire_router *r, const struct wire_peer *to,
		 const void *data, size_t len)
{
	return sent(r, send_to(r, to) ||
		       zmq_send(r->socket, data, len, ZMQ_DONTWAIT) < 0);
}

static void
free_data(void *data, void *arg)
{
	(void)arg;
	free(data);
}

/* m is closed: of one that was sent nothing is left in it. */
static int
send_message(struct wire_router *r, const struct wire_peer *to,
	     struct str head, zmq_msg_t *m)
{
	bool failed = send_to(r, to) ||
		      (head.len && zmq_send(r->socket, head.ptr, head.len,
					    ZMQ_DONTWAIT | ZMQ_SNDMORE) < 0) ||
		      zmq_msg_send(m, r->socket, ZMQ_DONTWAIT) < 0;
	int err = sent(r, failed);

	zmq_msg_close(m);
	return err ? MQL_EUNREACH : 0; /* m is gone, for want of memory too */
}

int
wire_router_send_buf(struct wire_router *r, const struct wire_peer *to,
		     struct buf *b)
{
	zmq_msg_t m;

	if (b->len < GIVE_MIN || b->fixed)
		return wire_router_send(r, to, b->data, b->len);
	if (zmq_msg_init_data(&m, b->data, b->len, free_data, NULL))
		return MQL_ENOMEM;
	*b = (struct buf){ 0 }; /* whatever happens now */
	return send_message(r, to, (struct str){ 0 }, &m);
}

int
wire_router_send_parts(struct wire_router *r, const struct wire_peer *to,
		       struct str head, struct str rest,
		       void (*done)(void *data, void *arg), void *arg)
{
	zmq_msg_t m;

	if (zmq_msg_init_data(&m, (void *)(uintptr_t)rest.ptr, rest.len, done,
			      arg))
		return MQL_ENOMEM;
	return send_message(r, to, head, &m);
}
