/* aggregate.h - many values become one, in parts that can be put together.
 *
 * Each aggregate is init / update / merge / finish over a state, and a state
 * can be written and read, so that an agent, a source-job and a client each
 * do their share:
 *
 *     agent   init, update, update ...  put --+
 *     agent   init, update ...          put --+--> merge --> finish
 *
 * Merging is associative and commutative as far as the aggregate itself is
 * (first and last go by time, then by agent order). Nulls are skipped. Of no
 * value at all count gives 0 and the others null.
 *
 * A state begins in `size` bytes of the caller's, zeroed; what it needs beyond
 * comes from malloc and is bounded by AGGREGATE_MAX_BYTES. One owner thread
 * per state. */
#ifndef MQL_AGGREGATE_H
#define MQL_AGGREGATE_H

#include "common/buf.h"
#include "event/value.h"

enum {
	AGGREGATE_MAX_BYTES = 64 * 1024, /* of one state, all in all */
	AGGREGATE_MAX_LIST  = 1000,      /* values of list(x) */
	AGGREGATE_MAX_TOP   = 1000,      /* k of top(x, k) */
	AGGREGATE_MAX_WEIGHT = 1024,
};

struct aggregate; /* one row of the table */

/* A call of an aggregate in a query. */
struct aggregate_call {
	const struct aggregate *fn;
	double                  q;        /* percentile: 0 < q < 1 */
	uint32_t                k;        /* top */
	bool                    distinct; /* count(distinct x) */
};

struct aggregate {
	const char *name;
	const char *args;    /* as in function.h; "*": takes `*` too; "" none */
	const char *about, *example, *gives;
	size_t      size;    /* of the state */
	bool        exact;   /* false: see about for the error */

	void (*init)(const struct aggregate_call *c, void *state);
	/* v is borrowed for the call, never null. at: ms since the epoch, for
	 * first, last and rate. weight: for how many events it stands, a power
	 * of two up to AGGREGATE_MAX_WEIGHT; what counts, adds or weighs does
	 * so as if it had come so often. Returns 0, MQL_ENOMEM or MQL_ELIMIT;
	 * then the state is as before. */
	int (*update)(const struct aggregate_call *c, void *state,
		      const struct value *v, int64_t at, uint64_t weight);
	int (*merge)(const struct aggregate_call *c, void *state,
		     const void *from);
	/* The result; its text goes to scratch (fixed). span_ms: the length of
	 * the window, for rate(); 0: unknown. */
	struct value (*finish)(const struct aggregate_call *c,
			       const void *state, int64_t span_ms,
			       struct buf *scratch);
	/* Append the state; read one back from the front of *in (which is
	 * advanced) into a zeroed state. From a socket: never trusted. get
	 * returns 0, MQL_EBADFRAME or MQL_ENOMEM (the state is to be ended
	 * all the same). */
	void (*put)(const struct aggregate_call *c, const void *state,
		    struct buf *out);
	int (*get)(const struct aggregate_call *c, void *state,
		   struct str *in);
	void (*fini)(const struct aggregate_call *c, void *state);
	/* Bytes on the heap now. */
	size_t (*heap)(const struct aggregate_call *c, const void *state);
};

/* The table in the order of the reference. */
const struct aggregate *aggregate_table(size_t *n);

/* count sum avg average min max stddev variance p1 p5 ... p99 p995 percentile
 * top list first last rate, in any case; NULL when there is none. p99 and the
 * like are rows of the table that set q by aggregate_call_init(). */
const struct aggregate *aggregate_find(struct str name);
const char *aggregate_near(struct str name);

/* Are their states the same, so that one can be merged into the other? */
bool aggregate_same(const struct aggregate_call *a,
		    const struct aggregate_call *b);

/* Fill *c for a call: the constants that follow the first argument (k of top,
 * q of percentile) come as values. 0, MQL_ETYPE or MQL_ELIMIT and a sentence
 * in why. */
int aggregate_call_init(struct aggregate_call *c, const struct aggregate *fn,
			bool distinct, const struct value *param,
			unsigned nparam, char *why, size_t nwhy);

#endif
