/* built.h - an event put together field by field, in memory that is reused.
 *
 * Entries in the order of the calls; a member of an object knows its parent:
 *
 *     #0 country "BR"   parent -1
 *     #1 headers {}     parent -1
 *     #2   host "x"     parent  1
 *
 * Keys and strings are borrowed until the event is published. Nothing
 * allocates. One owner thread. */
#ifndef EVENT_BUILT_H
#define EVENT_BUILT_H

#include "common/buf.h"
#include "event/path.h"
#include "event/layout.h"
#include "event/value.h"

enum { BUILT_MAX_FIELDS = LAYOUT_KEYS };

struct built_field {
	struct str   key;
	struct value value; /* an object made here has ptr NULL */
	int16_t      parent;
	char         rest[14]; /* a cache line is one field's */
};

struct built {
	struct built_field field[BUILT_MAX_FIELDS];
	struct layout     *layout; /* NULL: there is none to learn from */
	uint16_t           nfield;
	uint16_t           same; /* the first so many keys are the layout's */
	int16_t            open; /* innermost open object, -1 at the top */
	bool               bad;  /* too many fields, levels or ends */
};

void built_begin(struct built *b); /* the layout stays */
void built_add(struct built *b, struct str key, struct value v);
void built_object(struct built *b, struct str key);
void built_end(struct built *b);

/* The key of the field to be added next, which ends at a NUL; by the layout, if
 * it can be. */
static inline struct str
built_key(struct built *b, const char *z)
{
	size_t len;

	if (!b->layout || b->same != b->nfield || !z ||
	    !layout_has(b->layout, b->nfield, b->open, z, &len))
		return str_of(z);
	b->same++;
	return (struct str){ z, len };
}

static inline bool
built_ok(const struct built *b) /* complete and within limits */
{
	return !b->bad && b->open < 0;
}

/* The event is done with: for the layout, which there is, to learn from. */
static inline bool
built_is_noted(const struct built *b) /* there is nothing to learn */
{
	return b->same == b->nfield;
}

static inline void
built_note(struct built *b)
{
	if (!built_is_noted(b))
		layout_missed(b->layout, b);
}

/* The value of a top-level key, or NULL. The slot is the key's as long as era
 * stays: see layout_find(). */
const struct value *built_search(const struct built *b, uint64_t era,
				 unsigned slot, struct str key);

static inline const struct value *
built_find(const struct built *b, uint64_t era, unsigned slot, struct str key)
{
	const struct layout *s = b->layout;

	if (s && s->era == era && s->field[slot] < b->same)
		return &b->field[s->field[slot]].value;
	return built_search(b, era, slot, key);
}

void built_write_json(const struct built *b, struct buf *out);
/* Append the fields at the top that are wanted, as json_write_fields(). */
void built_write_fields(const struct built *b,
			bool (*wants)(void *arg, struct str name), void *arg,
			bool *comma, struct buf *out);
/* The value at p; an object made here is written to scratch as JSON. */
struct value built_read(const struct built *b, const struct path *p,
			struct buf *scratch);

#endif
