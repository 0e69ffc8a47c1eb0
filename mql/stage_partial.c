/* stage_partial.c - groups that come into a stage: see stage.h. */
#include "mql/partial.h"
#include "mql/stage_own.h"

/* Its events are counted one by one when they find no room. */
static int
merge(struct stage *s, struct pane *to, const struct pane *from)
{
	const struct group *of;
	uint64_t left = 0;
	int err = 0;

	for (of = from->groups.first; of && err != MQL_ENOMEM;
	     of = of->next) {
		err = group_merge(&to->groups, of);
		left += err ? of->events : 0;
	}
	s->stats.overflow += left;
	pane_count(to, from->events - left, from->latest);
	return err == MQL_ENOMEM ? err : 0;
}

static int
take(struct stage *s, const struct pane *from)
{
	struct pane *to;
	int err;

	s->stats.events += from->events;
	if (s->q->shape.window == WINDOW_TIME &&
	    window_late(&s->windows, from->start)) {
		s->stats.late += from->events;
		return 0;
	}
	err = panes_get(&s->panes, from->start, &to);
	if (err)
		s->stats.overflow += from->events;
	else
		err = merge(s, to, from);
	return err == MQL_ELIMIT ? 0 : err;
}

int
stage_partial(struct stage *s, const struct partial *p, int64_t now)
{
	const struct panes *ps = partial_panes(p);
	int64_t latest = INT64_MIN;
	int err = 0;

	if (stage_done(s))
		return 0;
	s->finish.env.now = now;
	for (size_t i = 0; i < ps->n && !err; i++) {
		const struct pane *from = ps->item[i];

		err = take(s, from);
		latest = from->latest > latest ? from->latest : latest;
	}
	if (s->q->shape.window == WINDOW_TIME && ps->n)
		stage_advance(s, s->q->shape.on != NO_ENTRY ? latest : now);
	if (!err)
		err = s->err;
	s->err = 0;
	return err;
}

void
stage_complete(struct stage *s, int64_t upto)
{
	const struct shape *shape = &s->q->shape;

	if (stage_done(s) || shape->window != WINDOW_TIME ||
	    shape->on != NO_ENTRY)
		return;
	window_advance(&s->windows, upto);
	stage_close_due(s);
}
