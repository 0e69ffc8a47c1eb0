/* index_choose.c - see index_choose.h. */
#include "mql/index_choose.h"

#include "mql/mql.h"

enum {
	NO_FIELD = UINT16_MAX,
	FEW      = 8, /* queries for which fields are not weighed */
};

/* In postings that are looked at. */
static const double field_cost = 2, shared_field_cost = 0.5;

static bool
has_bit(const uint64_t *bits, unsigned i)
{
	return bits && bits[i / 64] >> i % 64 & 1;
}

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
weigh(struct choice *c, const struct habit *h, struct arena *mem)
{
	size_t n = 0;

	c->first = arena_alloc(mem, (c->n + 1) * sizeof *c->first);
	c->at = arena_alloc(mem, (c->n + 1) * sizeof *c->at);
	if (!c->first || !c->at)
		return MQL_ENOMEM;
	for (size_t i = 0; i < c->n; i++) {
		c->first[i] = (uint32_t)n;
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

static bool
uses(const struct index_entry *e, const struct access *a, unsigned slot)
{
	for (unsigned k = 0; k < a->n; k++)
		if (entry_slot(e, &a->term[k]) == slot)
			return true;
	return false;
}

static bool
is_closed(const struct choice *c, const struct index_entry *e,
	  const struct access *a)
{
	for (unsigned k = 0; k < a->n; k++)
		if (has_bit(c->closed, entry_slot(e, &a->term[k])))
			return true;
	return false;
}

/* The cheapest access of entry i that does not use a slot; NO_FIELD: any. */
static uint16_t
cheapest(const struct choice *c, size_t i, unsigned without, double *cost)
{
	const struct index_entry *e = &c->e[i];
	uint16_t best = NO_CHOICE;

	*cost = 1; /* every event */
	for (unsigned k = 0; k < e->access->n; k++) {
		const struct access *a = &e->access->at[k];
		double share = (double)c->share[c->first[i] + k];

		if (share >= *cost || is_closed(c, e, a) ||
		    (without != NO_FIELD && uses(e, a, without)))
			continue;
		*cost = share;
		best = (uint16_t)k;
	}
	return best;
}

/* What it would cost the queries to do without each field. */
static void
choose(struct choice *c, double *loss)
{
	double cost, other;

	memset(loss, 0, c->nslot * sizeof *loss);
	c->expected = 0;
	for (size_t i = 0; i < c->n; i++) {
		const struct index_entry *e = &c->e[i];

		c->at[i] = cheapest(c, i, NO_FIELD, &cost);
		c->expected += cost;
		if (c->at[i] == NO_CHOICE || c->n < FEW)
			continue;
		const struct access *a = &e->access->at[c->at[i]];
		for (unsigned k = 0; k < a->n; k++) {
			unsigned slot = entry_slot(e, &a->term[k]);

			cheapest(c, i, slot, &other);
			loss[slot] += other - cost;
		}
	}
}

/* Close the field that is the least worth its cost. */
static bool
close_one(struct choice *c, const double *loss)
{
	double least = 0;
	unsigned worst = 0;

	for (unsigned s = 0; s < c->nslot; s++) {
		double gain = loss[s] - (has_bit(c->used, s) ?
					 shared_field_cost : field_cost);

		if (loss[s] > 0 && gain < least) {
			least = gain;
			worst = s;
		}
	}
	if (least < 0)
		c->closed[worst / 64] |= UINT64_C(1) << worst % 64;
	return least < 0;
}

int
index_choose(struct choice *c, const struct habit *h, struct arena *mem)
{
	double *loss = arena_alloc(mem, PATHSET_MAX * sizeof *loss);

	if (!loss || weigh(c, h, mem))
		return MQL_ENOMEM;
	do
		choose(c, loss);
	while (close_one(c, loss));
	return 0;
}
