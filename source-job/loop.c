/* loop.c - one turn takes a bounded number of ops and messages, and sends all
 * that came of them: nothing waits for a timer. The tick is for what time
 * itself brings: leases, the books of each second. */
#include "source-job/loop.h"

#include <poll.h>

#include "common/clock.h"
#include "common/signals.h"
#include "http/http.h"
#include "source-job/drain.h"
#include "source-job/job.h"
#include "source-job/kafka/source.h"
#include "source-job/merge.h"
#include "source-job/rates.h"
#include "source-job/reload.h"

enum { TICK_MS = 100 };

enum { FD_BELL, FD_AGENTS, FD_SUBSCRIBERS, FD_SIGNAL, FD_HTTP, NFDS };

struct loop {
	struct job    *job;
	struct worker *own; /* that has no thread; NULL: there is none */
	struct http   *http;
	struct pollfd  fd[NFDS];
	int64_t        tick_ms, next_tick;
	bool           killed; /* a second signal */
};

/* There is no use in going on. */
static bool
has_failed(const struct job *j)
{
	return (j->kafka && kafka_source_failed(j->kafka)) || saved_failed(j);
}

static void
tick(struct loop *l)
{
	struct job *j = l->job;

	if (j->now < l->next_tick)
		return;
	l->next_tick = j->now + l->tick_ms;
	subscribers_tick(j);
	saved_tick(j);
	handed_tick(j);
	rates_tick(j);
	if (has_failed(j) && !job_draining(j))
		drain_begin(j);
	if (l->http)
		http_run(l->http);
}

static void
take_signal(struct loop *l)
{
	const enum signals came = signals_take(l->fd[FD_SIGNAL].fd);

	if (came == SIGNALS_NONE)
		return;
	if (came == SIGNALS_RELOAD) {
		reload(l->job, l->http);
		if (l->http)
			l->fd[FD_HTTP].fd = http_fd(l->http);
		return;
	}
	if (job_draining(l->job))
		l->killed = true;
	else
		drain_begin(l->job);
}

/* What the workers bring. True when there is more to do at once. */
static bool
take_workers(struct loop *l)
{
	struct job *j = l->job;
	bool more = l->own && worker_turn(l->own);

	more |= merge_take(j);
	merge_windows(j);
	return more;
}

static bool
has_work(const struct loop *l)
{
	return !TAILQ_EMPTY(&l->job->subscribers.dirty) ||
	       (l->own && channel_depth(&l->own->in));
}

static bool
turn(struct loop *l)
{
	struct job *j = l->job;
	const int64_t now = clock_mono_ms();
	bool more;

	j->stood += turn_missed(j->now, now);
	j->now = now;
	j->wall = clock_wall_ms();
	if (l->fd[FD_SIGNAL].revents)
		take_signal(l);
	more = take_workers(l);
	more |= subscribers_receive(j);
	tick(l);
	queries_flush(j);
	subscribers_flush(j);
	replays_turn(j);
	if (l->http && l->fd[FD_HTTP].revents)
		http_run(l->http);
	return more || has_work(l);
}

/* With the bell's owner dozing: has a worker said something meanwhile? */
static bool
is_called(struct job *j)
{
	bool called = false;

	for (unsigned i = 0; i < j->nworker; i++) {
		channel_wait(&j->worker[i].in);
		called |= channel_first(&j->worker[i].out) != NULL;
	}
	return called;
}

/* A turn has sent: see wire_router_fd(). */
static void
look_at(struct pollfd *fd, const struct hop *h)
{
	if (fd->fd >= 0)
		fd->fd = wire_router_fd(h->router);
}

static void
wait_for_work(struct loop *l, bool busy)
{
	const int64_t due = l->own && l->own->due < l->next_tick ?
			    l->own->due : l->next_tick;
	int64_t left = due - clock_mono_ms();
	int timeout = busy || left < 0 ? 0 :
		      left < TICK_MS ? (int)left : TICK_MS;

	for (int i = 0; i < NFDS; i++)
		l->fd[i].revents = 0;
	look_at(&l->fd[FD_SUBSCRIBERS], &l->job->subscriber_hop);
	if (l->own)
		look_at(&l->fd[FD_AGENTS], &l->own->hop);
	bell_doze(&l->job->bell);
	poll(l->fd, NFDS, is_called(l->job) ? 0 : timeout);
	bell_awake(&l->job->bell);
}

/* They say goodbye to their agents. */
static void
stop_workers(struct loop *l)
{
	struct job *j = l->job;

	for (unsigned i = 0; i < j->nworker; i++)
		channel_push(&j->worker[i].in, &(struct op){ .kind = OP_STOP });
	for (int i = 0; i < NFDS; i++)
		if (i != FD_BELL)
			l->fd[i].fd = -1;
	l->next_tick = INT64_MAX;
	while (j->nstopped < j->nworker)
		wait_for_work(l, take_workers(l) || l->own);
}

int
loop_run(struct job *j, struct http *http, int sigfd)
{
	struct loop l = {
		.job = j,
		.own = j->worker[0].started ? NULL : j->worker,
		.http = http,
		.tick_ms = j->config.heartbeat / 2,
		.fd = {
			[FD_BELL].fd = j->bell.fd,
			[FD_SUBSCRIBERS].fd =
				wire_router_fd(j->subscriber_hop.router),
			[FD_SIGNAL].fd = sigfd,
			[FD_HTTP].fd = http ? http_fd(http) : -1,
		},
	};

	l.fd[FD_AGENTS].fd = l.own ? wire_router_fd(l.own->hop.router) : -1;
	if (l.tick_ms > TICK_MS)
		l.tick_ms = TICK_MS;
	for (int i = 0; i < NFDS; i++)
		l.fd[i].events = POLLIN;
	while (!l.killed && !(job_draining(j) && drain_done(j)))
		wait_for_work(&l, turn(&l));
	if (!l.killed)
		drain_end(j);
	stop_workers(&l);
	return l.killed || has_failed(j);
}
