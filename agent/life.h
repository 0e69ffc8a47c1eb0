/* life.h - an agent's life in a process that is not ours: its end, and what
 * becomes of it in a forked child.
 *
 *              open                          close
 *     (none) --------> AWAKE --------------------------------> (freed)
 *                        | fork: in the child    ^
 *                        v                       | close
 *                      ASLEEP --first publish--> WAKING --> AWAKE
 *
 * A child of fork() has a copy of the agent without its threads. Nothing of
 * what these owned is used or freed there, since it may be half-changed: it is
 * forgotten (memory that parent and child share until one of them writes to
 * it). The streams lie in memory that a child sees zeroed, so whatever way it
 * was made, it is silent at first; after fork() a handler writes them anew,
 * with `live` set once, so that the next publish comes to life_wake(). That
 * starts a thread, and the child is an agent with a name of its own.
 *
 * The handlers need to know all open agents: hence one list per library, the
 * only mutable global that it has. */
#ifndef AGENT_LIFE_H
#define AGENT_LIFE_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct mql_agent;

enum life { LIFE_ASLEEP, LIFE_WAKING, LIFE_AWAKE };

/* --- the list of open agents: any thread ----------------------------------- */

int life_enter(struct mql_agent *a);  /* 0 or MQL_ENOMEM */
/* Take it off; false when it is not on (NULL, or closed already). */
bool life_leave(struct mql_agent *a);

/* --- a forked child ------------------------------------------------------------ */

/* Start the agent's thread in a child, once. Publisher thread. */
void life_wake(struct mql_agent *a);

/* --- the end ---------------------------------------------------------------------- */

/* The agent's thread says so last: nothing of a is touched after it, unless
 * nobody waits for it any more; then true, and a is its own to free. */
bool life_last_word(struct mql_agent *a);
/* Wait for the thread's end until `until`; false when it goes on alone. */
bool life_join(struct mql_agent *a, int64_t until);

#endif
