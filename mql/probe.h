/* probe.h - what a publishing thread needs to ask indexes about an event: the
 * digests of the fields, each made at most once, and a set of candidates. */
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
	bool          have[PATHSET_MAX];
	struct digest digest[PATHSET_MAX];
	uint64_t      word[PROBE_WORDS];
	uint64_t      some[PROBE_WORDS / 64];
};

static inline void
probe_begin(struct probe *p, unsigned nslot)
{
	p->looked = 0;
	memset(p->have, 0, nslot * sizeof *p->have);
}

static inline const struct digest *
probe_digest(struct probe *p, struct reader *r, unsigned slot)
{
	struct digest *d = &p->digest[slot];

	if (__builtin_expect(!p->have[slot], 0)) {
		p->have[slot] = true;
		digest_read(r, slot, d);
	}
	return d;
}

static inline void
probe_add(struct probe *p, unsigned candidate)
{
	unsigned w = candidate / 64;

	p->word[w] |= UINT64_C(1) << candidate % 64;
	p->some[w / 64] |= UINT64_C(1) << w % 64;
}

/* Take out the lowest candidate, from *at on (0 at first); false at the end,
 * when all are out, and the set is empty again. */
static inline bool
probe_take(struct probe *p, unsigned *at, unsigned *candidate)
{
	for (unsigned i = *at; i < PROBE_WORDS / 64; *at = ++i) {
		if (!p->some[i])
			continue;
		unsigned w = i * 64 + (unsigned)__builtin_ctzll(p->some[i]);

		*candidate = w * 64 + (unsigned)__builtin_ctzll(p->word[w]);
		p->word[w] &= p->word[w] - 1;
		if (!p->word[w])
			p->some[i] &= p->some[i] - 1;
		return true;
	}
	return false;
}

#endif
