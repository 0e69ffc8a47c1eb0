/* bare_router.h - a process that does with ZeroMQ alone what a source-job
 * cannot do without: ask all peers, receive batches, pass them on. The limit
 * for mql-source-job: two ROUTERs, two I/O threads, one thread of its own.
 *
 *     peers that send   -> in    the process    out ->   those who take
 *
 * The first byte of a message says what it is: h, a peer says hello; q, a
 * question, and a, its answer; p, a ping that is sent back; d, a batch, which
 * goes to everybody who said hello on the other side. All but batches are of
 * 64 bytes. */
#ifndef BENCH_BARE_ROUTER_H
#define BENCH_BARE_ROUTER_H

#include <stdint.h>
#include <sys/types.h>

#include "wire/keys.h"

struct bare_shared;

struct bare_router {
	pid_t pid;
	int   tell; /* a pipe */
	char  in[64], out[64]; /* tcp://127.0.0.1:PORT */
	struct bare_shared *shared;
};

/* keys: it speaks CURVE, and lets everybody in; NULL: none. bench_die() when it
 * cannot. */
void bare_router_start(struct bare_router *r, const struct wire_keys *keys);
void bare_router_stop(struct bare_router *r);

/* Send a question to all n peers of the in side, wait for n answers: ms. */
double bare_router_ask(struct bare_router *r, unsigned n);

/* Batches received so far, and when the last of them came: clock_mono_ns().
 */
uint64_t bare_router_batches(const struct bare_router *r, int64_t *at);

/* Hellos so far, on both sides. */
uint64_t bare_router_hellos(const struct bare_router *r);

#endif
