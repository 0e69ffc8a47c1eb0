/* matcher_next.c - make matchers: the first of a line, and each that follows.
 *
 * What may fail is done to the new one only, so that the old one stays good;
 * what they share only ever grows (paths, hints). */
#include <stdlib.h>

#include "mql/matcher_own.h"
#include "mql/prog.h"

enum {
	LEAST = 16, LEVEL = 8, /* sizes of segments: 16, 128, 1024, ... */
	HOLES = 64,            /* that are no matter */
};

/* --- life --------------------------------------------------------------------------- */

static void
drop_segments(struct matcher *m)
{
	while (m->nsegment)
		index_free(m->segment[--m->nsegment].ix);
}

void
matcher_free(struct matcher *m)
{
	if (!m)
		return;
	drop_segments(m);
	members_fini(&m->members);
	matcher_drop_paths(m->paths, m->paths_refs);
	line_drop(m->line);
	free(m);
}

static struct matcher *
zeroed(void)
{
	struct matcher *m = malloc(sizeof *m);

	if (!m)
		return NULL;
	memset(m, 0, offsetof(struct matcher, pretest));
	pretest_clear(&m->pretest);
	return m;
}

/* One without queries, the first of its line. */
static int
begin(const struct schema *schema, size_t room, struct matcher **out)
{
	static const struct members none;
	struct matcher *m = zeroed();
	struct pathset *ps;
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!m || !(m->line = line_new(schema)))
		goto out;
	if ((err = members_init(&m->members, &none, room)) ||
	    (err = pathset_new(schema, &ps)) ||
	    (err = matcher_own_paths(m, ps)))
		goto out;
	*out = m;
	m = NULL;
out:
	matcher_free(m);
	return err;
}

/* One that shares all with old. */
static int
follow(const struct matcher *old, size_t room, struct matcher **out)
{
	struct matcher *m = zeroed();
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!m || (err = members_init(&m->members, &old->members, room))) {
		free(m);
		return err;
	}
	m->line = old->line;
	m->line->refs++;
	m->habit = old->habit;
	m->paths = old->paths;
	m->paths_refs = old->paths_refs;
	m->hides = old->hides;
	++*m->paths_refs;
	m->nlive = old->nlive;
	m->nfold = old->nfold;
	memcpy(m->watched, old->watched, sizeof m->watched);
	for (; m->nsegment < old->nsegment; m->nsegment++) {
		m->segment[m->nsegment] = old->segment[m->nsegment];
		index_ref(m->segment[m->nsegment].ix);
	}
	*out = m;
	return 0;
}

/* --- segments -------------------------------------------------------------------------- */

static unsigned
level(size_t n)
{
	unsigned l = 0;

	for (size_t most = LEAST; most < n; most *= LEVEL)
		l++;
	return l;
}

/* From the first index on there is a habit, and all queries are known to it. */
static int
begin_habit(struct matcher *m)
{
	struct line *l = m->line;

	if (m->habit)
		return 0;
	if (!l->habit && habit_new(&l->habit))
		return MQL_ENOMEM;
	m->habit = l->habit;
	for (size_t i = 0; i < m->members.n; i++)
		if (matcher_has(m, i))
			matcher_watch(m, members_at(&m->members, i));
	return 0;
}

/* Index the members from `from` on. */
static int
add_segment(struct matcher *m, size_t from)
{
	struct segment *s = &m->segment[m->nsegment];
	uint64_t used[PATHSET_MAX / 64] = { 0 };
	struct index_entry *e = calloc(m->members.n - from + 1, sizeof *e);
	size_t n = 0;
	int err;

	if (!e)
		return MQL_ENOMEM;
	for (unsigned i = 0; i < m->nsegment; i++)
		index_fields(m->segment[i].ix, used);
	for (size_t i = from; i < m->members.n; i++) {
		const struct member *me = members_at(&m->members, i);

		if (me->lead != i || me->first == NOBODY)
			continue;
		me = members_at(&m->members, me->first);
		e[n++] = (struct index_entry){
			.id = (uint16_t)i, .access = &me->q->access,
			.slots = me->slots->at,
			.tests = me->q->residual.all,
		};
	}
	*s = (struct segment){ .from = from, .to = m->members.n };
	err = index_new(e, n, m->habit, used, &s->ix);
	m->nsegment += !err;
	free(e);
	return err;
}

/* Index what is not indexed yet, and with it those last segments that are of
 * its size. whole: everything anew. */
static int
add_segments(struct matcher *m, bool whole)
{
	size_t from = m->members.n;
	double expected = 0;
	int err;

	if (m->nlive <= MATCHER_PLAIN || whole)
		drop_segments(m);
	if (m->nlive <= MATCHER_PLAIN)
		return 0;
	if ((err = begin_habit(m)))
		return err;
	from = m->nsegment ? m->segment[m->nsegment - 1].to : 0;
	if (from == m->members.n)
		return 0;
	while (m->nsegment) {
		struct segment *last = &m->segment[m->nsegment - 1];

		if (level(last->to - last->from) > level(m->members.n - from))
			break;
		from = last->from;
		index_free(last->ix);
		m->nsegment--;
	}
	if ((err = add_segment(m, from)))
		return err;
	for (unsigned i = 0; i < m->nsegment; i++)
		expected += index_expected(m->segment[i].ix);
	if (from)
		m->habit->expected = expected;
	else
		habit_begin(m->habit, expected);
	return 0;
}

/* --- before an event is read ---------------------------------------------------- */

static void
set_pretest(struct matcher *m)
{
	pretest_clear(&m->pretest);
	if (m->nlive > PRETEST_QUERIES || m->hides)
		return;
	for (size_t i = 0; i < m->members.n; i++)
		if (matcher_has(m, i))
			pretest_add(&m->pretest, members_at(&m->members, i)->q);
}

/* A set that is shared with the matcher before was guarded with that one, and
 * publishers are reading it. */
bool
matcher_hide(struct matcher *m, const struct policy *policy)
{
	const bool hid = m->hides;

	if (*m->paths_refs == 1)
		m->hides = pathset_guard(m->paths, policy);
	if (m->hides != hid)
		set_pretest(m);
	return m->hides;
}

/* --- matchers --------------------------------------------------------------------------- */

/* Add what fits; say what does not. */
static int
add_all(struct matcher *m, const struct matcher_query *query, size_t n,
	bool *refused, bool *any_refused)
{
	*any_refused = false;
	for (size_t i = 0; i < n; i++) {
		int err = matcher_add(m, &query[i]);

		if (err && err != MQL_ELIMIT)
			return err;
		if (refused)
			refused[i] = err != 0;
		*any_refused = *any_refused || err;
	}
	return 0;
}

int
matcher_new(const struct schema *schema, const struct matcher_query *query,
	    size_t n, bool *refused, struct matcher **out)
{
	struct matcher *m;
	bool any;
	int err;

	*out = NULL;
	if ((err = begin(schema, n, &m)))
		return err;
	if ((err = add_all(m, query, n, refused, &any)) ||
	    (err = add_segments(m, true))) {
		matcher_free(m);
		return err;
	}
	set_pretest(m);
	*out = m;
	return 0;
}

/* The same queries without holes, and without the paths of those that are
 * gone. */
static int
pack(const struct matcher *old, size_t room, struct matcher **out)
{
	struct matcher *m;
	int err;

	if ((err = begin(old->line->schema, old->nlive + room, out)))
		return err;
	m = *out;
	for (size_t i = 0; i < old->members.n && !err; i++) {
		const struct member *me = members_at(&old->members, i);
		struct matcher_query of = { .q = me->q, .id = me->id };

		if (!me->q)
			continue;
		of.fold = me->slots->fold;
		err = matcher_add(m, &of);
	}
	if (!err && old->habit)
		err = habit_move(old->habit, old->paths, m->paths,
				 &m->line->habit);
	if (err) {
		matcher_free(m);
		*out = NULL;
		return err == MQL_ELIMIT ? MQL_ENOMEM : err;
	}
	return 0;
}

/* What is left of m, packed, in its place. */
static int
repack(struct matcher **m, size_t room)
{
	struct matcher *packed;
	int err = pack(*m, room, &packed);

	if (err)
		return err;
	matcher_free(*m);
	*m = packed;
	return 0;
}

/* m without the removed, and with room for n more. */
static int
thin_out(const struct matcher *m, const uint16_t *removed, size_t nremoved,
	 size_t n, struct matcher **out)
{
	int err = follow(m, m->members.n + n > MEMBERS_MAX ? 0 : n, out);

	for (size_t i = 0; i < nremoved && !err; i++)
		err = matcher_take_out(*out, removed[i]);
	if (!err && ((*out)->members.n + n > MEMBERS_MAX ||
		     (*out)->members.n > 2 * (*out)->nlive + HOLES))
		err = repack(out, n);
	return err;
}

int
matcher_next(const struct matcher *m, const struct matcher_query *added,
	     size_t nadded, const uint16_t *removed, size_t nremoved,
	     bool *refused, struct matcher **out)
{
	struct matcher *next = NULL;
	bool any;
	int err;

	*out = NULL;
	if ((err = thin_out(m, removed, nremoved, nadded, &next)) ||
	    (err = add_all(next, added, nadded, refused, &any)))
		goto out;
	if (any && next->members.n > next->nlive) {
		/* The paths of those that are gone may be in the way. */
		matcher_free(next);
		if ((err = thin_out(m, removed, nremoved, nadded, &next)) ||
		    (err = repack(&next, nadded)) ||
		    (err = add_all(next, added, nadded, refused, &any)))
			goto out;
	}
	if ((err = add_segments(next, matcher_wants_rebuild(m))))
		goto out;
	set_pretest(next);
	*out = next;
	next = NULL; /* the caller's now */
out:
	matcher_free(next);
	return err;
}

bool
matcher_wants_rebuild(const struct matcher *m)
{
	return m->nsegment && habit_is_bad(m->habit);
}
