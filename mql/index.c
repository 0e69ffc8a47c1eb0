/* index.c - see index.h. This is on the path of every event. */
#include "mql/index_own.h"

#include <stdlib.h>

static inline bool
guard_passes(const struct posting *at, int i, const struct digest *d)
{
	uint32_t a = at->guard[i].a, b = at->guard[i].b;
	uint64_t both = (uint64_t)a << 32 | b;

	if (at->kind[i] == GUARD_EQ)
		return d->eq == both;
	if (at->kind[i] == GUARD_IN)
		return both >> (d->eq * 0x9e3779b97f4a7c15 >> 58) & 1;
	return (uint32_t)(d->ord >> 32) - a <= b ||
	       access_stray((uint64_t)a << 32, d->ord);
}

static inline void
nominate(const struct index *ix, struct list list, struct probe *p,
	 struct reader *r)
{
	const struct posting *at = ix->posting + list.first;

	p->looked += list.n;
	for (const struct posting *end = at + list.n; at < end; at++) {
		if (at->kind[0] != GUARD_NONE &&
		    !guard_passes(at, 0, probe_digest(p, r, at->slot[0])))
			continue;
		if (at->kind[1] != GUARD_NONE &&
		    !guard_passes(at, 1, probe_digest(p, r, at->slot[1])))
			continue;
		probe_add(p, at->id);
	}
}

static inline void
look_up(const struct index *ix, unsigned slot, uint64_t eq, struct probe *p,
	struct reader *r)
{
	const uint64_t key = bucket_key(slot, eq);
	const size_t mask = ((size_t)1 << (64 - ix->shift)) - 1;

	for (size_t i = key >> ix->shift;; i = (i + 1) & mask) {
		const struct bucket *b = &ix->bucket[i];

		if (!b->list.n)
			return;
		if (b->key == key) {
			nominate(ix, b->list, p, r);
			return;
		}
	}
}

static void
look_up_prefixes(const struct index *ix, const struct field *f,
		 const struct digest *d, struct probe *p, struct reader *r)
{
	unsigned lengths = f->lengths;
	const struct str s = { d->text, d->len };

	if (digest_class(d->ord) != DIGEST_TEXT) {
		if (d->ord)
			nominate(ix, f->prefixes, p, r);
		return;
	}
	for (; lengths; lengths &= lengths - 1) {
		unsigned l = (unsigned)__builtin_ctz(lengths);

		if (digest_length_bytes(l) > s.len)
			return;
		look_up(ix, f->slot, digest_prefix(s, l), p, r);
	}
}

static void
stab(const struct index *ix, const struct tree *t, uint64_t ord,
     struct probe *p, struct reader *r)
{
	uint32_t lo = 0, n = t->nbound;

	if (!ord)
		return;
	for (unsigned c = DIGEST_TEXT; c <= DIGEST_NUMBER; c++)
		if (digest_class(ord) != c)
			nominate(ix, t->stray[c], p, r);
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
		nominate(ix, t->node[k], p, r);
}

void
index_probe(const struct index *ix, struct probe *p, struct reader *r)
{
	nominate(ix, ix->scan, p, r);
	for (unsigned i = 0; i < ix->nfield; i++) {
		const struct field *f = &ix->field[i];
		const struct digest *d = probe_digest(p, r, f->slot);

		if (f->by_value)
			look_up(ix, f->slot, d->eq, p, r);
		if (f->lengths)
			look_up_prefixes(ix, f, d, p, r);
		if (f->tree)
			stab(ix, f->tree, d->ord, p, r);
	}
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
