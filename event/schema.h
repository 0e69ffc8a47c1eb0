/* schema.h - the shape of a mapped struct: the service's table, copied and
 * checked, with keys ready to be looked up. Immutable after schema_new(). */
#ifndef EVENT_SCHEMA_H
#define EVENT_SCHEMA_H

#include "common/buf.h"
#include "event/path.h"
#include "event/value.h"
#include "mql/agent.h"

struct schema; /* opaque */

/* Returns 0, MQL_EINVAL (no or two fields of one name, unknown type, CHARS
 * without a size, more than 1024 fields or 8 levels) or MQL_ENOMEM. */
int schema_new(const struct mql_field *fields, size_t n, struct schema **out);
void schema_free(struct schema *s); /* NULL is allowed */

/* Where a path leads: a field of the struct and what of the path is left to
 * walk inside it (a JSON field). found false: always null. */
struct schema_ref {
	bool                    found;
	const struct mql_field *field;
	size_t                  offset; /* from the start of the record */
	uint16_t                walked; /* steps of p that led here */
};
struct schema_ref schema_resolve(const struct schema *s, const struct path *p);

/* The whole record as one JSON object, null fields left out. */
void schema_write_json(const struct schema *s, const void *record,
		       struct buf *out);
/* Its fields that are wanted, as json_write_fields(). */
void schema_write_fields(const struct schema *s, const void *record,
			 bool (*wants)(void *arg, struct str name), void *arg,
			 bool *comma, struct buf *out);
/* One field of it as a value; an embedded struct is written to scratch. */
void schema_read(const struct mql_field *f, const void *at,
		 struct buf *scratch, struct value *out);

#endif
