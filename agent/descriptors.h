/* descriptors.h - a descriptor table of our own.
 *
 *     service's table   0 1 2 3 ... n    its files; of ours only a pipe
 *     agent's table     0 1 2 | sockets, eventfds and epoll sets of ZeroMQ
 *
 * ZeroMQ aborts the process when one of its descriptors is closed under it
 * (daemons close all they do not know), and in some places when there is none
 * left. A child of fork() would inherit its sockets and keep their links open.
 * Linux has a cure for all of it: a thread, and those that it starts, can
 * have a table that is not the process's. Nothing that the service does to its
 * descriptors reaches ours, and no child gets any.
 *
 * What runs on such a thread must not touch a descriptor of the service's,
 * which is why log lines are handed over by a thread of their own (teller.h).
 * Before Linux 5.9 the tables stay one: then a service opens its agent after
 * it has closed what it does not know. */
#ifndef AGENT_DESCRIPTORS_H
#define AGENT_DESCRIPTORS_H

#include <stdbool.h>

/* Leave the service's table for a new one that holds keep (-1: nothing) alone.
 * False when the kernel cannot: all is as it was. The calling thread, and
 * those that it starts later. */
bool descriptors_leave(int keep);

#endif
