/* peers.h - thousands of peers in a few processes, over loopback TCP: agents,
 * subscribers, or bare ones that only answer.
 *
 *     this program            process 0           process 1 ...
 *     peers_start() --------> one thread, epoll   one thread, epoll
 *     knobs, counters <--- memory that is shared ---> n connections each
 *
 * These are stand-ins: they speak the wire protocol with the codecs of wire/
 * (bench/zmtp.h is all that they have of ZeroMQ) and compile each query, but
 * evaluate nothing. An agent's rows are always the same row of 300 bytes, its
 * groups are made once for all agents of a process by the fold of the query,
 * over events that bench/request.h would publish. Their retries, heartbeats,
 * credit, sequence numbers and acknowledgements are those of agent/. Where the
 * library itself is wanted, and fits, see bench/agents.h. */
#ifndef BENCH_PEERS_H
#define BENCH_PEERS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/keys.h"

enum { PEERS_PROCESSES = 16, PEERS_ROW = 300 /* bytes of a row */ };

enum peers_kind {
	PEERS_AGENT,
	PEERS_SUBSCRIBER,
	PEERS_BARE, /* says h; answers q with a; counts d; see bare_router.h */
};

struct peers_options {
	enum peers_kind kind;
	const char *endpoint;  /* tcp://IPV4:PORT */
	unsigned    n;         /* peers in all */
	unsigned    processes; /* 0: 1 */
	unsigned    pace;      /* at most so many connecting at once, for each
				  process; 0: no limit */
	const char *query;     /* of subscribers */
	const struct wire_keys *keys; /* that all have; NULL: none */
};

/* What may be changed while they run. */
struct peers_knobs {
	_Atomic uint64_t rate;   /* rows a second of each peer, for each query;
				    PEERS_FLOOD: as many as credit allows */
	_Atomic uint32_t batch;  /* rows in a message; 100 */
	_Atomic uint32_t groups; /* in the events of a window; 1,000 */
	_Atomic uint32_t pace;
	_Atomic uint32_t churn;  /* peers of each process that die a second,
				    without a word; others come instead */
};
#define PEERS_FLOOD UINT64_MAX

/* X(name, what it is): over all peers. */
#define PEERS_COUNTERS(X)                                            \
	X(up,       "linked now")                                    \
	X(greeted,  "welcomed, or accepted, on the link they have")  \
	X(live,     "queries that are live now, summed over peers")  \
	X(refused,  "queries that were refused")                     \
	X(messages, "that were received")                            \
	X(rows,     "sent by agents and bare peers")                 \
	X(events,   "sent in groups")                                \
	X(received, "rows that subscribers and bare peers got")      \
	X(lost,     "links that broke")                              \
	X(died,     "by churn")                                      \
	X(errors,   "messages that made no sense, or ERROR")

struct peers_sum {
#define X(name, text) uint64_t name;
	PEERS_COUNTERS(X)
#undef X
};

struct peers; /* opaque */

/* Start them; bench_die() when it cannot. They end with peers_stop(), or with
 * this process. */
struct peers *peers_start(const struct peers_options *opt);
void peers_stop(struct peers *p); /* NULL is allowed */

struct peers_knobs *peers_knobs(struct peers *p);
struct peers_sum peers_sum(const struct peers *p);

/* Wait until so many are greeted; false when that takes longer. */
bool peers_await(const struct peers *p, unsigned greeted, int timeout_ms);

#endif
