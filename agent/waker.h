/* waker.h - how another thread gets the agent's thread out of its wait.
 *
 * A pipe: one end in the descriptor table of the service, whose threads ring,
 * the other in that of the agent's thread (descriptors.h). The service may
 * close its end under us, and give the number to a file of its own: so it is
 * looked at before each use. Then nobody can ring any more; the thread sees
 * the pipe's end and looks around more often. */
#ifndef AGENT_WAKER_H
#define AGENT_WAKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

struct waker {
	_Atomic bool ready;
	int   in;    /* the agent's thread waits here; -1: it cannot be rung */
	int   there; /* the same end's number in the service's table */
	int   out;   /* the service's threads write here */
	dev_t dev;
	ino_t ino;
};

/* The agent's thread, while it still shares the service's table. Without a
 * descriptor left there is no bell, and `in` is -1. */
void waker_open(struct waker *w);

/* Wake the agent's thread, if it can be. Any thread. */
void waker_ring(const struct waker *w);

/* Take what has been rung. The agent's thread. */
void waker_hear(struct waker *w);

/* Close what the service's table holds of it, if it still does. A thread of
 * the service, when the agent's is gone, or in a forked child. */
void waker_close(struct waker *w);

#endif
