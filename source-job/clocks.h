/* clocks.h - how far an agent's clock is ahead of ours.
 *
 * About once a second a CREDIT tells the agent a time of ours, which comes back
 * with the next HEARTBEAT, for how long it stayed there, and what the agent's
 * clock showed then. As in NTP (RFC 5905, section 8), the way there and back is
 * what is left of the time between, and the agent's clock showed what it did
 * in the middle of that, or at most half of it earlier or later:
 *
 *     ours    --- at ------------------------------ now --->
 *                    \                            /
 *     agent's ------- (came) --- held --- wall --- ------->
 *
 * So the difference is known to within half of a way there and back, and that
 * of the fastest in the last minute is taken: a link on which rows queue one
 * way errs by half of the queue's time, until a message finds it empty.
 * Clocks drift by less than 0.1 ms a second, 6 ms in that minute. One owner. */
#ifndef SOURCE_JOB_CLOCKS_H
#define SOURCE_JOB_CLOCKS_H

#include <stdbool.h>
#include <stdint.h>

struct clocks { /* zeroed: nothing is known */
	bool    known;
	int64_t ahead; /* us: the agent's wall clock less ours */
	int64_t trip;  /* us: the way there and back that said so */
	int64_t taken; /* us, monotonic: when */
};

/* now and wall are our clocks, at, held and said what came back (WIRE_HEALTH
 * of message.h), in us. The way there and back, or -1: that cannot be. */
int64_t clocks_take(struct clocks *c, int64_t now, int64_t wall, uint64_t at,
		    uint64_t held, uint64_t said);

/* What our wall clock showed when theirs did `said`, in us; 0: not known. */
int64_t clocks_ours(const struct clocks *c, uint64_t said);

#endif
