/* thread.h - threads of ours, which have a name and take nobody's signals, and
 * how they wait. Any thread. */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

/* name: 15 bytes at most; NULL: it gives itself one, as it must where it may be
 * detached. 0 or MQL_EOS. */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg),
		 void *arg);

/* A condition variable that goes by the monotonic clock. */
void thread_cond_init(pthread_cond_t *c);

/* Wait for it, lock being held; false when it is `until` (clock_mono_ms()). It
 * may also end before, and for nothing. */
bool thread_wait(pthread_cond_t *c, pthread_mutex_t *lock, int64_t until);

#endif
