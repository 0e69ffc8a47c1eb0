/* residual.h - a where clause on the digests of an event's fields.
 *
 * The conjunction that it begins with (conjunct.h) is tested by digests,
 * which an event has one of a field however many queries ask for it:
 *
 *     == != in   by digest_same()
 *     < <= > >=  by ord, where it differs from the constant's, or all of the
 *                digest is the same
 *     like 'a%'  by the first bytes
 *
 * What is known to hold already, because an index found the query by it, is
 * not tested again: `left` has a bit for each test that is to be made, and
 * RESIDUAL_REST for what is behind them.
 *
 * What a digest does not tell (near numbers of one ord; values of another
 * type than is asked for, which are counted), and all that is behind the
 * conjunction, is the program's: it goes on from that very test. So the
 * answer is the program's, and so is what it counts. */
#ifndef MQL_RESIDUAL_H
#define MQL_RESIDUAL_H

#include "mql/digest.h"

struct access_term;
struct mql_query;
struct eval;
struct eval_counts;
struct probe;
struct reader;

enum residual_kind {
	RESIDUAL_EQ, RESIDUAL_NE, RESIDUAL_IN, RESIDUAL_PREFIX,
	RESIDUAL_LT, RESIDUAL_LE, RESIDUAL_GT, RESIDUAL_GE,
};

enum {
	RESIDUAL_TERMS = 15, /* what follows is for the program */
	RESIDUAL_REST  = 1 << RESIDUAL_TERMS,
	RESIDUAL_ALL   = UINT16_MAX,
};

struct residual_term {
	uint8_t       kind;
	uint16_t      path; /* of the program */
	uint16_t      pc;   /* of the test */
	uint32_t      n;    /* IN: members, by eq */
	struct digest is;   /* of the constant. PREFIX: its text, and what
			       begins so has an ord from ord to eq */
	struct digest *member;
};

struct residual {
	struct residual_term *term;
	unsigned n;
	uint16_t rest; /* where the program goes on; NO_ENTRY: it is done */
	uint16_t all;  /* what there is to be tested */
};

/* Fill q->residual; q has its program. Returns 0 or MQL_ENOMEM. */
int residual_make(struct mql_query *q);

/* The tests that hold of each value of which t holds exactly: it has an eq of
 * t's, or begins as t says, or its ord is above lo and below hi. */
unsigned residual_proven(const struct residual *res,
			 const struct access_term *t);

/* As query_match(), on the digests in p of the event that r has begun. */
bool residual_match(const struct mql_query *q, const uint16_t *slots,
		    unsigned left, struct probe *p, struct eval *e,
		    struct reader *r, struct eval_counts *c);

#endif
