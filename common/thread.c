/* thread.c - see thread.h. A thread has the signal mask of who started it. */
#include "common/thread.h"

#include <signal.h>
#include <time.h>

#include "mql/error.h"

int
thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg),
	     void *arg)
{
	sigset_t all, before;
	int failed;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &before);
	failed = pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (failed)
		return MQL_EOS;
	if (name)
		pthread_setname_np(*thread, name);
	return 0;
}

void
thread_cond_init(pthread_cond_t *c)
{
	pthread_condattr_t attr;

	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(c, &attr);
	pthread_condattr_destroy(&attr);
}

bool
thread_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until)
{
	const struct timespec t = {
		.tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000,
	};

	return !pthread_cond_timedwait(c, lock, &t);
}
