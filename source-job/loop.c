/* loop.c - one turn takes a bounded number of messages from either socket,
 * routes and counts them, and sends all that came of it: nothing waits for a
 * timer. The tick is for what time itself brings: leases, silence, the books
 * of each second. */
#include "source-job/loop.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "common/clock.h"
#include "source-job/drain.h"
#include "source-job/http.h"
#include "source-job/job.h"

enum { TICK_MS = 100 };

enum { FD_AGENTS, FD_SUBSCRIBERS, FD_SIGNAL, FD_HTTP, NFDS };

struct loop {
	struct job   *job;
	struct http  *http;
	struct pollfd fd[NFDS];
	int64_t       tick_ms, next_tick;
	bool          killed; /* a second signal */
};

static bool
has_work(const struct job *j)
{
	return j->queries.dirty || !TAILQ_EMPTY(&j->subscribers.dirty);
}

static void
tick(struct loop *l)
{
	struct job *j = l->job;

	if (j->now < l->next_tick)
		return;
	l->next_tick = j->now + l->tick_ms;
	agents_tick(j);
	subscribers_tick(j);
	saved_tick(j);
	if (l->http)
		http_run(l->http);
}

static void
take_signal(struct loop *l)
{
	struct signalfd_siginfo si;

	if (read(l->fd[FD_SIGNAL].fd, &si, sizeof si) != sizeof si)
		return;
	if (job_draining(l->job))
		l->killed = true;
	else
		drain_begin(l->job);
}

/* True when there is more to do at once. */
static bool
turn(struct loop *l)
{
	struct job *j = l->job;
	bool more;

	j->now = clock_mono_ms();
	j->wall = clock_wall_ms();
	if (l->fd[FD_SIGNAL].revents)
		take_signal(l);
	more = agents_receive(j);
	watermark_flush(j);
	more |= subscribers_receive(j);
	tick(l);
	queries_flush(j);
	subscribers_flush(j);
	queries_flush(j); /* those that have just lost their last subscriber */
	if (l->http && l->fd[FD_HTTP].revents)
		http_run(l->http);
	return more || has_work(j);
}

static void
wait_for_work(struct loop *l, bool busy)
{
	int64_t left = l->next_tick - clock_mono_ms();
	int timeout = busy || left < 0 ? 0 : (int)left;

	for (int i = 0; i < NFDS; i++)
		l->fd[i].revents = 0;
	poll(l->fd, NFDS, timeout);
}

int
loop_run(struct job *j, struct http *http, int sigfd)
{
	struct loop l = {
		.job = j,
		.http = http,
		.tick_ms = j->config.heartbeat / 2,
		.fd = {
			[FD_AGENTS].fd = wire_router_fd(j->agent_hop.router),
			[FD_SUBSCRIBERS].fd =
				wire_router_fd(j->subscriber_hop.router),
			[FD_SIGNAL].fd = sigfd,
			[FD_HTTP].fd = http ? http_fd(http) : -1,
		},
	};

	if (l.tick_ms > TICK_MS)
		l.tick_ms = TICK_MS;
	for (int i = 0; i < NFDS; i++)
		l.fd[i].events = POLLIN;
	while (!l.killed && !(job_draining(j) && drain_done(j)))
		wait_for_work(&l, turn(&l));
	if (l.killed)
		return 1;
	drain_end(j);
	return 0;
}
