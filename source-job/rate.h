/* rate.h - a cap on a query's rows a second, divided over its agents.
 *
 *     an eighth: for all agents that are asked alike, so that one that begins
 *                is heard
 *     the rest:  for the active ones alike; what the sated ones among them
 *                leave over is for the hungry ones
 *
 * So the sum of all parts is the cap at most. Pure. */
#ifndef SOURCE_JOB_RATE_H
#define SOURCE_JOB_RATE_H

#include <stdbool.h>
#include <stdint.h>

struct rate_use { /* of live agents */
	uint32_t active, hungry; /* hungry ones are active, too */
	uint64_t used; /* by sated ones: thousandths of a row a second */
};

struct rate_plan { /* the same at all workers */
	uint64_t cap;    /* rows a second; 0: none */
	uint32_t agents; /* that are asked */
	struct rate_use use;
};

enum rate_kind {
	RATE_IDLE,   /* has matched nothing for a while */
	RATE_SATED,  /* sends all that it has, and less than its part */
	RATE_HUNGRY, /* has dropped rows for the cap, or sends more than that */
};

/* One agent's part, in thousandths of a row a second, at least one; 0 without a
 * cap. */
uint64_t rate_share(const struct rate_plan *p, enum rate_kind kind);

/* So many rows in ms, in thousandths of a row a second; RATE_MOST at most,
 * whatever an agent says of itself. ms > 0. */
#define RATE_MOST (UINT64_C(1) << 53)
uint64_t rate_measured(uint64_t rows, int64_t ms);

bool rate_plan_same(const struct rate_plan *a, const struct rate_plan *b);

#endif
