/* zmtp_curve.h - ZMTP's CURVE for bench/zmtp.c, of the side that connects, by
 * libsodium, as ZeroMQ does it: https://rfc.zeromq.org/spec/26.
 *
 *     we                          the server
 *     HELLO     ---------------->  has our transient key
 *               <----------------  WELCOME, with its own
 *     INITIATE  ---------------->  knows who we are
 *               <----------------  READY
 *     MESSAGE   <--------------->  MESSAGE, each sealed, with a number
 *
 * Bodies of frames, without their heads. One owner. */
#ifndef BENCH_ZMTP_CURVE_H
#define BENCH_ZMTP_CURVE_H

#include <stdbool.h>

#include "common/buf.h"
#include "common/str.h"
#include "wire/keys.h"

enum {
	CURVE_OVERHEAD = 33, /* of a sealed message, with its flags */
	CURVE_COMMAND = 400, /* the longest of ours */
};

struct zmtp_curve; /* opaque */

/* k is borrowed and says whom we speak to. NULL: no memory. */
struct zmtp_curve *curve_new(const struct wire_keys *k);
void curve_free(struct zmtp_curve *c); /* NULL is allowed */

/* Our HELLO, into out; how long it is. */
size_t curve_hello(struct zmtp_curve *c, uint8_t out[CURVE_COMMAND]);

/* The server's command: after WELCOME there is something to say in out, *len
 * bytes; after READY *len is 0. False: it is not the server, or refuses us. */
bool curve_take(struct zmtp_curve *c, struct str command,
		uint8_t out[CURVE_COMMAND], size_t *len);

/* Open a message in place: its flags, its plain text. */
bool curve_open(struct zmtp_curve *c, struct str sealed, uint8_t *flags,
		struct str *plain);

/* Seal n parts as one message, flags and all, into out, which has room for
 * them and CURVE_OVERHEAD. How long it is. */
size_t curve_seal(struct zmtp_curve *c, const struct str *part, unsigned n,
		  uint8_t *out);

#endif
