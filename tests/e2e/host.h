/* host.h - what the modes of host.c share. */
#ifndef TESTS_E2E_HOST_H
#define TESTS_E2E_HOST_H

#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "mql/agent.h"

extern struct mql_agent *agent;
extern struct mql_stream *stream;
extern const char *argument, *second; /* of the mode; "" when not given */
extern char *self;                    /* argv[0] */
extern _Atomic unsigned long published; /* that must become rows */
extern _Atomic bool stop;             /* tells the threads below */
extern bool lossy;                    /* set before begin(): publish drops */

_Noreturn void failed(int line, const char *what);
#define CHECK(x) ((x) ? (void)0 : failed(__LINE__, #x))

double now(void); /* s */
void moment(void);

/* Wait for x; the host fails when it does not come. */
#define AWAIT(x)                                                        \
	do {                                                            \
		double until_ = now() + 20;                             \
		while (!(x) && now() < until_)                          \
			moment();                                       \
		CHECK(x);                                               \
	} while (0)

bool there(const char *path); /* does the file exist? */

void begin(void); /* open, and wait for the query */
void publish(unsigned n);
void *publish_on(void *unused); /* a thread: one after the other, until stop */
struct mql_agent_stats stats(void);
void end(void);   /* close, with time enough */

/* In a forked child: wake the agent and wait for the query. */
void come_alive(void);
void join(int pid); /* the child ends well */

/* --- the modes ---------------------------------------------------------------- */

void prefork(void), busy_fork(void);                  /* host_fork.c */
void count(void), exec_child(void), close_all(void), none_left(void);
							/* host_files.c */
void close_busy(void), flood(void);                   /* host_close.c */
void plugins(void), plugin_stalled(void), both(void); /* host_plugin.c */

#endif
