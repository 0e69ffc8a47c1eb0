/* moving.h - an agent goes from one worker to another, with its books.
 *
 *     agent --hello--> worker B: not mine; the register says A's
 *           B --OP_WANT--> job --OP_GIVE--> A: reads what the old link had,
 *                                              then gives the agent
 *           A --OP_GIVEN-> job --OP_TAKE--> B: welcome back
 *
 * The way goes through the job, so that B has heard of each query that A has.
 * Runs keep their views and numbers; what they have counted stays in A's sum,
 * what they will count goes to B's. */
#ifndef SOURCE_JOB_MOVING_H
#define SOURCE_JOB_MOVING_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/str.h"
#include "wire/socket.h"

struct agent;
struct worker;

struct move { /* goes round: whoever has it owns it */
	LIST_ENTRY(move) entry;
	unsigned from, to;    /* workers */
	struct agent *agent;  /* given; NULL: there is none */
	int64_t  deadline;    /* at the giver: it waits for its socket */
	struct str id;        /* stands behind */
};

struct wanted { /* at the one who wants it */
	LIST_ENTRY(wanted) entry;
	struct str id;        /* in text, before the hello */
	struct wire_peer peer;
	struct str hello;     /* the body of its last */
	char *text;
	struct move *then;    /* another worker wants it already */
};

struct moving {
	LIST_HEAD(, wanted) wanted;
	LIST_HEAD(, move)   giving; /* when all is read */
};

void moving_init(struct worker *w);
void moving_fini(struct worker *w);

/* A hello of an agent that worker `from` has. Copies. 0 or MQL_ENOMEM. */
int moving_want(struct worker *w, unsigned from, struct str id,
		const struct wire_peer *peer, struct str hello);

/* Is it on its way already? Then this hello is the one that counts. */
bool moving_again(struct worker *w, struct str id,
		  const struct wire_peer *peer, struct str hello);

/* OP_GIVE and OP_TAKE. */
void moving_give(struct worker *w, struct move *m);
void moving_take(struct worker *w, struct move *m);

/* End of a turn. drained: all that the socket had is read. */
void moving_flush(struct worker *w, bool drained);

/* Is it about to be given away? */
bool moving_leaves(const struct worker *w, const struct agent *a);

/* It is gone before it could be given. */
void moving_forget(struct worker *w, const struct agent *a);

void move_free(struct move *m); /* and its agent; NULL is allowed */

#endif
