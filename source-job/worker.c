/* worker.c - one turn takes what the job and a bounded number of the agents'
 * messages bring, and says what came of it. See worker.h. */
#include "source-job/worker.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "common/clock.h"
#include "common/thread.h"
#include "mql/error.h"
#include "source-job/lists.h"
#include "source-job/rates.h"
#include "wire/message.h"

enum {
	TICK_MS = 100,
	IN_BYTES = 1 << 20,
	/* Of messages on their way to subscribers; where one thread does both,
	 * what its cache has kept when it comes to them. */
	OUT_BYTES = 4 << 20,
	OWN_BYTES = 512 << 10,
	LINGER_MS = 500,
	/* Where so many answers to what agents were told are on their way, and
	 * for at most so long, they gather for a moment: one by one each would
	 * wake us, and cost more than it takes to read it. */
	GATHER = 32,
	GATHER_MS = 1000,
	GATHER_NS = 400000,
};

int
worker_init(struct worker *w, struct bell *job)
{
	const size_t out = w->config->workers > 1 ? OUT_BYTES : OWN_BYTES;
	int err;

	w->bell.fd = -1;
	w->now = clock_mono_ms();
	w->wall = clock_wall_ms();
	moving_init(w);
	if ((err = agents_init(w)) || (err = parts_init(w)) ||
	    (err = bell_open(&w->bell)) ||
	    (err = channel_open(&w->in, IN_BYTES, &w->bell, job)) ||
	    (err = channel_open(&w->out, out, job, &w->bell)))
		return err;
	return 0;
}

void
worker_fini(struct worker *w)
{
	if (!w->config) /* it was never begun */
		return;
	moving_fini(w);
	parts_fini(w);
	agents_fini(w);
	hop_close(&w->hop, LINGER_MS);
	channel_close(&w->in);
	channel_close(&w->out);
	bell_close(&w->bell);
}

/* --- what the job wants ------------------------------------------------------ */

static void
stop(struct worker *w)
{
	struct wire_goodbye m = { .why = STR("source-job is shutting down") };

	wire_goodbye_encode(&m, hop_frame(&w->hop));
	agents_broadcast(w);
	w->stopping = true;
	channel_push(&w->out, &(struct op){ .kind = OP_STOPPED });
}

static void
obey(struct worker *w, struct op *op)
{
	switch (op->kind) {
	case OP_OPEN:
		parts_open(w, op);
		break;
	case OP_CLOSE:
		parts_close(w, op);
		break;
	case OP_REST:
		parts_rest(w, op->why);
		free(op->why);
		break;
	case OP_WAKE:
		parts_wake(w, op);
		break;
	case OP_RATE:
		rates_obey(w, op);
		break;
	case OP_FORCE:
		parts_force(w, op);
		break;
	case OP_GIVE:
		moving_give(w, op->move);
		break;
	case OP_TAKE:
		moving_take(w, op->move);
		break;
	case OP_LIST:
		lists_fill(w, op->listing);
		channel_push(&w->out, &(struct op){ .kind = OP_LISTED,
						    .listing = op->listing });
		break;
	case OP_STOP:
		stop(w);
		break;
	default:
		break; /* not for us */
	}
}

static void
take_orders(struct worker *w)
{
	struct op *op;

	while (!w->stopping && (op = channel_first(&w->in))) {
		obey(w, op);
		channel_drop(&w->in);
	}
}

/* --- a turn ------------------------------------------------------------------ */

static void
tick(struct worker *w)
{
	int64_t every = w->config->heartbeat / 2;

	if (w->now < w->next_tick)
		return;
	w->next_tick = w->now + (every < TICK_MS ? every : TICK_MS);
	agents_tick(w);
	rates_look(w);
	moving_flush(w, false);
}

bool
worker_turn(struct worker *w)
{
	const int64_t now = clock_mono_ms();
	bool more;

	if (!w->full_since)
		w->stood += turn_missed(w->now, now);
	w->now = now;
	w->wall = clock_wall_ms();
	channel_settle(&w->out);
	take_orders(w);
	more = !w->stopping && agents_receive(w);
	tick(w);
	parts_flush(w);
	own_flush(w);
	w->due = w->parts.settle_at < w->next_tick ? w->parts.settle_at :
						     w->next_tick;
	counter_set(&w->agents.known, w->agents.n);
	counter_set(&w->agents.connected, w->agents.by_peer.n);
	counter_set(&w->agents.ahead, w->agents.credit.lent +
		    w->agents.credit.floor * w->agents.by_peer.n);
	return more || w->parts.dirty;
}

/* --- a thread ---------------------------------------------------------------- */

/* Where the job is behind, only its bell is listened to: it rings when there
 * is room. */
static void
wait_for_work(struct worker *w)
{
	int64_t left = w->due - clock_mono_ms();
	struct pollfd fd[] = {
		{ .fd = w->bell.fd, .events = POLLIN },
		{ .fd = wire_router_fd(w->hop.router), .events = POLLIN },
	};

	bell_doze(&w->bell);
	if (channel_wait(&w->out))
		fd[1].fd = -1;
	if (!channel_first(&w->in))
		poll(fd, 2, left < 0 ? 0 : (int)left);
	bell_awake(&w->bell);
}

static void
sleep_on(struct worker *w)
{
	if (w->parts.owed >= GATHER && w->now - w->parts.told_at < GATHER_MS)
		nanosleep(&(struct timespec){ .tv_nsec = GATHER_NS }, NULL);
	else
		wait_for_work(w);
}

static void *
run(void *arg)
{
	struct worker *w = arg;

	while (!w->stopping)
		if (!worker_turn(w))
			sleep_on(w);
	/* What is still to be said needs room. */
	while (channel_settle(&w->out))
		sleep_on(w);
	return NULL;
}

int
worker_start(struct worker *w)
{
	char name[16];
	int err;

	snprintf(name, sizeof name, "mql-worker-%u", w->index);
	err = thread_start(&w->thread, name, run, w);
	w->started = !err;
	return err;
}

void
worker_join(struct worker *w)
{
	if (w->started)
		pthread_join(w->thread, NULL);
	w->started = false;
}
