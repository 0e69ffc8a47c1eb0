/* zmtp.h - a connection that speaks ZMTP 3.0 as a DEALER, without ZeroMQ; with
 * keys, CURVE.
 *
 * ZeroMQ takes 32 KB and two descriptors for each socket: ten thousand of
 * them would cost more than what is measured. This one is a descriptor, and
 * memory only while a message is half here or half gone. Never blocks. One
 * owner. */
#ifndef BENCH_ZMTP_H
#define BENCH_ZMTP_H

#include <netinet/in.h>
#include <stdbool.h>

#include "common/buf.h"
#include "common/str.h"
#include "wire/keys.h"

enum zmtp_state {
	ZMTP_NONE, ZMTP_CONNECTING, ZMTP_GREETING, ZMTP_READY, ZMTP_UP
};

struct zmtp {
	int        fd; /* -1: none */
	enum zmtp_state state;
	struct buf in;  /* the beginning of a message */
	struct buf out; /* what the socket did not take, from `gone` on */
	size_t     gone;
	const struct wire_keys *keys;  /* NULL: none; borrowed */
	struct zmtp_curve      *curve;
	struct buf first; /* opened, of a message of two parts */
};

/* What was read is told: the handshake is done (body is empty), a message, of
 * one part or two (else rest is empty). It may close the connection. */
typedef void zmtp_news(void *arg, bool up, struct str body, struct str rest);

enum { ZMTP_PARTS = 4 }; /* of a message that is sent */

void zmtp_init(struct zmtp *z, const struct wire_keys *keys);

/* Begin to connect; false when it cannot. */
bool zmtp_connect(struct zmtp *z, const struct sockaddr_in *to);

/* The socket may be read. Scratch is shared by all connections of a thread.
 * False when the connection is lost: close it. */
bool zmtp_read(struct zmtp *z, struct buf *scratch, zmtp_news *tell,
	       void *arg);

/* The socket may be written: go on with what waits. Likewise. */
bool zmtp_write(struct zmtp *z);
/* Does something wait to be written? */
bool zmtp_wants_write(const struct zmtp *z);

/* Send the parts as one message. What the socket does not take waits; a
 * connection that is lost says so when it is read. */
void zmtp_send(struct zmtp *z, const struct str *part, unsigned n);

/* At once, as kill -9 does: what waits is lost. NONE is allowed. */
void zmtp_close(struct zmtp *z);

#endif
