/* heap.c - tells of any process what malloc() has given out and not got back.
 *
 * Loaded by LD_PRELOAD it writes that number of KB to the file of the process's
 * id in the directory $SOAK_HEAP, once a second, from a thread of its own.
 * Resident memory also has what the allocator keeps after a burst, which no
 * leak is and may be as much. */
#include <fcntl.h>
#include <malloc.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static void *
tell(void *unused)
{
	const struct timespec second = { .tv_sec = 1 };
	const char *dir = getenv("SOAK_HEAP");
	char path[200], text[24];
	int fd;

	(void)unused;
	if (!dir)
		return NULL;
	snprintf(path, sizeof path, "%s/%ld", dir, (long)getpid());
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	for (;;) {
		const struct mallinfo2 m = mallinfo2();
		const int n = snprintf(text, sizeof text, "%12zu\n",
				       (m.uordblks + m.hblkhd) / 1024);

		if (pwrite(fd, text, (size_t)n, 0) != n)
			return NULL;
		nanosleep(&second, NULL);
	}
}

/* With all signals blocked: they are for the others. */
static void
begin(void)
{
	sigset_t all, before;
	pthread_t thread;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (!pthread_create(&thread, NULL, tell, NULL))
		pthread_detach(thread);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

__attribute__((constructor))
static void
load(void)
{
	pthread_atfork(NULL, NULL, begin);
	begin();
}
