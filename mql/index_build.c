/* index_build.c - make an index: with an access chosen for each query
 * (index_choose.h), make its posting, note in which lists it is to stand, lay
 * the lists out, fill them. */
#include <stdlib.h>

#include "mql/index_choose.h"
#include "mql/index_own.h"
#include "mql/mql.h"

enum {
	NO_FIELD = UINT16_MAX,
	MAX_IN   = 40, /* values in a guard that still tells some */
};

struct put { /* a posting into a list */
	struct list *list;
	uint32_t     i; /* of its entry */
};

struct build {
	struct choice   choice;
	struct index   *ix;
	struct arena    mem; /* of what follows */
	uint16_t        field[PATHSET_MAX]; /* of a slot */
	struct posting *made; /* by entry */
	uint64_t        nin;
	struct put     *put;
	size_t          nput, cap;
	bool            oom;
};

static void *
room(struct build *b, struct arena *mem, size_t n, size_t size)
{
	void *p = arena_alloc(mem, (n + 1) * size);

	b->oom = b->oom || !p;
	return p;
}

/* --- fields ---------------------------------------------------------------------- */

static struct field *
field_at(struct build *b, size_t i, const struct access_term *t)
{
	unsigned slot = entry_slot(&b->choice.e[i], t);

	if (b->field[slot] == NO_FIELD) {
		b->field[slot] = (uint16_t)b->ix->nfield++;
		b->ix->field[b->field[slot]].slot = (uint16_t)slot;
	}
	return &b->ix->field[b->field[slot]];
}

/* The access under which entry i stands, or NULL. */
static const struct access *
access_of(const struct build *b, size_t i)
{
	return b->choice.at[i] == NO_CHOICE ? NULL :
	       &b->choice.e[i].access->at[b->choice.at[i]];
}

/* Call fn for each term under which a query is to stand. */
static void
each_term(struct build *b, void (*fn)(struct build *b, size_t i,
				      const struct access_term *t))
{
	for (size_t i = 0; i < b->choice.n && !b->oom; i++) {
		const struct access *a = access_of(b, i);

		for (unsigned k = 0; a && k < a->n && !b->oom; k++)
			fn(b, i, &a->term[k]);
	}
}

/* For now `last` counts values, and nbound bounds. */
static void
count_term(struct build *b, size_t i, const struct access_term *t)
{
	struct field *f = field_at(b, i, t);

	f->by_value = f->by_value || t->kind == ACCESS_EQ;
	f->last += t->n;
	if (t->kind == ACCESS_PREFIX)
		f->lengths |= 1u << t->length;
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
	struct tree *tree = field_at(b, i, t)->tree;

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

/* Twice as many buckets as values at least, so that one is always free. */
static void
make_buckets(struct build *b, struct field *f)
{
	uint32_t n = 2;

	while (n < 2 * f->last)
		n *= 2;
	f->last = n - 1;
	f->shift = (uint8_t)(64 - __builtin_ctz(n));
	f->bucket = room(b, &b->ix->mem, n, sizeof *f->bucket);
}

static void
make_fields(struct build *b)
{
	memset(b->field, 0xff, sizeof b->field);
	b->ix->field = room(b, &b->ix->mem, b->choice.nslot,
			    sizeof *b->ix->field);
	each_term(b, count_term);
	each_term(b, add_bounds);
	for (unsigned i = 0; i < b->ix->nfield && !b->oom; i++) {
		make_buckets(b, &b->ix->field[i]);
		if (b->ix->field[i].tree)
			grow_tree(b, b->ix->field[i].tree);
	}
}

/* --- postings ---------------------------------------------------------------------- */

static unsigned
guard_kind_of(const struct access_term *t)
{
	switch (t->kind) {
	case ACCESS_EQ:
		if (t->n == 1)
			return GUARD_EQ;
		return t->n <= MAX_IN ? GUARD_IN : GUARD_NONE;
	case ACCESS_PREFIX:
		if (t->length < DIGEST_BEGIN)
			return digest_begin_shift(t->length + 1u);
		break;
	case ACCESS_RANGE:
		break;
	}
	return digest_class(t->lo) == DIGEST_TEXT ? GUARD_TEXT : GUARD_NUMBER;
}

static uint64_t
within(uint64_t lo, uint64_t hi)
{
	return (lo + 1) << 32 | (hi > lo ? hi - lo - 1 : 0);
}

/* The values of an `in`, to be found by an event that chooses one of bits. */
static uint64_t
add_in(struct build *b, const struct access_term *t)
{
	uint64_t at = b->nin, bits = 0;

	for (uint32_t v = 0; v < t->n; v++) {
		bits |= bit_of(t->eq[v]);
		b->ix->in[b->nin++] = t->eq[v];
	}
	b->ix->in[b->nin++] = 0;
	return at << 32 | bits;
}

/* Make access k the guard at g. */
static void
set_guard(struct build *b, const struct index_entry *e, unsigned k,
	  struct posting *p, int g)
{
	const struct access_term *t = &e->access->at[k].term[0];
	unsigned kind = guard_kind_of(t);

	p->guard[g] = (uint16_t)(entry_slot(e, t) << GUARD_KIND_BITS | kind);
	if (kind == GUARD_EQ)
		p->what[g] = t->eq[0];
	else if (kind == GUARD_IN)
		p->what[g] = add_in(b, t);
	else if (kind >= GUARD_BEGIN)
		p->what[g] = t->lo;
	else
		p->what[g] = within(t->lo >> 32, t->hi >> 32);
}

/* What need not be tested of an event that is found by a. */
static unsigned
key_proves(const struct access *a)
{
	return a && a->n == 1 && a->term[0].kind != ACCESS_RANGE ?
	       a->proves : 0;
}

/* The access that finds least but for those taken, NO_CHOICE: none tells. */
static uint16_t
best_guard(const struct build *b, size_t i, const uint16_t *taken, int ntaken)
{
	const struct access_list *l = b->choice.e[i].access;
	const float *share = b->choice.share + b->choice.first[i];
	float least = 0.95F;
	uint16_t best = NO_CHOICE;

	for (unsigned k = 0; k < l->n; k++) {
		bool is_taken = false;

		for (int g = 0; g < ntaken; g++)
			is_taken = is_taken || taken[g] == k;
		if (!is_taken && share[k] < least && l->at[k].n == 1 &&
		    guard_kind_of(l->at[k].term) != GUARD_NONE) {
			least = share[k];
			best = (uint16_t)k;
		}
	}
	return best;
}

/* The accesses that find least are guards, but for the one it stands under. */
static struct posting
make_posting(struct build *b, size_t i)
{
	const struct index_entry *e = &b->choice.e[i];
	struct posting p = { .id = e->id };
	unsigned left = e->tests & ~key_proves(access_of(b, i));
	uint16_t taken[GUARDS + 1] = { b->choice.at[i] };

	for (int n = 0; n < GUARDS; n++) {
		uint16_t k = best_guard(b, i, taken, n + 1);

		if (k == NO_CHOICE)
			break;
		set_guard(b, e, k, &p, n);
		left &= ~(unsigned)e->access->at[k].proves;
		taken[n + 1] = k;
	}
	p.left = (uint16_t)left;
	return p;
}

/* Room for all there may be. */
static void
make_postings(struct build *b)
{
	size_t nin = 0;

	for (size_t i = 0; i < b->choice.n; i++) {
		const struct access_list *l = b->choice.e[i].access;

		for (unsigned k = 0; k < l->n; k++)
			if (l->at[k].n == 1 &&
			    guard_kind_of(l->at[k].term) == GUARD_IN)
				nin += l->at[k].term->n + 1;
	}
	b->ix->in = room(b, &b->ix->mem, nin, sizeof *b->ix->in);
	b->made = room(b, &b->mem, b->choice.n, sizeof *b->made);
	for (size_t i = 0; i < b->choice.n && !b->oom; i++)
		b->made[i] = make_posting(b, i);
}

/* --- lists --------------------------------------------------------------------------- */

static bool
begins_with_eq(const struct posting *p)
{
	return guard_kind(p->guard[0]) == GUARD_EQ;
}

static bool
grow_puts(struct build *b)
{
	size_t cap = b->cap ? 2 * b->cap : 64;
	struct put *more = realloc(b->put, cap * sizeof *more);

	if (!more)
		return false;
	b->put = more;
	b->cap = cap;
	return true;
}

/* Entry i into a list, once: `first` says for now who was the last. */
static void
put(struct build *b, struct list *l, size_t i)
{
	if (b->oom || l->first == i + 1)
		return;
	if (b->nput == b->cap && !grow_puts(b)) {
		b->oom = true;
		return;
	}
	b->put[b->nput++] = (struct put){ l, (uint32_t)i };
	l->first = (uint32_t)i + 1;
	if (begins_with_eq(&b->made[i]))
		l->neq++;
	else
		l->nrest++;
}

static struct list *
bucket(const struct field *f, uint64_t eq)
{
	size_t i = hash_eq(eq) >> f->shift;

	while (f->bucket[i].key && f->bucket[i].key != eq)
		i = (i + 1) & f->last;
	f->bucket[i].key = eq;
	return &f->bucket[i].list;
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

	for (; l < r; l /= 2, r /= 2) {
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
	struct field *f = field_at(b, i, t);

	if (t->kind == ACCESS_RANGE) {
		put_range(b, i, f->tree, t->lo, t->hi);
		return;
	}
	for (uint32_t v = 0; v < t->n; v++)
		put(b, bucket(f, t->eq[v]), i);
	if (t->kind == ACCESS_PREFIX)
		put(b, &f->prefixes, i);
}

/* Give the list its place behind those before. */
static void
place(struct list *l, uint32_t *at)
{
	l->first = *at;
	*at += (uint32_t)l->neq + l->nrest;
}

static uint32_t
place_all(struct index *ix)
{
	uint32_t n = 0;

	place(&ix->scan, &n);
	for (unsigned i = 0; i < ix->nfield; i++) {
		struct field *f = &ix->field[i];
		struct tree *t = f->tree;

		for (size_t k = 0; k <= f->last; k++)
			place(&f->bucket[k].list, &n);
		place(&f->prefixes, &n);
		for (uint32_t k = 0; t && k < 2 * t->nleaf; k++)
			place(&t->node[k], &n);
		for (int c = 0; t && c < 3; c++)
			place(&t->stray[c], &n);
	}
	return n;
}

/* Those postings that begin with a GUARD_EQ, or the others. */
static void
fill(struct build *b, bool eq)
{
	for (size_t k = 0; k < b->nput; k++) {
		const struct put *t = &b->put[k];
		const struct posting *p = &b->made[t->i];

		if (begins_with_eq(p) == eq)
			b->ix->posting[t->list->first++] = *p;
	}
}

static void
make_lists(struct build *b)
{
	for (size_t i = 0; i < b->choice.n; i++)
		if (!access_of(b, i))
			put(b, &b->ix->scan, i);
	each_term(b, put_term);
	b->ix->posting = room(b, &b->ix->mem, place_all(b->ix),
			      sizeof *b->ix->posting);
	if (b->oom)
		return;
	fill(b, true);
	fill(b, false);
	place_all(b->ix); /* again, for now each is behind its postings */
}

/* --- all of it ----------------------------------------------------------------------- */

static void
build(struct build *b, const struct habit *h)
{
	b->oom = index_choose(&b->choice, h, &b->mem) != 0;
	if (b->oom)
		return;
	b->ix->expected = b->choice.expected;
	make_postings(b);
	make_fields(b);
	if (!b->oom)
		make_lists(b);
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
	b->choice.e = e;
	b->choice.n = n;
	b->choice.used = field_used;
	build(b, h);
	if (b->oom)
		goto out;
	*out = b->ix;
	b->ix = NULL;
	err = 0;
out:
	if (b) {
		index_free(b->ix);
		arena_fini(&b->mem);
		free(b->put);
	}
	free(b);
	return err;
}
