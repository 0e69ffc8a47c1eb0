/* hop.h - one listening socket, and what it takes to answer on it.
 *
 * There are two, one for agents and one for subscribers. */
#ifndef SOURCE_JOB_HOP_H
#define SOURCE_JOB_HOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "wire/socket.h"

struct hop {
	struct wire_router *router;
	struct buf frame;   /* the message being made; memory is reused */
	uint64_t received, sent; /* messages */
	uint64_t bytes_in, bytes_out;
	uint64_t bad;       /* messages that could not be taken */
	int64_t  strangers_at; /* ms: answers to peers that we do not know */
	uint32_t strangers;
};

/* roles: enum wire_role. 0, or an error of wire_router_open() with its sentence
 * in why. */
int hop_open(struct hop *h, struct wire_context *context, const char *endpoint,
	     unsigned roles, char *why, size_t nwhy);
void hop_close(struct hop *h, int linger_ms); /* a zeroed hop is allowed */

/* The peer as a key of a map; borrows p. */
static inline struct str
hop_key(const struct wire_peer *p)
{
	return (struct str){ (const char *)p->id, p->len };
}

/* The next message, if one is there. */
bool hop_receive(struct hop *h, struct wire_peer *from, struct str *msg);

/* h->frame, emptied, for an encoder. */
struct buf *hop_frame(struct hop *h);

/* Send what is in h->frame, or these bytes. 0, MQL_EUNREACH (the peer is
 * gone) or MQL_ENOMEM. */
int hop_send(struct hop *h, const struct wire_peer *to);
int hop_send_bytes(struct hop *h, const struct wire_peer *to, const void *data,
		   size_t len);

/* Tell the peer what is wrong with its message `id`. */
__attribute__((format(printf, 5, 6)))
void hop_refuse(struct hop *h, const struct wire_peer *to, uint32_t id,
		int code, const char *fmt, ...);

/* A message is garbage: count it and say so, at most once a second to a peer
 * that we know (*last is its), and a bounded number of times a second to
 * those that we do not (last is NULL). now in ms. */
void hop_complain(struct hop *h, const struct wire_peer *to, int64_t now,
		  int64_t *last, int code, const char *text);

#endif
