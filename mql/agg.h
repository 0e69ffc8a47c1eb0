/* agg.h - the states of the aggregates, and what they share. See aggregate.h.
 *
 * Private to the agg_*.c files, to aggregate.c, whose table is made of them,
 * and to partial.c, which writes whole groups. Rules for every state:
 *
 *  - zeroed bytes are the state of no value at all; alignment is 8
 *  - counters saturate at INT64_MAX, so that whatever a peer sends adds up
 *    to something that can be printed and sent on
 *  - a float that is not finite is skipped like a null: JSON knows none
 *  - a failed update leaves the state as it was; after a failed merge or get
 *    it is sane, and it is not said what is in it */
#ifndef MQL_AGG_H
#define MQL_AGG_H

#include "mql/aggregate.h"
#include "mql/error.h"

/* --- writing and reading of states ---------------------------------------- */

/* Integers as LEB128, seven bits a byte; signed ones in zigzag. Readers take
 * from the front of *in and return 0 or MQL_EBADFRAME. */
void agg_put_count(struct buf *out, uint64_t n);
int agg_get_count(struct str *in, uint64_t max, uint64_t *n);
void agg_put_int(struct buf *out, int64_t i);
int agg_get_int(struct str *in, int64_t *i);
int agg_get_u64(struct str *in, uint64_t *u); /* as buf_put_u64() put it */
int agg_get_u32(struct str *in, uint32_t *u); /* as buf_put_u32() put it */
void agg_set_u32(struct buf *out, size_t at, uint32_t u); /* ... before */
void agg_put_double(struct buf *out, double f);
int agg_get_double(struct str *in, double *f);
int agg_get_bytes(struct str *in, size_t n, struct str *bytes);

/* A value as JSON with its length. What is read points into *in, or into tmp
 * (grows) where escapes were undone. Also MQL_ENOMEM. */
void agg_put_value(struct buf *out, const struct value *v);
int agg_get_value(struct str *in, struct buf *tmp, struct value *v);

/* --- values --------------------------------------------------------------- */

enum { AGG_MAX_TEXT = 16 * 1024 }; /* of one value that is kept */

void agg_add(uint64_t *to, uint64_t n); /* saturates at INT64_MAX */

bool agg_is_finite(const struct value *v); /* false for null, NaN, infinity */
bool agg_is_number(const struct value *v); /* a finite one */
/* An integer beyond 64 bits, with its digits in v->raw. */
bool agg_is_big(const struct value *v);

/* The same for values that are `==`, in every process and on every machine.
 * Integers beyond 64 bits differ by their digits. 0 or MQL_ENOMEM. */
int agg_hash(const struct value *v, uint64_t *hash);

/* One value, kept: its text is copied. */
struct agg_cell {
	struct value v;    /* VALUE_NULL: none yet */
	char        *text; /* v.ptr or v.raw, or unused */
	size_t       cap;
};

/* 0, MQL_ENOMEM or MQL_ELIMIT (text over AGG_MAX_TEXT). */
int agg_cell_set(struct agg_cell *cell, const struct value *v);
void agg_cell_fini(struct agg_cell *cell);
/* Its text copied to scratch; null when that is full. */
struct value agg_cell_value(const struct agg_cell *cell, struct buf *scratch);
int agg_cell_get(struct agg_cell *cell, struct str *in);

/* --- a sum that forgets nothing (agg_exact.c) ----------------------------- */

/* An integer wide enough for every double: bit 0 stands for 2^-1074, the
 * smallest one. Two's complement, little end first, with room above for more
 * additions than anybody can make. So a sum does not depend on the order. */
enum { AGG_EXACT_LIMBS = 35 };
typedef uint64_t agg_exact[AGG_EXACT_LIMBS];

__extension__ typedef __int128 agg_int;

void agg_exact_add_double(uint64_t *sum, double f); /* finite */
void agg_exact_add_int(uint64_t *sum, agg_int i);
void agg_exact_merge(uint64_t *sum, const uint64_t *from);
double agg_exact_round(const uint64_t *sum); /* to the nearest, or infinite */

/* --- states --------------------------------------------------------------- */

/* Different values: their hashes while they are few, in ascending order, then
 * HyperLogLog's registers. */
struct agg_distinct {
	uint64_t *hash;
	uint8_t  *reg; /* NULL: few */
	uint32_t  n, cap;
};

int agg_distinct_add(struct agg_distinct *d, uint64_t hash);
int agg_distinct_merge(struct agg_distinct *d,
		       const struct agg_distinct *from);
uint64_t agg_distinct_estimate(const struct agg_distinct *d);
void agg_distinct_put(const struct agg_distinct *d, struct buf *out);
int agg_distinct_get(struct agg_distinct *d, struct str *in);
void agg_distinct_fini(struct agg_distinct *d);
size_t agg_distinct_heap(const struct agg_distinct *d);

struct agg_count {
	uint64_t n; /* count(*), count(x) */
	struct agg_distinct distinct;
};

struct agg_sum {
	uint64_t  n;
	uint64_t  lo, hi; /* the integers, 128 bits */
	uint64_t *exact;  /* the floats, or NULL */
};

struct agg_extreme {
	struct agg_cell cell;
};

struct agg_edge {
	int64_t at; /* when the cell's value was */
	struct agg_cell cell;
};

struct agg_moment {
	uint64_t n;
	double mean, m2; /* m2: sum of squared distances from the mean */
};

struct agg_tally_item {
	int64_t  key;
	uint64_t count;
};

struct agg_tally {
	struct agg_tally_item *item; /* by key */
	uint32_t n, cap;
};

/* Different values with their counts while they are few, then DDSketch's
 * buckets. */
struct agg_percentile {
	uint64_t n; /* the sum of all counts */
	struct agg_tally whole; /* by the integer */
	struct agg_tally part;  /* by the bits of the double */
	struct agg_tally bucket;
	struct value min, max;  /* once there are buckets */
	bool floats; /* in the buckets are not only integers of 64 bits */
};

struct agg_top_item {
	uint64_t hash, count, error;
	uint32_t at, len; /* its JSON, in text */
};

struct agg_top {
	struct agg_top_item *item; /* in the order of their text */
	uint16_t *slot; /* by hash: 0 or the number of an item plus 1 */
	uint32_t  n, cap;
	uint8_t  *text;
	uint32_t  ntext, captext;
	uint64_t  floor; /* what is not in the table came no more often */
};

struct agg_list {
	uint8_t *json; /* "[1,2,3": all but the last bracket */
	uint32_t len, cap;
	uint32_t n;
	bool     full; /* something was left out: nothing more comes in */
};

struct agg_rate {
	uint64_t n;
	int64_t  from, to; /* the first and the last time */
};

/* --- functions, as the table wants them ----------------------------------- */

void agg_init(const struct aggregate_call *c, void *state);

/* For what keeps nothing on the heap. */
void agg_no_fini(const struct aggregate_call *c, void *state);
size_t agg_no_heap(const struct aggregate_call *c, const void *state);

#define AGG_INPUT(kind)                                               \
	int agg_##kind##_update(const struct aggregate_call *c,       \
				void *state, const struct value *v,   \
				int64_t at, uint64_t weight);         \
	int agg_##kind##_merge(const struct aggregate_call *c,        \
			       void *state, const void *from)
#define AGG_RESULT(kind)                                              \
	struct value agg_##kind##_finish(                             \
		const struct aggregate_call *c, const void *state,    \
		int64_t span_ms, struct buf *scratch)
#define AGG_WIRE(kind)                                                \
	void agg_##kind##_put(const struct aggregate_call *c,         \
			      const void *state, struct buf *out);    \
	int agg_##kind##_get(const struct aggregate_call *c,          \
			     void *state, struct str *in)
#define AGG_HEAP(kind)                                                \
	void agg_##kind##_fini(const struct aggregate_call *c,        \
			       void *state);                          \
	size_t agg_##kind##_heap(const struct aggregate_call *c,      \
				 const void *state)

AGG_INPUT(count);
AGG_INPUT(sum);
AGG_INPUT(min);
AGG_INPUT(max);
AGG_INPUT(first);
AGG_INPUT(last);
AGG_INPUT(moment);
AGG_INPUT(percentile);
AGG_INPUT(top);
AGG_INPUT(list);
AGG_INPUT(rate);

AGG_RESULT(count);
AGG_RESULT(sum);
AGG_RESULT(avg);
AGG_RESULT(extreme);
AGG_RESULT(edge);
AGG_RESULT(variance);
AGG_RESULT(stddev);
AGG_RESULT(percentile);
AGG_RESULT(top);
AGG_RESULT(list);
AGG_RESULT(rate);

AGG_WIRE(count);
AGG_WIRE(sum);
AGG_WIRE(extreme);
AGG_WIRE(edge);
AGG_WIRE(moment);
AGG_WIRE(percentile);
AGG_WIRE(top);
AGG_WIRE(list);
AGG_WIRE(rate);

AGG_HEAP(count);
AGG_HEAP(sum);
AGG_HEAP(extreme);
AGG_HEAP(edge);
AGG_HEAP(percentile);
AGG_HEAP(top);
AGG_HEAP(list);

#endif
