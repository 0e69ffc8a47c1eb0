/* layout.h - the keys of a thread's built events, as the last ones had them.
 *
 * A service sets the same fields in the same order each time. So a key that
 * is set is compared with the one that stood there before, and when events
 * begin alike, so do the places of their fields: the name of a field is
 * looked up once, not once an event. An event of another layout is searched
 * from where it begins to differ. One owner thread. */
#ifndef EVENT_LAYOUT_H
#define EVENT_LAYOUT_H

#include <stdint.h>

#include "common/str.h"
#include "event/pathset.h"

enum {
	LAYOUT_KEYS = 256, LAYOUT_TEXT = 4096,
	LAYOUT_UNKNOWN = UINT16_MAX, LAYOUT_ABSENT = UINT16_MAX - 1,
};

struct layout_key {
	uint16_t at;   /* in text, with a NUL */
	uint16_t len;
	int16_t  parent;
};

/* All zero: no layout yet. */
struct layout {
	uint64_t era;    /* whose slots are in field[]; 0: nobody's */
	uint16_t nkey, ntext;
	uint16_t misses; /* events in a row that were of another layout ... */
	uint32_t missed, events; /* ... the last of them, of so many */
	uint16_t field[PATHSET_MAX]; /* of each slot, or UNKNOWN, ABSENT */
	struct layout_key key[LAYOUT_KEYS];
	char     text[LAYOUT_TEXT];
};

struct built;

/* Is z the i-th key, inside this parent? Then *len is its length. */
static inline bool
layout_has(const struct layout *s, unsigned i, int parent, const char *z,
	  size_t *len)
{
	if (i >= s->nkey || s->key[i].parent != parent ||
	    strcmp(s->text + s->key[i].at, z))
		return false;
	*len = s->key[i].len;
	return true;
}

/* Where a top-level key stands in the layout, or LAYOUT_ABSENT; remembered for
 * the slot as long as era stays. Never 0 is an era. */
uint16_t layout_find(struct layout *s, uint64_t era, unsigned slot,
		    struct str key);

/* An event is done with that was not of this layout. After several of them in
 * a row the layout is theirs. */
void layout_missed(struct layout *s, const struct built *b);

#endif
