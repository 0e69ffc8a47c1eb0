/* habit.h - what the events of a stream are like, as far as a choice among
 * indexes needs to know, and which constants its queries name.
 *
 * Publishers show it one event in sixteen, and one in 1,024 once it has seen
 * enough: how often a field has a value (counted by digest in cells that
 * values may share), and the last few orders that a field had. All of that is
 * a guess, so relaxed atomics do. Before there is much of it, the queries'
 * own constants tell something: a value that many of them name is common, and
 * a field of which no two name the same value tells events apart well.
 *
 * One for all matchers of a stream, made with their first index: it outlives
 * each of them. */
#ifndef MQL_HABIT_H
#define MQL_HABIT_H

#include <stdatomic.h>

#include "event/pathset.h"
#include "mql/access.h"

enum {
	HABIT_BITS   = 14,
	HABIT_CELLS  = 1 << HABIT_BITS,
	HABIT_ORDERS = 64, /* a field's last ones */
	HABIT_ENOUGH = 512,
};

struct habit {
	_Atomic uint32_t events; /* shown */
	/* Since habit_begin(): of the events shown, how many queries were
	 * looked at, and how many of those answered. */
	_Atomic uint32_t since, candidates, answers;
	_Atomic uint32_t value[HABIT_CELLS];
	_Atomic uint64_t order[PATHSET_MAX][HABIT_ORDERS];
	/* The agent's thread only. */
	double   expected;  /* candidates an event, when the index was made */
	uint32_t patience;  /* events to be seen before it is found bad */
	uint16_t konst[HABIT_CELLS]; /* named by terms, by the same cells */
	uint16_t konsts[PATHSET_MAX];
	/* By field: its path's hash, by which cells are chosen. Set before
	 * a publisher hears of the field. */
	uint32_t name[PATHSET_MAX];
};

int habit_new(struct habit **out); /* 0 or MQL_ENOMEM */
void habit_free(struct habit *h); /* NULL is allowed */

/* How often to look: when (tick & mask) is 0. Any thread. */
static inline uint32_t
habit_mask(const struct habit *h)
{
	return atomic_load_explicit(&h->events, memory_order_relaxed) <
	       HABIT_ENOUGH ? 15 : 1023;
}

/* Show the field of an event; then, once an event, what came of it. Any
 * thread. */
void habit_see(struct habit *h, unsigned slot, struct digest d);
void habit_note(struct habit *h, size_t candidates, size_t answers);

/* --- the agent's thread ------------------------------------------------------ */

/* A query was added; slots are of its paths in ps. */
void habit_learn(struct habit *h, const struct pathset *ps,
		 const struct access_list *l, const uint16_t *slots);

/* The share of events that an access finds, from 0 to 1. */
double habit_share(const struct habit *h, const struct access *a,
		   const uint16_t *slots);

/* A whole index was made, which expects so many candidates an event: watch
 * it. Is it much worse than that? */
void habit_begin(struct habit *h, double expected);
bool habit_is_bad(const struct habit *h);

/* A copy for a stream whose fields have got new numbers. 0 or MQL_ENOMEM. */
int habit_move(const struct habit *h, const struct pathset *from,
	       const struct pathset *to, struct habit **out);

#endif
