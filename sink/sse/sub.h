/* sub.h - one subscription: a tail, its ring, who watches, and its books as
 * text. What comes from the tail is taken by the hub's thread only. */
#ifndef SINK_SSE_SUB_H
#define SINK_SSE_SUB_H

#include <pthread.h>
#include <stdatomic.h>
#include <sys/queue.h>

#include "client/tail.h"
#include "sink/sse/position.h"
#include "sink/sse/ring.h"

struct viewer;
struct hub;

enum gap_why { GAP_NONE, GAP_SLOW, GAP_REPLAY, GAP_GONE };

/* One viewer's reading of one subscription. The viewer's own, but of_sub. */
struct source {
	LIST_ENTRY(source) of_sub; /* sub->lock */
	struct viewer *viewer;
	struct sub    *sub;    /* NULL: the query is wrong, or over */
	struct batch  *error;  /* to be told */
	struct place   at;     /* what it has had */
	uint64_t       sent, dropped; /* rows */
	uint64_t       missed; /* rows, of gap */
	unsigned       meta_seq;
	enum gap_why   gap;    /* to be told */
	enum position_kind state; /* POSITION_OVER: nothing more is sent */
	char           epoch[EPOCH_LEN + 1];
};

struct sub {
	TAILQ_ENTRY(sub) entry;    /* hub->lock */
	char            *canonical;
	uint64_t         rate;     /* of mql_tail_options */
	enum client_kind kind;
	bool             since;    /* rows depend on when one began */
	char             epoch[EPOCH_LEN + 1];
	int64_t          began;    /* ms since the epoch */
	struct ring      ring;

	pthread_mutex_t  lock;
	LIST_HEAD(, source) sources; /* lock */
	unsigned         nsources;   /* lock */
	int64_t          idle;       /* lock: since when; mono ms */
	struct batch    *meta;       /* lock: members of the latest one */
	_Atomic unsigned meta_seq;   /* counts them, from 1 */
	_Atomic bool     ended;

	/* Of the hub's thread: */
	struct mql_tail *tail;
	struct buf       rows;       /* not yet in a batch */
	uint32_t         nrows;
	int64_t          flushed, told; /* rows, meta; mono ms */
	bool             changed;    /* meta is to be told soon, */
	bool             due;        /* or now */
	bool             fresh;      /* something new for the viewers */
	bool             up;
	char             why[240];   /* while the link is not up */
	struct mql_window window;
	struct books     books;      /* of the latest item */
	uint64_t         received;
	bool             balanced;
};

/* A subscription to q that nobody serves yet; NULL: out of memory. */
struct sub *sub_new(const struct mql_query *q, uint64_t rate, size_t replay);
void sub_free(struct sub *s); /* no source is left */

/* --- the hub's thread --------------------------------------------------- */

/* Begin the tail. When that fails the subscription has ended. */
void sub_begin(struct sub *s, struct hub *h);

/* Take what has come, a bounded part; true when there is more. */
bool sub_turn(struct sub *s, struct hub *h);

/* Put what is due into the ring, and wake the viewers. Returns in how many ms
 * there will be something due; -1: nothing. */
int sub_flush(struct sub *s, struct hub *h, int64_t now);

/* Make a new meta of what is known. */
void sub_tell(struct sub *s, int64_t now);

/* Wake every viewer, whether there is something new or not. */
void sub_wake(struct sub *s);

/* The latest meta, a reference; any thread. */
struct batch *sub_meta(struct sub *s, unsigned *seq);

#endif
