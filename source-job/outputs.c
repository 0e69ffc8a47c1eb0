#include "source-job/outputs.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/thread.h"
#include "mql/error.h"

struct outputs {
	pthread_mutex_t lock;
	pthread_cond_t  go, idle;
	bool     over;
	unsigned busy;          /* threads that look at what follows */
	void   (*work)(void *);
	void *const *item;
	size_t   n;             /* 0: between two runs */
	atomic_size_t next;     /* that nobody has taken */

	unsigned  nthread;
	pthread_t thread[];
};

static void
drain(struct outputs *o)
{
	size_t i;

	while ((i = atomic_fetch_add(&o->next, 1)) < o->n)
		o->work(o->item[i]);
}

static void *
run(void *arg)
{
	struct outputs *o = arg;

	pthread_mutex_lock(&o->lock);
	while (!o->over) {
		if (atomic_load(&o->next) >= o->n) {
			pthread_cond_wait(&o->go, &o->lock);
			continue;
		}
		o->busy++;
		pthread_mutex_unlock(&o->lock);
		drain(o);
		pthread_mutex_lock(&o->lock);
		if (!--o->busy)
			pthread_cond_signal(&o->idle);
	}
	pthread_mutex_unlock(&o->lock);
	return NULL;
}

void
outputs_run(struct outputs *o, void (*work)(void *), void *const *item,
	    size_t n)
{
	pthread_mutex_lock(&o->lock);
	o->work = work;
	o->item = item;
	o->n = n;
	atomic_store(&o->next, 0);
	for (size_t i = 1; i < n && i <= o->nthread; i++)
		pthread_cond_signal(&o->go);
	pthread_mutex_unlock(&o->lock);
	drain(o);
	pthread_mutex_lock(&o->lock);
	while (o->busy)
		pthread_cond_wait(&o->idle, &o->lock);
	o->n = 0; /* who wakes only now finds nothing */
	pthread_mutex_unlock(&o->lock);
}

static int
start(struct outputs *o)
{
	char name[24];
	int err;

	snprintf(name, sizeof name, "mql-output-%u", o->nthread);
	err = thread_start(&o->thread[o->nthread], name, run, o);
	o->nthread += !err;
	return err;
}

int
outputs_new(unsigned n, struct outputs **out)
{
	struct outputs *o = calloc(1, sizeof *o + n * sizeof o->thread[0]);
	int err = 0;

	*out = NULL;
	if (!o)
		return MQL_ENOMEM;
	pthread_mutex_init(&o->lock, NULL);
	pthread_cond_init(&o->go, NULL);
	pthread_cond_init(&o->idle, NULL);
	while (!err && o->nthread < n)
		err = start(o);
	if (err)
		outputs_free(o);
	else
		*out = o;
	return err;
}

void
outputs_free(struct outputs *o)
{
	if (!o)
		return;
	pthread_mutex_lock(&o->lock);
	o->over = true;
	pthread_cond_broadcast(&o->go);
	pthread_mutex_unlock(&o->lock);
	for (unsigned i = 0; i < o->nthread; i++)
		pthread_join(o->thread[i], NULL);
	pthread_cond_destroy(&o->idle);
	pthread_cond_destroy(&o->go);
	pthread_mutex_destroy(&o->lock);
	free(o);
}
