/* index.c - see index.h. This is on the path of every event.
 *
 * First all lists are looked up, then their postings are looked at: by then
 * memory has had time to bring them. */
#include "mql/index_own.h"
#include "mql/residual.h"

#include <stdlib.h>

/* --- what is found ---------------------------------------------------------------- */

enum {
	FOUND = 64,
	/* lists of a field: a value's, prefixes', a tree's */
	FOUND_AT_ONCE = 1 + DIGEST_LENGTHS + 2 + 32,
};

struct found {
	const struct posting *at;
	uint16_t neq, nrest;
	uint16_t left; /* of each, because of how it was found */
};

struct search {
	const struct index *ix;
	struct probe       *p;
	struct reader      *r;
	unsigned            n;
	struct found        found[FOUND];
};

/* stray: of a value that the accesses do not tell about. */
static inline void
find(struct search *s, struct list list, bool stray)
{
	const struct posting *at = s->ix->posting + list.first;

	if (!list.neq && !list.nrest)
		return;
	__builtin_prefetch(at);
	s->found[s->n++] = (struct found){
		.at = at, .neq = list.neq, .nrest = list.nrest,
		.left = stray ? RESIDUAL_ALL : 0,
	};
}

/* --- postings --------------------------------------------------------------------- */

/* In the midst of a range a value proves what the range says; at its ends, and
 * when it is no value for it, everything is to be tested. */
static inline bool
in_range(const struct digest *d, uint64_t what, unsigned *left)
{
	uint32_t least = (uint32_t)(what >> 32), width = (uint32_t)what;
	uint32_t at = (uint32_t)(d->ord >> 32) - least;

	if (at && at < width)
		return true;
	*left = RESIDUAL_ALL;
	return at <= width || access_stray((uint64_t)least << 32, d->ord);
}

static inline bool
begins(const struct digest *d, unsigned n, uint64_t what, unsigned *left)
{
	if (digest_class(d->ord) == DIGEST_TEXT)
		return d->len >= n && digest_begin(d, n) == what;
	*left = RESIDUAL_ALL;
	return d->ord != 0;
}

static inline bool
passes(struct search *s, unsigned guard, uint64_t what, unsigned *left)
{
	const struct digest *d = probe_digest(s->p, s->r, guard_slot(guard));
	unsigned kind = guard_kind(guard);

	if (kind == GUARD_EQ)
		return d->eq == what;
	if (kind == GUARD_RANGE)
		return in_range(d, what, left);
	if (kind == GUARD_IN)
		return (what & bit_of(d->eq)) != 0;
	return begins(d, kind - GUARD_BEGIN, what, left);
}

/* What is left of a posting when its guards from i on pass. */
static inline void
nominate(struct search *s, const struct posting *at, int i, unsigned left)
{
	left |= at->left;
	for (; i < GUARDS && at->guard[i]; i++)
		if (!passes(s, at->guard[i], at->what[i], &left))
			return;
	probe_add(s->p, at->id, left);
}

static void
look_at(struct search *s)
{
	for (const struct found *f = s->found; f < s->found + s->n; f++) {
		const struct posting *at = f->at;
		const struct posting *rest = at + f->neq;
		const struct posting *end = rest + f->nrest;

		s->p->looked += (size_t)(end - at);
		for (; at < rest; at++)
			if (probe_digest(s->p, s->r, guard_slot(at->guard[0]))
			    ->eq == at->what[0])
				nominate(s, at, 1, f->left);
		for (; at < end; at++)
			nominate(s, at, 0, f->left);
	}
	s->n = 0;
}

/* --- lists ------------------------------------------------------------------------ */

static inline void
look_up(struct search *s, const struct field *f, uint64_t eq)
{
	size_t i = hash_eq(eq) >> f->shift;

	for (; f->bucket[i].key; i = (i + 1) & f->last) {
		if (f->bucket[i].key == eq) {
			find(s, f->bucket[i].list, false);
			return;
		}
	}
}

static inline void
look_up_prefixes(struct search *s, const struct field *f,
		 const struct digest *d)
{
	const struct str text = { d->text, d->len };

	if (digest_class(d->ord) != DIGEST_TEXT) {
		if (d->ord)
			find(s, f->prefixes, true);
		return;
	}
	for (uint32_t b = f->lengths; b; b &= b - 1) {
		unsigned l = (unsigned)__builtin_ctz(b);

		if (l < DIGEST_BEGIN) {
			if (l >= d->len)
				return;
			look_up(s, f, digest_begin(d, l + 1));
		} else {
			if (digest_length_bytes(l) > d->len)
				return;
			look_up(s, f, digest_prefix(text, l));
		}
	}
}

static void
stab(struct search *s, const struct tree *t, uint64_t ord)
{
	uint32_t lo = 0, n = t->nbound;

	if (!ord)
		return;
	for (unsigned c = DIGEST_TEXT; c <= DIGEST_NUMBER; c++)
		if (digest_class(ord) != c)
			find(s, t->stray[c], true);
	while (n) { /* how many bounds are not above ord */
		uint32_t half = n / 2;

		if (t->bound[lo + half] <= ord) {
			lo += half + 1;
			n -= half + 1;
		} else {
			n = half;
		}
	}
	for (uint32_t k = t->nleaf + lo; k; k /= 2)
		find(s, t->node[k], false);
}

void
index_probe(const struct index *ix, struct probe *p, struct reader *r)
{
	struct search s;

	s.ix = ix;
	s.p = p;
	s.r = r;
	s.n = 0;
	find(&s, ix->scan, false);
	for (unsigned i = 0; i < ix->nfield; i++) {
		const struct field *f = &ix->field[i];
		const struct digest *d = probe_digest(p, r, f->slot);

		if (s.n > FOUND - FOUND_AT_ONCE)
			look_at(&s);
		if (f->by_value)
			look_up(&s, f, d->eq);
		if (f->lengths)
			look_up_prefixes(&s, f, d);
		if (f->tree)
			stab(&s, f->tree, d->ord);
	}
	look_at(&s);
}

double
index_expected(const struct index *ix)
{
	return ix->expected;
}

void
index_fields(const struct index *ix, uint64_t *field_used)
{
	for (unsigned i = 0; i < ix->nfield; i++)
		field_used[ix->field[i].slot / 64] |=
			UINT64_C(1) << ix->field[i].slot % 64;
}

struct index *
index_ref(struct index *ix)
{
	ix->refs++;
	return ix;
}

void
index_free(struct index *ix)
{
	if (!ix || --ix->refs)
		return;
	arena_fini(&ix->mem);
	free(ix);
}
