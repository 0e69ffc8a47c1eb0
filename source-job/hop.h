/* hop.h - one listening socket, and what it takes to answer on it.
 *
 * Each worker has one for agents, the job one for subscribers. The thread that
 * owns it. */
#ifndef SOURCE_JOB_HOP_H
#define SOURCE_JOB_HOP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/buf.h"
#include "source-job/batch.h"
#include "wire/socket.h"

struct hop {
	struct wire_router *router;
	struct buf frame;   /* the message being made; memory is reused */
	_Atomic uint64_t received, sent; /* messages; see counters.h */
	_Atomic uint64_t bytes_in, bytes_out;
	_Atomic uint64_t bad; /* messages that could not be taken */
	_Atomic uint64_t unheard; /* messages of peers that said too much */
	_Atomic uint64_t cut; /* links of keys that were taken away */
	struct quota *quota;
	int64_t  strangers_at; /* ms: answers to peers that we do not know */
	uint32_t strangers;
};

void hop_close(struct hop *h, int linger_ms); /* a zeroed hop is allowed */

/* The peer as a key of a map; borrows p. */
static inline struct str
hop_key(const struct wire_peer *p)
{
	return (struct str){ (const char *)p->id, p->len };
}

/* The next message, if one is there. Of a peer that may not be here (its link
 * is cut) or has said too much (quota.h; it is told) it comes as an empty one
 * from nobody, whom no complaint reaches. */
bool hop_receive(struct hop *h, struct wire_peer *from, struct str *msg);

/* The name of the key of whoever sent it, until the next; empty: no keys. */
struct str hop_sender(const struct hop *h);

/* What the peer asked for weighs so much more than its message did. */
void hop_charge(struct hop *h, const struct wire_peer *peer, uint64_t bytes);

/* h->frame, emptied, for an encoder. */
struct buf *hop_frame(struct hop *h);

/* Send what is in h->frame, or these bytes. 0, MQL_EUNREACH (the peer is
 * gone) or MQL_ENOMEM. */
int hop_send(struct hop *h, const struct wire_peer *to);
int hop_send_bytes(struct hop *h, const struct wire_peer *to, const void *data,
		   size_t len);
/* As wire_router_send_buf(). */
int hop_send_buf(struct hop *h, const struct wire_peer *to, struct buf *b);
/* In two parts: head, and rows from where they stand. */
int hop_send_span(struct hop *h, const struct wire_peer *to,
		  const struct buf *head, struct span rows);

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
