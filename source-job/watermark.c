#include "source-job/watermark.h"

#include "mql/error.h"
#include "mql/pace.h"
#include "source-job/job.h"
#include "source-job/merge.h"
#include "source-job/run.h"

static const int64_t last_upto = 7258118400000; /* the year 2200 */

void
watermark_init(struct watermark *w, const struct mql_query *folded)
{
	*w = (struct watermark){ .next = 1 };
	if (folded)
		w->pane = query_pane_ms(folded);
}

/* --- who is behind --------------------------------------------------------- */

/* One whose link broke and is back counts before it says that it is live
 * again: what it has to tell is on its way. */
static bool
has_a_say(const struct run *r)
{
	return r->targeted && (r->state == RUN_LIVE ||
			       (r->state == RUN_PENDING && r->begun));
}

/* Is nobody behind any more? */
static void
look(struct watermark *w)
{
	w->moved |= w->pane && !w->behind;
}

void
watermark_join(struct run *r)
{
	struct watermark *w = &r->query->watermark;

	r->heeded = has_a_say(r);
	if (!r->heeded)
		return;
	w->behind += r->upto < w->next;
	look(w);
}

void
watermark_leave(struct run *r)
{
	struct watermark *w = &r->query->watermark;

	if (!r->heeded)
		return;
	r->heeded = false;
	w->behind -= r->upto < w->next;
	look(w);
}

int
watermark_say(struct run *r, uint64_t said)
{
	struct watermark *w = &r->query->watermark;
	int64_t upto = (int64_t)said, before = r->upto;

	if (said > (uint64_t)last_upto)
		return MQL_EBADFRAME;
	if (upto <= before)
		return 0;
	r->upto = upto;
	if (r->heeded && before < w->next && upto >= w->next) {
		w->behind--;
		look(w);
	}
	return 0;
}

/* --- the least of all ------------------------------------------------------ */

/* r: the runs of q that have a say, one after another. */
#define FOREACH_HEEDED(r, a, j, q)                                        \
	LIST_FOREACH(a, &(j)->agents.all, entry)                          \
		if (((r) = (a)->run[(q)->slot]) && (r)->heeded)

static void
advance(struct job *j, struct query *q)
{
	struct watermark *w = &q->watermark;
	int64_t low = INT64_MAX;
	const struct agent *a;
	const struct run *r;

	w->moved = false;
	FOREACH_HEEDED(r, a, j, q)
		if (r->upto < low)
			low = r->upto;
	if (low == INT64_MAX || low < w->next)
		return; /* nobody is there, or somebody came meanwhile */
	w->low = low;
	w->next = low - low % w->pane + w->pane;
	w->behind = 0;
	FOREACH_HEEDED(r, a, j, q)
		w->behind += r->upto < w->next;
	merge_complete(q, low);
}

void
watermark_flush(struct job *j)
{
	struct query *q;

	LIST_FOREACH(q, &j->queries.all, entry)
		if (q->watermark.moved)
			advance(j, q);
}

/* One that was asked to end has told everything. */
static bool
has_told(const struct run *r, int64_t end)
{
	if (r->query->closing && r->state == RUN_ENDED)
		return r->targeted;
	return r->heeded && r->upto >= end;
}

uint32_t
watermark_told(const struct job *j, const struct query *q, int64_t end)
{
	const struct agent *a;
	uint32_t n = 0;

	LIST_FOREACH(a, &j->agents.all, entry) {
		const struct run *r = a->run[q->slot];
		n += r && has_told(r, end);
	}
	return n;
}
