/* fold.c - see fold.h. */
#include "mql/fold.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/folder.h"
#include "mql/window.h"

struct side {
	struct panes  panes;
	struct budget budget;
	/* How far fold_put() has come: */
	struct partial_place at;
	uint64_t put; /* events */
};

struct fold {
	const struct mql_query *q;
	struct group_layout layout;
	struct windows      windows;
	struct folder       folder; /* the publishing thread's */
	struct side         side[2];
};

int
fold_new(const struct mql_query *q, size_t max_bytes, struct fold **out)
{
	struct fold *f = calloc(1, sizeof *f);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!f)
		goto out;
	f->q = q;
	if (q->shape.window == WINDOW_TIME)
		windows_init(&f->windows, q->shape.size_ms,
			     q->shape.every_ms);
	for (unsigned i = 0; i < 2; i++) {
		f->side[i].budget.max = max_bytes;
		f->side[i].panes = (struct panes){
			.layout = &f->layout, .budget = &f->side[i].budget,
		};
	}
	if ((err = group_layout_init(&f->layout, q->shape.agg,
				     q->shape.nagg)) ||
	    (err = folder_init(&f->folder, q)))
		goto out;
	*out = f;
	f = NULL; /* the caller's now */
out:
	fold_free(f);
	return err;
}

void
fold_free(struct fold *f)
{
	if (!f)
		return;
	for (unsigned i = 0; i < 2; i++)
		if (f->side[i].panes.budget)
			panes_fini(&f->side[i].panes);
	folder_fini(&f->folder);
	group_layout_fini(&f->layout);
	free(f);
}

/* --- the publishing thread -------------------------------------------------- */

static int
add(struct fold *f, struct panes *ps, const struct env *env, int64_t start,
    int64_t at, uint64_t weight)
{
	struct pane *p;
	struct group *of;
	int err;

	if ((err = panes_get(ps, start, &p)) ||
	    (err = folder_find(&f->folder, env, &p->groups, &of)) ||
	    (err = folder_update(&f->folder, env, &p->groups, of, at,
				 weight)))
		return err;
	pane_count(p, 1, at);
	return 0;
}

int
fold_event(struct fold *f, unsigned side, struct eval *e, struct reader *r,
	   const uint16_t *slots, struct eval_counts *counts, int64_t now,
	   uint64_t weight)
{
	const struct env env = {
		.p = &f->q->prog, .e = e, .r = r, .slots = slots,
		.scratch = reader_scratch(r), .now = now, .counts = counts,
	};
	int64_t at = now, start = 0;

	if (f->q->shape.window == WINDOW_TIME) {
		if (!folder_time(f->q, &env, &at))
			return MQL_EINVAL;
		start = window_pane(&f->windows, at);
	}
	return add(f, &f->side[side].panes, &env, start, at,
		   weight);
}

/* --- the agent's thread ------------------------------------------------------- */

uint64_t
fold_put(struct fold *f, unsigned side, size_t max, struct buf *out)
{
	struct side *s = &f->side[side];
	struct partial_place at = s->at;
	const size_t begun = out->len;
	uint64_t events;

	partial_put(&s->panes, &at, max, out, &events);
	if (out->err) {
		out->len = begun;
		return 0;
	}
	s->at = at;
	s->put += events;
	return events;
}

uint64_t
fold_left(const struct fold *f, unsigned side)
{
	const struct side *s = &f->side[side];
	uint64_t all = 0;

	for (size_t i = 0; i < s->panes.n; i++)
		all += s->panes.item[i]->events;
	return all - s->put;
}

void
fold_clear(struct fold *f, unsigned side, size_t max_bytes)
{
	struct side *s = &f->side[side];

	panes_drop(&s->panes, s->panes.n);
	s->budget.max = max_bytes;
	s->at = (struct partial_place){ 0 };
	s->put = 0;
}
