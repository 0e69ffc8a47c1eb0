/* fold.c - see fold.h. */
#include "mql/fold.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "mql/error.h"
#include "mql/folder.h"
#include "mql/window.h"

struct side {
	struct panes  panes;
	struct budget budget;
};

struct fold {
	const struct mql_query *q;
	struct group_layout layout;
	struct windows      windows;
	struct folder       folder; /* the publishing thread's */
	struct side         side[2];
	_Atomic bool        full;
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
		f->side[i].budget.max = max_bytes / 2;
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
    int64_t at)
{
	struct pane *p;
	struct group *of;
	int err;

	if ((err = panes_get(ps, start, &p)) ||
	    (err = folder_find(&f->folder, env, &p->groups, &of)) ||
	    (err = folder_update(&f->folder, env, &p->groups, of, at)))
		return err;
	pane_count(p, 1, at);
	return 0;
}

int
fold_event(struct fold *f, unsigned side, struct eval *e, struct reader *r,
	   const uint16_t *slots, struct eval_counts *counts, int64_t now)
{
	const struct env env = {
		.p = &f->q->prog, .e = e, .r = r, .slots = slots,
		.scratch = reader_scratch(r), .now = now, .counts = counts,
	};
	int64_t at = now, start = 0;
	int err;

	if (f->q->shape.window == WINDOW_TIME) {
		if (!folder_time(f->q, &env, &at))
			return MQL_EINVAL;
		start = window_pane(&f->windows, at);
	}
	err = add(f, &f->side[side].panes, &env, start, at);
	if (err == MQL_ELIMIT)
		atomic_store_explicit(&f->full, true, memory_order_relaxed);
	return err;
}

/* --- the agent's thread ------------------------------------------------------- */

const struct panes *
fold_panes(const struct fold *f, unsigned side)
{
	return &f->side[side].panes;
}

void
fold_clear(struct fold *f, unsigned side)
{
	panes_drop(&f->side[side].panes, f->side[side].panes.n);
	atomic_store_explicit(&f->full, false, memory_order_relaxed);
}

bool
fold_is_full(const struct fold *f)
{
	return atomic_load_explicit(&f->full, memory_order_relaxed);
}
