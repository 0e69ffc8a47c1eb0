#include "source-job/relay.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/gather.h"
#include "source-job/job.h"
#include "wire/rows.h"

enum { FLUSH_MS = 250, ITEM_BYTES = 64 << 10 };

struct relay {
	struct job    *job;
	struct sub    *sub;
	struct gather *gather; /* from the first groups on */
	struct buf     item;
	int64_t        flushed;
};

int
relay_new(struct job *j, struct sub *s, struct relay **out)
{
	struct relay *r = calloc(1, sizeof *r);

	*out = r;
	if (!r)
		return MQL_ENOMEM;
	*r = (struct relay){ .job = j, .sub = s, .flushed = j->now };
	return 0;
}

void
relay_free(struct relay *r)
{
	if (!r)
		return;
	gather_free(r->gather);
	buf_fini(&r->item);
	free(r);
}

void
relay_row(struct relay *r, struct str row)
{
	sub_give(r->job, r->sub, row);
}

/* As large as the subscriber's window of credit can take. */
static size_t
item_bytes(const struct sub *s)
{
	return s->window && s->window / 4 < ITEM_BYTES ?
		(size_t)s->window / 4 : ITEM_BYTES;
}

/* What was gathered goes on. Without memory it waits. */
static void
flush(struct relay *r)
{
	struct buf *b = &r->item;
	struct sub *s = r->sub;

	r->flushed = r->job->now;
	for (;;) {
		buf_reset(b);
		buf_put_u8(b, WIRE_GROUPS);
		if (!r->gather || !gather_put(r->gather, item_bytes(s), b))
			return;
		s->books.source.results++;
		sub_give(r->job, s, (struct str){ (char *)b->data, b->len });
	}
}

void
relay_partial(struct relay *r, const struct partial *p)
{
	struct books_source *b = &r->sub->books.source;
	uint64_t left = partial_events(p);

	if (!r->gather)
		gather_new(r->sub->query->folded, r->job->config.stage_memory,
			   &r->gather);
	if (r->gather)
		left = gather_add(r->gather, p);
	b->folded += partial_events(p) - left;
	b->overflow += left;
	if (r->gather && gather_is_full(r->gather))
		flush(r);
}

void
relay_tick(struct relay *r)
{
	if (r->job->now - r->flushed >= FLUSH_MS)
		flush(r);
}

/* Behind the last of what they have told. */
void
relay_complete(struct relay *r, int64_t upto)
{
	struct sub *s = r->sub;
	const struct wire_window w = {
		.end = upto, .live = query_shown(s->query)->live,
	};

	flush(r);
	if (queue_mark(&s->queue, &w))
		return;
	s->closed = w; /* no row waits: it is told at once */
	s->query->changed = true;
}

void
relay_end(struct relay *r)
{
	flush(r);
}
