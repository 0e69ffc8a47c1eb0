/* peers_loop.c - the one thread of a process of peers: it connects, reads,
 * and lets each peer do what it owes. */
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/bench.h"
#include "bench/peers_private.h"
#include "common/clock.h"

enum {
	EVENTS = 8192, /* all: nobody is silent who was only not read */
	SENDS = 256,
	TICK_MS = 1, IDLE_MS = 10,
	BEATS = 20, /* a second, of each peer */
	BACKOFF_MIN_MS = 50, BACKOFF_MAX_MS = 500, /* as in wire/dealer.c */
	BARE_RETRY_MS = 10,
};

/* --- links --------------------------------------------------------------------- */

static void
watch(struct peer *p, int op)
{
	struct epoll_event ev = {
		.events = p->writing ? EPOLLIN | EPOLLOUT : EPOLLIN,
		.data.ptr = p,
	};

	if (epoll_ctl(p->home->ep, op, p->z.fd, &ev))
		bench_die("epoll_ctl: %d", errno);
}

static void
watch_writing(struct peer *p)
{
	const bool wants = zmtp_wants_write(&p->z);

	if (wants == p->writing)
		return;
	p->writing = wants;
	watch(p, EPOLL_CTL_MOD);
}

void
peer_send_parts(struct peer *p, const struct str *part, unsigned n)
{
	zmtp_send(&p->z, part, n);
	if (p->z.fd >= 0)
		watch_writing(p);
}

void
peer_send(struct peer *p)
{
	struct buf *f = &p->home->frame;

	if (f->err)
		bench_die("a message does not fit: %d", f->err);
	peer_send_parts(p, &(struct str){ (char *)f->data, f->len }, 1);
	buf_reset(f);
}

/* Agents come back as wire/dealer.c does; bare ones as fast as they may. */
static void
retry_later(struct peer *p)
{
	struct peers_process *h = p->home;

	if (h->role == &peer_bare) {
		p->retry_at = h->now + BARE_RETRY_MS;
		return;
	}
	if (!p->backoff)
		p->backoff = BACKOFF_MIN_MS;
	p->retry_at = h->now + p->backoff + random() % p->backoff;
	p->backoff *= 2;
	if (p->backoff > BACKOFF_MAX_MS)
		p->backoff = BACKOFF_MAX_MS;
}

void
peer_hang_up(struct peer *p)
{
	struct peers_process *h = p->home;

	if (p->z.fd < 0)
		return;
	if (p->z.state == ZMTP_UP) {
		PEER_COUNT(p, up, -1);
		PEER_COUNT(p, lost, 1);
		h->role->down(p);
	} else {
		h->connecting--;
	}
	zmtp_close(&p->z); /* which takes it out of the epoll set */
	p->writing = false;
	h->down++;
	retry_later(p);
}

static void
on_news(void *arg, bool up, struct str body, struct str rest)
{
	struct peer *p = arg;

	if (!up) {
		PEER_COUNT(p, messages, 1);
		p->home->role->take(p, body, rest);
		return;
	}
	p->home->connecting--;
	p->backoff = 0;
	PEER_COUNT(p, up, 1);
	p->home->role->up(p);
}

static void
dial(struct peer *p)
{
	struct peers_process *h = p->home;

	if (!zmtp_connect(&p->z, &h->to)) {
		retry_later(p);
		return;
	}
	h->down--;
	h->connecting++;
	p->writing = true;
	watch(p, EPOLL_CTL_ADD);
}

static void
dial_some(struct peers_process *h)
{
	const uint32_t pace = atomic_load(&h->knobs->pace);

	for (unsigned i = 0; h->down && i < h->n; i++) {
		struct peer *p = &h->at[h->next_up++ % h->n];

		if (pace && h->connecting >= pace)
			return;
		if (p->z.fd < 0 && h->now >= p->retry_at)
			dial(p);
	}
}

/* --- turns --------------------------------------------------------------------- */

static void
look(struct peer *p, uint32_t events)
{
	bool good = true;

	if (p->z.fd < 0)
		return;
	if (events & (EPOLLOUT | EPOLLERR))
		good = zmtp_write(&p->z);
	if (good && (events & (EPOLLIN | EPOLLHUP)))
		good = zmtp_read(&p->z, &p->home->scratch, on_news, p);
	if (!good)
		peer_hang_up(p);
	else if (p->z.fd >= 0)
		watch_writing(p);
}

/* All of them so many times a second, evenly. */
static void
beat_some(struct peers_process *h)
{
	int64_t ms = h->now - h->beaten;
	int64_t n = (int64_t)h->n * BEATS * ms / 1000;

	if (!n)
		return;
	h->beaten = h->now;
	for (int64_t i = 0; i < n && i < h->n; i++) {
		struct peer *p = &h->at[h->next_beat++ % h->n];

		if (p->z.state == ZMTP_UP)
			h->role->beat(p);
	}
}

/* Not all at once: what comes meanwhile is to be read. */
static bool
send_some(struct peers_process *h)
{
	unsigned sent = 0;

	for (unsigned i = 0; i < h->n && sent < SENDS; i++) {
		struct peer *p = &h->at[h->next_row++ % h->n];

		if (p->z.state == ZMTP_UP && !zmtp_wants_write(&p->z))
			sent += h->role->row(p);
	}
	return sent;
}

static void
kill_some(struct peers_process *h)
{
	const uint32_t churn = atomic_load(&h->knobs->churn);
	int64_t n = churn * (h->now - h->churned) / 1000;

	if (!n)
		return;
	h->churned = h->now;
	for (int64_t i = 0; i < n; i++) {
		struct peer *p = &h->at[(unsigned)random() % h->n];

		if (p->z.state != ZMTP_UP)
			continue;
		peer_hang_up(p);
		PEER_COUNT(p, died, 1);
		h->role->die(p);
	}
}

static void
tell_time(struct peers_process *h)
{
	h->now_ns = clock_mono_ns();
	h->now = h->now_ns / 1000000;
	h->wall = clock_wall_ms();
}

void
peers_run(struct peers_process *h)
{
	static struct epoll_event ev[EVENTS];
	bool busy = false;

	h->ep = epoll_create1(EPOLL_CLOEXEC);
	h->down = h->n;
	srandom((unsigned)getpid());
	tell_time(h);
	h->beaten = h->churned = h->now;
	for (;;) {
		const int idle = atomic_load(&h->knobs->rate) || h->down ?
				 TICK_MS : IDLE_MS;
		const int n = epoll_wait(h->ep, ev, EVENTS, busy ? 0 : idle);

		tell_time(h);
		for (int i = 0; i < n; i++)
			look(ev[i].data.ptr, ev[i].events);
		dial_some(h);
		beat_some(h);
		kill_some(h);
		busy = send_some(h);
	}
}
