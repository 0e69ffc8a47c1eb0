/* teller.h - what goes wrong in the background, told to the service.
 *
 * The service's callback runs on a thread of its own, "mql-agent-log": it may
 * write to the service's descriptors, which the agent's thread cannot
 * (descriptors.h), and may take its time without holding up rows. The thread
 * is there only when there is a callback. Lines wait in a short queue; too
 * many are left out, and their number is told. */
#ifndef AGENT_TELLER_H
#define AGENT_TELLER_H

#include <stdarg.h>
#include <stdint.h>

struct teller; /* opaque */

/* Starts the thread; it shares the caller's descriptor table. NULL without
 * memory or a thread: then nothing is told. */
struct teller *teller_start(void (*callback)(void *arg, const char *line),
			    void *arg);

/* Queue one line. l may be NULL. The agent's thread. */
__attribute__((format(printf, 2, 0)))
void teller_say(struct teller *l, const char *fmt, va_list ap);

/* Wait until what is queued is told, but not longer than until `until`
 * (clock_mono_ms()). A callback that has not returned by then keeps its
 * thread, which frees what is left. NULL is allowed. */
void teller_stop(struct teller *l, int64_t until);

#endif
