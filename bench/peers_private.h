/* peers_private.h - what the processes of peers.h are made of. */
#ifndef BENCH_PEERS_PRIVATE_H
#define BENCH_PEERS_PRIVATE_H

#include "bench/peers.h"
#include "bench/zmtp.h"
#include "wire/books.h"

struct peers_part { /* written by one process, read by the first */
#define X(name, text) _Alignas(8) _Atomic uint64_t name;
	PEERS_COUNTERS(X)
#undef X
	_Alignas(64) char apart;
};

struct peers_shared {
	struct peers_knobs knobs;
	_Alignas(64) struct peers_part part[PEERS_PROCESSES];
};

/* --- one peer ------------------------------------------------------------------ */

struct peer_run { /* one query at one agent */
	uint32_t id;
	bool     fold, told; /* its books do not change any more; are known */
	uint64_t text;       /* hash of it */
	uint64_t since, sent, said;
	int64_t  due;        /* ns: the next batch; or ms: the next pane */
};

struct peer_agent {
	bool      live;    /* welcomed */
	bool      synced;  /* has a snapshot */
	unsigned  life;    /* how often it was born */
	uint64_t  session, version;
	uint64_t  credit, spent;
	int64_t   heartbeat, silence, heard, beat; /* ms */
	bool      paired; /* link.h of agent/ */
	struct peer_run *run;
	unsigned  nrun, cap;
};

struct peer_subscriber {
	bool     accepted, ended;
	uint64_t granted, used;
	int64_t  beat;
};

struct peer {
	struct zmtp z;
	struct peers_process *home;
	unsigned index; /* among all */
	int64_t  retry_at, backoff;
	bool     writing; /* waits to be written */
	int64_t  due;     /* ns: the next batch of a bare one */
	struct peer_agent a;
	struct peer_subscriber s;
};

/* --- one process --------------------------------------------------------------- */

struct peers_process {
	const struct peers_options *opt;
	struct peers_knobs *knobs;
	struct peers_part  *part;
	const struct peer_role *role;
	struct sockaddr_in  to;
	int          ep;
	struct peer *at;
	unsigned     n;
	unsigned     connecting, next_up, next_beat, next_row, down;
	int64_t      now, wall, now_ns, beaten; /* ms, ms, ns, ms */
	int64_t      churned;
	struct buf   scratch, frame;
	struct peer_rows   *rows;   /* by query: see peer_rows.c */
	struct peer_groups *groups; /* see peer_groups.c */
};

struct peer_role { /* none may be NULL */
	void (*up)(struct peer *p);
	void (*take)(struct peer *p, struct str body, struct str rest);
	void (*down)(struct peer *p); /* the link is gone */
	void (*beat)(struct peer *p); /* some 20 times a second */
	bool (*row)(struct peer *p);  /* often: send what is due; did it? */
	void (*die)(struct peer *p);  /* somebody else takes its place */
};

extern const struct peer_role peer_agent, peer_subscriber, peer_bare;

#define PEER_COUNT(p, name, n)                                            \
	atomic_fetch_add_explicit(&(p)->home->part->name, (uint64_t)(n),  \
				  memory_order_relaxed)

/* Send the parts, or the frame of the process, which is emptied. */
void peer_send_parts(struct peer *p, const struct str *part, unsigned n);
void peer_send(struct peer *p);
void peer_hang_up(struct peer *p); /* and try again */

/* The main loop of a process. */
__attribute__((noreturn))
void peers_run(struct peers_process *h);

/* --- rows and groups of an agent ----------------------------------------------- */

/* A batch of r if it is due and may go. */
bool peer_send_rows(struct peer *p, struct peer_run *r);

/* Begin with the groups of this fold; false when that is no query. */
bool peer_groups_begin(struct peer *p, struct peer_run *r, struct str fold);
/* The groups of the last pane, if it is over. */
bool peer_send_groups(struct peer *p, struct peer_run *r);

#endif
