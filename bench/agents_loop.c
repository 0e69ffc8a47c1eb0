/* agents_loop.c - see agents_loop.h.
 *
 * An agent has a seat. What epoll knows of one is its number, and which of its
 * descriptors it is: one that ZeroMQ has yet to close may be told of after its
 * agent is gone, and then another agent looks around once for nothing. */
#include "bench/agents_loop.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "bench/bench.h"
#include "common/clock.h"
#include "common/thread.h"

enum { EVENTS = 64, NEWS = UINT32_MAX };

enum sign { SOCKET, MONITOR, WAKER, SIGNS };

struct seat {
	struct mql_agent *agent; /* NULL: free */
	uint64_t serial; /* of the socket whose descriptors epoll knows */
	int64_t  due;    /* mono ms */
	bool     told[SIGNS]; /* by epoll, since its last turn */
	bool     ready; /* any of them */
};

struct agents_loop {
	struct agent_loop    base;
	int                  epoll, news; /* an eventfd: somebody comes */
	pthread_mutex_t      lock;
	struct mql_agent   **coming; /* under the lock */
	unsigned             ncoming, n;
	struct seat         *seat;   /* the thread's; n */
};

/* --- the set --------------------------------------------------------------------- */

static void
watch(struct agents_loop *l, const struct seat *s, enum sign sign, int fd)
{
	struct epoll_event e = {
		.events = EPOLLIN,
		.data.u32 = (uint32_t)(s - l->seat) * SIGNS + sign,
	};

	if (fd >= 0 && epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) &&
	    epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e))
		bench_die("a descriptor cannot be watched");
}

/* When it is its turn again, if nothing comes. */
static void
rest(struct agents_loop *l, struct seat *s)
{
	struct wire_dealer *d = s->agent->link.dealer;
	int ms = thread_pause_ms(s->agent);
	struct wire_watch w = { .serial = s->serial };

	if (d)
		ms = wire_dealer_watch(d, ms, &w);
	if (w.serial != s->serial) {
		watch(l, s, SOCKET, w.fd[SOCKET]);
		watch(l, s, MONITOR, w.fd[MONITOR]);
		s->serial = w.serial;
	}
	s->due = clock_mono_ms() + ms;
}

/* --- turns ----------------------------------------------------------------------- */

static void
turn(struct agents_loop *l, struct seat *s)
{
	if (s->agent->link.dealer)
		wire_dealer_see(s->agent->link.dealer, s->told, s->ready);
	memset(s->told, 0, sizeof s->told);
	s->ready = false;
	if (thread_round(s->agent)) {
		rest(l, s);
		return;
	}
	thread_end(s->agent);
	s->agent = NULL;
}

static void
seat_one(struct agents_loop *l, struct mql_agent *a)
{
	uint32_t i = 0;

	while (i < l->n && l->seat[i].agent)
		i++;
	if (i == l->n)
		bench_die("more than %u agents in a process", l->n);
	l->seat[i] = (struct seat){ .agent = a };
	thread_begin(a);
	watch(l, &l->seat[i], WAKER, a->waker.in);
	rest(l, &l->seat[i]);
}

static void
let_in(struct agents_loop *l)
{
	uint64_t n;

	if (read(l->news, &n, sizeof n) != sizeof n)
		return;
	for (;;) {
		struct mql_agent *a = NULL;

		pthread_mutex_lock(&l->lock);
		if (l->ncoming)
			a = l->coming[--l->ncoming];
		pthread_mutex_unlock(&l->lock);
		if (!a)
			return;
		seat_one(l, a);
	}
}

/* Marks who is told of. */
static void
wait_for(struct agents_loop *l, int ms)
{
	struct epoll_event e[EVENTS];
	const int n = epoll_wait(l->epoll, e, EVENTS, ms);

	for (int i = 0; i < n; i++) {
		const uint32_t of = e[i].data.u32;
		struct seat *s;

		if (of == NEWS) {
			let_in(l);
			continue;
		}
		s = &l->seat[of / SIGNS];
		s->ready = s->told[of % SIGNS] = true;
	}
}

static void *
run(void *loop)
{
	struct agents_loop *l = loop;

	for (;;) {
		int64_t now = clock_mono_ms(), next = now + 1000;

		for (struct seat *s = l->seat; s < l->seat + l->n; s++)
			if (s->agent && s->due < next)
				next = s->due;
		wait_for(l, next > now ? (int)(next - now) : 0);
		now = clock_mono_ms();
		for (struct seat *s = l->seat; s < l->seat + l->n; s++)
			if (s->agent && (s->ready || s->due <= now))
				turn(l, s);
	}
	return NULL;
}

/* --- from other threads ------------------------------------------------------------ */

static int
come(struct agent_loop *base, struct mql_agent *a)
{
	struct agents_loop *l = (struct agents_loop *)base;
	const uint64_t one = 1;

	pthread_mutex_lock(&l->lock);
	if (l->ncoming == l->n)
		bench_die("more than %u agents in a process", l->n);
	l->coming[l->ncoming++] = a;
	pthread_mutex_unlock(&l->lock);
	return write(l->news, &one, sizeof one) == sizeof one ? 0 : MQL_EOS;
}

struct agents_loop *
agents_loop_start(unsigned n)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = NEWS };
	struct agents_loop *l = calloc(1, sizeof *l);
	pthread_t thread;

	if (!l || !(l->seat = calloc(n, sizeof *l->seat)) ||
	    !(l->coming = calloc(n, sizeof(struct mql_agent *))))
		bench_die("no memory");
	l->n = n;
	l->base.start = come;
	pthread_mutex_init(&l->lock, NULL);
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	l->news = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll < 0 || l->news < 0 ||
	    epoll_ctl(l->epoll, EPOLL_CTL_ADD, l->news, &e) ||
	    wire_context_new(1, &l->base.context) ||
	    thread_start(&thread, "agents", run, l))
		bench_die("agents cannot be started");
	return l;
}

struct agent_loop *
agents_loop_of(struct agents_loop *l)
{
	return &l->base;
}
