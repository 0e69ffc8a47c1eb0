/* hints.c - see matcher_own.h. */
#include <stdlib.h>

#include "mql/matcher_own.h"
#include "mql/mql.h"

enum { FIRST_HINTS = 64 };

static void
hints_put(struct hints *h, uint64_t hash, uint16_t place)
{
	size_t i = hash & (h->cap - 1);

	while (h->at[i] != NOBODY && h->at[i] != place)
		i = (i + 1) & (h->cap - 1);
	h->n += h->at[i] == NOBODY;
	h->at[i] = place;
}

/* Room for one more; what is out of date is left behind. */
static int
hints_reserve(struct hints *h, const struct matcher *m, hash_fn *hash)
{
	struct hints old = *h, new = { .cap = FIRST_HINTS };

	if (2 * (h->n + 1) <= h->cap)
		return 0;
	while (new.cap < 4 * (m->nlive + 1))
		new.cap *= 2;
	new.at = malloc(new.cap * sizeof *new.at);
	if (!new.at)
		return MQL_ENOMEM;
	memset(new.at, 0xff, new.cap * sizeof *new.at);
	for (size_t i = 0; i < old.cap; i++)
		if (old.at[i] != NOBODY && matcher_has(m, old.at[i]))
			hints_put(&new, hash(members_at(&m->members,
							old.at[i])),
				  old.at[i]);
	free(old.at);
	*h = new;
	return 0;
}

int
hints_find(struct hints *h, const struct matcher *m, size_t i, hash_fn *hash,
	   same_fn *same, uint16_t *found)
{
	uint64_t x = hash(members_at(&m->members, i));
	int err = hints_reserve(h, m, hash);

	*found = (uint16_t)i;
	if (err || !x)
		return err;
	for (size_t k = x & (h->cap - 1); h->at[k] != NOBODY;
	     k = (k + 1) & (h->cap - 1)) {
		if (h->at[k] != i && matcher_has(m, h->at[k]) &&
		    same(m, h->at[k], i)) {
			*found = h->at[k];
			return 0;
		}
	}
	hints_put(h, x, (uint16_t)i);
	return 0;
}
