/* partial.c - see partial.h. */
#include "mql/partial.h"

#include <stdlib.h>

#include "mql/agg.h"
#include "mql/error.h"
#include "mql/key.h"
#include "mql/prog.h"
#include "mql/window.h"

enum {
	MAX_BYTES = 256 * 1024 * 1024, /* what 8 MiB of the worst swell to */
};

struct partial {
	const struct mql_query *q;
	struct group_layout layout;
	struct windows      windows;
	struct budget       budget;
	struct panes        panes;
	uint64_t            events;
};

int
partial_new(const struct mql_query *q, struct partial **out)
{
	struct partial *p = calloc(1, sizeof *p);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!p)
		return err;
	p->q = q;
	p->budget.max = MAX_BYTES;
	p->panes = (struct panes){ .layout = &p->layout,
				   .budget = &p->budget };
	if (q->shape.window == WINDOW_TIME)
		windows_init(&p->windows, q->shape.size_ms,
			     q->shape.every_ms);
	if ((err = group_layout_init(&p->layout, q->shape.agg,
				     q->shape.nagg))) {
		partial_free(p);
		return err;
	}
	*out = p;
	return 0;
}

void
partial_free(struct partial *p)
{
	if (!p)
		return;
	panes_fini(&p->panes);
	group_layout_fini(&p->layout);
	free(p);
}

uint64_t
partial_events(const struct partial *p)
{
	return p->events;
}

const struct panes *
partial_panes(const struct partial *p)
{
	return &p->panes;
}

/* --- read --------------------------------------------------------------------- */

/* The keys of as many values as the query has groups, and no more. */
static int
check_key(const struct partial *p, struct str key)
{
	int err = 0;

	for (unsigned i = 0; i < p->q->shape.ngroup && !err; i++)
		err = key_check(&key);
	return !err && key.len ? MQL_EBADFRAME : err;
}

static int
read_group(struct partial *p, struct pane *pane, struct str *in)
{
	struct group *of;
	struct str key;
	uint64_t events, len;
	bool made;
	int err;

	if ((err = agg_get_count(in, INT64_MAX, &events)) ||
	    (err = agg_get_count(in, in->len, &len)) ||
	    (err = agg_get_bytes(in, len, &key)) ||
	    (err = check_key(p, key)) ||
	    (err = groups_get(&pane->groups, key, &of, &made)))
		return err;
	if (!made || !events || events > INT64_MAX - p->events)
		return MQL_EBADFRAME;
	of->events = events;
	pane->events += events;
	p->events += events;
	return group_read(&pane->groups, of, in);
}

/* Could events of that pane be in it? */
static bool
is_pane(const struct partial *p, int64_t start, int64_t latest)
{
	if (p->q->shape.window != WINDOW_TIME)
		return !start;
	return start >= -WINDOW_MAX_TIME && latest <= WINDOW_MAX_TIME &&
	       latest >= start && window_pane(&p->windows, latest) == start;
}

static int
read_pane(struct partial *p, struct str *in)
{
	const struct panes *ps = &p->panes;
	struct pane *pane;
	int64_t start, latest;
	uint32_t ngroup;
	int err;

	if ((err = agg_get_int(in, &start)) ||
	    (err = agg_get_int(in, &latest)) ||
	    (err = agg_get_u32(in, &ngroup)))
		return err;
	if (!is_pane(p, start, latest) ||
	    (ps->n && ps->item[ps->n - 1]->start >= start))
		return MQL_EBADFRAME;
	if ((err = panes_get(&p->panes, start, &pane)))
		return err;
	pane->latest = latest;
	while (ngroup-- > 0 && !err)
		err = read_group(p, pane, in);
	return err;
}

static void
clear(struct partial *p)
{
	panes_drop(&p->panes, p->panes.n);
	p->events = 0;
}

int
partial_read(struct partial *p, struct str bytes)
{
	int err = 0;

	clear(p);
	while (bytes.len && !err)
		err = read_pane(p, &bytes);
	if (err)
		clear(p);
	return err == MQL_ELIMIT ? MQL_EBADFRAME : err;
}

/* --- merge -------------------------------------------------------------------- */

static uint64_t
add_pane(struct partial *p, const struct pane *from)
{
	const struct group *of = from->groups.first;
	struct pane *to;
	uint64_t left = 0;

	if (panes_get(&p->panes, from->start, &to))
		return from->events;
	for (; of; of = of->next)
		if (group_merge(&to->groups, of))
			left += of->events;
	pane_count(to, from->events - left, from->latest);
	return left;
}

uint64_t
partial_add(struct partial *p, const struct partial *from)
{
	uint64_t left = 0;

	for (size_t i = 0; i < from->panes.n; i++)
		left += add_pane(p, from->panes.item[i]);
	p->events += from->events - left;
	return left;
}

size_t
partial_bytes(const struct partial *p)
{
	return sizeof *p + p->budget.used;
}

/* --- write --------------------------------------------------------------------- */

static void
put_group(const struct groups *g, const struct group *of, struct buf *out)
{
	agg_put_count(out, of->events);
	agg_put_count(out, of->key.len);
	buf_put(out, of->key.ptr, of->key.len);
	group_put(g, of, out);
}

/* Groups of one pane from `from` on, until out is as long as end. Their number
 * stands in front of them when it is known. Returns where to go on. */
static const struct group *
put_pane(const struct pane *p, const struct group *from, size_t end,
	 struct buf *out, uint64_t *events)
{
	const struct group *of = from;
	uint32_t n = 0;
	size_t at;

	agg_put_int(out, p->start);
	agg_put_int(out, p->latest);
	at = out->len;
	buf_put_u32(out, 0);
	do {
		if (of->events) {
			put_group(&p->groups, of, out);
			*events += of->events;
			n++;
		}
		of = of->next;
	} while (of && out->len < end && !out->err);
	agg_set_u32(out, at, n);
	return of;
}

void
partial_put(const struct panes *ps, struct partial_place *from, size_t max,
	    struct buf *out, uint64_t *events)
{
	const size_t begun = out->len;

	*events = 0;
	while (from->pane < ps->n && !out->err && out->len - begun < max) {
		const struct pane *p = ps->item[from->pane];

		if (!from->group)
			from->group = p->groups.first;
		if (from->group)
			from->group = put_pane(p, from->group, begun + max,
					       out, events);
		from->pane += !from->group;
	}
}
