/* parting.h - the last word to a source-job that was left without one.
 *
 * A link that is lost, or a goodbye that nobody answers in time, leaves a
 * source-job that may live on with rows which it has never read, and nobody
 * could count these: it thinks that the agent is gone, and the next one begins
 * where the runs are. So, when there is a next one, it is told behind its back:
 *
 *     1 s --> connect --up--> HELLO --WELCOME of the same one--> HEARTBEAT
 *     with the books at which the next one has begun, GOODBYE --> (answer)
 *
 * What it has not read by then is lost, in its books, and the agent has not
 * left. A source-job remembers an agent for a minute; after 50 s there is no
 * use in trying. One that answers under another name has been started since,
 * and gets a GOODBYE. There is one parting at a time: a newer one takes its
 * place. The agent's thread. */
#ifndef AGENT_PARTING_H
#define AGENT_PARTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/route.h"
#include "wire/message.h"

struct mql_agent;
struct run;

struct parting { /* zeroed: there is none */
	int64_t  from, until;  /* monotonic ms; until 0: there is none */
	struct wire_dealer *dealer;
	char     at[ROUTE_ENDPOINT];
	char     source_job[257];
	unsigned changes;      /* of the dealer's link, */
	unsigned greeted;      /* and for which of them a hello was sent */
	bool     said;         /* all of it: the answer is awaited */
	struct wire_counts *count; /* heap: ids are of that source-job */
	size_t   n, cap;
};

/* Another source-job has welcomed us; ids are still those of the last one,
 * which was at this endpoint. */
void parting_begin(struct mql_agent *a, const char *at);
/* r begins at the new one with these books; or it is not asked there. */
void parting_add(struct mql_agent *a, struct run *r,
		 const struct books_agent *books);
/* We are back there, or the agent is closed: nothing is to be said. */
void parting_end(struct mql_agent *a);

void parting_tick(struct mql_agent *a, int64_t now);

#endif
