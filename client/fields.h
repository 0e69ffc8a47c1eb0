/* fields.h - what a stream is made of now: the fleet is asked for a few of its
 * events, which are summed up. Nobody keeps such statistics, so a field that
 * no event had in that time is not in them. Not installed. */
#ifndef CLIENT_FIELDS_H
#define CLIENT_FIELDS_H

#include <stdatomic.h>

#include "client/summary.h"
#include "mql/client.h"

enum { FIELDS_EVENTS = 500, FIELDS_MS = 2000, FIELDS_CONNECT_MS = 5000 };

struct fields_options {
	const char  *source_job;       /* NULL: as mql_tail_open() has it */
	const char  *stream;
	const char  *name;             /* who asks */
	uint64_t     events;           /* at most; 0: FIELDS_EVENTS */
	int          ms, connect_ms;   /* 0: as above */
	const atomic_bool *stop;       /* look no further when it is set */
};

struct fields {
	struct summary *summary;
	uint32_t targeted, live; /* agents */
	int64_t  ms;             /* how long was looked */
};

/* Ask, and look until enough events came, or time is over. Blocks. 0, and
 * the caller calls fields_fini(); else as mql_tail_open(), and MQL_EREFUSED
 * also where the query was ended (diag says why). */
int fields_ask(const struct fields_options *opt, struct fields *out,
	       struct mql_diag *diag);
void fields_fini(struct fields *f);

/* {"events":N,"targeted":N,"live":N,"ms":N,"left":false,"fields":[...]} */
void fields_write(const struct fields *f, struct buf *out);

#endif
