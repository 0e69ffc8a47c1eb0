/* little.h - little-endian numbers out of, and into, bytes that were bounds
 * checked before. Private to wire/. */
#ifndef WIRE_LITTLE_H
#define WIRE_LITTLE_H

#include <stdint.h>

static inline uint16_t
get_u16(const void *at)
{
	const uint8_t *p = at;

	return (uint16_t)(p[0] | p[1] << 8);
}

static inline uint32_t
get_u32(const void *at)
{
	const uint8_t *p = at;

	return get_u16(p) | (uint32_t)get_u16(p + 2) << 16;
}

static inline uint64_t
get_u64(const void *at)
{
	const uint8_t *p = at;

	return get_u32(p) | (uint64_t)get_u32(p + 4) << 32;
}

static inline void
set_u32(void *at, uint32_t v)
{
	uint8_t *p = at;

	for (int i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> 8 * i);
}

static inline void
set_u64(void *at, uint64_t v)
{
	uint8_t *p = at;

	set_u32(p, (uint32_t)v);
	set_u32(p + 4, (uint32_t)(v >> 32));
}

#endif
