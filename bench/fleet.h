/* fleet.h - a real source-job to measure against, and a tail on it. */
#ifndef BENCH_FLEET_H
#define BENCH_FLEET_H

#include <sys/types.h>

#include "mql/client.h"

struct fleet {
	pid_t pid;
	char  agents[64], subscribers[64]; /* where it listens */
};

/* Start dir/mql-source-job on free ports and wait until it serves; dies when
 * it does not. It ends with fleet_stop(), or with this process. */
void fleet_start(struct fleet *f, const char *dir);
void fleet_stop(struct fleet *f);

/* kill -9; and another one in its place, on the same ports. */
void fleet_kill(struct fleet *f);
void fleet_again(struct fleet *f, const char *dir);

/* Subscribe to query and wait until it is live on n agents. */
struct mql_tail *fleet_tail(const struct fleet *f, const char *query,
			    unsigned n);

/* End the query, wait for its closing books, close the tail. */
void fleet_end(struct mql_tail *t);

#endif
