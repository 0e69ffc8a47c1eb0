/* reader.h - read fields of one event, whatever its form, each at most once.
 *
 *     reader_begin(r, ps, &ev)     nothing is read yet
 *     reader_get(r, slot)          the value, remembered
 *     reader_check(r, matches)     was it an event at all?
 *
 * One reader per publishing thread, made when the thread first publishes to a
 * live stream; nothing below reader_new() allocates. */
#ifndef EVENT_READER_H
#define EVENT_READER_H

#include "event/built.h"
#include "event/json.h"
#include "event/pathset.h"
#include "event/schema.h"
#include "event/value.h"

enum event_form { EVENT_JSON, EVENT_STRUCT, EVENT_BUILT };

struct event_meta { /* what the @ fields say; text is borrowed */
	int64_t    ts;  /* ms since the epoch */
	int64_t  (*clock)(void); /* not NULL: asked for ts when @ts is read */
	uint64_t   seq;
	struct str app, host, zone, version, agent, stream; /* len 0: null */
};

struct event {
	enum event_form form;
	union {
		struct str          text;   /* EVENT_JSON */
		const void         *record; /* EVENT_STRUCT */
		const struct built *built;  /* EVENT_BUILT */
	};
	const struct schema     *schema; /* EVENT_STRUCT */
	uint64_t                 era;    /* EVENT_BUILT: another one for other
					    slots; 0: none */
	const struct event_meta *meta;   /* never NULL */
};

struct reader; /* opaque */

/* max_event: the largest JSON text in bytes; scratch of that size is mapped,
 * and touched only as far as needed. Returns 0 or MQL_ENOMEM. */
int reader_new(size_t max_event, struct reader **out);
void reader_free(struct reader *r); /* NULL is allowed */

/* Point r at an event; both are borrowed until the next begin. Returns 0 or
 * MQL_EBADEVENT (not between the braces of a JSON object, larger than
 * max_event, a built event that is incomplete). */
int reader_begin(struct reader *r, const struct pathset *ps,
		 const struct event *ev);

/* What a reader begins with: the values that are read already, a bit each. */
struct reader_known {
	const char         *record; /* of a struct; else NULL */
	const struct field_place *place;  /* by slot: where in it */
	uint64_t     have[PATHSET_MAX / 64];
	struct value value[PATHSET_MAX];
};
const struct value *reader_read(struct reader *r, unsigned slot);

/* The value at slot < pathset_size(). Null when missing. Never NULL. For a
 * path with [*]: the container before it. Valid until the next begin. */
static inline const struct value *
reader_get(struct reader *r, unsigned slot)
{
	const struct reader_known *k = (const void *)r;

	if (k->have[slot / 64] >> slot % 64 & 1)
		return &k->value[slot];
	return reader_read(r, slot);
}

/* The value at slot as it lies in the service's struct, of *type, when it lies
 * there and no policy has a say in it; else NULL. *size: of MQL_T_CHARS. */
static inline const char *
reader_place(const struct reader *r, unsigned slot, enum mql_type *type,
	     size_t *size)
{
	const struct reader_known *k = (const void *)r;
	const struct field_place *at = &k->place[slot];

	if (!k->record || at->type == PLACE_NONE)
		return NULL;
	*type = (enum mql_type)at->type;
	*size = at->size;
	return k->record + at->offset;
}

/* A JSON text is read only as far as the slots asked for lead. Is it valid so
 * far, or, when a row is to be made of it, as a whole? 0 or MQL_EBADEVENT:
 * then what was read means nothing. Events of other forms are good. */
int reader_check(struct reader *r, bool whole);

/* For a path with [*]: call fn for each value that it reaches, until fn
 * returns false. */
void reader_each(struct reader *r, unsigned slot,
		 bool (*fn)(void *arg, const struct value *v), void *arg);

/* Fixed memory for intermediate texts, as large as max_event, emptied by
 * reader_begin(). */
struct buf *reader_scratch(struct reader *r);

/* Append the whole event as one line of JSON (`select *`). */
void reader_write_event(struct reader *r, struct buf *out);

/* Append the event's own fields whose names are wanted, in their order, as
 * members of an object that is being written: `"name":value`, null ones left
 * out, of duplicates the first. *comma: as json_write_fields(). The event is
 * valid as a whole. wants() may call reader_get() and reader_each(). */
void reader_write_fields(struct reader *r,
			 bool (*wants)(void *arg, struct str name), void *arg,
			 bool *comma, struct buf *out);

#endif
