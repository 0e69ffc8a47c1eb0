/* route.h - which of several source-jobs this agent speaks to, and when it
 * goes to another. No socket and no clock: time is an argument.
 *
 *     list of endpoints --rank--> best, next, ... last (wire/endpoints.h)
 *
 *       not live at `at` for a while     -> the next one, at once
 *       a better one is there            -> try it beside; when it has been
 *                                           up for a while, move
 *       `at` is not in the list any more -> the same, sooner
 *
 * "A while" is drawn by lot within bounds, so that a fleet does not move as
 * one, and grows when the one that we came back to fails again: an agent does
 * not flap. With one endpoint, and a list that does not change, nothing of
 * this ever happens. The agent's thread only. */
#ifndef AGENT_ROUTE_H
#define AGENT_ROUTE_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/endpoints.h"

enum { ROUTE_ENDPOINT = 320 };

enum route_step {
	ROUTE_STAY,
	ROUTE_GO,    /* to r->at, which has changed: nothing is to be said to
			the one before, which is lost or was never there */
	ROUTE_TRY,   /* connect to r->wish, too, but say nothing there */
	ROUTE_SPARE, /* the try is given up */
	ROUTE_MOVE,  /* say goodbye, then route_moved() */
};

struct route {
	struct wire_endpoints *list; /* NULL: nothing is known yet */
	uint8_t  order[WIRE_ENDPOINTS_MAX]; /* its places, the best first */
	char     at[ROUTE_ENDPOINT];   /* whom we speak to; empty: nobody */
	char     wish[ROUTE_ENDPOINT]; /* whom we try; empty: nobody */
	uint64_t random;
	/* Monotonic ms: */
	int64_t  away;     /* since when `at` is not live; 0: it is */
	int64_t  patience; /* with that */
	int64_t  wished;   /* when the try began, */
	int64_t  up;       /* since when it is connected; 0: it is not, */
	int64_t  hold;     /* and how long it has to be */
	int64_t  next_try; /* none before */
	int64_t  back;     /* when we came back to a better one; 0: never */
	int64_t  caution;  /* the least of hold for those who come back */
	bool     fresh;    /* the list has changed since the last move */
};

/* A zeroed route, for an agent of this name. */
void route_init(struct route *r, struct str who, uint64_t random);
void route_fini(struct route *r);

/* The list is known, or has changed; takes it. */
void route_learn(struct route *r, struct str who, struct wire_endpoints *list,
		 int64_t now);

/* What is to be done now? live: is `at`? up: is `wish` connected? Only one
 * step at a time; it is done when this is called again. */
enum route_step route_tick(struct route *r, bool live, bool up, int64_t now);

/* The goodbye of ROUTE_MOVE is said, or cannot be: `wish` is `at` now. */
void route_moved(struct route *r, int64_t now);

/* The one at `at` says that it leaves: no need to wait for it long. */
void route_leaves(struct route *r, int64_t now);

/* In how many ms route_tick() may have something to do, at most `most`. */
int64_t route_idle_ms(const struct route *r, int64_t now, int64_t most);

#endif
