/* agents_loop.h - one thread for many agents of a process, libmql-agent itself.
 *
 * An agent of its own has three threads, two of them ZeroMQ's. A thousand of
 * them on a machine of four cores show what it costs to wake a thousand threads
 * there, which on a thousand machines wake at once. Here all agents of a
 * process take turns in one thread, which waits for their descriptors in one
 * epoll set, as bare peers do, too; what each does in its turn is what its own
 * thread would do (agent/thread.c).
 */
#ifndef BENCH_AGENTS_LOOP_H
#define BENCH_AGENTS_LOOP_H

#include "agent/agent.h"

struct agents_loop; /* opaque */

/* For at most n agents at once. bench_die() when it cannot be started. */
struct agents_loop *agents_loop_start(unsigned n);

/* For agent_open_in(). Agents are opened and closed by any thread. */
struct agent_loop *agents_loop_of(struct agents_loop *l);

#endif
