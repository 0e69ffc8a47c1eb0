/* bare.h - servers that do nothing but write: the limit for mql-sink-sse. Each
 * is a process of its own, which sends a text to all of its clients when it
 * is told to. */
#ifndef BENCH_BARE_H
#define BENCH_BARE_H

#include <stdint.h>
#include <sys/types.h>

struct bare {
	pid_t    pid;
	int      fd; /* tell it */
	uint16_t port;
};

/* One thread, epoll, one write a client and message. */
void bare_epoll_start(struct bare *b, const char *message);

/* libmicrohttpd as mql-sink-sse uses it: epoll, two threads, suspended
 * clients, a callback that copies from where each client stands. */
void bare_mhd_start(struct bare *b, const char *message);

void bare_send(const struct bare *b, uint32_t times); /* the message */
void bare_stop(struct bare *b);

#endif
