/* part_set.c - the parts of a worker as the query set of its agents. */
#include "source-job/part_own.h"
#include "source-job/queries.h"
#include "source-job/worker.h"
#include "wire/message.h"

/* Is it part of the set, as far as we are concerned? */
static bool
is_wanted(const struct part *part)
{
	return !part->closing && !part->resting;
}

static void
add(struct parts *ps, struct wire_queries *m, const struct part *part)
{
	ps->add[m->nadd++] = (struct wire_query){
		.id = part->id, .text = part->query->text,
		.fold = part->query->fold,
		.rate = rate_share(&part->plan, RATE_IDLE) };
}

/* An agent has a run of each query that it is asked. */
static bool
is_for(const struct part *part, const struct agent *a)
{
	return !a || agent_run(a, part->query->slot);
}

void
parts_encode(struct worker *w, const struct agent *a, struct buf *out)
{
	struct parts *ps = &w->parts;
	struct wire_queries m = { .version = ps->version, .add = ps->add };
	struct part *part;

	LIST_FOREACH(part, &ps->all, entry)
		if (part->told && is_for(part, a))
			add(ps, &m, part);
	wire_queries_encode(&m, out);
}

/* What is to be told, to agent a or (NULL) to all: how many queries. */
static size_t
encode_delta(struct worker *w, const struct agent *a)
{
	struct parts *ps = &w->parts;
	struct wire_queries m = { .version = ps->version + 1,
				  .base = ps->version, .add = ps->add,
				  .remove = ps->remove };
	struct part *part;

	LIST_FOREACH(part, &ps->all, entry) {
		if (!is_for(part, a))
			continue;
		if (part->told && !is_wanted(part))
			ps->remove[m.nremove++] = part->id;
		else if ((!part->told || part->force) && is_wanted(part)) {
			add(ps, &m, part);
			ps->add[m.nadd - 1].force = part->force;
		}
	}
	wire_queries_encode(&m, hop_frame(&w->hop));
	return m.nadd + m.nremove;
}

/* Agents that are not meant get the new version and no query. */
static void
tell_each(struct worker *w)
{
	struct agent *a;

	LIST_FOREACH(a, &w->agents.all, entry) {
		if (!a->connected)
			continue;
		encode_delta(w, a);
		agents_send(w, a);
	}
}

static void
tell(struct worker *w)
{
	struct parts *ps = &w->parts;
	bool selective = w->agents.nprivate > 0;
	struct part *part;

	ps->dirty = false;
	LIST_FOREACH(part, &ps->all, entry)
		selective |= part->at && (part->told != is_wanted(part) ||
					  part->force);
	if (!encode_delta(w, NULL))
		return;
	if (selective)
		tell_each(w);
	else
		agents_broadcast(w);
	ps->version++;
	ps->told_at = w->now;
	LIST_FOREACH(part, &ps->all, entry) {
		part->told = is_wanted(part);
		part->force = false;
	}
}

static void
finish_closed(struct worker *w)
{
	struct part *part, *next;

	for (part = LIST_FIRST(&w->parts.all); part; part = next) {
		next = LIST_NEXT(part, entry);
		if (part->closing && !part->told &&
		    (!part->count.awaited || w->now >= part->deadline))
			part_finish(part);
	}
}

void
parts_flush(struct worker *w)
{
	struct part *part;

	if (w->parts.resting)
		parts_wake_rested(w);
	if (w->parts.dirty)
		tell(w);
	if (w->parts.nclosing)
		finish_closed(w);
	w->parts.settle_at = INT64_MAX;
	w->parts.owed = 0;
	LIST_FOREACH(part, &w->parts.all, entry) {
		part_settle(part);
		w->parts.owed += part->closing ? part->count.awaited :
						 part->pending;
	}
}
