/* route.c - see route.h. */
#include "agent/route.h"

#include <stdio.h>
#include <stdlib.h>

enum {
	AWAY_MS = 2000, AWAY_LOT_MS = 1500, /* less than a lease in all */
	NEXT_MS = 1000, NEXT_LOT_MS = 500,  /* with those after the first */
	LEAVES_LOT_MS = 300,
	TRY_MS = 1500,                      /* to be connected by then */
	REST_MS = 2000, REST_LOT_MS = 2000, /* between tries of all */
	HOLD_MS = 4000, LONGEST_HOLD_MS = 300000,
	LIST_MS = 1000, LIST_LOT_MS = 1500, /* subscribers are there first */
	FLAP_MS = 60000, /* one that fails so soon is not trusted */
	FIRST_MS = 50,   /* between looks for the first list */
};

/* 0 ... below - 1 (xorshift64; G. Marsaglia 2003). */
static int64_t
lot(struct route *r, int64_t below)
{
	r->random ^= r->random << 13;
	r->random ^= r->random >> 7;
	r->random ^= r->random << 17;
	return (int64_t)(r->random >> 1) % below;
}

void
route_init(struct route *r, struct str who, uint64_t random)
{
	*r = (struct route){ .caution = HOLD_MS };
	r->random = random ^ UINT64_C(0x9e3779b97f4a7c15);
	for (size_t i = 0; i < who.len; i++)
		r->random = r->random * 31 + (unsigned char)who.ptr[i];
	r->random |= 1;
}

void
route_fini(struct route *r)
{
	free(r->list);
	r->list = NULL;
}

/* --- the list ---------------------------------------------------------------- */

static const char *
nth(const struct route *r, size_t i)
{
	return r->list->at[r->order[i]];
}

/* Where the endpoint stands in our order; list->n: it is not in the list. */
static size_t
rank(const struct route *r, const char *endpoint)
{
	size_t i = 0;

	while (i < r->list->n && strcmp(nth(r, i), endpoint))
		i++;
	return i;
}

static void
put(char *to, const char *endpoint)
{
	snprintf(to, ROUTE_ENDPOINT, "%s", endpoint);
}

void
route_learn(struct route *r, struct str who, struct wire_endpoints *list,
	    int64_t now)
{
	free(r->list);
	r->list = list;
	wire_endpoints_rank(list, who, r->order);
	r->fresh = true;
	r->next_try = now;
}

/* --- steps ------------------------------------------------------------------- */

static enum route_step
go(struct route *r, size_t to, int64_t patience, int64_t now)
{
	put(r->at, nth(r, to));
	r->away = now;
	r->patience = patience;
	r->wish[0] = '\0';
	return ROUTE_GO;
}

/* We came back too early: the next time it has to be up for longer. */
static void
distrust(struct route *r, int64_t now)
{
	if (!r->back)
		return;
	if (now - r->back < FLAP_MS)
		r->caution *= 2;
	else
		r->caution = HOLD_MS;
	if (r->caution > LONGEST_HOLD_MS)
		r->caution = LONGEST_HOLD_MS;
	r->back = 0;
}

/* `at` is not live. */
static enum route_step
wait_or_go(struct route *r, int64_t now)
{
	const size_t n = r->list->n, is = rank(r, r->at);

	if (!r->away) {
		r->away = now;
		r->patience = AWAY_MS + lot(r, AWAY_LOT_MS);
	}
	if (is == n && now - r->away >= LIST_MS)
		return go(r, 0, AWAY_MS + lot(r, AWAY_LOT_MS), now);
	if (n < 2 || now - r->away < r->patience)
		return ROUTE_STAY;
	if (!is)
		distrust(r, now);
	return go(r, (is + 1) % n, NEXT_MS + lot(r, NEXT_LOT_MS), now);
}

static enum route_step
try(struct route *r, size_t i, int64_t now)
{
	put(r->wish, nth(r, i));
	r->wished = now;
	r->up = 0;
	r->hold = r->fresh ? LIST_MS + lot(r, LIST_LOT_MS)
			   : r->caution + lot(r, r->caution);
	return ROUTE_TRY;
}

static enum route_step
spare(struct route *r, int64_t next_try)
{
	r->wish[0] = '\0';
	r->next_try = next_try;
	return ROUTE_SPARE;
}

/* A try goes on. */
static enum route_step
watch_try(struct route *r, bool up, int64_t now)
{
	const size_t is = rank(r, r->wish), here = rank(r, r->at);

	if (is >= here)
		return spare(r, now); /* the list has changed meanwhile */
	if (up) {
		r->up = r->up ? r->up : now;
		return now - r->up >= r->hold ? ROUTE_MOVE : ROUTE_STAY;
	}
	if (!r->up && now - r->wished < TRY_MS)
		return ROUTE_STAY;
	if (is + 1 < here)
		return try(r, is + 1, now);
	return spare(r, now + REST_MS + lot(r, REST_LOT_MS));
}

enum route_step
route_tick(struct route *r, bool live, bool up, int64_t now)
{
	if (!r->list)
		return ROUTE_STAY;
	if (!r->at[0])
		return go(r, 0, AWAY_MS + lot(r, AWAY_LOT_MS), now);
	if (!live)
		return wait_or_go(r, now);
	r->away = 0;
	if (r->wish[0])
		return watch_try(r, up, now);
	if (!rank(r, r->at))
		r->fresh = false;
	else if (now >= r->next_try)
		return try(r, 0, now);
	return ROUTE_STAY;
}

void
route_moved(struct route *r, int64_t now)
{
	put(r->at, r->wish);
	r->wish[0] = '\0';
	r->away = now;
	r->patience = AWAY_MS + lot(r, AWAY_LOT_MS);
	r->back = r->fresh ? 0 : now;
	r->fresh = false;
}

void
route_leaves(struct route *r, int64_t now)
{
	r->away = now;
	r->patience = lot(r, LEAVES_LOT_MS);
}

static int64_t
sooner(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int64_t
route_idle_ms(const struct route *r, int64_t now, int64_t most)
{
	int64_t at = now + most;

	if (!r->list)
		return sooner(most, FIRST_MS);
	if (r->away && r->list->n > 1)
		at = sooner(at, r->away + r->patience);
	else if (r->wish[0])
		at = sooner(at, r->up ? r->up + r->hold : r->wished + TRY_MS);
	return at > now ? at - now : 1;
}
