/* thread.h - a thread of ours: it has a name, and takes nobody's signals. */
#ifndef COMMON_THREAD_H
#define COMMON_THREAD_H

#include <pthread.h>

/* name: 15 bytes at most. 0 or MQL_EOS. Any thread. */
int thread_start(pthread_t *thread, const char *name, void *(*run)(void *arg),
		 void *arg);

#endif
