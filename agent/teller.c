/* teller.c - see teller.h. */
#include "agent/teller.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/loaded.h"
#include "common/thread.h"

enum {
	LINES = 16, LINE = 320,
	BURST = 10, REFILL_MS = 1000, /* then one line a second */
};

struct teller {
	void (*callback)(void *arg, const char *line);
	void  *arg;
	pthread_t       thread;
	pthread_mutex_t lock;
	pthread_cond_t  news;    /* a line, the end, or the thread's end */
	char     line[LINES][LINE];
	unsigned first, n;
	unsigned allowance;
	uint64_t left_out;
	int64_t  refilled;
	bool     stopping, done, abandoned;
};

static void
teller_free(struct teller *l)
{
	pthread_cond_destroy(&l->news);
	pthread_mutex_destroy(&l->lock);
	free(l);
}

/* Tell the first line, without the lock. */
static void
tell(struct teller *l)
{
	char line[LINE];

	memcpy(line, l->line[l->first], LINE);
	l->first = (l->first + 1) % LINES;
	l->n--;
	pthread_mutex_unlock(&l->lock);
	l->callback(l->arg, line);
	pthread_mutex_lock(&l->lock);
}

static void *
teller_main(void *log)
{
	struct teller *l = log;
	bool abandoned;

	pthread_setname_np(pthread_self(), "mql-agent-log");
	pthread_mutex_lock(&l->lock);
	while (!l->abandoned && (l->n || !l->stopping)) {
		if (l->n)
			tell(l);
		else
			pthread_cond_wait(&l->news, &l->lock);
	}
	l->done = true;
	abandoned = l->abandoned;
	pthread_cond_broadcast(&l->news);
	pthread_mutex_unlock(&l->lock);
	if (abandoned) {
		pthread_detach(pthread_self());
		teller_free(l);
	}
	return NULL;
}

struct teller *
teller_start(void (*callback)(void *arg, const char *line), void *arg)
{
	struct teller *l;

	if (!callback || !(l = calloc(1, sizeof *l)))
		return NULL;
	l->callback = callback;
	l->arg = arg;
	l->allowance = BURST;
	l->refilled = clock_mono_ms();
	pthread_mutex_init(&l->lock, NULL);
	thread_cond_init(&l->news);
	if (thread_start(&l->thread, NULL, teller_main, l)) {
		teller_free(l);
		return NULL;
	}
	return l;
}

/* Has the line a place? */
static bool
allowed(struct teller *l)
{
	int64_t now = clock_mono_ms();

	while (now - l->refilled >= REFILL_MS && l->allowance < BURST) {
		l->refilled += REFILL_MS;
		l->allowance++;
	}
	if (l->allowance == BURST)
		l->refilled = now;
	if (!l->allowance || l->n == LINES) {
		l->left_out++;
		return false;
	}
	l->allowance--;
	return true;
}

void
teller_say(struct teller *l, const char *fmt, va_list ap)
{
	char *line;
	int len;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	if (allowed(l)) {
		line = l->line[(l->first + l->n++) % LINES];
		len = vsnprintf(line, LINE, fmt, ap);
		if (l->left_out && len > 0 && len < LINE)
			snprintf(line + len, LINE - (size_t)len,
				 " (%llu lines before it were left out)",
				 (unsigned long long)l->left_out);
		l->left_out = 0;
		pthread_cond_broadcast(&l->news);
	}
	pthread_mutex_unlock(&l->lock);
}

void
teller_stop(struct teller *l, int64_t until)
{
	bool done;

	if (!l)
		return;
	pthread_mutex_lock(&l->lock);
	l->stopping = true;
	pthread_cond_broadcast(&l->news);
	while (!l->done && thread_wait(&l->news, &l->lock, until))
		;
	done = l->done;
	l->abandoned = !done;
	pthread_mutex_unlock(&l->lock);
	if (!done) {
		loaded_stay();
		return;
	}
	pthread_join(l->thread, NULL);
	teller_free(l);
}
