#include "source-job/batch.h"

#include <stdlib.h>

struct batch *
batch_new(size_t n)
{
	struct batch *b = malloc(sizeof *b + n * sizeof b->slice[0]);

	if (!b)
		return NULL;
	atomic_init(&b->refs, 1);
	b->base = NULL;
	b->sent = 0;
	wire_kept_init(&b->message);
	return b;
}

void
batch_hold(struct batch *b, unsigned n)
{
	atomic_fetch_add_explicit(&b->refs, n, memory_order_relaxed);
}

void
batch_drop(struct batch *b)
{
	if (atomic_fetch_sub_explicit(&b->refs, 1, memory_order_acq_rel) > 1)
		return;
	wire_kept_free(&b->message);
	free(b);
}
