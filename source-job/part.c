/* part.c - a query comes to a worker, runs at its agents, and goes. */
#include "source-job/part_own.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/log.h"
#include "mql/error.h"
#include "mql/pace.h"
#include "mql/partial.h"
#include "source-job/at.h"
#include "source-job/queries.h"
#include "source-job/run.h"
#include "source-job/worker.h"
#include "wire/message.h"

enum { CLOSE_MS = 1000 }; /* for the agents' last word */

static struct str
id_key(const uint32_t *id)
{
	return (struct str){ (const char *)id, sizeof *id };
}

int
parts_init(struct worker *w)
{
	struct parts *ps = &w->parts;
	const size_t max = WIRE_MAX_LIST; /* --max-queries may grow */

	LIST_INIT(&ps->all);
	ps->version = 1; /* 0 stands for a snapshot */
	ps->slot = calloc(max, sizeof *ps->slot);
	ps->add = calloc(max, sizeof *ps->add);
	ps->remove = calloc(max, sizeof *ps->remove);
	return ps->slot && ps->add && ps->remove ? 0 : MQL_ENOMEM;
}

static void
free_runs(struct part *part)
{
	struct agent *a;

	LIST_FOREACH(a, &part->worker->agents.all, entry)
		if (agent_run(a, part->query->slot))
			run_free(agent_run(a, part->query->slot));
}

static void
part_free(struct part *part)
{
	at_free(part->at);
	partial_free(part->merged);
	batch_drop(part->rows);
	partial_free(part->reading);
	free(part);
}

static void
release(struct part *part)
{
	struct parts *ps = &part->worker->parts;

	map_remove(&ps->by_id, id_key(&part->id));
	LIST_REMOVE(part, entry);
	ps->slot[part->query->slot] = NULL;
	ps->nclosing -= part->closing;
	part_free(part);
}

void
parts_fini(struct worker *w)
{
	struct parts *ps = &w->parts;
	struct part *part;

	while ((part = LIST_FIRST(&ps->all))) {
		part->over = true; /* nobody is told any more */
		free_runs(part);
		release(part);
	}
	map_fini(&ps->by_id);
	free(ps->slot);
	free(ps->add);
	free(ps->remove);
}

struct part *
parts_find(const struct worker *w, uint32_t id)
{
	return map_get(&w->parts.by_id, id_key(&id));
}

/* --- opening ------------------------------------------------------------- */

static int
open_runs(struct part *part)
{
	struct agent *a;
	int err;

	LIST_FOREACH(a, &part->worker->agents.all, entry)
		if (a->connected && (err = run_open(a, part)))
			return err;
	return 0;
}

static int
part_new(struct worker *w, const struct op *op, struct part **out)
{
	struct part *part = calloc(1, sizeof *part);
	const struct query *q = op->query;
	int err = part ? 0 : MQL_ENOMEM;

	*out = NULL;
	if (err)
		return err;
	part->worker = w;
	part->query = op->query;
	part->id = op->id;
	part->plan = op->plan;
	part->capped = op->plan.cap != 0;
	err = at_open(q->compiled, q->replay, &part->at);
	if (!err && q->folded) {
		part->pane = query_pane_ms(q->folded);
		err = partial_new(q->folded, &part->reading);
	}
	if (!err)
		err = map_put(&w->parts.by_id, id_key(&part->id), part);
	if (err)
		part_free(part);
	else
		*out = part;
	return err;
}

/* Where memory is out for it, it runs at no agent of this worker. */
void
parts_open(struct worker *w, const struct op *op)
{
	struct parts *ps = &w->parts;
	struct part *part;
	int err = part_new(w, op, &part);

	if (!err) {
		LIST_INSERT_HEAD(&ps->all, part, entry);
		ps->slot[op->query->slot] = part;
		ps->dirty = true;
		part->changed = true;
		err = open_runs(part);
	}
	if (err)
		log_error("out of memory: query %u is not asked everywhere",
			  op->id);
	if (!part)
		channel_push(&w->out, &(struct op){
			.kind = OP_STANDS, .query = op->query });
}

/* --- closing ------------------------------------------------------------- */

void
parts_close(struct worker *w, const struct op *op)
{
	struct parts *ps = &w->parts;
	struct part *part = ps->slot[op->query->slot];

	if (!part || part->query != op->query) { /* it was never opened */
		channel_push(&w->out, &(struct op){
			.kind = OP_DONE, .query = op->query });
		return;
	}
	part->closing = true;
	part->deadline = w->now + CLOSE_MS;
	ps->nclosing++;
	ps->dirty = true;
	if (!part->told && !part->resting) /* no agent will speak of it */
		free_runs(part);
}

void
parts_force(struct worker *w, const struct op *op)
{
	struct part *part = w->parts.slot[op->query->slot];

	if (part && part->query == op->query)
		part->force = w->parts.dirty = true;
}

void
part_finish(struct part *part)
{
	struct worker *w = part->worker;
	struct op done;

	part_end(part, &done);
	free_runs(part); /* what they counted has been said */
	release(part);
	channel_push(&w->out, &done); /* from here on the query may be gone */
}

/* --- resting ------------------------------------------------------------- */

/* Agents that do not know of it yet never will; the others answer "ended". */
static void
rest(struct part *part)
{
	struct worker *w = part->worker;
	struct agent *a;

	part->resting = true;
	part->next_id = 0;
	part->deadline = w->now + CLOSE_MS;
	if (part->told)
		return;
	LIST_FOREACH(a, &w->agents.all, entry)
		if (agent_run(a, part->query->slot))
			run_refused(agent_run(a, part->query->slot),
				    str_of(w->parts.why));
}

void
parts_rest(struct worker *w, const char *why)
{
	struct part *part;

	snprintf(w->parts.why, sizeof w->parts.why, "%s",
		 why ? why : "evaluation is switched off");
	LIST_FOREACH(part, &w->parts.all, entry)
		if (!part->closing)
			rest(part);
	w->parts.resting = w->parts.dirty = true;
}

void
parts_wake(struct worker *w, const struct op *op)
{
	struct part *part = w->parts.slot[op->query->slot];

	if (part && part->query == op->query)
		part->next_id = op->id;
}

/* What agents still say of its number is about the run before, though they may
 * have refused it meanwhile for a reason of their own. */
static int
renumber(struct part *part)
{
	struct parts *ps = &part->worker->parts;

	map_remove(&ps->by_id, id_key(&part->id));
	part->id = part->next_id;
	part->next_id = 0;
	/* has room: one less */
	return map_put(&ps->by_id, id_key(&part->id), part);
}

static void
wake(struct part *part)
{
	int err = renumber(part);

	part->resting = false;
	part->worker->parts.dirty = true;
	if (err || open_runs(part))
		log_error("out of memory: query %u is not asked everywhere",
			  part->id);
}

void
parts_wake_rested(struct worker *w)
{
	struct part *part;

	w->parts.resting = false;
	LIST_FOREACH(part, &w->parts.all, entry) {
		if (!part->resting || part->closing)
			continue;
		if (!part->next_id || part->told ||
		    (part->count.awaited && w->now < part->deadline))
			w->parts.resting = true;
		else
			wake(part);
	}
}
