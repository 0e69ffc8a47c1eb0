/* index_own.h - the inside of an index, for index.c, which asks it, and
 * index_build.c, which makes it. */
#ifndef MQL_INDEX_OWN_H
#define MQL_INDEX_OWN_H

#include "mql/index.h"

/* A guard: a slot, and how its digest is to be. */
enum { GUARDS = 2, GUARD_KIND_BITS = 6 };
enum guard_kind {
	GUARD_NONE,
	GUARD_EQ,     /* eq is what */
	GUARD_IN,     /* eq is one of those that begin at what's upper half
			 in `in`; its lower half is a set of 32 bits, one of
			 which eq chooses */
	GUARD_NUMBER, /* ord is of a number, or a text, and its upper half from
			 what's upper half on, fewer above it than what's
			 lower half; the one below and the one above pass, */
	GUARD_TEXT,   /* but prove nothing */
	GUARD_BEGIN,  /* and above: ord is what but for so many low bits */
};

/* 24 bytes, for they are looked at one after the other. */
struct posting {
	uint16_t id;
	uint16_t left; /* to be tested behind the guards; see residual.h */
	uint16_t guard[GUARDS];
	uint64_t what[GUARDS];
};

/* Postings, those first whose first guard is a GUARD_EQ. */
struct list {
	uint32_t first;
	uint16_t neq, nrest;
};

struct bucket {
	uint64_t    key; /* an eq; 0, which none is: free */
	struct list list;
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
	uint16_t       slot;
	bool           by_value;
	uint8_t        shift;   /* 64 - log2 of the buckets */
	uint32_t       last;    /* bucket */
	uint32_t       lengths; /* of prefixes: bits by digest_length() */
	struct bucket *bucket;  /* of values and prefixes; or NULL */
	struct list    prefixes; /* all: for values that are no texts */
	struct tree   *tree;    /* or NULL */
};

struct index {
	unsigned        refs;
	struct arena    mem;
	struct field   *field;
	unsigned        nfield;
	struct posting *posting;
	uint64_t       *in; /* eqs of each GUARD_IN, a 0 behind them */
	struct list     scan;
	double          expected;
};

static inline unsigned
guard_slot(unsigned guard)
{
	return guard >> GUARD_KIND_BITS;
}

static inline unsigned
guard_kind(unsigned guard)
{
	return guard % (1 << GUARD_KIND_BITS);
}

static inline uint64_t
hash_eq(uint64_t eq)
{
	return eq * 0x9e3779b97f4a7c15;
}

/* Which bit of a GUARD_IN it is. */
static inline uint64_t
bit_of(uint64_t eq)
{
	return UINT64_C(1) << (hash_eq(eq) >> 59);
}

#endif
