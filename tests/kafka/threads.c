/* threads.c - C11 threads by way of POSIX ones, for ThreadSanitizer builds.
 *
 * librdkafka begins its threads with thrd_create(), of which the sanitizer of
 * gcc 12 knows nothing: it would crash in the first of them. */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct begin {
	thrd_start_t fn;
	void        *arg;
};

static void *
run(void *arg)
{
	struct begin b = *(struct begin *)arg;

	free(arg);
	return (void *)(intptr_t)b.fn(b.arg);
}

__attribute__((visibility("default"))) int
thrd_create(thrd_t *t, thrd_start_t fn, void *arg)
{
	struct begin *b = malloc(sizeof *b);

	if (!b)
		return thrd_nomem;
	*b = (struct begin){ fn, arg };
	if (!pthread_create(t, NULL, run, b))
		return thrd_success;
	free(b);
	return thrd_error;
}

__attribute__((visibility("default"))) int
thrd_join(thrd_t t, int *result)
{
	void *r;

	if (pthread_join(t, &r))
		return thrd_error;
	if (result)
		*result = (int)(intptr_t)r;
	return thrd_success;
}
