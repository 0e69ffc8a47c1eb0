/* queue.h - the rows that wait for one subscriber, bounded in bytes.
 *
 *     head                                   tail
 *     [own frame, sealed] [part of a batch] [own frame being filled]
 *
 * One who takes DATA in parts shares long runs of rows with all others who get
 * them: a frame of his is then a head of his own, and a place in a batch. For
 * one who does not, and where there are few rows, they are copied, straight
 * into the frame that will carry them.
 *
 * A frame may carry a mark: with its last row a window is complete.
 *
 * Where rows are offered and the queue is full, every other row that waits is
 * forgotten, by lot, and from then on one of two is taken; when it is full
 * again, one of four; and so on until the queue has been empty. So one who is
 * too slow gets an even sample of all that came, and not what came first.
 *
 * A zeroed queue with limit and frame set is empty. */
#ifndef SOURCE_JOB_QUEUE_H
#define SOURCE_JOB_QUEUE_H

#include <stddef.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"
#include "source-job/batch.h"
#include "wire/message.h"

struct chunk;

struct queue {
	struct chunk *head, *tail;
	struct chunk *spare;  /* its memory is used again */
	uint32_t id;          /* the subscription, as DATA names it */
	size_t   limit;       /* bytes that may wait */
	size_t   frame;       /* bytes of a DATA body, unless one row is more */
	bool     parts;       /* they may come in two */
	size_t   bytes;       /* waiting now, headers included; of batches at
				 least half of what they hold */
	uint64_t rows;        /* waiting now */
	uint64_t numbered;    /* rows that ever went in */
	size_t   expected;    /* bytes of the next own frame: as of the last */
	unsigned thinned;     /* one row of 2^thinned is taken */
	uint64_t lots;        /* what chance is made of */
	int64_t  sent;        /* us since the epoch: when an agent sent the
				 rows that go in now; 0: not known */
};

/* 0; MQL_ELIMIT when the queue is full, MQL_ENOMEM: the row is not in. */
int queue_push(struct queue *q, struct str row);

/* The same where an even sample will do: how many rows are not in for it, this
 * one or others. */
uint64_t queue_offer(struct queue *q, struct str row);
uint64_t queue_offer_span(struct queue *q, struct span rows);

/* A DATA frame, finished. */
struct queue_frame {
	struct buf  *own;  /* the whole of it, or the head in front of rows;
			      its memory may be taken */
	struct span  rows; /* of no batch: they are in own */
	size_t       body; /* bytes, as credit counts them */
	uint32_t     n;    /* rows */
	int64_t      sent; /* the first of them, by an agent, as above */
};

/* The one at the head, borrowed until queue_pop(). False: there is none. */
bool queue_head(struct queue *q, struct queue_frame *out);

/* It is sent. True when it has a mark, which goes to *mark (may be NULL). */
bool queue_pop(struct queue *q, struct wire_window *mark);

/* With the last row of the queue this window is complete. A mark that is there
 * already is replaced. False when no row waits. */
bool queue_mark(struct queue *q, const struct wire_window *mark);

/* Bytes of a DATA body that holds this row alone. */
size_t queue_body(struct str row);

/* Forget all rows: returns how many. The queue can be used again. */
uint64_t queue_clear(struct queue *q);
void queue_fini(struct queue *q);

#endif
