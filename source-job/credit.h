/* credit.h - how much agents may send ahead, so that what they have sent and we
 * have not read is bounded by --agents-memory, whatever they all do at once.
 *
 *     half of it: a floor for each of --max-agents, which it has with WELCOME
 *     half of it: a pool, from which a window grows when it is used
 *
 *     window:  floor --(half of it is used)--> + a part of what the pool has,
 *              up to --agent-credit;  gone: the pool has it again
 *
 * Who is given more takes an eighth of what is left at most, so the pool is
 * never empty. An agent that keeps to its credit goes over it by one row at
 * most. Of one that does not ZeroMQ holds 128 messages (wire/router.c).
 *
 * Each worker has its part of the pool. Pure arithmetic; one owner. */
#ifndef SOURCE_JOB_CREDIT_H
#define SOURCE_JOB_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

struct credit { /* a worker's */
	uint64_t floor, most; /* bytes: of a window */
	uint64_t pool, lent;  /* bytes beyond floors: to be had, taken */
};

struct credit_line { /* an agent's; zeroed: it has none */
	uint64_t used, granted; /* bytes of rows since the welcome */
	uint64_t window;        /* that may be open; 0: none is */
};

enum { CREDIT_FLOOR_MIN = 4 << 10 };

/* memory for so many agents at so many workers; most for one of them. */
void credit_init(struct credit *c, uint64_t memory, uint64_t agents,
		 unsigned workers, uint64_t most);

/* It is welcome, for the first time or again: granted is its allowance. */
void credit_begin(struct credit *c, struct credit_line *l);

/* It has sent n bytes of rows. True when it is to be told what is granted now.
 */
bool credit_use(struct credit *c, struct credit_line *l, uint64_t n);

/* It is gone. Any number of times. */
void credit_end(struct credit *c, struct credit_line *l);

#endif
