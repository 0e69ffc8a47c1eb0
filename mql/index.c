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
	const uint64_t     *in;
	struct probe       *p;
	struct reader      *r;
	struct found       *end; /* of those found */
	struct found        found[FOUND];
};

static inline void
find(struct search *s, const struct list *l, unsigned left)
{
	struct found *f = s->end++;

	f->at = s->ix->posting + l->first;
	f->neq = l->neq;
	f->nrest = l->nrest;
	f->left = (uint16_t)left;
	__builtin_prefetch(f->at);
}

static inline void
find_any(struct search *s, const struct list *l, unsigned left)
{
	if (l->neq || l->nrest)
		find(s, l, left);
}

/* --- postings --------------------------------------------------------------------- */

/* Guards that a value of the right class has not passed at once: one of
 * another class, and one at the ends of a range, pass and prove nothing. */
static __attribute__((noinline)) bool
passes_unproven(unsigned kind, uint64_t what, uint64_t ord)
{
	enum digest_class c = kind == GUARD_NUMBER ? DIGEST_NUMBER :
						     DIGEST_TEXT;
	uint32_t at = (uint32_t)(ord >> 32) - (uint32_t)(what >> 32);

	if (digest_class(ord) != c)
		return ord != 0;
	return kind < GUARD_BEGIN && at + 1 <= (uint32_t)what + 1;
}

static inline bool
is_in(const uint64_t *in, uint64_t eq)
{
	while (*in && *in != eq)
		in++;
	return *in != 0;
}

/* Most fail, by a difference that needs no more than a look. */
static inline __attribute__((always_inline)) bool
passes(struct search *s, unsigned guard, uint64_t what, unsigned *left)
{
	struct probe *p = s->p;
	struct reader *r = s->r;
	unsigned kind = guard_kind(guard), slot = guard_slot(guard);
	const struct digest *d;

	if (kind == GUARD_EQ)
		return probe_eq(p, r, slot) == what;
	if (kind == GUARD_IN) {
		uint64_t eq = probe_eq(p, r, slot);

		return (what & bit_of(eq)) && is_in(s->in + (what >> 32), eq);
	}
	d = probe_digest(p, r, slot);
	if (kind >= GUARD_BEGIN) {
		if (!((d->ord ^ what) >> kind))
			return d->len >= digest_begin_bytes(kind);
		if (digest_class(d->ord) == DIGEST_TEXT)
			return false;
	} else {
		uint32_t n = (uint32_t)what;
		uint32_t at = (uint32_t)(d->ord >> 32) -
			      (uint32_t)(what >> 32);

		if (at < n)
			return true;
		if (at + 1 > n + 1 && kind == GUARD_NUMBER &&
		    digest_class(d->ord) == DIGEST_NUMBER)
			return false;
	}
	*left = RESIDUAL_ALL;
	return passes_unproven(kind, what, d->ord);
}

/* Its first guard lets it pass. */
static inline __attribute__((always_inline)) void
nominate(struct search *s, const struct posting *at, unsigned left)
{
	left |= at->left;
	if (at->guard[1] == GUARD_NONE ||
	    passes(s, at->guard[1], at->what[1], &left))
		probe_add(s->p, at->id, left);
}

static void
look_at_all(struct search *s)
{
	struct probe *p = s->p;
	struct reader *r = s->r;

	for (const struct found *f = s->found; f < s->end; f++) {
		const struct posting *at = f->at;
		const struct posting *rest = at + f->neq;
		const struct posting *end = rest + f->nrest;

		p->looked += (size_t)f->neq + f->nrest;
		for (; at < rest; at++)
			if (probe_eq(p, r, guard_slot(at->guard[0])) ==
			    at->what[0])
				nominate(s, at, f->left);
		for (; at < end; at++) {
			unsigned left = f->left;

			if (at->guard[0] == GUARD_NONE ||
			    passes(s, at->guard[0], at->what[0], &left))
				nominate(s, at, left);
		}
	}
	s->end = s->found;
}

/* --- lists ------------------------------------------------------------------------ */

static inline void
look_up(struct search *s, const struct field *f, uint64_t eq)
{
	size_t i = hash_eq(eq) >> f->shift;

	for (; f->bucket[i].key; i = (i + 1) & f->last) {
		if (f->bucket[i].key == eq) {
			find(s, &f->bucket[i].list, 0);
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
			find_any(s, &f->prefixes, RESIDUAL_ALL);
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
			find_any(s, &t->stray[c], RESIDUAL_ALL);
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
		find_any(s, &t->node[k], 0);
}

void
index_probe(const struct index *ix, struct probe *p, struct reader *r)
{
	struct search s;

	s.ix = ix;
	s.in = ix->in;
	s.p = p;
	s.r = r;
	s.end = s.found;
	find_any(&s, &ix->scan, 0);
	for (unsigned i = 0; i < ix->nfield; i++) {
		const struct field *f = &ix->field[i];
		const struct digest *d = probe_digest(p, r, f->slot);

		if (s.end > s.found + FOUND - FOUND_AT_ONCE)
			look_at_all(&s);
		if (f->by_value)
			look_up(&s, f, d->eq);
		if (f->lengths)
			look_up_prefixes(&s, f, d);
		if (f->tree)
			stab(&s, f->tree, d->ord);
	}
	look_at_all(&s);
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
