/* corpus.h - events such as a service logs: about 3 KB of JSON text, 58 keys
 * at the top and 128 scalars in all, with escapes, UTF-8, and values that
 * look like what is searched for in places that do not count.
 *
 * The same seed gives the same events. country is BR in 2.7% of them, device
 * is ipad in 4%, both in 0.3%. */
#ifndef BENCH_CORPUS_H
#define BENCH_CORPUS_H

#include "common/str.h"

enum {
	CORPUS_EVENTS = 300, /* under 1 MB: stays in the cache, as the text of
				a request just served does */
	CORPUS_ROOM   = 4096,
	CORPUS_SLACK  = 64,  /* some parsers want to read past the end */
};

struct corpus {
	size_t len[CORPUS_EVENTS], bytes;
	char   text[CORPUS_EVENTS][CORPUS_ROOM + CORPUS_SLACK];
};

/* Where country and device stand: after some 300 bytes, or at the end. */
enum corpus_keys { CORPUS_EARLY, CORPUS_LATE };

void corpus_fill(struct corpus *c, enum corpus_keys where);

static inline struct str
corpus_event(const struct corpus *c, size_t i)
{
	i %= CORPUS_EVENTS;
	return (struct str){ c->text[i], c->len[i] };
}

#endif
