/* rates.c - see rates.h. */
#include "source-job/rates.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/query.h"
#include "mql/stage.h"
#include "source-job/job.h"
#include "source-job/run.h"
#include "wire/message.h"

enum {
	LOOK_MS    = 1000,
	TICK_MS    = 250,
	LASTING    = 32,   /* a change by less than one of so many is none */
	ACTIVE_BEATS = 3,
};

#define NOT_SAID UINT64_MAX

/* What is known of one run. */
struct rate_line {
	uint64_t wanted, dropped; /* rows so far, as last seen, */
	int64_t  moved;           /* and when that changed, ms; 0: never */
	uint64_t use;             /* thousandths of a row a second that it sent
				     before that */
	bool     hungry;
	uint64_t told;            /* its part, as last said, or NOT_SAID */
};

/* --- the job ------------------------------------------------------------ */

int
rates_admit(const struct wire_subscribe *m, const struct mql_query *compiled,
	    const char **why)
{
	if (!m->rate)
		return 0;
	if (m->replay)
		*why = "history is not thinned: give no rate";
	else if (!query_is_plain(compiled))
		*why = "a rate is for queries whose rows are events: these "
		       "rows are made of many";
	else
		return 0;
	return MQL_EUNSUP;
}

struct rate_plan
rates_begin(const struct job *j, uint64_t cap)
{
	return (struct rate_plan){ .cap = cap,
				   .agents = (uint32_t)job_agents(j) };
}

/* The widest of its subscriptions'. */
static uint64_t
cap_of(const struct query *q)
{
	const struct sub *s;
	uint64_t most = 0;

	LIST_FOREACH(s, &q->subs, of_query) {
		if (!s->rate)
			return 0;
		if (s->rate > most)
			most = s->rate;
	}
	return most;
}

static struct rate_plan
plan_of(const struct job *j, const struct query *q)
{
	struct rate_plan p = { .cap = cap_of(q), .agents = q->count.targeted };

	for (unsigned i = 0; p.cap && i < j->nworker; i++) {
		p.use.active += q->of[i].use.active;
		p.use.hungry += q->of[i].use.hungry;
		p.use.used += q->of[i].use.used;
	}
	return p;
}

void
rates_tick(struct job *j)
{
	struct query *q;

	if (j->now < j->queries.rates_at)
		return;
	j->queries.rates_at = j->now + TICK_MS;
	LIST_FOREACH(q, &j->queries.all, entry) {
		struct rate_plan p;

		if (q->closing || !query_is_open(j, q))
			continue;
		p = plan_of(j, q);
		if ((!p.cap && !q->plan.cap) || rate_plan_same(&p, &q->plan))
			continue;
		q->plan = p;
		for (unsigned i = 0; i < j->nworker; i++)
			channel_push(&j->worker[i].in, &(struct op){
				.kind = OP_RATE, .query = q, .plan = p });
	}
}

/* --- a worker ----------------------------------------------------------- */

void
rates_obey(struct worker *w, const struct op *op)
{
	struct part *part = w->parts.slot[op->query->slot];

	if (!part || part->query != op->query)
		return;
	part->capped |= op->plan.cap != 0;
	part->plan = op->plan;
	w->parts.rates_at = 0; /* agents are to hear of it now */
}

void
rates_forget(struct run *r)
{
	free(r->rate);
	r->rate = NULL;
}

/* Never below zero, whatever an agent says. */
static uint64_t
less(uint64_t a, uint64_t b)
{
	return a > b ? a - b : 0;
}

/* What it wanted to send, and what the cap held back, since the last look that
 * has seen it move: its reports come once a heartbeat. */
static void
look_at(struct run *r)
{
	const struct worker *w = r->part->worker;
	const struct books_agent *v = &r->view;
	const uint64_t wanted = less(v->matched, v->sampled);
	struct rate_line *l = r->rate;
	const int64_t ms = w->now - l->moved;
	uint64_t moved, held;

	if (wanted == l->wanted && v->drop_rate == l->dropped)
		return;
	moved = less(wanted, l->wanted);
	held = less(v->drop_rate, l->dropped);
	if (ms > 0)
		l->use = rate_measured(less(moved, held), ms);
	l->hungry = held > 0;
	l->wanted = wanted;
	l->dropped = v->drop_rate;
	l->moved = w->now;
}

static enum rate_kind
kind_of(const struct run *r)
{
	const struct worker *w = r->part->worker;
	const struct rate_line *l = r->rate;
	const int64_t lasts = ACTIVE_BEATS * w->config->heartbeat + LOOK_MS;

	if (!l->wanted || w->now - l->moved > lasts)
		return RATE_IDLE;
	return l->hungry || l->use > rate_share(&r->part->plan, RATE_SATED) ?
	       RATE_HUNGRY : RATE_SATED;
}

static bool
differs(uint64_t a, uint64_t b)
{
	const uint64_t more = a > b ? a : b, less = a > b ? b : a;

	return a != b && (!less || more - less >= more / LASTING);
}

static void
say(struct run *r, uint64_t share)
{
	struct worker *w = r->part->worker;
	struct wire_credit m = { .id = r->part->id, .rate = share,
				 .bytes = r->agent->credit.granted };

	r->rate->told = share;
	wire_credit_encode(&m, hop_frame(&w->hop));
	agents_send(w, r->agent);
}

/* Few queries have a cap: made when first looked at. False: no memory, and the
 * agent keeps the part it has. */
static bool
has_line(struct run *r)
{
	if (!r->rate && (r->rate = calloc(1, sizeof *r->rate)))
		*r->rate = (struct rate_line){ .moved = r->part->worker->now,
					       .told = NOT_SAID };
	return r->rate;
}

static void
count(struct run *r, struct rate_use *use)
{
	const enum rate_kind kind = kind_of(r);

	use->active += kind != RATE_IDLE;
	use->hungry += kind == RATE_HUNGRY;
	use->used += kind == RATE_SATED ? r->rate->use : 0;
}

static void
look_at_all(struct part *part)
{
	struct worker *w = part->worker;
	struct rate_use use = { 0 };
	struct agent *a;
	struct run *r;

	LIST_FOREACH(a, &w->agents.all, entry) {
		r = agent_run(a, part->query->slot);
		if (!r || !a->connected || r->state != RUN_LIVE ||
		    !has_line(r))
			continue;
		look_at(r);
		count(r, &use);
		uint64_t share = rate_share(&part->plan, kind_of(r));
		if (differs(share, r->rate->told))
			say(r, share);
	}
	part_say(part, &(struct op){ .kind = OP_USE, .use = use });
}

void
rates_look(struct worker *w)
{
	struct part *part;

	if (w->now < w->parts.rates_at)
		return;
	w->parts.rates_at = w->now + LOOK_MS;
	LIST_FOREACH(part, &w->parts.all, entry) {
		if (part->capped && !part->closing && !part->resting)
			look_at_all(part);
	}
}
