/* probe.h - what a publishing thread needs to ask indexes about an event: the
 * digests of the fields, each made at most once, and a set of candidates, with
 * what is left to be tested of each. */
#ifndef MQL_PROBE_H
#define MQL_PROBE_H

#include "event/reader.h"
#include "mql/digest.h"

enum {
	PROBE_MAX = 1 << 16, /* candidates are numbers below it */
	PROBE_WORDS = PROBE_MAX / 64,
};

/* Two levels of bits: `some` says which words of `word` are not 0, so that a
 * few candidates among many are found, and taken out again, in no time. */
struct probe {
	uint32_t      tick; /* events, for habit.h */
	size_t        looked; /* at how many postings of the event */
	uint64_t      eq[PATHSET_MAX]; /* of digest; 0: not made yet */
	struct digest digest[PATHSET_MAX];
	uint64_t      word[PROBE_WORDS];
	uint64_t      some[PROBE_WORDS / 64];
	uint16_t      left[PROBE_MAX]; /* of a candidate: see residual.h */
};

static inline void
probe_begin(struct probe *p, unsigned nslot)
{
	p->looked = 0;
	memset(p->eq, 0, nslot * sizeof *p->eq);
}

/* Make the digest of a slot, of a struct's field without a value in between.
 * Returns its eq. digest.c */
uint64_t probe_make(struct probe *p, struct reader *r, unsigned slot);

static inline uint64_t
probe_eq(struct probe *p, struct reader *r, unsigned slot)
{
	uint64_t eq = p->eq[slot];

	return __builtin_expect(!eq, 0) ? probe_make(p, r, slot) : eq;
}

static inline const struct digest *
probe_digest(struct probe *p, struct reader *r, unsigned slot)
{
	probe_eq(p, r, slot);
	return &p->digest[slot];
}

static inline void
probe_add(struct probe *p, unsigned candidate, unsigned left)
{
	unsigned w = candidate / 64;

	p->word[w] |= UINT64_C(1) << candidate % 64;
	p->some[w / 64] |= UINT64_C(1) << w % 64;
	p->left[candidate] = (uint16_t)left;
}

/* Call fn for each candidate, all below n, ascending, until the set is empty.
 * fn may add candidates above the one that it is called for. */
static inline void
probe_take(struct probe *p, size_t n,
	   void (*fn)(void *arg, unsigned candidate), void *arg)
{
	for (unsigned i = 0; i * 64 * 64 < n; i++) {
		for (; p->some[i]; p->some[i] &= p->some[i] - 1) {
			unsigned w = i * 64 +
				     (unsigned)__builtin_ctzll(p->some[i]);

			for (uint64_t b; (b = p->word[w]);) {
				p->word[w] = b & (b - 1);
				fn(arg, w * 64 + (unsigned)__builtin_ctzll(b));
			}
		}
	}
}

#endif
