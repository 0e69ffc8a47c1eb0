#include "wire/links.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/thread.h"
#include "mql/error.h"
#include "wire/socket_private.h"

enum {
	ROUTERS = 64,
	MAX_FD = 1 << 20,
	TELL_MS = 5000,
};

struct link { /* by its descriptor */
	bool     open;
	uint8_t  router;
	struct in6_addr from; /* all zeros: not by TCP, or gone already */
};

struct links {
	struct wire_limits limits;
	wire_say *say;
	void     *arg;
	int64_t   told;
	void     *zmq;

	pthread_mutex_t lock;
	void     *monitor[ROUTERS]; /* the thread's, once they are here */
	int       n;
	int       news; /* eventfd: there are more, or it is over */
	bool      over;

	struct link *at;  /* nat of them */
	size_t       nat;
	_Atomic uint64_t open, refused;
	pthread_t thread;
};

/* --- what is known of a link ------------------------------------------------- */

static struct link *
link_of(struct links *l, int fd)
{
	const size_t want = (size_t)fd + 1;
	struct link *more;

	if (fd < 0 || fd >= MAX_FD)
		return NULL;
	if (want > l->nat) {
		if (!(more = realloc(l->at, 2 * want * sizeof *more)))
			return NULL;
		memset(more + l->nat, 0, (2 * want - l->nat) * sizeof *more);
		l->at = more;
		l->nat = 2 * want;
	}
	return &l->at[fd];
}

/* IPv4 as IPv6 has it. The port is ours. */
static bool
ends_of(int fd, struct in6_addr *from, unsigned *port)
{
	struct sockaddr_in6 peer = { 0 }, own = { 0 };
	socklen_t n = sizeof peer, m = sizeof own;

	memset(from, 0, sizeof *from);
	if (getpeername(fd, (struct sockaddr *)&peer, &n) ||
	    getsockname(fd, (struct sockaddr *)&own, &m))
		return false;
	*port = ntohs(own.sin6_port); /* stands in the same place in both */
	if (peer.sin6_family == AF_INET6) {
		*from = peer.sin6_addr;
	} else if (peer.sin6_family == AF_INET) {
		from->s6_addr[10] = from->s6_addr[11] = 0xff;
		memcpy(&from->s6_addr[12],
		       &((struct sockaddr_in *)(void *)&peer)->sin_addr, 4);
	} else {
		return false;
	}
	return true;
}

static uint64_t
count_from(const struct links *l, const struct in6_addr *from)
{
	uint64_t n = 0;

	for (size_t i = 0; i < l->nat; i++)
		n += l->at[i].open &&
		     !memcmp(&l->at[i].from, from, sizeof *from);
	return n;
}

/* --- events ------------------------------------------------------------------ */

static void
tell(struct links *l, const char *what, uint64_t limit)
{
	const int64_t now = clock_mono_ms();
	char line[160];

	if (!l->say || (l->told && now - l->told < TELL_MS))
		return;
	l->told = now;
	snprintf(line, sizeof line, "a link is cut: %s, more than %llu "
		 "(%llu so far)", what, (unsigned long long)limit,
		 (unsigned long long)atomic_load(&l->refused));
	l->say(l->arg, true, line);
}

/* The event is of a moment ago: by now the descriptor may be another one's, but
 * hardly one's at the same port of ours. */
static void
cut(struct links *l, int fd, const char *what, uint64_t limit)
{
	atomic_fetch_add(&l->refused, 1);
	shutdown(fd, SHUT_RDWR);
	tell(l, what, limit);
}

static void
accepted(struct links *l, int router, int fd, unsigned at)
{
	struct link *k = link_of(l, fd);
	struct wire_limits most = l->limits;
	unsigned port = 0;

	if (!k)
		return;
	if (!k->open)
		atomic_fetch_add(&l->open, 1);
	k->open = true;
	k->router = (uint8_t)router;
	if (!ends_of(fd, &k->from, &port) || port != at)
		return;
	if (most.links && atomic_load(&l->open) > most.links)
		cut(l, fd, "there are too many", most.links);
	else if (most.of_address && count_from(l, &k->from) > most.of_address)
		cut(l, fd, "too many are from its address", most.of_address);
}

/* Of one whose descriptor another router has meanwhile nothing is left. */
static void
disconnected(struct links *l, int router, int fd)
{
	struct link *k = link_of(l, fd);

	if (!k || !k->open || k->router != router)
		return;
	k->open = false;
	atomic_fetch_sub(&l->open, 1);
}

/* tcp://127.0.0.1:7400 */
static unsigned
port_of(zmq_msg_t *m)
{
	char text[128];
	const char *colon;

	snprintf(text, sizeof text, "%.*s", (int)zmq_msg_size(m),
		 (const char *)zmq_msg_data(m));
	colon = strrchr(text, ':');
	return colon ? (unsigned)strtoul(colon + 1, NULL, 10) : 0;
}

/* An event is two messages, of ZeroMQ's own making: its kind and a descriptor,
 * then the endpoint. */
static void
take(struct links *l, int router, void *monitor)
{
	uint16_t kind;
	int32_t fd;
	zmq_msg_t m;

	zmq_msg_init(&m);
	while (socket_receive(monitor, &m)) {
		const uint8_t *event = zmq_msg_data(&m);
		memcpy(&kind, event, sizeof kind);
		memcpy(&fd, event + sizeof kind, sizeof fd);
		if (!zmq_msg_more(&m) || !socket_receive(monitor, &m))
			break;
		if (kind == ZMQ_EVENT_ACCEPTED)
			accepted(l, router, fd, port_of(&m));
		else if (kind == ZMQ_EVENT_DISCONNECTED)
			disconnected(l, router, fd);
	}
	zmq_msg_close(&m);
}

/* --- the thread -------------------------------------------------------------- */

/* Those that are to be looked at, behind the eventfd. */
static int
watched(struct links *l, zmq_pollitem_t *item)
{
	int n = 0;

	item[n++] = (zmq_pollitem_t){ .fd = l->news, .events = ZMQ_POLLIN };
	pthread_mutex_lock(&l->lock);
	for (int i = 0; i < l->n; i++)
		item[n++] = (zmq_pollitem_t){ .socket = l->monitor[i],
					      .events = ZMQ_POLLIN };
	if (l->over)
		n = 0;
	pthread_mutex_unlock(&l->lock);
	return n;
}

static void *
run(void *arg)
{
	zmq_pollitem_t item[ROUTERS + 1];
	struct links *l = arg;
	eventfd_t news;
	int n;

	while ((n = watched(l, item)) > 0) {
		for (int i = 1; i < n; i++)
			take(l, i - 1, item[i].socket);
		zmq_poll(item, n, -1);
		if (item[0].revents)
			eventfd_read(l->news, &news);
	}
	return NULL;
}

static void
links_free(struct links *l)
{
	for (int i = 0; i < l->n; i++)
		socket_close(l->monitor[i], 0);
	if (l->news >= 0)
		close(l->news);
	pthread_mutex_destroy(&l->lock);
	free(l->at);
	free(l);
}

int
links_start(void *zmq, const struct wire_limits *limits, wire_say *say,
	    void *arg, struct links **out)
{
	struct links *l = calloc(1, sizeof *l);

	*out = NULL;
	if (!l)
		return MQL_ENOMEM;
	l->zmq = zmq;
	l->limits = *limits;
	l->say = say;
	l->arg = arg;
	pthread_mutex_init(&l->lock, NULL);
	l->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->news < 0 || thread_start(&l->thread, "mql-links", run, l)) {
		links_free(l);
		return MQL_EOS;
	}
	*out = l;
	return 0;
}

void
links_stop(struct links *l)
{
	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->over = true;
	pthread_mutex_unlock(&l->lock);
	eventfd_write(l->news, 1);
	pthread_join(l->thread, NULL);
	links_free(l);
}

int
links_watch(struct links *l, void *router)
{
	char name[40];
	void *monitor;

	snprintf(name, sizeof name, "inproc://links-%p", router);
	if (zmq_socket_monitor(router, name, ZMQ_EVENT_ACCEPTED |
			       ZMQ_EVENT_DISCONNECTED))
		return MQL_EOS;
	monitor = zmq_socket(l->zmq, ZMQ_PAIR);
	/* Else ZeroMQ's own threads would wait for ours. */
	if (!monitor || socket_set(monitor, ZMQ_RCVHWM, 0) ||
	    zmq_connect(monitor, name)) {
		if (monitor)
			socket_close(monitor, 0);
		return MQL_EOS;
	}
	pthread_mutex_lock(&l->lock);
	const bool fits = l->n < ROUTERS;
	if (fits)
		l->monitor[l->n++] = monitor;
	pthread_mutex_unlock(&l->lock);
	if (!fits)
		socket_close(monitor, 0);
	eventfd_write(l->news, 1);
	return fits ? 0 : MQL_ELIMIT;
}

uint64_t
links_open(const struct links *l)
{
	return atomic_load(&l->open);
}

uint64_t
links_refused(const struct links *l)
{
	return atomic_load(&l->refused);
}
