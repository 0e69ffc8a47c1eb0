#include "mql/gather.h"

#include <stdlib.h>

#include "mql/prog.h"

struct gather {
	struct group_layout  layout;
	struct budget        budget;
	struct panes         panes;
	struct partial_place at; /* what was put */
};

int
gather_new(const struct mql_query *fold, size_t max_bytes, struct gather **out)
{
	struct gather *g = calloc(1, sizeof *g);
	int err;

	*out = NULL;
	if (!g)
		return MQL_ENOMEM;
	g->budget.max = max_bytes;
	g->panes = (struct panes){ .layout = &g->layout,
				   .budget = &g->budget };
	err = group_layout_init(&g->layout, fold->shape.agg,
				fold->shape.nagg);
	if (err) {
		free(g);
		return err;
	}
	*out = g;
	return 0;
}

void
gather_free(struct gather *g)
{
	if (!g)
		return;
	panes_fini(&g->panes);
	group_layout_fini(&g->layout);
	free(g);
}

static uint64_t
merge(struct pane *to, const struct pane *from)
{
	uint64_t left = 0;

	for (const struct group *of = from->groups.first; of; of = of->next)
		if (group_merge(&to->groups, of))
			left += of->events;
	pane_count(to, from->events - left, from->latest);
	return left;
}

uint64_t
gather_add(struct gather *g, const struct partial *p)
{
	const struct panes *from = partial_panes(p);
	struct pane *to;
	uint64_t left = 0;

	for (size_t i = 0; i < from->n; i++) {
		if (panes_get(&g->panes, from->item[i]->start, &to))
			left += from->item[i]->events;
		else
			left += merge(to, from->item[i]);
	}
	return left;
}

bool
gather_is_full(const struct gather *g)
{
	return g->budget.used >= g->budget.max / 2;
}

uint64_t
gather_put(struct gather *g, size_t max, struct buf *out)
{
	uint64_t events;

	partial_put(&g->panes, &g->at, max, out, &events);
	if (events || out->err)
		return out->err ? 0 : events;
	panes_drop(&g->panes, g->panes.n);
	g->at = (struct partial_place){ 0 };
	return 0;
}
