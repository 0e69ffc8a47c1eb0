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
#include "event/value.h"

enum { BUILT_MAX_FIELDS = 256 };

struct built_field {
	struct str   key;
	struct value value; /* an object made here has ptr NULL */
	int16_t      parent;
};

struct built {
	struct built_field field[BUILT_MAX_FIELDS];
	uint16_t           nfield;
	int16_t            open; /* innermost open object, -1 at the top */
	bool               bad;  /* too many fields, levels or ends */
};

void built_begin(struct built *b);
void built_add(struct built *b, struct str key, struct value v);
void built_object(struct built *b, struct str key);
void built_end(struct built *b);
bool built_ok(const struct built *b); /* complete and within limits */

void built_write_json(const struct built *b, struct buf *out);
/* Append the fields at the top that are wanted, as json_write_fields(). */
void built_write_fields(const struct built *b,
			bool (*wants)(void *arg, struct str name), void *arg,
			bool *comma, struct buf *out);
/* The value at p; an object made here is written to scratch as JSON. */
struct value built_read(const struct built *b, const struct path *p,
			struct buf *scratch);

#endif
