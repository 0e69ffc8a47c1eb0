#include "source-job/own.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "source-job/queries.h"
#include "source-job/run.h"
#include "source-job/worker.h"
#include "wire/message.h"

enum own
own_of(const struct wire_hello *m, uint64_t token)
{
	char ours[17];

	snprintf(ours, sizeof ours, "%016" PRIx64, token);
	for (size_t i = 0; i < m->nlabel; i++) {
		if (!str_eq(m->label[i].value, str_of(ours)))
			continue;
		if (str_eq(m->label[i].name, STR(OWN_LIVE_LABEL)))
			return OWN_LIVE;
		if (str_eq(m->label[i].name, STR(OWN_LATE_LABEL)))
			return OWN_LATE;
	}
	return OWN_NONE;
}

bool
own_is_asked(const struct agent *a, const struct query *q)
{
	return a->own != OWN_LATE || atomic_load(&q->held);
}

/* A link that broke before we heard of it counts, too: then nothing was read
 * that could be read again. */
void
own_hello(struct agent *a, uint64_t session)
{
	a->broken |= session > 1 && session != a->session;
	a->session = session;
}

void
own_beat(struct worker *w, struct agent *a, uint64_t at)
{
	if (!a->own)
		return;
	w->beat[a->own] = (struct own_beat){ a, (int64_t)at };
}

void
own_forget(struct worker *w, const struct agent *a)
{
	if (w->beat[a->own].from == a)
		w->beat[a->own].from = NULL;
}

static uint32_t
count_pending(const struct agent *a)
{
	const struct run *r;
	uint32_t n = 0;

	FOREACH_RUN(r, a)
		n += r->state == RUN_PENDING;
	return n;
}

void
own_flush(struct worker *w)
{
	for (unsigned i = OWN_LIVE; i < OWN_N; i++) {
		struct own_beat *b = &w->beat[i];

		if (!b->from)
			continue;
		channel_push(&w->out, &(struct op){
			.kind = OP_HEARD, .id = i, .n = count_pending(b->from),
			.serial = (uint64_t)b->at,
			.broken = b->from->broken });
		b->from->broken = false;
		b->from = NULL;
	}
}
