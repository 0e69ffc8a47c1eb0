/* life.c - see life.h. */
#include "agent/life.h"

#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/rcu.h"
#include "common/clock.h"
#include "common/loaded.h"
#include "common/thread.h"

enum { TRY_AGAIN_MS = 1000 };

static struct {
	pthread_mutex_t   lock;
	struct mql_agent *first;
	pthread_once_t    once;
	int               err;
	enum rcu_fork     fork; /* while a fork is under way */
} all = { .lock = PTHREAD_MUTEX_INITIALIZER, .once = PTHREAD_ONCE_INIT };

/* --- fork ------------------------------------------------------------------- */

/* Locks are taken in one order: the list, each agent's streams, RCU's. No
 * one who holds one of them calls out or waits for a thread of the service. */
static void
before_fork(void)
{
	pthread_mutex_lock(&all.lock);
	for (struct mql_agent *a = all.first; a; a = a->next_open)
		pthread_mutex_lock(&a->streams.lock);
	all.fork = rcu_before_fork();
}

static void
unlock_all(void)
{
	for (struct mql_agent *a = all.first; a; a = a->next_open)
		pthread_mutex_unlock(&a->streams.lock);
	pthread_mutex_unlock(&all.lock);
}

static void
after_fork_parent(void)
{
	rcu_after_fork(all.fork, false);
	unlock_all();
}

/* Forget what the parent's threads owned, and the parent's figures. */
static void
forget(struct mql_agent *a)
{
	a->pid = getpid();
	a->serial = publisher_serial(); /* for no thread's memo */
	publisher_forget(a);
	waker_close(&a->waker);
	memset((char *)a + offsetof(struct mql_agent, publishers), 0,
	       sizeof *a - offsetof(struct mql_agent, publishers));
}

static void
after_fork_child(void)
{
	rcu_after_fork(all.fork, true);
	for (struct mql_agent *a = all.first; a; a = a->next_open) {
		if (a->off)
			continue;
		forget(a);
		if (agent_name(a)) /* no memory: it stays silent */
			continue;
		atomic_store(&a->life, LIFE_ASLEEP);
		/* Whoever forks amid a publish must not publish again. */
		stream_table_revive(a, all.fork != RCU_FORK_INSIDE);
	}
	unlock_all();
}

void
life_wake(struct mql_agent *a)
{
	enum life life = LIFE_ASLEEP;
	int64_t now = clock_mono_ms();

	if (atomic_load(&a->life) != LIFE_ASLEEP ||
	    now < atomic_load(&a->wake_at) ||
	    !atomic_compare_exchange_strong(&a->life, &life, LIFE_WAKING))
		return;
	stream_table_hush(&a->streams);
	if (agent_start(a)) {
		atomic_store(&a->wake_at, now + TRY_AGAIN_MS);
		stream_table_rouse(&a->streams);
		atomic_store(&a->life, LIFE_ASLEEP);
	} else {
		atomic_store(&a->life, LIFE_AWAKE);
	}
}

/* --- the list -------------------------------------------------------------------- */

/* When our code is unloaded the C library takes the handlers away. */
static void
register_handlers(void)
{
	all.err = pthread_atfork(before_fork, after_fork_parent,
				 after_fork_child);
}

int
life_enter(struct mql_agent *a)
{
	pthread_once(&all.once, register_handlers);
	if (all.err)
		return MQL_ENOMEM;
	pthread_mutex_lock(&all.lock);
	a->next_open = all.first;
	all.first = a;
	pthread_mutex_unlock(&all.lock);
	return 0;
}

bool
life_leave(struct mql_agent *a)
{
	struct mql_agent **at = &all.first;
	bool found;

	pthread_mutex_lock(&all.lock);
	while (*at && *at != a)
		at = &(*at)->next_open;
	found = a && *at;
	if (found)
		*at = a->next_open;
	pthread_mutex_unlock(&all.lock);
	return found;
}

/* --- the end ------------------------------------------------------------------------- */

bool
life_last_word(struct mql_agent *a)
{
	const bool in_loop = a->loop;
	bool alone;

	pthread_mutex_lock(&a->end_lock);
	a->ended = true;
	alone = a->abandoned;
	pthread_cond_broadcast(&a->end_news);
	pthread_mutex_unlock(&a->end_lock);
	if (alone && !in_loop)
		pthread_detach(pthread_self());
	return alone;
}

bool
life_join(struct mql_agent *a, int64_t until)
{
	pthread_t thread = a->thread;
	bool ended;

	pthread_mutex_lock(&a->end_lock);
	while (!a->ended && thread_wait(&a->end_news, &a->end_lock, until))
		;
	ended = a->ended;
	a->abandoned = !ended;
	if (!ended)
		loaded_stay();
	waker_close(&a->waker);
	pthread_mutex_unlock(&a->end_lock);
	return ended && (a->loop || !pthread_join(thread, NULL));
}
