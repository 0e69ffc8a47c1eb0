/* access.h - what must hold of an event that a query answers, as far as it can
 * be looked up: the conjuncts by which index.h can find the query.
 *
 *     where a == 1 and (b in ('x', 'y') or c > 5) and not d and e like 'ab%'
 *
 *     access 0   a  EQ 1
 *     access 1   b  EQ 'x', 'y'     c  RANGE (5, ..]    one or the other
 *     access 2   e  PREFIX 'ab'
 *
 * Every access is necessary. Values stand there as digests, and ranges may
 * be wider than what was asked: what an access that holds tells for certain
 * is in `proves`, and all else has to be tested. Tests of anything but a field
 * with constants, `not`, and an `or` with such an arm give no access.
 *
 * A range is about values of its class. One of another class (a text where a
 * number is asked for) answers no, but is counted as a mismatch; a text test
 * on a number looks at its digits. So RANGE and PREFIX find such values, too:
 * see access_term_stray(). Null is found by neither. */
#ifndef MQL_ACCESS_H
#define MQL_ACCESS_H

#include "mql/ast.h"
#include "mql/digest.h"

enum access_kind { ACCESS_EQ, ACCESS_PREFIX, ACCESS_RANGE };

struct access_term {
	enum access_kind kind;
	uint16_t  path;   /* of the program */
	uint8_t   length; /* PREFIX: see digest_length() */
	uint32_t  n;      /* of eq; RANGE: 0 */
	uint64_t *eq;     /* EQ: of the values; PREFIX: digest_prefix() */
	uint64_t  lo, hi; /* RANGE, PREFIX: ord, both included */
};

/* Does an ord of no class that the range is about concern it all the same? */
static inline bool
access_stray(uint64_t lo, uint64_t ord)
{
	return ord && digest_class(ord) != digest_class(lo);
}

struct access { /* one of its terms holds, or the query is not answered */
	struct access_term *term;
	unsigned            n;
	uint16_t            proves; /* of one term: residual_proven() */
};

struct access_list {
	struct access *at;
	unsigned       n;
	struct str     where; /* canonical; len 0: none */
	struct str     best;  /* that part of it which access_best() is of */
	uint64_t       hash;  /* of it */
};

struct mql_query;

/* Fill q->access from where (NULL: none). q has its program. Returns 0 or
 * MQL_ENOMEM. */
int access_find(struct mql_query *q, const struct ast *where);

/* Before any event was seen: about which share of events an access finds. The
 * one that explain names finds the least; NULL when there is none. */
double access_guess(const struct access *a);
const struct access *access_best(const struct access_list *l);

/* "hash", "prefix", "range", or "several" */
const char *access_name(const struct access *a);

#endif
