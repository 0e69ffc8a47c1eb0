#include "source-job/channel.h"

#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "common/log.h"
#include "mql/error.h"

/* --- the bell -------------------------------------------------------------- */

int
bell_open(struct bell *b)
{
	atomic_init(&b->asleep, false);
	b->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return b->fd < 0 ? MQL_EOS : 0;
}

void
bell_close(struct bell *b)
{
	if (b->fd >= 0)
		close(b->fd);
	b->fd = -1;
}

/* Who pushes stores the tail and then looks here; who dozes says so here and
 * then looks at the tail. In one order for all (seq_cst), so one of them sees
 * the other. */
void
bell_ring(struct bell *b)
{
	if (atomic_load(&b->asleep) && atomic_exchange(&b->asleep, false))
		eventfd_write(b->fd, 1);
}

void
bell_doze(struct bell *b)
{
	atomic_store(&b->asleep, true);
}

void
bell_awake(struct bell *b)
{
	eventfd_t n;

	if (!atomic_exchange(&b->asleep, false))
		eventfd_read(b->fd, &n); /* it was rung */
}

/* --- the ring -------------------------------------------------------------- */

int
channel_open(struct channel *c, size_t max_bytes, struct bell *consumer,
	     struct bell *producer)
{
	*c = (struct channel){ .consumer = consumer, .producer = producer,
			       .max_bytes = max_bytes };
	c->cell = calloc(CHANNEL_CELLS, sizeof *c->cell);
	return c->cell ? 0 : MQL_ENOMEM;
}

void
channel_close(struct channel *c)
{
	free(c->cell);
	free(c->overflow);
	c->cell = c->overflow = NULL;
}

static uint64_t
used(const struct channel *c)
{
	return atomic_load_explicit(&c->tail, memory_order_acquire) -
	       atomic_load_explicit(&c->head, memory_order_acquire);
}

static uint64_t
holds(const struct channel *c)
{
	return atomic_load_explicit(&c->held, memory_order_relaxed) -
	       atomic_load_explicit(&c->freed, memory_order_acquire);
}

static void
put(struct channel *c, const struct op *op)
{
	uint64_t tail = atomic_load_explicit(&c->tail, memory_order_relaxed);

	c->cell[tail % CHANNEL_CELLS] = *op;
	atomic_store(&c->tail, tail + 1); /* see bell_ring() */
	bell_ring(c->consumer);
}

/* What is in front of the queue has gone: its place is used again. */
static void
make_room(struct channel *c)
{
	size_t cap = c->overflow_cap ? 2 * c->overflow_cap : 64;
	struct op *bigger;

	if (c->overflow_at) {
		for (size_t i = 0; i < c->noverflow; i++)
			c->overflow[i] = c->overflow[c->overflow_at + i];
		c->overflow_at = 0;
		return;
	}
	bigger = realloc(c->overflow, cap * sizeof *bigger);
	if (!bigger) {
		log_error("out of memory between threads: the books cannot be "
			  "kept any more");
		abort();
	}
	c->overflow = bigger;
	c->overflow_cap = cap;
}

void
channel_push(struct channel *c, const struct op *op)
{
	atomic_fetch_add_explicit(&c->held, op->bytes, memory_order_relaxed);
	if (!c->noverflow && used(c) < CHANNEL_CELLS) {
		put(c, op);
		return;
	}
	if (c->overflow_at + c->noverflow == c->overflow_cap)
		make_room(c);
	c->overflow[c->overflow_at + c->noverflow++] = *op;
}

bool
channel_settle(struct channel *c)
{
	while (c->noverflow && used(c) < CHANNEL_CELLS) {
		put(c, &c->overflow[c->overflow_at++]);
		if (!--c->noverflow)
			c->overflow_at = 0;
	}
	return c->noverflow;
}

/* A quarter is left for what one more message of an agent may cause. */
bool
channel_is_full(const struct channel *c)
{
	return c->noverflow || used(c) > CHANNEL_CELLS / 4 * 3 ||
	       holds(c) > c->max_bytes;
}

bool
channel_wait(struct channel *c)
{
	if (!channel_is_full(c))
		return false;
	atomic_store(&c->blocked, true);
	return channel_is_full(c);
}

struct op *
channel_first(struct channel *c)
{
	uint64_t head = atomic_load_explicit(&c->head, memory_order_relaxed);

	if (head == atomic_load(&c->tail)) /* see bell_doze() */
		return NULL;
	return &c->cell[head % CHANNEL_CELLS];
}

/* So much that it is worth to wake the producer. */
static bool
has_room(const struct channel *c)
{
	return used(c) <= CHANNEL_CELLS / 4 && holds(c) <= c->max_bytes / 2;
}

void
channel_drop(struct channel *c)
{
	uint64_t head = atomic_load_explicit(&c->head, memory_order_relaxed);
	size_t bytes = c->cell[head % CHANNEL_CELLS].bytes;

	atomic_fetch_add_explicit(&c->freed, bytes, memory_order_release);
	atomic_store(&c->head, head + 1);
	if (atomic_load(&c->blocked) && has_room(c) &&
	    atomic_exchange(&c->blocked, false))
		bell_ring(c->producer);
}

size_t
channel_depth(const struct channel *c)
{
	return (size_t)used(c);
}
