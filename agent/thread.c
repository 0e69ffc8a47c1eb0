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

int
thread_pause_ms(const struct mql_agent *a)
{
	const int64_t now = clock_mono_ms();
	int64_t ms = link_idle_ms(a, now);
	int64_t look = (now - a->flowed) / PATIENCE;

	if (a->moved)
		return 0;
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

/* Notes whether rows moved. */
static void
look_around(struct mql_agent *a)
{
	int64_t now;

	link_read(a);
	now = clock_mono_ms();
	link_tick(a, now);
	owner_look(a);
	if (atomic_load(&a->closing))
		matchers_end_all(a, a->deadline);
	budget_look(a, now);
	matchers_apply(a);
	report_send_ack(a); /* "live" goes before the first row */
	a->moved = drain_rings(a);
	folds_send(a);
	matchers_settle(a, now);
	owner_resume(a);
	report_send_ack(a); /* "ended" goes after the last */
	tell_starved(a);
	if (a->moved)
		a->flowed = now;
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
	while (a->link.state != LINK_DOWN && (now = clock_mono_ms()) < until) {
		link_wait(a, (int)(until - now));
		link_read(a);
	}
}

/* In this order: the log's thread is to share the service's descriptors, and
 * ZeroMQ is to have ours. */
void
thread_begin(struct mql_agent *a)
{
	a->log = teller_start(a->callback, a->callback_arg);
	suspects_read(a);
	waker_open(&a->waker);
	if (a->loop)
		a->context = a->loop->context;
	else if (!descriptors_leave(a->waker.in))
		agent_say(a, "no descriptor table of its own: close none "
			  "that the service does not know");
	link_choose(a, clock_mono_ms());
}

bool
thread_round(struct mql_agent *a)
{
	look_around(a);
	if (!finished(a))
		return true;
	look_around(a); /* past the deadline: what waits is struck */
	return false;
}

/* The streams are free of publishers first: then all is ours. */
void
thread_end(struct mql_agent *a)
{
	int64_t left = a->latest - clock_mono_ms();

	suspects_clear(a);
	part(a);
	link_choose_end(a, a->latest);
	link_close(a, left > 0 ? (int)left : 0);
	if (!a->loop)
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

	pthread_setname_np(pthread_self(), "mql-agent");
	thread_begin(a);
	do
		link_wait(a, thread_pause_ms(a));
	while (thread_round(a));
	thread_end(a);
	return NULL;
}
