/* matcher.c - ask the matcher about one event, on one reader, so that a field
 * is read once however many queries ask for it. */
#include "mql/matcher_own.h"
#include "mql/prog.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

size_t
matcher_size(const struct matcher *m)
{
	return m->members.n;
}

size_t
matcher_live(const struct matcher *m)
{
	return m->nlive;
}

const struct pathset *
matcher_paths(const struct matcher *m)
{
	return m->paths;
}

const struct mql_query *
matcher_query(const struct matcher *m, size_t i)
{
	return members_at(&m->members, i)->q;
}

uint16_t
matcher_id(const struct matcher *m, size_t i)
{
	return members_at(&m->members, i)->id;
}

const struct mql_query *
matcher_fold(const struct matcher *m, size_t i, const uint16_t **slots)
{
	const struct member *me = members_at(&m->members, i);

	*slots = me->slots->at + query_paths(me->q);
	return me->slots->fold;
}

bool
matcher_folds(const struct matcher *m)
{
	return m->nfold > 0;
}

uint16_t
matcher_row(const struct matcher *m, size_t i)
{
	return members_at(&m->members, i)->row;
}

bool
matcher_may_match(const struct matcher *m, struct luck *luck, struct str text)
{
	return pretest_passes(&m->pretest, luck, text);
}

/* --- matching ------------------------------------------------------------------ */

/* One event on its way through. */
struct run {
	const struct matcher *m;
	struct probe         *p; /* NULL: by programs alone, since to make
				    digests for a few takes longer */
	struct eval          *e;
	struct reader        *r;
	struct eval_counts   *counts;
	struct gauge         *g; /* NULL: it is not gauged */
	uint16_t             *hit;
	size_t                nhit;
};

/* left: see residual.h. Digests are for fields that several ask for. */
static inline bool
answers(const struct run *run, const struct member *me, unsigned left,
	struct eval_counts *c)
{
	if (!left)
		return true;
	if (!run->p)
		return query_match(me->q, me->slots->at, run->e, run->r, c);
	return residual_match(me->q, me->slots->at, left, run->p, run->e,
			      run->r, c);
}

static __attribute__((noinline)) bool
match_gauged(struct run *run, const struct member *me, unsigned left)
{
	struct eval_counts *c = &run->counts[me->id];
	struct gauge *g = run->g;

	if (gauge_skips(g, me->id))
		return false;
	int64_t start = gauge_start(g, me->id);
	bool hit = answers(run, me, left, c);
	gauge_stop(g, me->id, start, c);
	return hit;
}

static inline void
try_one(struct run *run, const struct member *me, uint16_t i, unsigned left)
{
	if (run->g ? match_gauged(run, me, left)
		   : answers(run, me, left, &run->counts[me->id]))
		run->hit[run->nhit++] = i;
}

static void
try_each(struct run *run)
{
	for (size_t i = 0; i < run->m->members.n; i++) {
		const struct member *me = members_at(&run->m->members, i);

		if (me->q)
			try_one(run, me, (uint16_t)i, RESIDUAL_ALL);
	}
}

static void
add_counts(struct eval_counts *to, const struct eval_counts *c)
{
	atomic_fetch_add_explicit(&to->mismatches, c->mismatches,
				  memory_order_relaxed);
	atomic_fetch_add_explicit(&to->regex_limited, c->regex_limited,
				  memory_order_relaxed);
}

/* How many of those that ask the same do not pass the event over. */
static unsigned
ask_gauge(struct run *run, uint16_t at)
{
	unsigned n = 0;

	for (uint16_t i = at; i != NOBODY;) {
		const struct member *me = members_at(&run->m->members, i);

		n += !gauge_skips(run->g, me->id);
		i = me->next;
	}
	return n;
}

/* It answers: now, or when its turn comes. */
static void
hit_in_order(struct run *run, uint16_t i, unsigned at)
{
	if (i == at)
		run->hit[run->nhit++] = i;
	else
		probe_add(run->p, i, 0);
}

/* A predicate that several ask, or one behind a lead that is gone: evaluated
 * once, counted for each; what it costs they share. */
static void
try_shared(struct run *run, const struct member *lead, unsigned at,
	   unsigned left)
{
	struct eval_counts c = { 0 };
	struct gauge *g = run->g;
	unsigned n = g ? ask_gauge(run, lead->first) : 1;

	if (!n)
		return;
	int64_t start = g ? clock_mono_ns() : 0;
	bool hit = answers(run, members_at(&run->m->members, lead->first),
			   left, &c);
	bool counted = c.mismatches || c.regex_limited;
	int64_t took = g ? (clock_mono_ns() - start) / n : 0;

	if (!hit && !counted && !g)
		return;
	for (uint16_t i = lead->first; i != NOBODY;) {
		const struct member *me = members_at(&run->m->members, i);
		bool kept = !g || gauge_took(g, me->id, took,
					     &run->counts[me->id]);

		if (kept && counted)
			add_counts(&run->counts[me->id], &c);
		if (kept && hit)
			hit_in_order(run, i, at);
		i = me->next;
	}
}

/* More than one query without a gauge. */
static __attribute__((noinline)) void
try_others(struct run *run, const struct member *me, unsigned at,
	   unsigned left)
{
	if (me->lead != at)
		run->hit[run->nhit++] = (uint16_t)at; /* as its lead does */
	else if (me->first == at && me->next == NOBODY)
		try_one(run, me, (uint16_t)at, left);
	else if (me->first != NOBODY)
		try_shared(run, me, at, left);
}

static inline void
try_candidate(void *arg, unsigned at)
{
	struct run *run = arg;
	const struct member *me = members_at(&run->m->members, at);
	unsigned left = run->p->left[at];

	if (run->g || me->first != at || me->next != NOBODY)
		try_others(run, me, at, left);
	else if (answers(run, me, left, &run->counts[me->id]))
		run->hit[run->nhit++] = (uint16_t)at;
}

/* One event in many tells what they are like. */
static __attribute__((noinline)) void
observe(const struct run *run, struct probe *p)
{
	const struct matcher *m = run->m;

	for (unsigned w = 0; w < PATHSET_MAX / 64; w++) {
		for (uint64_t b = m->watched[w]; b; b &= b - 1) {
			unsigned slot = w * 64 + (unsigned)__builtin_ctzll(b);

			habit_see(m->habit, slot,
				  *probe_digest(p, run->r, slot));
		}
	}
	habit_note(m->habit, p->looked, run->nhit);
}

static size_t
match_indexed(struct run *run)
{
	struct probe *p = run->p;
	const struct matcher *m = run->m;

	for (unsigned i = 0; i < m->nsegment; i++)
		index_probe(m->segment[i].ix, p, run->r);
	probe_take(p, m->members.n, try_candidate, run);
	if (!(++p->tick & habit_mask(m->habit)))
		observe(run, p);
	return run->nhit;
}

static __attribute__((noinline)) size_t
match_many(const struct matcher *m, struct eval *e, struct reader *r,
	   struct eval_counts *counts, struct gauge *g, uint16_t *hit)
{
	struct run run = {
		.m = m, .e = e, .r = r, .counts = counts, .g = g,
		.hit = hit,
	};

	if (m->nlive > MATCHER_FEW) {
		run.p = eval_probe(e);
		probe_begin(run.p, pathset_size(m->paths));
	}
	if (m->nsegment)
		return match_indexed(&run);
	try_each(&run);
	return run.nhit;
}

/* A few that are not gauged need nothing of all that. */
size_t
matcher_match(const struct matcher *m, struct eval *e, struct reader *r,
	      struct eval_counts *counts, struct gauge *g, uint16_t *hit)
{
	size_t n = 0;

	if (m->nlive > MATCHER_FEW || g)
		return match_many(m, e, r, counts, g, hit);
	for (size_t i = 0; i < m->members.n; i++) {
		const struct member *me = members_at(&m->members, i);

		if (me->q && query_match(me->q, me->slots->at, e, r,
					 &counts[me->id]))
			hit[n++] = (uint16_t)i;
	}
	return n;
}

/* --- rows ---------------------------------------------------------------------- */

bool
matcher_sample(const struct matcher *m, size_t i, struct sampler *s,
	       struct reader *r, int64_t now)
{
	const struct member *me = members_at(&m->members, i);

	return query_sample(me->q, s, r, me->slots->at, now);
}

void
matcher_write_row(const struct matcher *m, size_t i, struct eval *e,
		  struct reader *r, struct eval_counts *counts,
		  struct buf *out)
{
	const struct member *me = members_at(&m->members, i);

	query_write_row(me->q, me->slots->at, e, r, &counts[me->id], out);
}

/* The path that an entry gives as it is, or NULL. */
static const uint16_t *
bare_slot(const struct member *me, unsigned at)
{
	const struct insn *in = &me->q->prog.code[at];

	if (in->op != OP_GIVE || (in->a & OPERAND_KIND) != OPERAND_FIELD)
		return NULL;
	return &me->slots->at[in->a];
}

static bool
same_cell(const struct member *x, const struct cell *a,
	  const struct member *y, const struct cell *b)
{
	if (!str_eq(a->name, b->name) || a->nentry != b->nentry)
		return false;
	for (unsigned i = 0; i < a->nentry; i++) {
		const uint16_t *s = bare_slot(x, a->entry[i]);
		const uint16_t *t = bare_slot(y, b->entry[i]);

		if (!s || !t || *s != *t)
			return false;
	}
	return true;
}

static bool
same_spread(const struct spread *a, const struct spread *b)
{
	return a->after == b->after && !a->prefix.ptr == !b->prefix.ptr &&
	       str_eq(a->prefix, b->prefix);
}

bool
matcher_same_row(const struct matcher *m, size_t i, size_t j)
{
	const struct member *x = members_at(&m->members, i);
	const struct member *y = members_at(&m->members, j);
	const struct mql_query *a = x->q, *b = y->q;

	if (i == j)
		return true;
	if (!a || !b || a->ncell != b->ncell || a->nspread != b->nspread)
		return false;
	for (unsigned k = 0; k < a->nspread; k++)
		if (!same_spread(&a->spread[k], &b->spread[k]))
			return false;
	for (unsigned k = 0; k < a->ncell; k++)
		if (!same_cell(x, &a->cell[k], y, &b->cell[k]))
			return false;
	return true;
}

/* The same for the same rows; 0 for a row that is computed. */
uint64_t
member_row_hash(const struct member *me)
{
	const struct mql_query *q = me->q;
	uint64_t h = 1 + q->ncell;

	for (unsigned k = 0; k < q->nspread; k++)
		h = XXH3_64bits_withSeed(q->spread[k].prefix.ptr,
					 q->spread[k].prefix.len, h);
	for (unsigned k = 0; k < q->ncell; k++) {
		const struct cell *c = &q->cell[k];

		h = XXH3_64bits_withSeed(c->name.ptr, c->name.len, h);
		for (unsigned i = 0; i < c->nentry; i++) {
			const uint16_t *s = bare_slot(me, c->entry[i]);

			if (!s)
				return 0;
			h = (h ^ *s) * 0x9e3779b97f4a7c15;
		}
	}
	return h;
}
