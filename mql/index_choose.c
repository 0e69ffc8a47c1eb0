/* index_choose.c - see index_choose.h.
 *
 * Of each query is kept what its access costs, and for each field of that
 * access what it would cost to do without: their sums say what a field is
 * worth. When one is given up only the queries that know it are looked at
 * again. */
#include "mql/index_choose.h"

#include "mql/mql.h"

enum {
	NO_FIELD = UINT16_MAX,
	FEW      = 8, /* queries that are looked at one by one */
};

/* In postings that are looked at. */
static const double field_cost = 2, shared_field_cost = 0.5;

struct worth {
	double   loss;  /* of those who would have to do without the field */
	unsigned users; /* how many they are */
};

struct weighing {
	struct choice *c;
	uint64_t      *knows; /* by entry: its slots, a bit of 64 for each */
	struct worth  *worth; /* by slot */
};

static bool
has_bit(const uint64_t *bits, unsigned i)
{
	return bits && bits[i / 64] >> i % 64 & 1;
}

/* --- shares ----------------------------------------------------------------------- */

static void
note_slots(struct choice *c, const struct index_entry *e)
{
	for (unsigned i = 0; i < e->access->n; i++)
		for (unsigned k = 0; k < e->access->at[i].n; k++) {
			unsigned s = entry_slot(e, &e->access->at[i].term[k]);

			if (s >= c->nslot)
				c->nslot = s + 1;
		}
}

static int
find_shares(struct choice *c, const struct habit *h, struct arena *mem)
{
	size_t n = 0;

	c->first = arena_alloc(mem, (c->n + 1) * sizeof *c->first);
	c->at = arena_alloc(mem, (c->n + 1) * sizeof *c->at);
	if (!c->first || !c->at)
		return MQL_ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		c->first[i] = (uint32_t)n;
		c->at[i] = NO_CHOICE;
		n += c->e[i].access->n;
		note_slots(c, &c->e[i]);
	}
	c->share = arena_alloc(mem, (n + 1) * sizeof *c->share);
	if (!c->share)
		return MQL_ENOMEM;
	for (size_t i = 0; i < c->n; i++)
		for (unsigned k = 0; k < c->e[i].access->n; k++)
			c->share[c->first[i] + k] = (float)habit_share(h,
				&c->e[i].access->at[k], c->e[i].slots);
	return 0;
}

/* --- the best ------------------------------------------------------------------------ */

/* May entry i stand under an access? */
static bool
is_open(const struct choice *c, const struct index_entry *e,
	const struct access *a, unsigned without)
{
	for (unsigned k = 0; k < a->n; k++) {
		unsigned slot = entry_slot(e, &a->term[k]);

		if (slot == without || has_bit(c->closed, slot))
			return false;
	}
	return true;
}

/* The cheapest access of entry i that does not use a slot; NO_FIELD: any. */
static uint16_t
cheapest(const struct choice *c, size_t i, unsigned without, double *cost)
{
	const struct index_entry *e = &c->e[i];
	const float *share = c->share + c->first[i];
	uint16_t best = NO_CHOICE;
	float least = 1; /* every event */

	for (unsigned k = 0; k < e->access->n; k++) {
		if (share[k] >= least ||
		    !is_open(c, e, &e->access->at[k], without))
			continue;
		least = share[k];
		best = (uint16_t)k;
	}
	*cost = (double)least;
	return best;
}

static uint64_t
known(const struct index_entry *e)
{
	uint64_t bits = 0;

	for (unsigned i = 0; i < e->access->n; i++)
		for (unsigned k = 0; k < e->access->at[i].n; k++)
			bits |= UINT64_C(1) << entry_slot(e,
					&e->access->at[i].term[k]) % 64;
	return bits;
}

/* Count entry i in (1), or out (-1), under the access that it has now. */
static void
count(struct weighing *w, size_t i, int way)
{
	struct choice *c = w->c;
	const struct index_entry *e = &c->e[i];
	double cost = 1, other;

	if (c->at[i] != NO_CHOICE) {
		const struct access *a = &e->access->at[c->at[i]];

		cost = (double)c->share[c->first[i] + c->at[i]];
		for (unsigned k = 0; k < a->n; k++) {
			struct worth *of = &w->worth[entry_slot(e,
							&a->term[k])];

			cheapest(c, i, (unsigned)(of - w->worth), &other);
			of->loss += way * (other - cost);
			of->users += (unsigned)way;
		}
	}
	c->expected += way * cost;
}

/* --- what does not pay ---------------------------------------------------------- */

/* The field that is the least worth its cost; NO_FIELD: all are worth it. */
static unsigned
find_worst(const struct weighing *w)
{
	double least = 0;
	unsigned worst = NO_FIELD;

	for (unsigned s = 0; s < w->c->nslot; s++) {
		double gain = w->worth[s].loss - (has_bit(w->c->used, s) ?
					shared_field_cost : field_cost);

		if (w->worth[s].users && gain < least) {
			least = gain;
			worst = s;
		}
	}
	return worst;
}

static void
give_up(struct weighing *w, unsigned slot)
{
	struct choice *c = w->c;
	const uint64_t bit = UINT64_C(1) << slot % 64;
	double cost;

	for (size_t i = 0; i < c->n; i++)
		if (w->knows[i] & bit)
			count(w, i, -1);
	c->closed[slot / 64] |= bit;
	for (size_t i = 0; i < c->n; i++) {
		if (!(w->knows[i] & bit))
			continue;
		c->at[i] = cheapest(c, i, NO_FIELD, &cost);
		count(w, i, 1);
	}
}

int
index_choose(struct choice *c, const struct habit *h, struct arena *mem)
{
	struct weighing w = { .c = c };
	unsigned worst;
	double cost;

	if (find_shares(c, h, mem))
		return MQL_ENOMEM;
	c->expected = (double)c->n;
	if (c->n <= FEW)
		return 0;
	w.knows = arena_alloc(mem, c->n * sizeof *w.knows);
	w.worth = arena_alloc(mem, (c->nslot + 1) * sizeof *w.worth);
	if (!w.knows || !w.worth)
		return MQL_ENOMEM;
	c->expected = 0;
	for (size_t i = 0; i < c->n; i++) {
		w.knows[i] = known(&c->e[i]);
		c->at[i] = cheapest(c, i, NO_FIELD, &cost);
		count(&w, i, 1);
	}
	while ((worst = find_worst(&w)) != NO_FIELD)
		give_up(&w, worst);
	return 0;
}
