/* index_own.h - the inside of an index, for index.c, which asks it, and
 * index_build.c, which makes it. */
#ifndef MQL_INDEX_OWN_H
#define MQL_INDEX_OWN_H

#include "mql/index.h"

enum guard_kind { GUARD_NONE, GUARD_EQ, GUARD_IN, GUARD_RANGE };
enum { GUARDS = 2 };

/* 24 bytes, for they are looked at one after the other.
 *   EQ     a and b are an eq            IN  ... a set of 64 bits, one of
 *                                           which an eq chooses
 *   RANGE  the upper half of an ord is in [a, a + b] */
struct posting {
	uint16_t id;
	uint8_t  kind[GUARDS];
	uint16_t slot[GUARDS];
	struct {
		uint32_t a, b;
	} guard[GUARDS];
};

struct list { /* of postings */
	uint32_t first, n;
};

struct bucket {
	uint64_t    key; /* see bucket_key() */
	struct list list; /* n 0: free */
};

/* Intervals over ord, cut at each bound: elementary intervals, one a leaf. A
 * posting stands in the topmost nodes whose leaves it covers, log(n) at most.
 * Node k has the children 2k and 2k + 1; leaf i is node nleaf + i. */
struct tree {
	uint64_t    *bound; /* ascending; leaf i begins at bound[i - 1] */
	struct list *node;
	uint32_t     nbound, nleaf; /* nleaf: a power of two */
	struct list  stray[3]; /* by class: what access_stray() is asked */
};

struct field {
	uint16_t    slot;
	bool        by_value;
	uint16_t    lengths; /* of prefixes: bits by digest_length() */
	struct list prefixes; /* all: for values that are no texts */
	struct tree *tree;    /* or NULL */
};

struct index {
	unsigned        refs;
	struct arena    mem;
	struct field   *field;
	unsigned        nfield;
	struct bucket  *bucket;
	unsigned        shift; /* 64 - log2 of the buckets */
	struct posting *posting;
	struct list     scan;
	double          expected;
};

static inline uint64_t
bucket_key(unsigned slot, uint64_t eq)
{
	return (eq + slot * UINT64_C(0x2545f4914f6cdd1d)) * 0x9e3779b97f4a7c15;
}

#endif
