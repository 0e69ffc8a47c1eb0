/* channel.h - from one thread to another, in order and bounded.
 *
 *     one producer                                      one consumer
 *     channel_push() --> [op][op][op][ ][ ][ ] --> channel_first(), _drop()
 *          |                  ring                          |
 *          +--> overflow, when the ring is full       bell: who sleeps
 *                                                      is waked
 *
 * What carries rows is bounded by the producer, who asks channel_is_full()
 * before it takes more from its socket. What must not be lost (a query ends, an
 * agent is gone) always goes in: behind a full ring it waits in the producer's
 * own memory, in order, and there is only as much of it as there are queries
 * and agents. So no thread ever waits for another while it holds something.
 *
 * Cells are read in place. A push costs one atomic store; a sleeping thread
 * costs a system call, one that is awake none. */
#ifndef SOURCE_JOB_CHANNEL_H
#define SOURCE_JOB_CHANNEL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "source-job/op.h"

/* --- a bell: one thread sleeps on it, any may ring ------------------------- */

struct bell {
	int fd; /* an eventfd; readable: it was rung */
	atomic_bool asleep;
};

int bell_open(struct bell *b); /* 0 or MQL_EOS */
void bell_close(struct bell *b);

/* Wake the owner, if it sleeps or is about to. Any thread. */
void bell_ring(struct bell *b);

/* The owner: bell_doze(), then look once more whether there is work, and only
 * if there is none wait for fd; then bell_awake(). */
void bell_doze(struct bell *b);
void bell_awake(struct bell *b);

/* --- a channel ------------------------------------------------------------- */

enum { CHANNEL_CELLS = 512 }; /* a power of two */

struct channel {
	/* the producer's */
	struct bell *consumer;
	size_t       max_bytes; /* that what is inside may hold on to */
	struct op   *overflow;  /* a queue of ops that found no cell */
	size_t       overflow_at, noverflow, overflow_cap;
	_Atomic uint64_t tail;

	/* the consumer's */
	_Alignas(64) _Atomic uint64_t head;
	struct bell *producer;
	_Atomic uint64_t freed; /* bytes of the ops that were dropped */

	/* of both */
	_Alignas(64) _Atomic uint64_t held; /* bytes ever pushed */
	atomic_bool  blocked;   /* the producer waits for room */
	struct op   *cell;
};

/* The bells are borrowed: who is to be waked when something is in, and when
 * there is room again. 0 or MQL_ENOMEM. Start-up only. */
int channel_open(struct channel *c, size_t max_bytes, struct bell *consumer,
		 struct bell *producer);
/* No thread uses it any more. What is inside is not freed. */
void channel_close(struct channel *c);

/* The producer. op is copied. Where memory is out for what must not be lost,
 * the process ends with a word: books that lie are worse, and everybody comes
 * back by himself. */
void channel_push(struct channel *c, const struct op *op);
/* Move what waits in the overflow into the ring: at least once a turn. True
 * when some is left. */
bool channel_settle(struct channel *c);
/* No more rows, please. */
bool channel_is_full(const struct channel *c);
/* The same, and if so the producer's bell is rung when there is room. */
bool channel_wait(struct channel *c);

/* The consumer: the oldest op, or NULL; valid until channel_drop(). */
struct op *channel_first(struct channel *c);
void channel_drop(struct channel *c);

/* Ops inside. Any thread. */
size_t channel_depth(const struct channel *c);

#endif
