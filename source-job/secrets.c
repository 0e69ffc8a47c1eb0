#include "source-job/secrets.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"

#define EXPORTED __attribute__((visibility("default")))

/* Who has taken it may make it, once; only then it is looked at by others. */
struct piece {
	atomic_bool taken;
	_Atomic uintptr_t at; /* SECRET_SIZE bytes; 0: not made yet */
};

static struct piece piece[SECRETS_KEPT];

static struct {
	void *(*allocarray)(size_t count, size_t size);
	void  (*free)(void *piece);
} sodium;

static void
find(void *to, size_t size, const char *name)
{
	void *fn = dlsym(RTLD_NEXT, name);

	if (!fn) { /* then who has called us? */
		log_error("there is no %s()", name);
		abort();
	}
	memcpy(to, &fn, size);
}

static void
find_sodium(void)
{
	find(&sodium.allocarray, sizeof sodium.allocarray,
	     "sodium_allocarray");
	find(&sodium.free, sizeof sodium.free, "sodium_free");
}

static void
know_sodium(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_sodium);
}

/* One that is free, or NULL. Those that are made come first. */
static struct piece *
take(void)
{
	for (size_t i = 0; i < SECRETS_KEPT; i++)
		if (!atomic_exchange(&piece[i].taken, true))
			return &piece[i];
	return NULL;
}

EXPORTED void *
sodium_allocarray(size_t count, size_t size)
{
	struct piece *p = NULL;
	size_t n;

	know_sodium();
	if (!__builtin_mul_overflow(count, size, &n) && n &&
	    n <= SECRET_SIZE)
		p = take();
	if (!p)
		return sodium.allocarray(count, size);
	if (!p->at)
		p->at = (uintptr_t)sodium.allocarray(1, SECRET_SIZE);
	if (p->at)
		return (char *)p->at + SECRET_SIZE - n;
	p->taken = false;
	return NULL;
}

size_t
secrets_kept(void)
{
	size_t n = 0;

	while (n < SECRETS_KEPT && piece[n].at)
		n++;
	return n;
}

EXPORTED void
sodium_free(void *data)
{
	const uintptr_t at = (uintptr_t)data;

	know_sodium();
	for (size_t i = 0; at && i < SECRETS_KEPT; i++) {
		struct piece *p = &piece[i];
		if (at - p->at >= SECRET_SIZE)
			continue;
		explicit_bzero((void *)p->at, SECRET_SIZE);
		p->taken = false;
		return;
	}
	sodium.free(data);
}
