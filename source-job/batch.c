#include "source-job/batch.h"

#include <stdlib.h>

#include "wire/rows.h"

struct batch *
batch_new(size_t bytes)
{
	struct batch *b = calloc(1, sizeof *b);

	if (!b)
		return NULL;
	atomic_init(&b->refs, 1);
	if (!batch_room(b, bytes)) {
		batch_drop(b);
		return NULL;
	}
	return b;
}

bool
batch_room(struct batch *b, size_t bytes)
{
	if (buf_room(&b->rows, bytes))
		return true;
	b->rows.err = 0; /* what was there is still good */
	return false;
}

size_t
batch_size(struct str row)
{
	return DATA_ROW + row.len;
}

void
batch_put(struct batch *b, struct str row)
{
	data_put_row(&b->rows, row);
	if (row.len > b->longest)
		b->longest = row.len;
	b->n++;
}

void
batch_hold(struct batch *b)
{
	atomic_fetch_add_explicit(&b->refs, 1, memory_order_relaxed);
}

void
batch_drop(struct batch *b)
{
	if (!b || atomic_fetch_sub_explicit(&b->refs, 1,
					    memory_order_acq_rel) > 1)
		return;
	buf_fini(&b->rows);
	free(b);
}

/* --- spans ----------------------------------------------------------------- */

struct span
span_all(struct batch *b)
{
	return (struct span){ .of = b, .len = b->rows.len, .n = b->n };
}

bool
span_next(struct span *s, struct str *row)
{
	if (!s->n)
		return false;
	*row = data_row((const char *)s->of->rows.data + s->at);
	s->at += batch_size(*row);
	s->len -= batch_size(*row);
	s->n--;
	return true;
}

struct span
span_cut(struct span *s, size_t bytes)
{
	struct span front = *s;
	struct str row;

	if (s->len <= bytes) {
		*s = (struct span){ .of = s->of };
		return front;
	}
	front.n = 0;
	for (struct span next = *s; span_next(&next, &row); *s = next) {
		if (front.n && next.at - front.at > bytes)
			break;
		front.n++;
	}
	front.len = s->at - front.at;
	return front;
}
