/* pane.c - see pane.h. */
#include "mql/pane.h"

#include <stdlib.h>

#include "mql/error.h"

enum { FIRST_PANES = 4 };

/* Where the pane is, or belongs. Searched from the end: most are new. */
static size_t
position(const struct panes *ps, int64_t start)
{
	size_t lo = 0, hi = ps->n;

	if (hi && ps->item[hi - 1]->start <= start)
		return ps->item[hi - 1]->start == start ? hi - 1 : hi;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (ps->item[mid]->start < start)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static int
reserve(struct panes *ps)
{
	size_t cap = ps->cap ? 2 * ps->cap : FIRST_PANES;
	struct pane **item;

	if (ps->n < ps->cap)
		return 0;
	item = reallocarray(ps->item, cap, sizeof *item);
	if (!item)
		return MQL_ENOMEM;
	ps->item = item;
	ps->cap = cap;
	return 0;
}

int
panes_get(struct panes *ps, int64_t start, struct pane **out)
{
	size_t at = position(ps, start);
	struct pane *p;

	if (at < ps->n && ps->item[at]->start == start) {
		*out = ps->item[at];
		return 0;
	}
	if (reserve(ps))
		return MQL_ENOMEM;
	if (!budget_take(ps->budget, sizeof *p))
		return MQL_ELIMIT;
	p = calloc(1, sizeof *p);
	if (!p) {
		budget_give(ps->budget, sizeof *p);
		return MQL_ENOMEM;
	}
	p->start = start;
	groups_init(&p->groups, ps->layout, ps->budget);
	held_init(&p->held, ps->budget, ps->limit, ps->by_content);
	memmove(ps->item + at + 1, ps->item + at,
		(ps->n - at) * sizeof *ps->item);
	ps->item[at] = p;
	ps->n++;
	*out = p;
	return 0;
}

void
pane_count(struct pane *p, uint64_t n, int64_t latest)
{
	if (!p->events || latest > p->latest)
		p->latest = latest;
	p->events += n;
}

size_t
panes_before(const struct panes *ps, int64_t end)
{
	return position(ps, end);
}

void
panes_drop(struct panes *ps, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		groups_fini(&ps->item[i]->groups);
		held_fini(&ps->item[i]->held);
		free(ps->item[i]);
		budget_give(ps->budget, sizeof **ps->item);
	}
	ps->n -= n;
	if (n)
		memmove(ps->item, ps->item + n, ps->n * sizeof *ps->item);
}

void
panes_fini(struct panes *ps)
{
	panes_drop(ps, ps->n);
	free(ps->item);
	ps->item = NULL;
	ps->cap = 0;
}
