/* thread.c - see thread.h. A thread has the signal mask of who started it. */
#include "common/thread.h"

#include <signal.h>

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
	pthread_setname_np(*thread, name);
	return 0;
}
