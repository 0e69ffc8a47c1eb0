#include "source-job/registry.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "mql/error.h"
#include "source-job/map.h"

struct registry {
	pthread_mutex_t lock;
	struct map      by_id;
	size_t          max;
};

struct claim {
	int  worker;
	char id[];
};

int
registry_new(size_t max, struct registry **out)
{
	struct registry *r = calloc(1, sizeof *r);

	*out = r;
	if (!r)
		return MQL_ENOMEM;
	r->max = max;
	pthread_mutex_init(&r->lock, NULL);
	return 0;
}

void
registry_limit(struct registry *r, size_t max)
{
	pthread_mutex_lock(&r->lock);
	r->max = max;
	pthread_mutex_unlock(&r->lock);
}

void
registry_free(struct registry *r)
{
	if (!r)
		return;
	for (size_t i = 0; i < r->by_id.cap; i++)
		free(r->by_id.slot[i].value);
	map_fini(&r->by_id);
	pthread_mutex_destroy(&r->lock);
	free(r);
}

static int
add(struct registry *r, struct str id, int worker)
{
	struct claim *c;
	int err;

	if (r->by_id.n >= r->max)
		return MQL_ELIMIT;
	c = malloc(sizeof *c + id.len);
	if (!c)
		return MQL_ENOMEM;
	c->worker = worker;
	memcpy(c->id, id.ptr, id.len);
	if ((err = map_put(&r->by_id, (struct str){ c->id, id.len }, c)))
		free(c);
	return err;
}

int
registry_claim(struct registry *r, struct str id, int worker, int *before)
{
	struct claim *c;
	int err = 0;

	pthread_mutex_lock(&r->lock);
	c = map_get(&r->by_id, id);
	*before = c ? c->worker : REGISTRY_NOBODY;
	if (c)
		c->worker = worker;
	else
		err = add(r, id, worker);
	pthread_mutex_unlock(&r->lock);
	return err;
}

void
registry_release(struct registry *r, struct str id, int worker)
{
	struct claim *c;

	pthread_mutex_lock(&r->lock);
	c = map_get(&r->by_id, id);
	if (c && c->worker == worker) {
		map_remove(&r->by_id, id);
		free(c);
	}
	pthread_mutex_unlock(&r->lock);
}
