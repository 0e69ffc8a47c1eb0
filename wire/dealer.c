/* dealer.c - the side that connects. See socket.h.
 *
 * Each link has a ZeroMQ socket of its own, so nothing can get from one to
 * the next, and what had arrived before a link was lost can still be read.
 * (ZeroMQ would reconnect by itself, but then it either sends the old link's
 * messages on the new one, or with ZMQ_IMMEDIATE drops what has arrived.) A
 * monitor tells how the link fares; it is read in the owner's thread.
 *
 *     changes   the monitor said   up and down alternate
 *     told      the caller knows   behind changes: nothing is sent, for it
 *                                  would reach a peer the caller knows not
 *     over      this socket will never be up (again): at retry_at another
 *               takes its place
 *     dry       the last that was done with a socket was to find nothing in
 *               it: until its descriptor is readable nothing is, so that one
 *               poll() is enough to know (ZeroMQ's own makes ten calls)
 *     still     the last wait has found that it is not; that is believed
 *               once, for each look costs two system calls
 *     serial    of the socket: a descriptor's number comes again */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>

#include "common/clock.h"
#include "mql/error.h"
#include "wire/endpoint.h"
#include "wire/socket_private.h"

enum {
	BACKOFF_MIN_MS = 50,
	BACKOFF_MAX_MS = 500, /* and up to as much again, by chance */
	REFUSED_MS     = 3000, /* the same for a key that is not let in: each
				  try costs the other side half a ms */
	UNREAD_MS      = 1000, /* then unread messages are given up */
	NEVER_MS       = 24 * 3600 * 1000,
};

struct wire_dealer {
	struct wire_context *context;
	char      to[ENDPOINT_MAX];
	bool      ipv6;
	void     *socket;
	void     *monitor;
	int       fd[2];     /* of these two */
	bool      dry[2], still[2];
	bool      quiet;     /* the last wait ended with the time */
	uint64_t  serial;
	zmq_msg_t msg, rest; /* those that the caller borrows */
	bool      up, over;
	unsigned  changes, told;
	const char *trouble; /* with keys; NULL: none */
	unsigned    hung_up; /* times in a row, on our greeting */
	int64_t   retry_at; /* clock_mono_ms() */
	int       backoff;
};

enum { SOCKET, MONITOR }; /* in fd, dry, still */

/* Has the last wait just found that nothing is there? */
static bool
is_still(struct wire_dealer *d, int k)
{
	const bool still = d->dry[k] && d->still[k];

	d->still[k] = false;
	return still;
}

/* --- one link --------------------------------------------------------------- */

static void
hang_up(struct wire_dealer *d, int linger_ms)
{
	if (d->socket) /* first: it would wait for its reader for ever */
		zmq_socket_monitor(d->socket, NULL, 0);
	if (d->monitor)
		socket_close(d->monitor, 0);
	if (d->socket)
		socket_close(d->socket, linger_ms);
	d->socket = d->monitor = NULL;
}

static int
watch(struct wire_dealer *d)
{
	const int events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED |
			   ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL |
			   ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
			   ZMQ_EVENT_HANDSHAKE_FAILED_AUTH |
			   ZMQ_EVENT_DISCONNECTED | ZMQ_EVENT_CONNECT_RETRIED;
	char name[64];
	int err;

	snprintf(name, sizeof name, "inproc://monitor-%p", d->socket);
	if (zmq_socket_monitor(d->socket, name, events))
		return MQL_EOS;
	d->monitor = zmq_socket(d->context->zmq, ZMQ_PAIR);
	if (!d->monitor)
		return MQL_EOS;
	/* Without a limit: ZeroMQ's thread would wait for us. */
	if ((err = socket_set(d->monitor, ZMQ_RCVHWM, 0)))
		return err;
	return zmq_connect(d->monitor, name) ? MQL_EOS : 0;
}

static int
dial(struct wire_dealer *d)
{
	int err;

	if ((err = socket_new(d->context, ZMQ_DEALER, 0, d->ipv6,
			      &d->socket)) ||
	    (err = socket_set(d->socket, ZMQ_CONNECT_TIMEOUT, 5000)) ||
	    (err = socket_set(d->socket, ZMQ_RECONNECT_IVL, NEVER_MS)) ||
	    (err = watch(d)))
		goto out;
	d->dry[SOCKET] = d->dry[MONITOR] = false;
	d->serial = atomic_fetch_add(&d->context->dialled, 1) + 1;
	d->fd[SOCKET] = socket_fd(d->socket);
	d->fd[MONITOR] = socket_fd(d->monitor);
	if (d->fd[SOCKET] < 0 || d->fd[MONITOR] < 0)
		err = MQL_EOS;
	else if (zmq_connect(d->socket, d->to))
		err = errno == EINVAL ? MQL_EADDRESS : MQL_EOS;
out:
	if (err)
		hang_up(d, 0);
	return err;
}

/* Thousands of agents that lost the same source-job at once must not all
 * come back at once. */
static void
retry_later(struct wire_dealer *d)
{
	uint32_t random = 0;
	ssize_t n = getrandom(&random, sizeof random, GRND_NONBLOCK);

	(void)n; /* without it there is no jitter */
	d->over = true;
	d->retry_at = clock_mono_ms() + d->backoff +
		      (int64_t)(random % (uint32_t)d->backoff);
	d->backoff *= 2;
	if (d->backoff > BACKOFF_MAX_MS)
		d->backoff = BACKOFF_MAX_MS;
}

/* A source-job that wants a key may hang up on our greeting before the part
 * of its own has left that says so. Whoever dies while we greet him does that
 * too, but not twice in a row. */
static bool
hung_up_again(struct wire_dealer *d, unsigned event, int value)
{
	if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
		d->hung_up = 0;
	else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL &&
		 (value == EPIPE || value == ECONNRESET))
		d->hung_up++;
	else
		return false;
	return d->hung_up > 1;
}

static void
explain(struct wire_dealer *d, unsigned event, int value)
{
	bool keys = d->context->keys;
	bool hung_up = hung_up_again(d, event, value);

	if (event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED)
		d->trouble = NULL;
	else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
		d->trouble = "it does not let our key in";
	else if (event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL && !keys)
		d->trouble = "it wants a key";
	else if ((event == ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL ||
		  event == ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL) && keys)
		d->trouble = "it is not the one whose public key we have, or "
			     "has none";
	else if (hung_up && !d->trouble)
		d->trouble = "it hangs up when it is greeted: it wants a key, "
			     "or is no source-job";
	if (event == ZMQ_EVENT_HANDSHAKE_FAILED_AUTH)
		d->backoff = REFUSED_MS;
}

/* Another try, when it is time and the caller has read what there was. */
static void
redial(struct wire_dealer *d)
{
	int64_t late;

	if (!d->over || d->changes != d->told)
		return;
	if ((late = clock_mono_ms() - d->retry_at) < 0)
		return;
	d->dry[SOCKET] = false;
	if (d->socket && late < UNREAD_MS && socket_readable(d->socket))
		return;
	hang_up(d, 0);
	d->over = false;
	if (dial(d))
		retry_later(d);
}

/* After an error in the protocol ZeroMQ would not try again. */
static bool
is_end(unsigned event)
{
	return event == ZMQ_EVENT_CONNECT_RETRIED ||
	       event == ZMQ_EVENT_DISCONNECTED;
}

/* An event is two parts: number and value as 16 and 32 bits, the address. */
static void
read_events(struct wire_dealer *d)
{
	zmq_msg_t m;

	if (is_still(d, MONITOR))
		return;
	zmq_msg_init(&m);
	while (d->monitor && socket_receive(d->monitor, &m)) {
		uint16_t event = 0;
		int32_t value = 0;
		if (zmq_msg_size(&m) >= sizeof event + sizeof value) {
			const char *data = zmq_msg_data(&m);
			memcpy(&event, data, sizeof event);
			memcpy(&value, data + sizeof event, sizeof value);
		}
		socket_body(d->monitor, &m); /* takes the address */
		bool up = event == ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
		if (d->up != up)
			d->changes++;
		d->up = up;
		explain(d, event, value);
		if (up)
			d->backoff = BACKOFF_MIN_MS;
		else if (is_end(event) && !d->over)
			retry_later(d);
	}
	d->dry[MONITOR] = true;
	zmq_msg_close(&m);
}

/* --- the links, one after the other ------------------------------------------ */

static int
parse(const char *endpoint, struct endpoint *ep, char *why, size_t nwhy)
{
	int err = endpoint_parse(endpoint, ep, why, nwhy);

	if (err)
		return err;
	if (str_eq(ep->host, STR("*")) || str_eq(ep->port, STR("*")) ||
	    str_eq(ep->port, STR("0"))) {
		snprintf(why, nwhy, "one cannot connect to %s", endpoint);
		return MQL_EADDRESS;
	}
	return 0;
}

int
wire_dealer_check(const char *endpoint, char *why, size_t nwhy)
{
	struct endpoint ep;

	return parse(endpoint, &ep, why, nwhy);
}

int
wire_dealer_open(struct wire_context *c, const char *endpoint,
		 struct wire_dealer **out)
{
	struct wire_dealer *d;
	struct endpoint ep;
	char why[160];
	int err;

	*out = NULL;
	if ((err = parse(endpoint, &ep, why, sizeof why)))
		return err;
	d = calloc(1, sizeof *d);
	if (!d)
		return MQL_ENOMEM;
	d->context = c;
	d->backoff = BACKOFF_MIN_MS;
	endpoint_to_connect(endpoint, &ep, d->to, &d->ipv6);
	zmq_msg_init(&d->msg);
	zmq_msg_init(&d->rest);
	if ((err = dial(d))) {
		wire_dealer_close(d, 0);
		return err;
	}
	*out = d;
	return 0;
}

void
wire_dealer_close(struct wire_dealer *d, int linger_ms)
{
	if (!d)
		return;
	hang_up(d, linger_ms);
	zmq_msg_close(&d->msg);
	zmq_msg_close(&d->rest);
	free(d);
}

enum wire_link
wire_dealer_link(struct wire_dealer *d, unsigned *changes)
{
	read_events(d);
	d->told = d->changes;
	*changes = d->changes;
	redial(d);
	return d->up ? WIRE_LINK_UP : WIRE_LINK_DOWN;
}

const char *
wire_dealer_trouble(const struct wire_dealer *d)
{
	return d->trouble;
}

/* Until when d wants to wait: at most timeout_ms (negative: for ever). */
static int
until_retry(const struct wire_dealer *d, int timeout_ms)
{
	int64_t left;

	if (!d->over)
		return timeout_ms;
	if ((left = d->retry_at - clock_mono_ms()) < 0)
		left = 0;
	return timeout_ms < 0 || timeout_ms > left ? (int)left : timeout_ms;
}

/* Is there nothing that the caller does not know? Then its descriptors will
 * tell, if it has any. */
static bool
is_idle(const struct wire_dealer *d)
{
	return d->changes == d->told && (!d->socket || d->dry[SOCKET]);
}

int
wire_dealer_watch(struct wire_dealer *d, int timeout_ms, struct wire_watch *w)
{
	d->quiet = false;
	if (!d->dry[MONITOR])
		read_events(d);
	if (d->socket && !d->dry[SOCKET])
		d->dry[SOCKET] = !socket_readable(d->socket);
	for (int k = 0; k < 2; k++)
		w->fd[k] = d->socket ? d->fd[k] : -1;
	w->serial = d->serial;
	return is_idle(d) ? until_retry(d, timeout_ms) : 0;
}

void
wire_dealer_see(struct wire_dealer *d, const bool readable[2], bool news)
{
	for (int k = 0; k < 2; k++) {
		d->still[k] = !readable[k];
		d->dry[k] &= d->still[k];
	}
	d->quiet = !news && !d->over && is_idle(d);
	redial(d);
}

bool
wire_dealer_quiet(const struct wire_dealer *d)
{
	return d->quiet;
}

bool
wire_dealers_wait(struct wire_dealer *const *d, size_t n, int timeout_ms,
		  int wakefd)
{
	struct pollfd fd[2 * WIRE_WAIT_MAX + 1];
	struct wire_watch w;
	int news;

	if (n > WIRE_WAIT_MAX)
		n = WIRE_WAIT_MAX;
	for (size_t i = 0; i < n; i++) {
		timeout_ms = wire_dealer_watch(d[i], timeout_ms, &w);
		for (size_t k = 0; k < 2; k++)
			fd[2 * i + k] = (struct pollfd){ w.fd[k], POLLIN, 0 };
	}
	fd[2 * n] = (struct pollfd){ wakefd, POLLIN, 0 };
	if ((news = poll(fd, 2 * n + 1, timeout_ms)) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		const bool readable[2] = { fd[2 * i].revents,
					   fd[2 * i + 1].revents };

		wire_dealer_see(d[i], readable, news);
	}
	return true;
}

bool
wire_dealer_wait(struct wire_dealer *d, int timeout_ms, int wakefd)
{
	return wire_dealers_wait(&d, 1, timeout_ms, wakefd);
}

/* --- messages ---------------------------------------------------------------- */

int
wire_dealer_send(struct wire_dealer *d, const void *data, size_t len)
{
	if (!d->dry[MONITOR])
		read_events(d);
	if (!d->up || d->changes != d->told)
		return MQL_EUNREACH;
	d->dry[SOCKET] = false; /* it reads its mail, too */
	if (zmq_send(d->socket, data, len, ZMQ_DONTWAIT) >= 0)
		return 0;
	return errno == ENOMEM ? MQL_ENOMEM : MQL_EUNREACH;
}

static bool
receive(struct wire_dealer *d)
{
	if (!d->socket || is_still(d, SOCKET))
		return false;
	d->dry[SOCKET] = !socket_receive(d->socket, &d->msg);
	return !d->dry[SOCKET];
}

int
wire_dealer_recv(struct wire_dealer *d, struct str *msg)
{
	if (!receive(d))
		return 0;
	*msg = socket_body(d->socket, &d->msg);
	return 1;
}

int
wire_dealer_recv_parts(struct wire_dealer *d, struct str *msg,
		       struct str *rest)
{
	*rest = (struct str){ 0 };
	if (!receive(d))
		return 0;
	*msg = (struct str){ zmq_msg_data(&d->msg), zmq_msg_size(&d->msg) };
	if (!zmq_msg_more(&d->msg) || !socket_receive(d->socket, &d->rest))
		return 1;
	if (zmq_msg_more(&d->rest))
		*msg = (struct str){ 0 };
	*rest = socket_body(d->socket, &d->rest);
	return 1;
}
