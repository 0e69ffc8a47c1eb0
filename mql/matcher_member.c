/* matcher_member.c - one query more in a matcher that nobody reads yet, or one
 * less; and what a line of matchers shares. */
#include <stdlib.h>

#include "mql/matcher_own.h"
#include "mql/prog.h"

enum { LEAST_PLACES = 16 };

/* --- the line --------------------------------------------------------------------- */

void
line_drop(struct line *l)
{
	if (!l || --l->refs)
		return;
	habit_free(l->habit);
	free(l->where.at);
	free(l->row.at);
	free(l->place);
	free(l);
}

struct line *
line_new(const struct schema *schema)
{
	struct line *l = calloc(1, sizeof *l);

	if (!l)
		return NULL;
	l->refs = 1;
	l->schema = schema;
	return l;
}

/* Note where the query of an id stands. */
static int
line_place(struct line *l, uint16_t id, size_t i)
{
	size_t n = l->nplace ? l->nplace : LEAST_PLACES;

	while (n <= id)
		n *= 2;
	if (n > l->nplace) {
		uint16_t *more = realloc(l->place, n * sizeof *more);

		if (!more)
			return MQL_ENOMEM;
		memset(more + l->nplace, 0xff,
		       (n - l->nplace) * sizeof *more);
		l->place = more;
		l->nplace = n;
	}
	l->place[id] = (uint16_t)i;
	return 0;
}

/* --- paths ------------------------------------------------------------------------ */

void
matcher_drop_paths(struct pathset *ps, unsigned *refs)
{
	if (!refs || --*refs)
		return;
	pathset_free(ps);
	free(refs);
}

int
matcher_own_paths(struct matcher *m, struct pathset *ps)
{
	unsigned *refs = malloc(sizeof *refs);

	if (!refs) {
		pathset_free(ps);
		return MQL_ENOMEM;
	}
	*refs = 1;
	m->paths = ps;
	m->paths_refs = refs;
	return 0;
}

/* --- one more --------------------------------------------------------------------- */

static uint64_t
where_hash(const struct member *me)
{
	return me->q->access.hash;
}

static bool
same_where(const struct matcher *m, size_t i, size_t j)
{
	const struct mql_query *a = members_at(&m->members, i)->q;
	const struct mql_query *b = members_at(&m->members, j)->q;

	return a->access.hash == b->access.hash &&
	       str_eq(a->access.where, b->access.where);
}

/* Does the set have all of q's paths? Most queries ask for what others do. */
static bool
has_paths(const struct matcher *m, const struct mql_query *q, uint16_t *slots)
{
	unsigned slot;

	for (size_t i = 0; i < query_paths(q); i++) {
		if (!pathset_find(m->paths, prog_path(q, i), &slot))
			return false;
		slots[i] = (uint16_t)slot;
	}
	return true;
}

/* Give slots to q's paths. A set that the old matcher has, too, is copied
 * first, for publishers are reading it; so is one that may be too full, that a
 * query which is refused leaves nothing in it. */
static int
link_query(struct matcher *m, const struct mql_query *q, uint16_t *slots)
{
	struct pathset *before = m->paths, *mine;
	unsigned *refs = m->paths_refs;
	int err;

	if (has_paths(m, q, slots))
		return 0;
	if (*refs == 1 &&
	    pathset_size(before) + query_paths(q) <= PATHSET_MAX)
		return query_link(q, before, slots);
	if ((err = pathset_copy(before, &mine)) ||
	    (err = matcher_own_paths(m, mine)))
		return err;
	if (!(err = query_link(q, mine, slots))) {
		matcher_drop_paths(before, refs);
		return 0;
	}
	matcher_drop_paths(mine, m->paths_refs);
	m->paths = before;
	m->paths_refs = refs;
	return err;
}

void
matcher_watch(struct matcher *m, const struct member *me)
{
	const struct access_list *l = &me->q->access;

	habit_learn(m->habit, m->paths, l, me->slots->at);
	for (unsigned i = 0; i < l->n; i++) {
		for (unsigned k = 0; k < l->at[i].n; k++) {
			unsigned s = me->slots->at[l->at[i].term[k].path];

			m->watched[s / 64] |= UINT64_C(1) << s % 64;
		}
	}
}

/* Put the member at i into the list of those with its predicate. */
static int
join(struct matcher *m, size_t i)
{
	struct member *me = members_own(&m->members, i), *lead, *first;
	uint16_t like;
	int err;

	if (!me)
		return MQL_ENOMEM;
	me->lead = me->first = (uint16_t)i;
	me->next = me->prev = NOBODY;
	if ((err = hints_find(&m->line->where, m, i, where_hash, same_where,
			      &like)) || like == i)
		return err;
	lead = members_own(&m->members, members_at(&m->members, like)->lead);
	first = lead ? members_own(&m->members, lead->first) : NULL;
	me = members_own(&m->members, i);
	if (!first || !me)
		return MQL_ENOMEM;
	me->lead = first->lead;
	me->first = NOBODY;
	me->prev = members_at(&m->members, first->lead)->first;
	me->next = first->next;
	first->next = (uint16_t)i;
	if (me->next == NOBODY)
		return 0;
	struct member *next = members_own(&m->members, me->next);
	if (!next)
		return MQL_ENOMEM;
	next->prev = (uint16_t)i;
	return 0;
}

int
matcher_add(struct matcher *m, const struct matcher_query *of)
{
	struct slots *slots;
	struct member *me;
	uint16_t row;
	size_t i;
	int err;

	if (of->q->shape.folded || of->q->shape.ordered)
		return MQL_ELIMIT; /* its rows are not made here */
	slots = slots_new(query_paths(of->q) +
			  (of->fold ? query_paths(of->fold) : 0));
	if (!slots)
		return MQL_ENOMEM;
	slots->fold = of->fold;
	if ((err = link_query(m, of->q, slots->at)) ||
	    (of->fold && (err = link_query(m, of->fold, slots->at +
					   query_paths(of->q)))) ||
	    !(me = members_push(&m->members))) {
		slots_drop(slots);
		return err ? err : MQL_ENOMEM;
	}
	*me = (struct member){ .q = of->q, .slots = slots, .id = of->id };
	i = m->members.n - 1;
	m->nlive++;
	m->nfold += of->fold != NULL;
	if (m->habit)
		matcher_watch(m, me);
	if ((err = line_place(m->line, of->id, i)) || (err = join(m, i)) ||
	    (err = hints_find(&m->line->row, m, i, member_row_hash,
			      matcher_same_row, &row)))
		return err;
	me = members_own(&m->members, i);
	if (!me)
		return MQL_ENOMEM;
	me->row = row == i ? row : members_at(&m->members, row)->row;
	return 0;
}

/* --- one less -------------------------------------------------------------------------- */

/* Where a query stands; NOBODY: nowhere. */
static uint16_t
place_of(const struct matcher *m, uint16_t id)
{
	uint16_t i = id < m->line->nplace ? m->line->place[id] : NOBODY;

	if (matcher_has(m, i) && members_at(&m->members, i)->id == id)
		return i;
	for (size_t k = 0; k < m->members.n; k++)
		if (matcher_has(m, k) && members_at(&m->members, k)->id == id)
			return (uint16_t)k;
	return NOBODY;
}

/* Let a neighbour, or the lead where there is none, lead past it. */
static int
unlink_member(struct matcher *m, const struct member *me)
{
	struct member *before = members_own(&m->members,
			me->prev == NOBODY ? me->lead : me->prev);
	struct member *behind = NULL;

	if (!before)
		return MQL_ENOMEM;
	if (me->prev == NOBODY)
		before->first = me->next;
	else
		before->next = me->next;
	if (me->next == NOBODY)
		return 0;
	behind = members_own(&m->members, me->next);
	if (!behind)
		return MQL_ENOMEM;
	behind->prev = me->prev;
	return 0;
}

int
matcher_take_out(struct matcher *m, uint16_t id)
{
	uint16_t i = place_of(m, id);
	struct member *me;
	int err;

	if (i == NOBODY)
		return 0;
	if ((err = unlink_member(m, &(struct member){
			.lead = members_at(&m->members, i)->lead,
			.next = members_at(&m->members, i)->next,
			.prev = members_at(&m->members, i)->prev })))
		return err;
	me = members_own(&m->members, i);
	if (!me)
		return MQL_ENOMEM;
	m->nfold -= me->slots->fold != NULL;
	slots_drop(me->slots);
	me->slots = NULL;
	me->q = NULL;
	m->nlive--;
	return 0;
}
