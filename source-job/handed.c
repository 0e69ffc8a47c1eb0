#include "source-job/handed.h"

#include "source-job/job.h"
#include "source-job/kafka/source.h"

/* Does anybody get its rows? */
static bool
is_heard_of(const struct query *q)
{
	const struct sub *s;

	LIST_FOREACH(s, &q->subs, of_query)
		if (!s->link->nobody)
			return true;
	return false;
}

/* Who subscribed before we were started again has a lease's time to come back,
 * since what is late is brought once. */
static bool
may_come_back(const struct job *j)
{
	const struct query *q;

	if (j->now - j->started >= j->config.lease)
		return false;
	LIST_FOREACH(q, &j->queries.all, entry)
		if (q->held && !is_heard_of(q))
			return true;
	return false;
}

/* Is every saved query with our own agents, or known not to run? */
static bool
all_run(const struct job *j)
{
	return j->saved.read && saved_all_run(j);
}

void
handed_heard(struct job *j, const struct op *op)
{
	const int64_t at = (int64_t)op->serial;

	if (op->id >= OWN_N || !j->kafka)
		return;
	if (op->broken)
		kafka_source_again(j->kafka);
	j->handed.heard[op->id] = at;
	if (!op->n && all_run(j) &&
	    !(op->id == OWN_LATE && may_come_back(j)))
		kafka_source_asked(j->kafka, (enum own)op->id, at);
}

/* --- a mark ------------------------------------------------------------------- */

typedef bool (*each_fn)(struct sub *s);

/* Does it hold for all that get the rows of a saved query? fn sees each. */
static bool
for_all(struct job *j, each_fn fn)
{
	struct query *q;
	struct sub *s;
	bool all = true;

	LIST_FOREACH(q, &j->queries.all, entry)
		if (q->held)
			LIST_FOREACH(s, &q->subs, of_query)
				if (!s->link->nobody)
					all &= fn(s);
	return all;
}

static bool
begin(struct sub *s)
{
	s->hand = (struct hand){
		.at = HAND_QUEUED,
		.rows = s->books.source.delivered + s->queue.rows,
	};
	return true;
}

/* Rows of the queue may have been dropped since, and counted. */
static bool
look(struct sub *s)
{
	struct hand *h = &s->hand;

	if (h->at == HAND_QUEUED && (s->books.source.delivered >= h->rows ||
				     !s->queue.rows)) {
		h->at = HAND_SENT;
		h->rows = s->books.source.delivered;
		h->used = s->used;
	}
	if (h->at == HAND_SENT && (s->done >= h->rows ||
				   s->credit - s->window >= h->used))
		h->at = HAND_DONE;
	return h->at == HAND_DONE;
}

static bool
has_arrived(const struct job *j, int64_t mark, bool late)
{
	return j->handed.heard[OWN_LIVE] > mark &&
	       (!late || j->handed.heard[OWN_LATE] > mark);
}

void
handed_tick(struct job *j)
{
	struct handed *h = &j->handed;
	bool late;
	int64_t mark;

	if (!j->kafka)
		return;
	kafka_source_keep(j->kafka, saved_since(j));
	mark = kafka_source_mark(j->kafka, &late);
	if (mark != h->mark)
		h->queued = false;
	h->mark = mark;
	if (!mark || job_draining(j) || j->power.off)
		return;
	if (!h->queued && has_arrived(j, mark, late))
		h->queued = for_all(j, begin);
	if (h->queued && for_all(j, look))
		kafka_source_handed(j->kafka, mark);
}
