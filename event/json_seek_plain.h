/* json_seek_plain.h - what json_seek_loop.inc wants, without instructions that
 * only some processors have. */
#ifndef EVENT_JSON_SEEK_PLAIN_H
#define EVENT_JSON_SEEK_PLAIN_H

#include "event/json_seek.h"

#define SEEK_TARGET

struct masks {
	uint64_t quote, slash, open, close;
};

static inline uint64_t
prefix_xor(uint64_t bits)
{
	for (int n = 1; n < 64; n *= 2)
		bits ^= bits << n;
	return bits;
}

static inline uint8_t
classes(const struct seek_filter *f, int nth, char c)
{
	unsigned char u = (unsigned char)c;

	return f->byte[nth].low[u & 15] & f->byte[nth].high[u >> 4];
}

static inline uint64_t
pass(const char *p, const struct seek_filter *f, uint64_t quotes)
{
	uint64_t passed = 0;

	for (; quotes; quotes &= quotes - 1) {
		const char *q = p + __builtin_ctzll(quotes);
		if (classes(f, 0, q[1]) & classes(f, 1, q[2]))
			passed |= quotes & -quotes;
	}
	return passed;
}

#endif
