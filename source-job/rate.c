#include "source-job/rate.h"

enum {
	MILLI  = 1000, /* of a row a second */
	SPARED = 8,    /* one part of so many is for all alike */
};

uint64_t
rate_share(const struct rate_plan *p, enum rate_kind kind)
{
	const uint64_t cap = p->cap * MILLI, all = p->agents ? p->agents : 1;
	const struct rate_use *u = &p->use;
	uint64_t fair, share, sated;

	if (!cap)
		return 0;
	if (!u->active) /* whoever begins may begin with that */
		return cap / all ? cap / all : 1;
	share = cap / SPARED / all;
	fair = (cap - cap / SPARED) / u->active;
	if (kind != RATE_IDLE)
		share += fair;
	sated = u->active > u->hungry ? fair * (u->active - u->hungry) : 0;
	if (kind == RATE_HUNGRY && u->hungry && sated > u->used)
		share += (sated - u->used) / u->hungry;
	return share ? share : 1;
}

uint64_t
rate_measured(uint64_t rows, int64_t ms)
{
	const uint64_t most = RATE_MOST / (MILLI * MILLI);

	return (rows < most ? rows : most) * MILLI * MILLI / (uint64_t)ms;
}

bool
rate_plan_same(const struct rate_plan *a, const struct rate_plan *b)
{
	return a->cap == b->cap && a->agents == b->agents &&
	       a->use.active == b->use.active &&
	       a->use.hungry == b->use.hungry && a->use.used == b->use.used;
}
