/* socket.c - the ZeroMQ context, and what both kinds of sockets need.
 *
 * We live in other people's processes. ZeroMQ's threads must not take their
 * signals, and it aborts where it cannot get a file descriptor for a thread:
 * we look first whether there are enough. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mql/error.h"
#include "wire/frame.h"
#include "wire/keys.h"
#include "wire/links.h"
#include "wire/socket_private.h"
#include "wire/zap.h"

enum {
	MAX_SOCKETS = 4096, /* of a context; 1023 if not said */
	MAX_IO_THREADS = 16,
	THREAD_FDS = 2,     /* each has a mailbox and an epoll set */
	/* With keys a handshake is half a millisecond of an I/O thread: where
	 * ten thousand come at once, the last one waits its turn. */
	HANDSHAKE_MS = 5000,
	HANDSHAKE_KEYED_MS = 20000,
	/* Where a PING is answered, and a handshake done, ZeroMQ looks at all
	 * timers of its thread that are due earlier (cancel_timer() of libzmq
	 * 4.3.4), and each peer's next PING is one: every 10 s, with 30 s for
	 * the answer, that was a third of what 10,000 idle agents cost. So
	 * pings are rare, and most are due later than either. */
	PING_MS = 60000,
	PONG_MS = 20000,
};

static int
error_of(int os)
{
	return os == ENOMEM ? MQL_ENOMEM : MQL_EOS;
}

static bool
descriptors_left(int n)
{
	int fd[THREAD_FDS * (MAX_IO_THREADS + 3)], got = 0;

	while (got < n && (fd[got] = eventfd(0, EFD_CLOEXEC)) >= 0)
		got++;
	for (int i = 0; i < got; i++)
		close(fd[i]);
	return got == n;
}

/* ZeroMQ starts its threads with the first socket, and they inherit our
 * signal mask. */
static int
start_threads(void *zmq)
{
	sigset_t all, before;
	void *socket;
	int err = 0;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	socket = zmq_socket(zmq, ZMQ_PAIR);
	if (!socket)
		err = error_of(errno);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (socket)
		zmq_close(socket);
	return err;
}

int
wire_context_new(int io_threads, struct wire_context **out)
{
	struct wire_context *c = NULL;
	int err = MQL_EOS;

	*out = NULL;
	if (io_threads < 1 || io_threads > MAX_IO_THREADS)
		return MQL_EINVAL;
	/* The reaper is a thread too; two more for the context and a socket. */
	if (!descriptors_left(THREAD_FDS * (io_threads + 2)))
		return MQL_EOS;
	c = calloc(1, sizeof *c);
	if (!c)
		return MQL_ENOMEM;
	c->zmq = zmq_ctx_new();
	if (!c->zmq)
		goto out;
	zmq_ctx_set(c->zmq, ZMQ_IO_THREADS, io_threads);
	zmq_ctx_set(c->zmq, ZMQ_MAX_SOCKETS, MAX_SOCKETS);
	if ((err = start_threads(c->zmq)))
		goto out;
	wire_context_ping(c, PING_MS, PONG_MS);
	*out = c;
	c = NULL;
out:
	wire_context_free(c);
	return err;
}

void
wire_context_free(struct wire_context *c)
{
	if (!c)
		return;
	links_stop(c->links);
	zap_stop(c->zap);
	while (c->zmq && zmq_ctx_term(c->zmq) && errno == EINTR)
		;
	free(c);
}

static int
set_bytes(void *socket, int option, const void *bytes, size_t n)
{
	return zmq_setsockopt(socket, option, bytes, n) ? error_of(errno) : 0;
}

int
socket_set(void *socket, int option, int value)
{
	return set_bytes(socket, option, &value, sizeof value);
}

/* --- keys ------------------------------------------------------------------- */

void
wire_context_use(struct wire_context *c, const struct wire_keys *k)
{
	c->keys = k;
}

int
wire_context_allow(struct wire_context *c, const char *dir, wire_say *say,
		   void *arg, char *why, size_t nwhy)
{
	struct allowed *a;
	int err;

	if (!c->keys || c->zap) {
		snprintf(why, nwhy, "there is no key of our own");
		return MQL_EINVAL;
	}
	if ((err = allowed_open(dir, say, arg, &a, why, nwhy)))
		return err;
	if ((err = zap_start(c->zmq, a, say, arg, &c->zap)))
		snprintf(why, nwhy, "%s", mql_strerror(err));
	return err;
}

uint64_t
wire_context_refused(const struct wire_context *c)
{
	return c->zap ? zap_refused(c->zap) : 0;
}

/* --- limits ------------------------------------------------------------------ */

int
wire_context_limit(struct wire_context *c, const struct wire_limits *limits,
		   wire_say *say, void *arg)
{
	if (c->links)
		return MQL_EINVAL;
	return links_start(c->zmq, limits, say, arg, &c->links);
}

void
wire_context_ping(struct wire_context *c, int ping_ms, int pong_ms)
{
	c->ping_ms = ping_ms;
	c->pong_ms = pong_ms;
}

uint64_t
wire_context_links(const struct wire_context *c)
{
	return c->links ? links_open(c->links) : 0;
}

uint64_t
wire_context_turned_away(const struct wire_context *c)
{
	return c->links ? links_refused(c->links) : 0;
}

/* --- sockets ----------------------------------------------------------------- */

/* A domain makes ZeroMQ refuse peers of its versions 1 and 2, which is what
 * garbage looks like to it: when a socket closes on one that has not said its
 * name yet, libzmq 4.3.4 aborts the process. */
static int
set_keys(const struct wire_context *c, void *socket, unsigned roles)
{
	const struct wire_keys *k = c->keys;
	char domain[ZAP_DOMAIN];
	int err;

	zap_domain_write(roles, domain);
	err = set_bytes(socket, ZMQ_ZAP_DOMAIN, domain, strlen(domain));
	if (err || !k)
		return err;
	if ((err = set_bytes(socket, ZMQ_CURVE_SECRETKEY, wire_keys_secret(k),
			     WIRE_KEY_BYTES)))
		return err;
	if (roles)
		return socket_set(socket, ZMQ_CURVE_SERVER, 1);
	if (!wire_keys_server(k)) /* we speak to nobody whom we do not know */
		return MQL_EINVAL;
	if ((err = set_bytes(socket, ZMQ_CURVE_PUBLICKEY, wire_keys_public(k),
			     WIRE_KEY_BYTES)))
		return err;
	return set_bytes(socket, ZMQ_CURVE_SERVERKEY, wire_keys_server(k),
			 WIRE_KEY_BYTES);
}

/* --- sockets ---------------------------------------------------------------- */

int
socket_new(struct wire_context *c, int type, unsigned roles, bool ipv6,
	   void **out)
{
	static const struct {
		int option, value;
	} options[] = {
		{ ZMQ_LINGER, 0 },
		{ ZMQ_SNDHWM, 0 }, /* credit bounds what is on its way */
		{ ZMQ_RCVHWM, 0 },
		{ ZMQ_TCP_KEEPALIVE, 1 },
		{ ZMQ_TCP_KEEPALIVE_IDLE, 30 }, /* s */
		{ ZMQ_TCP_KEEPALIVE_INTVL, 10 },
		{ ZMQ_TCP_KEEPALIVE_CNT, 3 },
		{ ZMQ_TCP_MAXRT, 60 * 1000 }, /* for a peer without power */
	};
	const int64_t max_message = WIRE_HEADER + WIRE_MAX_ROWS;
	void *s = zmq_socket(c->zmq, type);
	int err = s ? 0 : error_of(errno);

	for (size_t i = 0; !err && i < sizeof options / sizeof *options; i++)
		err = socket_set(s, options[i].option, options[i].value);
	if (!err)
		err = socket_set(s, ZMQ_HANDSHAKE_IVL, c->keys ?
				 HANDSHAKE_KEYED_MS : HANDSHAKE_MS);
	if (!err)
		err = socket_set(s, ZMQ_IPV6, ipv6);
	if (!err)
		err = set_bytes(s, ZMQ_MAXMSGSIZE, &max_message,
				sizeof max_message);
	if (!err)
		err = set_keys(c, s, roles);
	if (err && s)
		zmq_close(s);
	*out = err ? NULL : s;
	return err;
}

void
socket_close(void *socket, int linger_ms)
{
	socket_set(socket, ZMQ_LINGER, linger_ms);
	zmq_close(socket);
}

bool
socket_receive(void *socket, zmq_msg_t *m)
{
	int n;

	do
		n = zmq_msg_recv(m, socket, ZMQ_DONTWAIT);
	while (n < 0 && errno == EINTR);
	return n >= 0;
}

struct str
socket_body(void *socket, zmq_msg_t *m)
{
	if (!zmq_msg_more(m))
		return (struct str){ zmq_msg_data(m), zmq_msg_size(m) };
	while (zmq_msg_more(m) && socket_receive(socket, m))
		;
	return (struct str){ 0 };
}

int
socket_fd(void *socket)
{
	int fd = -1;
	size_t n = sizeof fd;

	return zmq_getsockopt(socket, ZMQ_FD, &fd, &n) ? -1 : fd;
}

bool
socket_readable(void *socket)
{
	int events = 0;
	size_t n = sizeof events;

	return !zmq_getsockopt(socket, ZMQ_EVENTS, &events, &n) &&
	       (events & ZMQ_POLLIN);
}
