/* power.h - all evaluation switched off, and on again, by an operator.
 *
 *     on --off--> off: no query is in the agents' set, none is taken
 *     off --on--> on:  each query that somebody still asks goes back into it
 *
 * Subscriptions go on meanwhile, as long as their leases do, and are told of
 * agents that refuse, and why. Lives as long as the process. */
#ifndef SOURCE_JOB_POWER_H
#define SOURCE_JOB_POWER_H

#include <stdbool.h>

#include "common/str.h"

struct job;

struct power {
	bool off;
	char why[640]; /* "evaluation is switched off by ...", for people */
};

/* Off already: nothing changes, who was first has done it. */
void power_off(struct job *j, struct str who, struct str why);
void power_on(struct job *j);

#endif
