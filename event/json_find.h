/* json_find.h - the texts of values in one text, read as far as is asked.
 *
 *     find_begin(f, text, ps, scratch)
 *     find_slot(f, slot, &raw)     is there a value at this path?
 *
 * The first of duplicate keys counts. Only what the paths lead to is checked:
 * a value given is valid in itself, and on a text that is valid as a whole it
 * is the right one. Private to event/. */
#ifndef EVENT_JSON_FIND_H
#define EVENT_JSON_FIND_H

#include "event/json_scan.h"
#include "event/json_seek.h"
#include "event/pathset_trie.h"

struct find_level { /* a container on the way to something */
	uint16_t node;
	bool     array;
	int32_t  index; /* of the last element met, -1 before the first */
};

struct find {
	struct scan           s;
	struct seek           k;    /* where the innermost level is an object */
	seek_fn              *seek;
	const struct pathset *ps;
	struct buf           *scratch;
	unsigned              nlevel;
	bool                  ended; /* nothing more can be found */
	bool                  bad;   /* the text is not valid */
	struct find_level     level[PATH_MAX_STEPS + 1];
	uint64_t              met[PATHSET_MAX_NODES / 64];
	const char           *at[PATHSET_MAX_NODES]; /* where, if it was met */
};

/* scratch, for keys with escapes, has room for text.len bytes more and is left
 * as it was. All are borrowed. Returns 0, or MQL_EBADEVENT when there are no
 * braces around the text. */
int find_begin(struct find *f, struct str text, const struct pathset *ps,
	       struct buf *scratch);

/* Read on until it is known what stands at a slot. False: nothing, or null,
 * or f->bad. *raw is the text of a valid value. */
bool find_slot(struct find *f, unsigned slot, struct str *raw);

#endif
