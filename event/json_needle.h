/* json_needle.h - can this text have that string at that key at all?
 *
 * One look at the raw bytes, without any structure, tells for most events that
 * they cannot match `country == 'BR'`: nowhere does `"BR"` follow `country":`,
 * and nothing is escaped that could spell it otherwise. Only a no is certain.
 * A yes may be a string in another object, a duplicate, text within text: then
 * the event must be read.
 *
 *     "country" : "BR"        yes: the key may be the last step of a path, or
 *     "geo.country":"BR"      yes  the last part of a dotted key
 *     "countr\u0079":"BR"     yes: \u0079 stands for one of their letters
 *     "x":"country: BR"       no
 *
 * Any thread; nothing is allocated, and nothing outside of the text read. */
#ifndef EVENT_JSON_NEEDLE_H
#define EVENT_JSON_NEEDLE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/str.h"

struct needle;
typedef bool needle_fn(const struct needle *n, struct str text);

struct needle {
	struct str key, value;  /* borrowed */
	uint64_t   letters[2];  /* of both: a bit for each ASCII character */
	needle_fn *kernel;      /* the fastest that this processor has */
};

/* False: texts spell one of them in too many ways to search for it (it is
 * empty, not ASCII, or has a quote, a slash or a control character). */
bool needle_init(struct needle *n, struct str key, struct str value);

static inline bool
needle_in(const struct needle *n, struct str text)
{
	return n->kernel(n, text);
}

/* The kernels, private to event/. */
#ifdef __x86_64__
needle_fn needle_avx2, needle_avx512; /* only where seek_has_avx2() ... */
#endif
needle_fn needle_vector, needle_word;

/* Does the needle lie at text.ptr[at], where its value opens with a quote? */
bool needle_lies_at(const struct needle *n, struct str text, size_t at);
/* Does the escape \u at text.ptr[at] stand for one of its letters? */
bool needle_spelled_at(const struct needle *n, struct str text, size_t at);

#endif
