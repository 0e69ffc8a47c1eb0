/* dealer.c - the side that connects. See socket.h.
 *
 * ZMQ_IMMEDIATE ties the queues to the connection: nothing waits for a peer
 * that is not there, and what was queued for a lost link goes with it. A
 * monitor tells of handshakes and losses; it is read in the owner's thread.
 *
 *     changes   the monitor said   up and down alternate
 *     told      the caller knows   behind changes: nothing is sent, for it
 *                                  would reach a peer the caller knows not */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "mql/error.h"
#include "wire/endpoint.h"
#include "wire/socket_private.h"

struct wire_dealer {
	void     *socket;
	void     *monitor;
	zmq_msg_t msg; /* the one that the caller borrows */
	bool      up;
	unsigned  changes, told;
};

/* ZeroMQ adds up to the shortest wait to each, which at the longest is next
 * to nothing: thousands of agents need more to come back one by one. */
static int
set_backoff(void *socket)
{
	uint16_t random[2] = { 0 };
	ssize_t n = getrandom(random, sizeof random, GRND_NONBLOCK);
	int err;

	(void)n; /* without it all wait alike */
	if ((err = socket_set(socket, ZMQ_RECONNECT_IVL, 50 + random[0] % 50)))
		return err;
	return socket_set(socket, ZMQ_RECONNECT_IVL_MAX,
			  600 + random[1] % 400);
}

static int
set_options(void *socket)
{
	int err;

	if ((err = socket_set(socket, ZMQ_IMMEDIATE, 1)) ||
	    (err = socket_set(socket, ZMQ_CONNECT_TIMEOUT, 5000)))
		return err;
	return set_backoff(socket);
}

static int
watch(struct wire_context *c, struct wire_dealer *d)
{
	const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
			   ZMQ_EVENT_DISCONNECTED;
	char name[64];
	int err;

	snprintf(name, sizeof name, "inproc://monitor-%p", (void *)d);
	if (zmq_socket_monitor(d->socket, name, events))
		return MQL_EOS;
	d->monitor = zmq_socket(c->zmq, ZMQ_PAIR);
	if (!d->monitor)
		return MQL_EOS;
	/* Without a limit: ZeroMQ's thread would wait for us. */
	if ((err = socket_set(d->monitor, ZMQ_RCVHWM, 0)))
		return err;
	return zmq_connect(d->monitor, name) ? MQL_EOS : 0;
}

int
wire_dealer_open(struct wire_context *c, const char *endpoint,
		 struct wire_dealer **out)
{
	char why[160], to[ENDPOINT_MAX];
	struct wire_dealer *d;
	struct endpoint ep;
	bool ipv6;
	int err;

	*out = NULL;
	if ((err = endpoint_parse(endpoint, &ep, why, sizeof why)))
		return err;
	if (str_eq(ep.host, STR("*")) || str_eq(ep.port, STR("*")) ||
	    str_eq(ep.port, STR("0")))
		return MQL_EADDRESS;
	endpoint_to_connect(endpoint, &ep, to, &ipv6);
	d = calloc(1, sizeof *d);
	if (!d)
		return MQL_ENOMEM;
	zmq_msg_init(&d->msg);
	if ((err = socket_new(c, ZMQ_DEALER, ipv6, &d->socket)) ||
	    (err = set_options(d->socket)) || (err = watch(c, d)))
		goto out;
	if (zmq_connect(d->socket, to)) {
		err = errno == EINVAL ? MQL_EADDRESS : MQL_EOS;
		goto out;
	}
	*out = d;
	d = NULL;
out:
	wire_dealer_close(d, 0);
	return err;
}

void
wire_dealer_close(struct wire_dealer *d, int linger_ms)
{
	if (!d)
		return;
	if (d->socket) /* first: it would wait for its reader for ever */
		zmq_socket_monitor(d->socket, NULL, 0);
	if (d->monitor)
		socket_close(d->monitor, 0);
	if (d->socket)
		socket_close(d->socket, linger_ms);
	zmq_msg_close(&d->msg);
	free(d);
}

/* --- the link --------------------------------------------------------------- */

/* An event is two parts: number and value as 16 and 32 bits, the address. */
static void
read_events(struct wire_dealer *d)
{
	zmq_msg_t m;

	zmq_msg_init(&m);
	while (socket_receive(d->monitor, &m)) {
		uint16_t event = 0;
		if (zmq_msg_size(&m) >= sizeof event)
			memcpy(&event, zmq_msg_data(&m), sizeof event);
		socket_body(d->monitor, &m); /* takes the address */
		bool up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
		if (d->up != up)
			d->changes++;
		d->up = up;
	}
	zmq_msg_close(&m);
}

enum wire_link
wire_dealer_link(struct wire_dealer *d, unsigned *changes)
{
	read_events(d);
	if (d->up && d->changes != d->told) {
		/* A peer says nothing before we do: what is there to read
		 * came over the old link, and would confuse the new one. */
		while (socket_readable(d->socket) &&
		       socket_receive(d->socket, &d->msg))
			;
	}
	d->told = d->changes;
	*changes = d->changes;
	return d->up ? WIRE_LINK_UP : WIRE_LINK_DOWN;
}

bool
wire_dealer_wait(struct wire_dealer *d, int timeout_ms, int wakefd)
{
	zmq_pollitem_t item[3] = {
		{ .socket = d->socket, .events = ZMQ_POLLIN },
		{ .socket = d->monitor, .events = ZMQ_POLLIN },
		{ .fd = wakefd, .events = ZMQ_POLLIN },
	};

	if (d->changes != d->told)
		return true;
	return zmq_poll(item, wakefd < 0 ? 2 : 3, timeout_ms) >= 0;
}

/* --- messages ---------------------------------------------------------------- */

int
wire_dealer_send(struct wire_dealer *d, const void *data, size_t len)
{
	read_events(d);
	if (!d->up || d->changes != d->told)
		return MQL_EUNREACH;
	if (zmq_send(d->socket, data, len, ZMQ_DONTWAIT) >= 0)
		return 0;
	return errno == ENOMEM ? MQL_ENOMEM : MQL_EUNREACH;
}

int
wire_dealer_recv(struct wire_dealer *d, struct str *msg)
{
	if (!socket_receive(d->socket, &d->msg))
		return 0;
	*msg = socket_body(d->socket, &d->msg);
	return 1;
}
