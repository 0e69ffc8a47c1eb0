/* habit.c - see habit.h. */
#include "mql/habit.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "mql/mql.h"

enum {
	FEW       = 8,   /* constants of a field that say little */
	DOUBT     = 4,   /* events that the first guess weighs as much as */
	SLACK     = 8,   /* candidates an event that nobody minds */
	OLD       = 1 << 13, /* events after which the past fades */
	PATIENCE  = 64,
	IMPATIENT = 1 << 20,
};

int
habit_new(struct habit **out)
{
	/* Most pages are never touched. calloc(3) would write zeros to all of
	 * them, once the heap has had a block of that size before. */
	void *mem = mmap(NULL, sizeof **out, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	*out = mem == MAP_FAILED ? NULL : mem;
	if (!*out)
		return MQL_ENOMEM;
	(*out)->patience = PATIENCE;
	return 0;
}

void
habit_free(struct habit *h)
{
	if (h)
		munmap(h, sizeof *h);
}

static unsigned
cell(const struct habit *h, unsigned slot, uint64_t eq)
{
	return (unsigned)((eq + h->name[slot]) * 0x9e3779b97f4a7c15 >>
			  (64 - HABIT_BITS));
}

/* --- seeing ------------------------------------------------------------------- */

static void
count(_Atomic uint32_t *n, size_t by)
{
	atomic_fetch_add_explicit(n, (uint32_t)by, memory_order_relaxed);
}

void
habit_see(struct habit *h, unsigned slot, struct digest d)
{
	uint32_t at = atomic_load_explicit(&h->events, memory_order_relaxed);

	count(&h->value[cell(h, slot, d.eq)], 1);
	atomic_store_explicit(&h->order[slot][at % HABIT_ORDERS], d.ord,
			      memory_order_relaxed);
}

void
habit_note(struct habit *h, size_t candidates, size_t answers)
{
	count(&h->events, 1);
	count(&h->since, 1);
	count(&h->candidates, candidates);
	count(&h->answers, answers);
}

/* --- guessing ------------------------------------------------------------------ */

static uint32_t
get(const _Atomic uint32_t *n)
{
	return atomic_load_explicit(n, memory_order_relaxed);
}

/* A share of which `found` of `n` are evidence, and `first` a first guess. */
static double
share(double found, double n, double first)
{
	double s = (found + DOUBT * first) / (n + DOUBT);

	return s < 1 ? s : 1;
}

static double
share_of_values(const struct habit *h, const struct access_term *t,
		unsigned slot)
{
	double n = get(&h->events), sum = 0, named = h->konsts[slot];

	for (uint32_t v = 0; v < t->n; v++) {
		unsigned c = cell(h, slot, t->eq[v]);
		double others = h->konst[c] ? h->konst[c] - 1 : 0;

		sum += share(get(&h->value[c]), n,
			     (others + 0.01 * FEW) / (named + FEW));
	}
	return sum;
}

static double
share_of_range(const struct habit *h, const struct access_term *t,
	       unsigned slot, double first)
{
	uint32_t events = get(&h->events), found = 0;
	uint32_t n = events < HABIT_ORDERS ? events : HABIT_ORDERS;

	for (uint32_t i = 0; i < n; i++) {
		uint64_t ord = atomic_load_explicit(&h->order[slot][i],
						    memory_order_relaxed);

		found += (ord >= t->lo && ord <= t->hi) ||
			 access_stray(t->lo, ord);
	}
	return share(found, n, first);
}

double
habit_share(const struct habit *h, const struct access *a,
	    const uint16_t *slots)
{
	double sum = 0;

	for (unsigned k = 0; k < a->n; k++) {
		struct access_term *t = &a->term[k];
		const struct access one = { .term = t, .n = 1 };

		sum += t->kind == ACCESS_EQ ?
			share_of_values(h, t, slots[t->path]) :
			share_of_range(h, t, slots[t->path],
				       access_guess(&one));
	}
	return sum < 1 ? sum : 1;
}

/* --- looking back --------------------------------------------------------------- */

/* What was long ago counts half; a count that goes astray meanwhile is no
 * matter. */
static void
fade(struct habit *h)
{
	for (unsigned i = 0; i < HABIT_CELLS; i++)
		atomic_store_explicit(&h->value[i], get(&h->value[i]) / 2,
				      memory_order_relaxed);
	atomic_store_explicit(&h->events, get(&h->events) / 2,
			      memory_order_relaxed);
}

void
habit_begin(struct habit *h, double expected)
{
	h->expected = expected;
	atomic_store_explicit(&h->since, 0, memory_order_relaxed);
	atomic_store_explicit(&h->candidates, 0, memory_order_relaxed);
	atomic_store_explicit(&h->answers, 0, memory_order_relaxed);
	if (h->patience < IMPATIENT)
		h->patience *= 2; /* what cannot be bettered stays */
	if (get(&h->events) > OLD)
		fade(h);
}

bool
habit_is_bad(const struct habit *h)
{
	double n = get(&h->since), found = get(&h->candidates);

	if (n < h->patience)
		return false;
	/* Those that answer had to be looked at. */
	found -= get(&h->answers);
	return found > n * (SLACK + 2 * h->expected);
}

/* --- new numbers ----------------------------------------------------------------- */

static uint32_t
name_of(const struct path *p)
{
	char room[256];
	struct buf b = BUF_FIXED(room, sizeof room);

	path_write(p, &b); /* of a very long one the beginning */
	return (uint32_t)XXH3_64bits(b.data, b.len) | 1;
}

static void
move_field(const struct habit *h, unsigned from, struct habit *to,
	   unsigned slot)
{
	to->name[slot] = h->name[from];
	for (unsigned i = 0; i < HABIT_ORDERS; i++)
		atomic_store_explicit(&to->order[slot][i],
			atomic_load_explicit(&h->order[from][i],
					     memory_order_relaxed),
			memory_order_relaxed);
}

/* What the queries name is learnt again with them. */
int
habit_move(const struct habit *h, const struct pathset *from,
	   const struct pathset *to, struct habit **out)
{
	int err = habit_new(out);

	if (err)
		return err;
	for (unsigned i = 0; i < HABIT_CELLS; i++)
		atomic_store_explicit(&(*out)->value[i], get(&h->value[i]),
				      memory_order_relaxed);
	atomic_store_explicit(&(*out)->events, get(&h->events),
			      memory_order_relaxed);
	(*out)->patience = h->patience;
	for (unsigned i = 0; i < pathset_size(to); i++)
		for (unsigned k = 0; k < pathset_size(from); k++)
			if (path_equal(pathset_path(to, i),
				       pathset_path(from, k)))
				move_field(h, k, *out, i);
	return 0;
}

/* --- what queries name ------------------------------------------------------------ */

static void
count_up(uint16_t *n)
{
	if (*n < UINT16_MAX)
		++*n;
}

static void
learn_term(struct habit *h, const struct access_term *t, unsigned slot)
{
	for (uint32_t v = 0; v < t->n; v++) {
		count_up(&h->konst[cell(h, slot, t->eq[v])]);
		count_up(&h->konsts[slot]);
	}
}

void
habit_learn(struct habit *h, const struct pathset *ps,
	    const struct access_list *l, const uint16_t *slots)
{
	for (unsigned i = 0; i < l->n; i++) {
		for (unsigned k = 0; k < l->at[i].n; k++) {
			const struct access_term *t = &l->at[i].term[k];
			unsigned slot = slots[t->path];

			if (!h->name[slot])
				h->name[slot] = name_of(pathset_path(ps,
								     slot));
			learn_term(h, t, slot);
		}
	}
}
