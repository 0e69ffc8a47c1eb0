/* index_build.c - make an index: choose an access for each query, count the
 * postings of each list, lay the lists out, fill them.
 *
 * To look at a field costs about as much as to look at a few postings, so a
 * field pays only when it spares more than that: first each query takes what
 * finds it least, then fields that do not pay are given up one by one, and
 * their queries take the next best. */
#include <stdlib.h>

#include "mql/index_own.h"
#include "mql/mql.h"

enum {
	NO_CHOICE = UINT16_MAX, /* on the scan list */
	NO_FIELD  = UINT16_MAX,
	MAX_IN    = 40,         /* values in a guard that still tells some */
	FEW       = 8,          /* queries for which fields are not weighed */
};

/* In postings that are looked at. */
static const double field_cost = 3, shared_field_cost = 0.5;

struct build {
	const struct index_entry *e;
	size_t                    n;
	const struct habit       *h;
	const uint64_t           *used;
	struct index             *ix;
	struct arena              mem;   /* of what follows */
	uint32_t                 *first; /* of an entry's accesses in share */
	float                    *share;
	uint16_t                 *choice;
	uint16_t                  field[PATHSET_MAX]; /* of a slot */
	uint64_t                  closed[PATHSET_MAX / 64];
	double                    loss[PATHSET_MAX];
	unsigned                  nslot;  /* one more than the highest */
	size_t                    nterm;  /* under which queries stand */
	size_t                    nvalue; /* to be put into buckets */
	struct posting            made;   /* the last one */
	size_t                    made_of;
	bool                      filling;
	bool                      oom;
};

static void *
room(struct build *b, struct arena *mem, size_t n, size_t size)
{
	void *p = arena_alloc(mem, (n + 1) * size);

	b->oom = b->oom || !p;
	return p;
}

/* --- choosing ------------------------------------------------------------------ */

static bool
has_bit(const uint64_t *bits, unsigned i)
{
	return bits && bits[i / 64] >> i % 64 & 1;
}

static unsigned
slot_of(const struct index_entry *e, const struct access_term *t)
{
	return e->slots[t->path];
}

static void
note_slots(struct build *b, const struct index_entry *e)
{
	for (unsigned i = 0; i < e->access->n; i++)
		for (unsigned k = 0; k < e->access->at[i].n; k++) {
			unsigned s = slot_of(e, &e->access->at[i].term[k]);

			if (s >= b->nslot)
				b->nslot = s + 1;
		}
}

static void
weigh(struct build *b)
{
	size_t n = 0;

	b->first = room(b, &b->mem, b->n, sizeof *b->first);
	b->choice = room(b, &b->mem, b->n, sizeof *b->choice);
	for (size_t i = 0; i < b->n && !b->oom; i++) {
		b->first[i] = (uint32_t)n;
		n += b->e[i].access->n;
		note_slots(b, &b->e[i]);
	}
	b->share = room(b, &b->mem, n, sizeof *b->share);
	for (size_t i = 0; i < b->n && !b->oom; i++)
		for (unsigned k = 0; k < b->e[i].access->n; k++)
			b->share[b->first[i] + k] = (float)habit_share(b->h,
				&b->e[i].access->at[k], b->e[i].slots);
}

static bool
uses(const struct index_entry *e, const struct access *a, unsigned slot)
{
	for (unsigned k = 0; k < a->n; k++)
		if (slot_of(e, &a->term[k]) == slot)
			return true;
	return false;
}

static bool
is_closed(const struct build *b, const struct index_entry *e,
	  const struct access *a)
{
	for (unsigned k = 0; k < a->n; k++)
		if (has_bit(b->closed, slot_of(e, &a->term[k])))
			return true;
	return false;
}

/* The cheapest access of entry i that does not use a slot; NO_FIELD: any. */
static uint16_t
cheapest(const struct build *b, size_t i, unsigned without, double *cost)
{
	const struct index_entry *e = &b->e[i];
	uint16_t best = NO_CHOICE;

	*cost = 1; /* every event */
	for (unsigned k = 0; k < e->access->n; k++) {
		const struct access *a = &e->access->at[k];
		double c = (double)b->share[b->first[i] + k];

		if (c >= *cost || is_closed(b, e, a) ||
		    (without != NO_FIELD && uses(e, a, without)))
			continue;
		*cost = c;
		best = (uint16_t)k;
	}
	return best;
}

/* What it would cost the queries to do without each field. */
static void
choose(struct build *b)
{
	double cost, other;

	memset(b->loss, 0, b->nslot * sizeof *b->loss);
	b->ix->expected = 0;
	for (size_t i = 0; i < b->n; i++) {
		const struct index_entry *e = &b->e[i];

		b->choice[i] = cheapest(b, i, NO_FIELD, &cost);
		b->ix->expected += cost;
		if (b->choice[i] == NO_CHOICE || b->n < FEW)
			continue;
		const struct access *a = &e->access->at[b->choice[i]];
		for (unsigned k = 0; k < a->n; k++) {
			unsigned slot = slot_of(e, &a->term[k]);

			cheapest(b, i, slot, &other);
			b->loss[slot] += other - cost;
		}
	}
}

/* Close the field that is the least worth its cost. */
static bool
close_one(struct build *b)
{
	double least = 0;
	unsigned worst = 0;

	for (unsigned s = 0; s < b->nslot; s++) {
		double gain = b->loss[s] - (has_bit(b->used, s) ?
					    shared_field_cost : field_cost);

		if (b->loss[s] > 0 && gain < least) {
			least = gain;
			worst = s;
		}
	}
	if (least < 0)
		b->closed[worst / 64] |= UINT64_C(1) << worst % 64;
	return least < 0;
}

/* --- fields ---------------------------------------------------------------------- */

static struct field *
field_at(struct build *b, unsigned slot)
{
	if (b->field[slot] == NO_FIELD) {
		b->field[slot] = (uint16_t)b->ix->nfield++;
		b->ix->field[b->field[slot]].slot = (uint16_t)slot;
	}
	return &b->ix->field[b->field[slot]];
}

/* Call fn for each term under which a query is to stand. */
static void
each_term(struct build *b, void (*fn)(struct build *b, size_t i,
				      const struct access_term *t))
{
	for (size_t i = 0; i < b->n && !b->oom; i++) {
		if (b->choice[i] == NO_CHOICE)
			continue;
		const struct access *a = &b->e[i].access->at[b->choice[i]];
		for (unsigned k = 0; k < a->n && !b->oom; k++)
			fn(b, i, &a->term[k]);
	}
}

static void
count_bounds(struct build *b, size_t i, const struct access_term *t)
{
	struct field *f = field_at(b, slot_of(&b->e[i], t));

	f->by_value = f->by_value || t->kind == ACCESS_EQ;
	if (t->kind == ACCESS_PREFIX)
		f->lengths |= (uint16_t)(1u << t->length);
	if (t->kind != ACCESS_RANGE)
		return;
	if (!f->tree)
		f->tree = room(b, &b->ix->mem, 0, sizeof *f->tree);
	if (f->tree)
		f->tree->nbound += 2;
}

static void
add_bounds(struct build *b, size_t i, const struct access_term *t)
{
	struct field *f = field_at(b, slot_of(&b->e[i], t));
	struct tree *tree = f->tree;

	if (t->kind != ACCESS_RANGE)
		return;
	if (!tree->bound) {
		tree->bound = room(b, &b->ix->mem, tree->nbound,
				   sizeof *tree->bound);
		tree->nbound = 0;
	}
	if (b->oom)
		return;
	tree->bound[tree->nbound++] = t->lo;
	if (t->hi != UINT64_MAX)
		tree->bound[tree->nbound++] = t->hi + 1;
}

static int
by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

static void
grow_tree(struct build *b, struct tree *t)
{
	uint32_t n = 0;

	qsort(t->bound, t->nbound, sizeof *t->bound, by_value);
	for (uint32_t i = 0; i < t->nbound; i++)
		if (!n || t->bound[n - 1] != t->bound[i])
			t->bound[n++] = t->bound[i];
	t->nbound = n;
	for (t->nleaf = 1; t->nleaf < n + 1; t->nleaf *= 2)
		;
	t->node = room(b, &b->ix->mem, 2 * (size_t)t->nleaf,
		       sizeof *t->node);
}

/* --- postings ---------------------------------------------------------------------- */

static bool
make_guard(const struct access *a, struct posting *p, int i)
{
	const struct access_term *t = &a->term[0];
	uint64_t both = 0;

	if (a->n != 1 || (t->kind == ACCESS_EQ && t->n > MAX_IN))
		return false;
	if (t->kind != ACCESS_EQ) {
		p->kind[i] = GUARD_RANGE;
		p->guard[i].a = (uint32_t)(t->lo >> 32);
		p->guard[i].b = (uint32_t)(t->hi >> 32) - p->guard[i].a;
		return true;
	}
	p->kind[i] = t->n == 1 ? GUARD_EQ : GUARD_IN;
	for (uint32_t v = 0; v < t->n; v++)
		both |= t->n == 1 ? t->eq[v] : UINT64_C(1) <<
			(t->eq[v] * 0x9e3779b97f4a7c15 >> 58);
	p->guard[i].a = (uint32_t)(both >> 32);
	p->guard[i].b = (uint32_t)both;
	return true;
}

/* The accesses that find least are guards, but for the one it stands under. */
static struct posting
make_posting(const struct build *b, size_t i)
{
	const struct index_entry *e = &b->e[i];
	struct posting p = { .id = e->id };
	uint16_t taken[GUARDS + 1] = { b->choice[i] };
	int n = 0;

	while (n < GUARDS) {
		float least = 0.95F;
		uint16_t best = NO_CHOICE;

		for (unsigned k = 0; k < e->access->n; k++) {
			float share = b->share[b->first[i] + k];
			bool is_taken = false;

			for (int g = 0; g <= n; g++)
				is_taken = is_taken || taken[g] == k;
			if (!is_taken && share < least &&
			    make_guard(&e->access->at[k], &p, n)) {
				least = share;
				best = (uint16_t)k;
			}
		}
		if (best == NO_CHOICE)
			break;
		make_guard(&e->access->at[best], &p, n);
		p.slot[n] = e->slots[e->access->at[best].term[0].path];
		taken[++n] = best;
	}
	return p;
}

/* Count entry i into a list, or fill it in once the lists have their room. */
static void
put(struct build *b, struct list *l, size_t i)
{
	if (b->filling && b->made_of != i) {
		b->made = make_posting(b, i);
		b->made_of = i;
	}
	if (b->filling)
		b->ix->posting[l->first + l->n] = b->made;
	l->n++;
}

static struct list *
bucket(struct build *b, unsigned slot, uint64_t eq)
{
	const uint64_t key = bucket_key(slot, eq);
	const size_t mask = ((size_t)1 << (64 - b->ix->shift)) - 1;
	size_t i = key >> b->ix->shift;

	/* While lists are filled some are empty again: key tells then. */
	while (b->ix->bucket[i].key != key &&
	       (b->ix->bucket[i].key || b->ix->bucket[i].list.n))
		i = (i + 1) & mask;
	b->ix->bucket[i].key = key;
	return &b->ix->bucket[i].list;
}

static uint32_t
leaf(const struct tree *t, uint64_t ord)
{
	uint32_t lo = 0, hi = t->nbound;

	while (lo < hi) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->bound[mid] <= ord)
			lo = mid + 1;
		else
			hi = mid;
	}
	return t->nleaf + lo;
}

static void
put_range(struct build *b, size_t i, struct tree *t, uint64_t lo, uint64_t hi)
{
	uint32_t l = leaf(t, lo), r = leaf(t, hi) + 1;

	for (; l < r && lo <= hi; l /= 2, r /= 2) {
		if (l % 2)
			put(b, &t->node[l++], i);
		if (r % 2)
			put(b, &t->node[--r], i);
	}
	put(b, &t->stray[digest_class(lo)], i);
}

static void
put_term(struct build *b, size_t i, const struct access_term *t)
{
	unsigned slot = slot_of(&b->e[i], t);
	struct field *f = field_at(b, slot);

	if (t->kind == ACCESS_RANGE) {
		put_range(b, i, f->tree, t->lo, t->hi);
		return;
	}
	for (uint32_t v = 0; v < t->n; v++)
		put(b, bucket(b, slot, t->eq[v]), i);
	if (t->kind == ACCESS_PREFIX)
		put(b, &f->prefixes, i);
}

static void
put_all(struct build *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->choice[i] == NO_CHOICE)
			put(b, &b->ix->scan, i);
	each_term(b, put_term);
}

/* Give the list its place behind those before; it is empty again. */
static void
place(struct list *l, uint32_t *at)
{
	l->first = *at;
	*at += l->n;
	l->n = 0;
}

static void
place_all(struct build *b, size_t nbucket)
{
	struct index *ix = b->ix;
	uint32_t n = 0;

	place(&ix->scan, &n);
	for (size_t i = 0; i < nbucket; i++)
		place(&ix->bucket[i].list, &n);
	for (unsigned i = 0; i < ix->nfield; i++) {
		struct tree *t = ix->field[i].tree;

		place(&ix->field[i].prefixes, &n);
		for (uint32_t k = 0; t && k < 2 * t->nleaf; k++)
			place(&t->node[k], &n);
		for (int c = 0; t && c < 3; c++)
			place(&t->stray[c], &n);
	}
	ix->posting = room(b, &ix->mem, n, sizeof *ix->posting);
}

/* --- all of it ----------------------------------------------------------------------- */

static void
count_values(struct build *b, size_t i, const struct access_term *t)
{
	(void)i;
	b->nvalue += t->n;
	b->nterm++;
}

/* Twice as many buckets as values at least, so that one is always free. */
static size_t
nbuckets(const struct build *b)
{
	size_t n = 2;

	while (n < 2 * b->nvalue)
		n *= 2;
	return n;
}

static void
build(struct build *b)
{
	struct index *ix = b->ix;
	size_t nbucket;

	weigh(b);
	if (b->oom)
		return;
	do
		choose(b);
	while (close_one(b));
	each_term(b, count_values);
	memset(b->field, 0xff, sizeof b->field);
	ix->field = room(b, &ix->mem, b->nterm < b->nslot ? b->nterm :
			 b->nslot, sizeof *ix->field);
	each_term(b, count_bounds);
	each_term(b, add_bounds);
	for (unsigned i = 0; i < ix->nfield && !b->oom; i++)
		if (ix->field[i].tree)
			grow_tree(b, ix->field[i].tree);
	nbucket = nbuckets(b);
	ix->shift = 64 - (unsigned)__builtin_ctzll(nbucket);
	ix->bucket = room(b, &ix->mem, nbucket, sizeof *ix->bucket);
	if (b->oom)
		return;
	put_all(b);
	place_all(b, nbucket);
	b->filling = true;
	if (!b->oom)
		put_all(b);
}

int
index_new(const struct index_entry *e, size_t n, const struct habit *h,
	  const uint64_t *field_used, struct index **out)
{
	struct build *b = calloc(1, sizeof *b);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!b || !(b->ix = calloc(1, sizeof *b->ix)))
		goto out;
	b->ix->refs = 1;
	b->e = e;
	b->n = n;
	b->made_of = n; /* none */
	b->h = h;
	b->used = field_used;
	build(b);
	if (b->oom)
		goto out;
	*out = b->ix;
	b->ix = NULL;
	err = 0;
out:
	if (b) {
		index_free(b->ix);
		arena_fini(&b->mem);
	}
	free(b);
	return err;
}
