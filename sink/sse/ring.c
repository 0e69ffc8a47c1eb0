/* ring.c - see ring.h. */
#include "sink/sse/ring.h"

#include <stdlib.h>

#include "mql/error.h"

enum { FIRST_CAP = 16, OVERHEAD = sizeof(struct batch) + 32 };

void
ring_init(struct ring *r, size_t max)
{
	*r = (struct ring){ .max = max };
	pthread_mutex_init(&r->lock, NULL);
}

static struct batch **
at(const struct ring *r, size_t i)
{
	return &r->slot[(r->head + i) & (r->cap - 1)];
}

static void
drop_oldest(struct ring *r)
{
	struct batch *b = *at(r, 0);

	r->head = (r->head + 1) & (r->cap - 1);
	r->n--;
	r->bytes -= b->len + OVERHEAD;
	batch_unref(b);
}

void
ring_fini(struct ring *r)
{
	while (r->n)
		drop_oldest(r);
	free(r->slot);
	pthread_mutex_destroy(&r->lock);
}

static int
grow(struct ring *r)
{
	size_t cap = r->cap ? 2 * r->cap : FIRST_CAP;
	struct batch **slot = malloc(cap * sizeof *slot);

	if (!slot)
		return MQL_ENOMEM;
	for (size_t i = 0; i < r->n; i++)
		slot[i] = *at(r, i);
	free(r->slot);
	r->slot = slot;
	r->head = 0;
	r->cap = cap;
	return 0;
}

static void
advance(struct ring *r, struct place to)
{
	r->next = to;
	atomic_store_explicit(&r->rows, to.rows, memory_order_relaxed);
	atomic_store_explicit(&r->sum, place_sum(to), memory_order_release);
}

void
ring_lose(struct ring *r, uint32_t rows)
{
	pthread_mutex_lock(&r->lock);
	while (r->n)
		drop_oldest(r);
	advance(r, (struct place){ r->next.rows + rows, r->next.marks });
	pthread_mutex_unlock(&r->lock);
}

int
ring_append(struct ring *r, struct batch *b)
{
	int err = 0;

	pthread_mutex_lock(&r->lock);
	b->before = r->next;
	while (r->n && r->bytes + b->len + OVERHEAD > r->max)
		drop_oldest(r);
	if (r->n == r->cap)
		err = grow(r);
	if (err) { /* nobody may find an older one behind the hole */
		while (r->n)
			drop_oldest(r);
	} else {
		*at(r, r->n++) = b;
		r->bytes += b->len + OVERHEAD;
	}
	advance(r, batch_after(b));
	pthread_mutex_unlock(&r->lock);
	if (err)
		batch_unref(b);
	return err;
}

struct place
ring_next(struct ring *r)
{
	pthread_mutex_lock(&r->lock);
	struct place p = r->next;
	pthread_mutex_unlock(&r->lock);
	return p;
}

struct place
ring_first(struct ring *r)
{
	return ring_resume(r, true);
}

/* The last batch that begins at or before p. */
static struct batch *
find(const struct ring *r, uint64_t p)
{
	size_t lo = 0, hi = r->n;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (place_sum((*at(r, mid))->before) <= p)
			lo = mid;
		else
			hi = mid;
	}
	return *at(r, lo);
}

struct batch *
ring_get(struct ring *r, struct place p, bool *passed)
{
	struct batch *b = NULL;

	pthread_mutex_lock(&r->lock);
	*passed = false;
	if (place_sum(p) < place_sum(r->next)) {
		*passed = !r->n ||
			  place_sum((*at(r, 0))->before) > place_sum(p);
		if (!*passed)
			b = batch_ref(find(r, place_sum(p)));
	}
	pthread_mutex_unlock(&r->lock);
	return b;
}

struct place
ring_resume(struct ring *r, bool oldest)
{
	size_t i = 0, bytes;

	pthread_mutex_lock(&r->lock);
	bytes = r->bytes;
	for (; !oldest && i < r->n && bytes > r->max / 2; i++)
		bytes -= (*at(r, i))->len + OVERHEAD;
	struct place p = i < r->n ? (*at(r, i))->before : r->next;
	pthread_mutex_unlock(&r->lock);
	return p;
}
