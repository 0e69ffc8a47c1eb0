/* daemon.h - a real source-job to measure against, and a tail on it. */
#ifndef BENCH_DAEMON_H
#define BENCH_DAEMON_H

#include <sys/types.h>

#include "mql/client.h"

struct daemon {
	pid_t pid;
	char  agents[64], subscribers[64]; /* where it listens */
	const char *keys; /* a directory: see daemon_start_keyed(); or NULL */
};

/* Start dir/mql-source-job on free ports and wait until it serves; dies when
 * it does not. It ends with daemon_stop(), or with this process. */
void daemon_start(struct daemon *f, const char *dir);
void daemon_stop(struct daemon *f);

/* The same with the keys of a directory, which is borrowed: job.key is its own,
 * allowed/ says whose it lets in, client.key is that of daemon_tail(). */
void daemon_start_keyed(struct daemon *f, const char *dir, const char *keys);

/* kill -9; and another one in its place, on the same ports. */
void daemon_kill(struct daemon *f);
void daemon_again(struct daemon *f, const char *dir);

/* Subscribe to query and wait until it is live on n agents. */
struct mql_tail *daemon_tail(const struct daemon *f, const char *query,
			    unsigned n);

/* End the query, wait for its closing books, close the tail. */
void daemon_end(struct mql_tail *t);

#endif
