/* lists.h - what a worker knows of its agents, for operators.
 *
 * The job sends a listing round the workers, one after another, and answers
 * when it is back. */
#ifndef SOURCE_JOB_LISTS_H
#define SOURCE_JOB_LISTS_H

#include "common/buf.h"
#include "wire/socket.h"

struct worker;

enum listing_kind { LISTING_AGENTS, LISTING_STREAMS };

struct listing {
	enum listing_kind kind;
	unsigned next;             /* the worker that is asked next */
	struct wire_peer from;     /* who asks, */
	uint32_t id;               /* in this request */
	/* JSON objects, each with a NUL behind it. Of streams there is one for
	 * each worker that has it. */
	struct buf text;
	size_t left_out;           /* elements for which there was no room */
};

/* Append what w knows. */
void lists_fill(struct worker *w, struct listing *l);
void listing_free(struct listing *l); /* NULL is allowed */

#endif
