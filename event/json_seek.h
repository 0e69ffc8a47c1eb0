/* json_seek.h - jump over JSON text to the keys that somebody asked for.
 *
 * Reads 64 bytes at a time into masks of 64 bits: which bytes are quotes,
 * which stand inside of strings, which open or close a container. From these
 * it knows the level of every string without looking at its neighbours, so
 * all that nobody asked for costs about a tenth of a nanosecond a byte,
 * however it is nested.
 *
 *     {"id":7,"geo":{"country":"US"},"country":"BR"}
 *     ................{............}................   brackets
 *      1              2              1                 level
 *      !                              !                candidates: a quote
 *                                                      opens on our level
 *
 * Nothing is checked on the way: on text that is not valid the answers mean
 * little, but nothing is read outside of it. Private to event/. */
#ifndef EVENT_JSON_SEEK_H
#define EVENT_JSON_SEEK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

/* Which strings may be one of some keys, told by their length and first two
 * bytes: each key is in one of eight classes, a bit each. A byte is in those
 * classes that stand in both of its half-bytes' entries; strings of other keys
 * may pass. An escape passes in place of either byte: it may stand for any. */
struct seek_filter {
	struct {
		uint8_t low[16], high[16];
	} byte[2];
	uint64_t lengths; /* a bit each, modulo 64 */
	size_t   longest;
};

void seek_filter_add(struct seek_filter *f, struct str key, unsigned nth);

/* What one block tells the next. */
struct seek_carry {
	uint64_t in_string; /* all ones: it begins inside of one */
	uint64_t escaped;   /* 1: its first byte is escaped */
	int64_t  inner;     /* containers open inside of ours */
};

struct seek {
	const char *next, *end;   /* text that is not looked at yet */
	const char *block;        /* the 64 bytes before next */
	uint64_t    candidates;   /* of the block, that are still to be given */
	const char *closed;       /* the bracket that closes ours, once seen */
	bool        outermost;    /* ours closes with the last byte */
	struct seek_carry carry;
};

/* From a place behind `{` or `[` in that container, outside of strings. */
static inline struct seek
seek_from(const char *p, const char *end, bool outermost)
{
	return (struct seek){ .next = p, .end = end, .outermost = outermost };
}

/* Where the next string of the container opens that may be one of the keys of
 * f; it may be a value. NULL at the end of the container (k->closed) or of
 * the text. f is the same, or NULL for nothing but the end, in every call. */
typedef const char *seek_fn(struct seek *k, const struct seek_filter *f);

/* The fastest that this processor has. */
seek_fn *seek_best(void);

#ifdef __x86_64__
seek_fn seek_avx2;   /* only where seek_has_avx2() */
seek_fn seek_avx512; /* likewise */
bool seek_has_avx2(void);
bool seek_has_avx512(void);
#endif
seek_fn seek_vector; /* SSE2 or NEON, where each processor has it */
seek_fn seek_word;   /* anywhere */

#endif
