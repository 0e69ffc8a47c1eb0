/* json_seek_loop.h - seek_fn, over whatever reads a block.
 *
 * A file that includes this defines before
 *
 *     SEEK_TARGET   an attribute for functions that use its instructions
 *     struct masks { uint64_t quote, slash, open, close; }, filled by
 *     read_block(p)          from the 64 bytes at p
 *     prefix_xor(quotes)     bit i is the parity of bits 0 to i
 *     pass(p, f, quotes)     quotes whose string passes the filter; reads
 *                            66 bytes at p */
#ifndef EVENT_JSON_SEEK_LOOP_H
#define EVENT_JSON_SEEK_LOOP_H

#include "event/json_seek.h"

enum { BLOCK = 64, LOOK_AHEAD = 2 };

/* The byte behind each run of backslashes of odd length. Adding its first bit
 * to a run carries to the byte behind it; that of a run that starts at an even
 * place must be odd, and the other way round. */
SEEK_TARGET static inline uint64_t
escaped_bytes(struct seek_carry *c, uint64_t slash)
{
	const uint64_t even = UINT64_C(0x5555555555555555), odd = ~even;
	const uint64_t before = c->escaped;
	uint64_t starts, behind_even, behind_odd;

	slash &= ~before;
	starts = slash & ~(slash << 1);
	behind_even = slash + (starts & even);
	c->escaped = __builtin_add_overflow(slash, starts & odd, &behind_odd);
	return before |
	       (((behind_even & odd) | (behind_odd & even)) & ~slash);
}

/* Which bytes stand on our own level, in a block where it may close. */
SEEK_TARGET static inline uint64_t
own_level(struct seek *k, struct seek_carry *c, const struct masks *m)
{
	uint64_t own = 0, done = 0;

	for (uint64_t all = m->open | m->close; all; all &= all - 1) {
		uint64_t bit = all & -all;

		if (!c->inner)
			own |= (bit - 1) & ~done;
		done = bit | (bit - 1);
		c->inner += m->open & bit ? 1 : -1;
		if (c->inner < 0) {
			k->closed = k->block + __builtin_ctzll(bit);
			return own;
		}
	}
	return c->inner ? own : own | ~done;
}

/* How many containers are open inside of ours at a bit. */
SEEK_TARGET static inline int64_t
level_at(const struct seek_carry *c, const struct masks *m, uint64_t bit)
{
	return c->inner + __builtin_popcountll(m->open & (bit - 1)) -
	       __builtin_popcountll(m->close & (bit - 1));
}

/* May a string on our level, from the quote at bit to the next of ends, be a
 * key? If it ends in a later block or has escapes, nobody knows here. */
SEEK_TARGET static inline bool
may_be_key(const struct seek *k, const struct seek_filter *f, uint64_t slash,
	   uint64_t ends, uint64_t bit)
{
	unsigned last;
	const char *after;

	ends &= -bit;
	if (!ends)
		return true;
	last = (unsigned)__builtin_ctzll(ends);
	after = k->block + last + 1;
	if (after < k->end &&
	    (*after == ',' || *after == '}' || *after == ']'))
		return false;
	if (slash & ((ends & -ends) - bit))
		return true;
	return f->lengths >> (last - (unsigned)__builtin_ctzll(bit) - 1) & 1;
}

/* The candidates of a block of which p has the bytes, or a copy. Few branches:
 * nearly every one would be taken as if by chance, and a wrong guess costs as
 * much as half a block. */
SEEK_TARGET static inline uint64_t
judge_block(struct seek *k, struct seek_carry *c, const char *p,
	    const struct seek_filter *f)
{
	struct masks m = read_block(p);
	uint64_t inside, passed, candidates = 0;
	int opened, closed;

	m.quote &= ~escaped_bytes(c, m.slash);
	inside = prefix_xor(m.quote) ^ c->in_string;
	c->in_string = 0 - (inside >> 63);
	m.open &= ~inside;
	m.close &= ~inside;
	passed = f ? pass(p, f, m.quote & inside) : 0;
	for (; passed; passed &= passed - 1) {
		const uint64_t bit = passed & -passed;

		if (level_at(c, &m, bit) == 0 &&
		    may_be_key(k, f, m.slash, m.quote & ~inside, bit))
			candidates |= bit;
	}
	opened = __builtin_popcountll(m.open);
	closed = __builtin_popcountll(m.close);
	if (!k->outermost && closed > c->inner)
		return candidates & own_level(k, c, &m);
	c->inner += opened - closed;
	return candidates;
}

SEEK_TARGET static inline const char *
seek_loop(struct seek *k, const struct seek_filter *f)
{
	struct seek_carry c = k->carry; /* in registers */
	char last[BLOCK + LOOK_AHEAD];

	while (!k->candidates && !k->closed && k->next < k->end) {
		const size_t left = (size_t)(k->end - k->next);
		const char *p = k->block = k->next;

		if (left < sizeof last) {
			memset(last, ' ', sizeof last);
			p = memcpy(last, p, left);
		}
		k->next += left < BLOCK ? left : BLOCK;
		k->candidates = judge_block(k, &c, p, f);
	}
	k->carry = c;
	if (k->candidates) {
		const int at = __builtin_ctzll(k->candidates);
		k->candidates &= k->candidates - 1;
		return k->block + at;
	}
	if (k->outermost && c.inner == -1)
		k->closed = k->end - 1;
	return NULL;
}

#endif
