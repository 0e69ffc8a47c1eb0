/* fleet_suite.h - what make bench-fleet measures, line by line, and what its
 * lines share. Each starts a source-job of its own, with agents of its own,
 * and, before it, the bare peers and the bare router that are its limit: as
 * many processes, and two I/O threads in the middle of either. */
#ifndef BENCH_FLEET_SUITE_H
#define BENCH_FLEET_SUITE_H

#include "bench/bare_router.h"
#include "bench/daemon.h"
#include "bench/peers.h"
#include "common/scratch.h"

/* What all who take part have when CURVE is spoken. */
struct suite_keys {
	char dir[SCRATCH_PATH]; /* as daemon_start_keyed() has it */
	struct wire_keys *job, *agent, *client;
};

enum { FLEET_PROCESSES = 2, FLEET_PACE = 500 }; /* of peers; in each */

/* dir: where mql-source-job is. */
void suite_live(const char *dir, unsigned n);
void suite_idle(const char *dir);      /* 10,000 */
void suite_restart(const char *dir);   /* 10,000 */
void suite_live_keyed(const char *dir);    /* 1,000, with keys */
void suite_restart_keyed(const char *dir); /* 10,000, with keys */
void suite_ingest(const char *dir);    /* from 1,000 */
void suite_two_hops(const char *dir);
void suite_two_hops_keyed(const char *dir);
void suite_subscribers(const char *dir); /* 100 */
void suite_workers(const char *dir);     /* 1, 2 and 4 */
void suite_latency(const char *dir);
void suite_windows(const char *dir, unsigned n, unsigned groups);

/* --- what they share: fleet_suite.c --------------------------------------------- */

void suite_sleep(int ms);
double suite_cpu_ns(pid_t pid); /* processor time of all of its threads */
double suite_rss_kb(pid_t pid);

/* All of n peers are there, and have been greeted; or bench_die(). keys may be
 * NULL, here and below. */
struct peers *suite_peers(enum peers_kind kind, const char *endpoint,
			  unsigned n, unsigned processes,
			  const struct suite_keys *keys);
struct peers *suite_bare_peers(struct bare_router *r, unsigned n,
			       unsigned processes,
			       const struct suite_keys *keys);

/* Pairs of their own in a directory of its own; bench_die() when they cannot
 * be made. */
void suite_keys_make(struct suite_keys *k);
void suite_keys_remove(struct suite_keys *k);

/* A bare router, and a source-job, with them. */
void suite_bare(struct bare_router *r, const struct suite_keys *keys);
void suite_daemon(struct daemon *f, const char *dir,
		  const struct suite_keys *keys);

/* End t: its books must balance. */
void suite_end(struct mql_tail *t);

#endif
