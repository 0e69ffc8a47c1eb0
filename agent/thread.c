/* thread.c - the agent's thread: it owns the socket, the query set and the
 * reading end of every ring.
 *
 * Publishers never wake it. It looks into the rings every millisecond while
 * rows flow, less and less often while queries are live but nothing matches
 * (a look costs some 20 microseconds: each millisecond would be 2% of a core,
 * every 50 it is 0.05%), and sleeps until the link's next duty when nobody
 * asks. Opening a stream and closing the agent wake it (waker.h). It has a
 * descriptor table of its own (descriptors.h). */
#include "agent/agent.h"
#include "agent/descriptors.h"
#include "common/clock.h"

enum {
	BUSY_MS = 1, QUIET_MS = 50,
	PATIENCE = 20, /* the pause is that part of the time without a row */
	DEAF_MS = 100, /* when nobody can ring */
	PART_MS = 300, /* for the answer to our goodbye */
};

static int
pause_ms(const struct mql_agent *a, int64_t flowed, int64_t now)
{
	int64_t ms = link_idle_ms(a, now);
	int64_t look = (now - flowed) / PATIENCE;

	look = look < BUSY_MS ? BUSY_MS : look < QUIET_MS ? look : QUIET_MS;
	if (!matchers_idle(a) && look < ms)
		ms = look;
	look = folds_idle_ms(a);
	if (look < ms)
		ms = look;
	if (a->waker.in < 0 && ms > DEAF_MS)
		ms = DEAF_MS;
	return (int)ms;
}

/* Rows of events that were lost before anybody could count them by query. */
static void
tell_starved(struct mql_agent *a)
{
	uint64_t n = atomic_load(&a->starved);

	if (n != a->starved_told)
		agent_say(a, "out of memory: %llu events were not looked at",
			  (unsigned long long)(n - a->starved_told));
	a->starved_told = n;
}

/* One round, after a wait of at most timeout_ms. Says when rows moved. */
static bool
look_around(struct mql_agent *a, int timeout_ms)
{
	int64_t now;
	bool moved;

	link_poll(a, timeout_ms);
	now = clock_mono_ms();
	link_tick(a, now);
	owner_look(a);
	if (atomic_load(&a->closing))
		matchers_end_all(a, a->deadline);
	budget_look(a, now);
	matchers_apply(a);
	report_send_ack(a); /* "live" goes before the first row */
	moved = drain_rings(a);
	folds_send(a);
	matchers_settle(a, now);
	owner_resume(a);
	report_send_ack(a); /* "ended" goes after the last */
	tell_starved(a);
	return moved;
}

static bool
finished(const struct mql_agent *a)
{
	return atomic_load(&a->closing) &&
	       (matchers_idle(a) || clock_mono_ms() >= a->deadline);
}

/* A socket that is closed while something unread is in it resets the
 * connection, and the peer's kernel then throws away what we sent last. So we
 * read on until the source-job has answered our goodbye, which it reads after
 * all our rows; but not for long. */
static void
part(struct mql_agent *a)
{
	int64_t until = clock_mono_ms() + PART_MS, now;

	if (until > a->latest)
		until = a->latest;
	link_goodbye(a, "closed");
	while (a->link.state != LINK_DOWN && (now = clock_mono_ms()) < until)
		link_poll(a, (int)(until - now));
}

/* In this order: the log's thread is to share the service's descriptors, and
 * ZeroMQ is to have ours. */
static void
set_out(struct mql_agent *a)
{
	pthread_setname_np(pthread_self(), "mql-agent");
	a->log = teller_start(a->callback, a->callback_arg);
	suspects_read(a);
	waker_open(&a->waker);
	a->context = a->shared;
	if (!a->shared && !descriptors_leave(a->waker.in))
		agent_say(a, "no descriptor table of its own: close none "
			  "that the service does not know");
	link_choose(a, clock_mono_ms());
}

/* The streams are free of publishers first: then all is ours. */
static void
wind_up(struct mql_agent *a)
{
	int64_t left = a->latest - clock_mono_ms();

	suspects_clear(a);
	part(a);
	link_choose_end(a, a->latest);
	link_close(a, left > 0 ? (int)left : 0);
	if (!a->shared)
		wire_context_free(a->context);
	a->context = NULL;
	stream_table_close(a);
	teller_stop(a->log, a->latest);
	if (life_last_word(a))
		agent_free(a);
}

void *
thread_main(void *agent)
{
	struct mql_agent *a = agent;
	int64_t flowed = 0; /* when rows moved last */
	bool moved = false;

	set_out(a);
	while (!finished(a)) {
		int64_t now = clock_mono_ms();

		if (moved)
			flowed = now;
		moved = look_around(a, moved ? 0 : pause_ms(a, flowed, now));
	}
	look_around(a, 0); /* past the deadline: what waits is struck */
	wind_up(a);
	return NULL;
}
