/* hash_two.h - two hashes made one. Behind XXH_INLINE_ALL and <xxhash.h>. */
#ifndef MQL_HASH_TWO_H
#define MQL_HASH_TWO_H

#include <stdint.h>
#include <xxhash.h>

/* The same on every machine: of their bytes, the lowest first. */
static inline uint64_t
hash_two(uint64_t a, uint64_t b)
{
	uint8_t le[16];

	for (int i = 0; i < 8; i++) {
		le[i] = (uint8_t)(a >> 8 * i);
		le[8 + i] = (uint8_t)(b >> 8 * i);
	}
	return XXH3_64bits(le, sizeof le);
}

#endif
