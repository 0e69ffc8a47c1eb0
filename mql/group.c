/* group.c - see group.h. */
#include "mql/group.h"

#include <stdalign.h>
#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "mql/error.h"

enum {
	FIRST_SLOTS = 16,
	TABLE_BYTES = 4096, /* the arena's first chunk */
};

/* --- layout ------------------------------------------------------------------- */

static size_t
aligned(size_t n)
{
	const size_t to = alignof(max_align_t);

	return (n + to - 1) / to * to;
}

int
group_layout_init(struct group_layout *l, const struct aggregate_call *agg,
		  unsigned nagg)
{
	*l = (struct group_layout){ .agg = agg, .nagg = nagg };
	l->at = calloc(nagg + 1, sizeof *l->at);
	if (!l->at)
		return MQL_ENOMEM;
	l->size = aligned(sizeof(struct group));
	for (unsigned i = 0; i < nagg; i++) {
		l->at[i] = l->size;
		l->size += aligned(agg[i].fn->size);
	}
	return 0;
}

void
group_layout_fini(struct group_layout *l)
{
	free(l->at);
	l->at = NULL;
}

static void *
state_of(const struct group_layout *l, struct group *g, unsigned i)
{
	return (char *)g + l->at[i];
}

static const void *
state_in(const struct group_layout *l, const struct group *g, unsigned i)
{
	return (const char *)g + l->at[i];
}

static size_t
heap_of(const struct aggregate_call *c, const void *state)
{
	return c->fn->heap ? c->fn->heap(c, state) : 0;
}

/* --- the table ------------------------------------------------------------------ */

void
groups_init(struct groups *g, const struct group_layout *l, struct budget *b)
{
	*g = (struct groups){ .layout = l, .budget = b };
	g->last = &g->first;
}

void
groups_fini(struct groups *g)
{
	const struct group_layout *l = g->layout;

	for (struct group *of = g->first; of; of = of->next)
		for (unsigned i = 0; i < l->nagg; i++)
			l->agg[i].fn->fini(&l->agg[i], state_of(l, of, i));
	if (g->budget)
		budget_give(g->budget, g->taken);
	arena_fini(&g->mem);
	free(g->slot);
	groups_init(g, l, g->budget);
}

static void
charge(struct groups *g, size_t n)
{
	g->taken += n;
	g->budget->used += n;
}

/* For something new: see the head of group.h. */
static bool
has_room(const struct groups *g, size_t n)
{
	const struct budget *b = g->budget;

	return b->used + n <= b->max - b->max / 4;
}

static struct group **
slot_of(const struct groups *g, uint64_t hash, struct str key)
{
	for (size_t i = hash;; i++) {
		struct group **at = &g->slot[i & (g->nslot - 1)];

		if (!*at || ((*at)->hash == hash && str_eq((*at)->key, key)))
			return at;
	}
}

/* Room for one more: at most three quarters of the slots are taken. */
static int
grow(struct groups *g)
{
	size_t n = g->nslot ? 2 * g->nslot : FIRST_SLOTS;
	size_t bytes = n * sizeof *g->slot;
	size_t more = g->nslot ? bytes / 2 : bytes + TABLE_BYTES;

	if (g->n < g->nslot / 4 * 3)
		return 0;
	if (!has_room(g, more))
		return MQL_ELIMIT;
	struct group **slot = calloc(n, sizeof *slot);
	if (!slot)
		return MQL_ENOMEM;
	free(g->slot);
	g->slot = slot;
	g->nslot = n;
	charge(g, more);
	for (struct group *of = g->first; of; of = of->next)
		*slot_of(g, of->hash, of->key) = of;
	return 0;
}

static int
add(struct groups *g, uint64_t hash, struct str key, struct group **out)
{
	const struct group_layout *l = g->layout;
	const size_t size = l->size + aligned(key.len);
	int err = grow(g);

	if (err)
		return err;
	if (!has_room(g, size))
		return MQL_ELIMIT;
	struct group *of = arena_alloc(&g->mem, size);
	if (!of)
		return MQL_ENOMEM;
	char *to = (char *)of + l->size;
	if (key.len)
		memcpy(to, key.ptr, key.len);
	of->hash = hash;
	of->key = (struct str){ to, key.len };
	for (unsigned i = 0; i < l->nagg; i++)
		l->agg[i].fn->init(&l->agg[i], state_of(l, of, i));
	charge(g, size);
	*slot_of(g, hash, key) = of;
	*g->last = of;
	g->last = &of->next;
	g->n++;
	*out = of;
	return 0;
}

int
groups_get(struct groups *g, struct str key, struct group **out, bool *made)
{
	const uint64_t hash = XXH3_64bits(key.ptr, key.len);

	*made = false;
	*out = g->nslot ? *slot_of(g, hash, key) : NULL;
	if (*out)
		return 0;
	*made = true;
	return add(g, hash, key, out);
}

/* --- states ----------------------------------------------------------------------- */

static void
mark(struct groups *g, struct group *of)
{
	if (of->changed)
		return;
	of->changed = true;
	of->next_changed = g->changed;
	g->changed = of;
}

void
groups_settle(struct groups *g)
{
	while (g->changed) {
		g->changed->changed = false;
		g->changed = g->changed->next_changed;
	}
}

/* What an aggregate refuses for its own bound (a list that is full) is its
 * own affair: only want of memory ends an update. */
int
group_update(struct groups *g, struct group *to, const struct value *value,
	     int64_t at, uint64_t weight)
{
	const struct group_layout *l = g->layout;

	if (g->budget->used > g->budget->max)
		return MQL_ELIMIT;
	mark(g, to);
	for (unsigned i = 0; i < l->nagg; i++) {
		const struct aggregate_call *c = &l->agg[i];
		void *state = state_of(l, to, i);

		if (value[i].type == VALUE_NULL)
			continue;
		size_t before = heap_of(c, state);
		int err = c->fn->update(c, state, &value[i], at, weight);
		charge(g, heap_of(c, state) - before);
		if (err == MQL_ENOMEM)
			return err;
	}
	to->events++;
	return 0;
}

int
group_keep_event(struct groups *g, struct group *to, struct str event,
		 int64_t at)
{
	if (to->event.ptr && to->event_at <= at)
		return 0;
	if (!budget_take(g->budget, event.len))
		return MQL_ELIMIT;
	g->taken += event.len;
	struct str kept = arena_str(&g->mem, event);
	if (!kept.ptr)
		return MQL_ENOMEM;
	to->event = kept;
	to->event_at = at;
	return 0;
}

int
group_merge(struct groups *g, const struct group *from)
{
	const struct group_layout *l = g->layout;
	struct group *to;
	bool made;
	int err = groups_get(g, from->key, &to, &made);

	if (err)
		return err;
	if (g->budget->used > g->budget->max)
		return MQL_ELIMIT;
	mark(g, to);
	to->events += from->events;
	for (unsigned i = 0; i < l->nagg && !err; i++) {
		const struct aggregate_call *c = &l->agg[i];
		void *state = state_of(l, to, i);
		size_t before = heap_of(c, state);

		err = c->fn->merge(c, state, state_in(l, from, i));
		charge(g, heap_of(c, state) - before);
		err = err == MQL_ELIMIT ? 0 : err;
	}
	if (!err && from->event.ptr)
		err = group_keep_event(g, to, from->event, from->event_at);
	return err;
}

int
groups_merge(struct groups *g, const struct groups *from)
{
	int err = 0;

	for (const struct group *of = from->first; of && !err; of = of->next)
		err = group_merge(g, of);
	return err;
}

void
group_put(const struct groups *g, const struct group *of, struct buf *out)
{
	const struct group_layout *l = g->layout;

	for (unsigned i = 0; i < l->nagg; i++)
		l->agg[i].fn->put(&l->agg[i], state_in(l, of, i), out);
}

int
group_read(struct groups *g, struct group *to, struct str *in)
{
	const struct group_layout *l = g->layout;
	int err = 0;

	for (unsigned i = 0; i < l->nagg && !err; i++) {
		const struct aggregate_call *c = &l->agg[i];
		void *state = state_of(l, to, i);

		err = c->fn->get(c, state, in);
		charge(g, heap_of(c, state));
	}
	if (!err && g->budget->used > g->budget->max)
		err = MQL_ELIMIT;
	return err;
}

struct value
group_result(const struct groups *g, const struct group *of, unsigned i,
	     int64_t span_ms, struct buf *scratch)
{
	const struct aggregate_call *c = &g->layout->agg[i];

	return c->fn->finish(c, state_in(g->layout, of, i), span_ms, scratch);
}
