/* set.c - a sorted array and a binary search: a thousand members cost ten
 * comparisons, and there is nothing to get wrong. */
#include "mql/set.h"

#include <stdlib.h>

#include "mql/mql.h"

static int
order_for_qsort(const void *a, const void *b)
{
	return value_total_order(a, b);
}

int
set_init(struct set *s, struct arena *a, const struct value *v, size_t n)
{
	*s = (struct set){ 0 };
	s->member = arena_alloc(a, n * sizeof *s->member);
	if (!s->member)
		return MQL_ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (v[i].type != VALUE_NULL)
			s->member[s->n++] = v[i];
	qsort(s->member, s->n, sizeof *s->member, order_for_qsort);
	return 0;
}

bool
set_has(const struct set *s, const struct value *v)
{
	size_t lo = 0, hi = s->n;

	if (v->type == VALUE_NULL || v->type > VALUE_STR)
		return false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int cmp = value_total_order(v, &s->member[mid]);

		if (!cmp)
			return true;
		if (cmp < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return false;
}
