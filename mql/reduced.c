/* reduced.c - see reduced.h. */
#include "mql/reduced.h"

#include <stdlib.h>

#include "mql/prog.h"
#include "mql/spell.h"

static const struct str ts_key = { "@ts", 3 };

static int
add_key(struct pathset *ps, struct str key, const struct path *tail,
	unsigned from, unsigned *slot)
{
	struct step step[PATH_MAX_STEPS + 1] = {
		{ .kind = STEP_KEY, .key = key },
	};
	struct path p = { .steps = step, .nsteps = 1 };

	for (unsigned i = from; tail && i < tail->nsteps; i++)
		step[p.nsteps++] = tail->steps[i];
	return pathset_add(ps, &p, slot);
}

/* The column of a path: its spelling up to the first [*]. */
static int
add_column(struct pathset *ps, const struct path *p, uint16_t *slot)
{
	struct path head = *p;
	struct buf name = BUF_INIT;
	unsigned n = 0, at = 0;

	while (n < p->nsteps && p->steps[n].kind != STEP_ANY)
		n++;
	head.nsteps = (uint16_t)n;
	spell_path(&head, &name);
	int err = name.err;
	if (!err)
		err = add_key(ps, (struct str){ (char *)name.data, name.len },
			      p, n, &at);
	*slot = (uint16_t)at;
	buf_fini(&name);
	return err;
}

static int
link_columns(struct reduced *r)
{
	int err = 0;

	for (size_t i = 0; i < query_paths(r->q) && !err; i++)
		err = add_column(r->paths, prog_path(r->q, i), &r->slots[i]);
	return err ? err : add_key(r->paths, ts_key, NULL, 0, &r->ts);
}

int
reduced_init(struct reduced *r, const struct mql_query *q, size_t max_event)
{
	int err;

	*r = (struct reduced){ .q = q };
	r->slots = calloc(query_paths(q) + 1, sizeof *r->slots);
	if (!r->slots)
		return MQL_ENOMEM;
	if ((err = pathset_new(NULL, &r->paths)) ||
	    (err = reader_new(max_event, &r->reader)))
		return err;
	return q->plan.whole ? query_link(q, r->paths, r->slots)
			     : link_columns(r);
}

void
reduced_fini(struct reduced *r)
{
	reader_free(r->reader);
	pathset_free(r->paths);
	free(r->slots);
	*r = (struct reduced){ 0 };
}

int
reduced_begin(struct reduced *r, struct str row, int64_t now, int64_t *ts)
{
	r->meta.ts = *ts = now;
	r->event = (struct event){
		.form = EVENT_JSON, .text = row, .meta = &r->meta,
	};
	int err = reader_begin(r->reader, r->paths, &r->event);
	if (!err) /* it came from a socket: all of it counts */
		err = reader_check(r->reader, true);
	if (err || r->q->plan.whole)
		return err;
	const struct value *v = reader_get(r->reader, r->ts);
	if (v->type == VALUE_INT)
		*ts = v->i;
	return 0;
}
