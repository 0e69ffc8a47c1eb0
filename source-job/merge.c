#include "source-job/merge.h"

#include <stdlib.h>

#include "mql/partial.h"
#include "source-job/batch.h"
#include "source-job/crew.h"
#include "source-job/job.h"
#include "source-job/lists.h"
#include "source-job/requests.h"
#include "source-job/staged.h"

enum {
	TAKE_MAX = 256,       /* ops of a worker a turn, */
	TAKE_BYTES = 1 << 20, /* or so many of rows */
};

/* --- sums ------------------------------------------------------------------ */

static void
count(struct query *q, struct query_part *of, const struct query_count *now)
{
	q->changed |= memcmp(now, &of->count, sizeof *now) != 0;
	q->count.targeted += now->targeted - of->count.targeted;
	q->count.live += now->live - of->count.live;
	q->count.refused += now->refused - of->count.refused;
	of->count = *now;
}

/* Every op of a query says what stands at its worker. */
static void
stand(struct job *j, unsigned worker, const struct op *op)
{
	struct query *q = op->query;
	struct query_part *of = &q->of[worker];
	struct sub *s;

	books_agent_add(&q->all, &op->all);
	books_agent_sub(&q->all, &of->all);
	books_agent_add(&j->agents_all, &op->all);
	books_agent_sub(&j->agents_all, &of->all);
	of->all = op->all;
	count(q, of, &op->count);
	if (op->lost)
		LIST_FOREACH(s, &q->subs, of_query)
			s->books.source.lost += op->lost;
	if (of->open)
		return;
	of->open = true;
	q->nopen++;
	q->at_open.targeted += op->count.targeted;
	if (!query_is_open(j, q))
		return;
	LIST_FOREACH(s, &q->subs, of_query)
		sub_accept(j, s, &q->at_open);
}

/* --- rows and groups --------------------------------------------------------- */

static void
take_rows(struct job *j, const struct op *op)
{
	const struct span rows = span_all(op->batch);
	struct crew *g;
	struct sub *s;

	LIST_FOREACH(g, &op->query->crews, entry)
		if (g->whole.staged)
			staged_rows(&g->whole, rows, op->step);
		else
			crew_rows(j, g, rows);
	LIST_FOREACH(s, &op->query->subs, of_query)
		if (s->staged)
			staged_rows(s, rows, op->step);
		else if (!s->crew)
			sub_give_span(j, s, rows);
	batch_drop(op->batch);
}

/* Its memory goes back to where it came from. */
static void
give_back(struct query *q, unsigned worker, struct partial *p)
{
	partial_free(atomic_exchange(&q->of[worker].spare, p));
}

static void
take_partial(struct job *j, unsigned worker, const struct op *op)
{
	struct crew *g;
	struct sub *s;

	LIST_FOREACH(g, &op->query->crews, entry)
		crew_partial(g, op->partial);
	LIST_FOREACH(s, &op->query->subs, of_query)
		if (!s->crew)
			staged_partial(s, op->partial);
	staged_run(j);
	give_back(op->query, worker, op->partial);
}

/* --- agents ------------------------------------------------------------------ */

static void
carry(struct job *j, struct query *q, const struct books_agent *past)
{
	struct sub *s;

	books_agent_sub(&j->agents_all, past);
	LIST_FOREACH(s, &q->subs, of_query)
		books_agent_add(&s->before, past);
}

/* A subscription that joined after the loss has not been told of it. */
static void
agent_lost(struct query *q, uint64_t serial, uint32_t by)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		if (s->serial < serial)
			s->books.lost_agents += by;
}

static void
agent_left(struct query *q)
{
	struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		s->books.left++;
}

static void
note(struct query *q, unsigned worker, struct notes *notes)
{
	notes_free(q->of[worker].notes);
	q->of[worker].notes = notes;
	q->changed = true;
}

/* --- one op ------------------------------------------------------------------ */

/* Of a query. */
static void
take(struct job *j, unsigned worker, const struct op *op)
{
	struct query *q = op->query;

	stand(j, worker, op);
	switch (op->kind) {
	case OP_ROWS:
		take_rows(j, op);
		break;
	case OP_PARTIAL:
		take_partial(j, worker, op);
		break;
	case OP_CARRIED:
		carry(j, q, &op->carried);
		break;
	case OP_AGENT_LOST:
		agent_lost(q, op->serial, 1);
		break;
	case OP_AGENT_BACK:
		agent_lost(q, op->serial, (uint32_t)-1);
		break;
	case OP_AGENT_LEFT:
		agent_left(q);
		break;
	case OP_TOLD:
		watermark_move(&q->watermark, op->told, op->n);
		break;
	case OP_NOTES:
		note(q, worker, op->notes);
		break;
	case OP_USE:
		q->of[worker].use = op->use;
		break;
	case OP_DONE:
		q->ndone++;
		break;
	default:
		break; /* the sums were all */
	}
}

static void
take_other(struct job *j, const struct op *op)
{
	struct op on = { .move = op->move };

	switch (op->kind) {
	case OP_WANT:
		on.kind = OP_GIVE;
		channel_push(&j->worker[op->move->from].in, &on);
		break;
	case OP_GIVEN:
		on.kind = OP_TAKE;
		channel_push(&j->worker[op->move->to].in, &on);
		break;
	case OP_LISTED:
		requests_listed(j, op->listing);
		break;
	case OP_HEARD:
		handed_heard(j, op);
		break;
	case OP_STOPPED:
		j->nstopped++;
		break;
	default:
		break; /* not for us */
	}
}

static bool
take_from(struct job *j, struct worker *w)
{
	struct op *op = NULL;
	size_t bytes = 0;

	for (int i = 0; i < TAKE_MAX && bytes < TAKE_BYTES; i++) {
		if (!(op = channel_first(&w->out)))
			break;
		bytes += op->bytes;
		if (op->query)
			take(j, w->index, op);
		else
			take_other(j, op);
		channel_drop(&w->out);
	}
	return op != NULL;
}

bool
merge_take(struct job *j)
{
	bool more = false;

	for (unsigned i = 0; i < j->nworker; i++) {
		channel_settle(&j->worker[i].in);
		more |= take_from(j, &j->worker[i]);
	}
	staged_run(j);
	return more;
}

/* --- the end ----------------------------------------------------------------- */

static void
discard(const struct op *op)
{
	switch (op->kind) {
	case OP_ROWS:
		batch_drop(op->batch);
		break;
	case OP_PARTIAL:
		partial_free(op->partial);
		break;
	case OP_NOTES:
		notes_free(op->notes);
		break;
	case OP_REST:
		free(op->why);
		break;
	case OP_WANT: case OP_GIVE: case OP_GIVEN: case OP_TAKE:
		move_free(op->move);
		break;
	case OP_LIST: case OP_LISTED:
		listing_free(op->listing);
		break;
	default:
		break; /* nothing is held */
	}
}

static void
discard_all(struct channel *c)
{
	struct op *op;

	do {
		while ((op = channel_first(c))) {
			discard(op);
			channel_drop(c);
		}
	} while (channel_settle(c) || channel_depth(c));
}

void
merge_discard(struct job *j)
{
	for (unsigned i = 0; i < j->nworker; i++) {
		discard_all(&j->worker[i].in);
		discard_all(&j->worker[i].out);
	}
}

/* --- windows and endings ------------------------------------------------------ */

static void
complete(struct query *q, int64_t upto)
{
	struct crew *g;
	struct sub *s;

	LIST_FOREACH(g, &q->crews, entry)
		staged_complete(&g->whole, upto);
	LIST_FOREACH(s, &q->subs, of_query)
		staged_complete(s, upto);
}

void
merge_windows(struct job *j)
{
	struct query *q;
	int64_t low;

	LIST_FOREACH(q, &j->queries.all, entry)
		if (q->watermark.moved && (low = watermark_low(&q->watermark)))
			complete(q, low);
	staged_run(j);
}

void
merge_done(struct job *j, struct query *q)
{
	while (!LIST_EMPTY(&q->subs))
		sub_settle(j, LIST_FIRST(&q->subs));
}
