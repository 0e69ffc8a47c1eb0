/* partials.h - groups of an agent, query by query.
 *
 * PARTIALS, agent to source-job, is MessagePack:
 *
 *     [[id, first, events, upto, bytes], ...]
 *
 * bytes is a partial of mql/partial.h and stands for `events` events, which
 * take as many of the run's sequence numbers as if each had been a row, from
 * `first` on: a partial that is lost leaves a hole of its events. upto (ms
 * since the epoch, the agent's clock; 0: not said): everything of this query
 * that was published before is on its way or here. With events 0 and no bytes
 * an entry says no more than that.
 *
 * Its bytes count as those of ROWS against the credit. Any thread. */
#ifndef WIRE_PARTIALS_H
#define WIRE_PARTIALS_H

#include "common/arena.h"
#include "wire/frame.h"

struct wire_partial {
	uint32_t   id;
	uint64_t   first, events;
	uint64_t   upto;
	struct str bytes; /* decoded: points into the body */
};

struct wire_partials {
	struct arena mem;
	struct wire_partial *item;
	size_t n;
};

/* Append a frame. b->err: MQL_ELIMIT (over WIRE_MAX_ROWS, or too many
 * entries), MQL_ENOMEM. */
void wire_partials_encode(const struct wire_partials *m, struct buf *b);

/* As in message.h. The body is borrowed as long as m is in use. 0,
 * MQL_EBADFRAME or MQL_ENOMEM. */
int wire_partials_decode(struct str body, struct wire_partials *m);

#endif
