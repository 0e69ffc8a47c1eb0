/* socket.c - the ZeroMQ context, and what both kinds of sockets need.
 *
 * We live in other people's processes. ZeroMQ's threads must not take their
 * signals, and it aborts where it cannot get a file descriptor for a thread:
 * we look first whether there are enough. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "mql/error.h"
#include "wire/frame.h"
#include "wire/socket_private.h"

enum {
	MAX_SOCKETS = 4096, /* of a context; 1023 if not said */
	MAX_IO_THREADS = 16,
	THREAD_FDS = 2,     /* each has a mailbox and an epoll set */
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
	while (c->zmq && zmq_ctx_term(c->zmq) && errno == EINTR)
		;
	free(c);
}

int
socket_set(void *socket, int option, int value)
{
	return zmq_setsockopt(socket, option, &value, sizeof value) ?
		error_of(errno) : 0;
}

int
socket_new(struct wire_context *c, int type, bool ipv6, void **out)
{
	static const struct {
		int option, value;
	} options[] = {
		{ ZMQ_LINGER, 0 },
		{ ZMQ_SNDHWM, 0 }, /* credit bounds what is on its way */
		{ ZMQ_RCVHWM, 0 },
		{ ZMQ_HANDSHAKE_IVL, 5000 },
		{ ZMQ_TCP_KEEPALIVE, 1 },
		{ ZMQ_TCP_KEEPALIVE_IDLE, 30 }, /* s */
		{ ZMQ_TCP_KEEPALIVE_INTVL, 10 },
		{ ZMQ_TCP_KEEPALIVE_CNT, 3 },
		{ ZMQ_TCP_MAXRT, 60 * 1000 }, /* for a peer without power */
	};
	/* A domain makes ZeroMQ refuse peers of its versions 1 and 2, which
	 * is what garbage looks like to it: when a socket closes on one that
	 * has not said its name yet, libzmq 4.3.4 aborts the process. */
	static const char domain[] = "mql";
	const int64_t max_message = WIRE_HEADER + WIRE_MAX_ROWS;
	void *s = zmq_socket(c->zmq, type);
	int err = s ? 0 : error_of(errno);

	for (size_t i = 0; !err && i < sizeof options / sizeof *options; i++)
		err = socket_set(s, options[i].option, options[i].value);
	if (!err)
		err = socket_set(s, ZMQ_IPV6, ipv6);
	if (!err && (zmq_setsockopt(s, ZMQ_MAXMSGSIZE, &max_message,
				    sizeof max_message) ||
		     zmq_setsockopt(s, ZMQ_ZAP_DOMAIN, domain,
				    strlen(domain))))
		err = error_of(errno);
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
