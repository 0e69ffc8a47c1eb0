/* json_needle_loop.h - needle_fn, over what compares 64 bytes at a time.
 *
 * A file that includes this defines before
 *
 *     SEEK_TARGET         an attribute for functions that use its instructions
 *     match(p, a, b, c)   the i-th bit: are a, b and c the bytes p[i] to
 *                         p[i + 2]? Reads 66 bytes */
#ifndef EVENT_JSON_NEEDLE_LOOP_H
#define EVENT_JSON_NEEDLE_LOOP_H

#include "event/json_needle.h"

SEEK_TARGET static inline bool
look_closely(const struct needle *n, struct str text, size_t block,
	     uint64_t values, uint64_t escapes)
{
	for (; values; values &= values - 1)
		if (needle_lies_at(n, text, block + (unsigned)
				   __builtin_ctzll(values)))
			return true;
	for (; escapes; escapes &= escapes - 1)
		if (needle_spelled_at(n, text, block + (unsigned)
				      __builtin_ctzll(escapes)))
			return true;
	return false;
}

SEEK_TARGET static inline bool
needle_loop(const struct needle *n, struct str text)
{
	const char first = n->value.ptr[0];
	const char second = n->value.len > 1 ? n->value.ptr[1] : '"';
	char last[64 + 2];

	for (size_t at = 0; at < text.len; at += 64) {
		const char *p = text.ptr + at;
		uint64_t values, escapes;

		if (text.len - at < sizeof last) {
			memset(last, ' ', sizeof last);
			p = memcpy(last, p, text.len - at);
		}
		values = match(p, '"', first, second);
		escapes = match(p, '\\', 'u', '0');
		if ((values | escapes) &&
		    look_closely(n, text, at, values, escapes))
			return true;
	}
	return false;
}

#endif
