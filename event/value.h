/* value.h - what a field of an event can be, and how two of them compare.
 *
 * A value never owns memory: text points into the event, into a program's
 * constants or into the reader's scratch. An array or object is its JSON
 * text. Missing and null are the same. Any thread. */
#ifndef EVENT_VALUE_H
#define EVENT_VALUE_H

#include <math.h>
#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"

enum value_type {
	VALUE_NULL,
	VALUE_BOOL,
	VALUE_INT,
	VALUE_FLOAT,  /* also a JSON integer beyond int64: see raw */
	VALUE_STR,    /* bytes, escapes already undone */
	VALUE_ARRAY,  /* JSON text */
	VALUE_OBJECT, /* JSON text */
};

struct value {
	enum value_type type;
	uint32_t len;  /* STR, ARRAY, OBJECT: bytes at ptr */
	union {
		bool        b;
		int64_t     i;
		double      f;
		const char *ptr;
	};
	/* The JSON text that this value was read from, or NULL: written out
	 * again as it came in, so that digits and escapes survive. */
	const char *raw;
	uint32_t    nraw;
};

#define VALUE_NONE ((struct value){ .type = VALUE_NULL })

static inline struct str
value_str(const struct value *v)
{
	return (struct str){ v->ptr, v->len };
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){ .type = VALUE_INT, .i = i };
}

/* What is no number to JSON is none to a query either. */
static inline struct value
value_float(double f)
{
	if (!isfinite(f))
		return VALUE_NONE;
	return (struct value){ .type = VALUE_FLOAT, .f = f };
}

/* "null", "boolean", "integer", "float", "string", "array", "object" */
const char *value_type_name(enum value_type type);

/* Type and length in one; of what has no length the type is all that counts. */
static inline uint64_t
value_head(const struct value *v)
{
	return (uint64_t)v->len << 32 | v->type;
}

static inline bool
value_is_number(const struct value *v)
{
	return v->type == VALUE_INT || v->type == VALUE_FLOAT;
}

double value_number(const struct value *v); /* INT or FLOAT as a double */

/* `==`: null equals null; numbers by mathematical value (an int64 against a
 * double exactly, never through rounding); strings by bytes; arrays and
 * objects by content, whatever the order of keys. */
bool value_equal(const struct value *a, const struct value *b);

/* Order two numbers or two strings (by bytes): *cmp is < 0, 0, > 0. False
 * when they have no order (other or mixed types, a NaN). */
bool value_order(const struct value *a, const struct value *b, int *cmp);

/* Types that compare with one another share a rank. */
static inline int
value_rank(const struct value *v)
{
	return value_is_number(v) ? VALUE_INT : (int)v->type;
}

/* The order of booleans, numbers but NaN, and strings of whatever type: these
 * three after one another. < 0, 0, > 0. */
static inline int
value_total_order(const struct value *a, const struct value *b)
{
	int cmp = 0;

	if (value_rank(a) != value_rank(b))
		return value_rank(a) - value_rank(b);
	if (a->type == VALUE_BOOL)
		return a->b - b->b;
	value_order(a, b, &cmp);
	return cmp;
}

/* Append as JSON on one line: raw text if there is any, else canonical. A
 * float is written with the fewest digits that read back the same; NaN and
 * infinities as null; strings escaped, invalid UTF-8 passed as it is. */
void value_write_json(const struct value *v, struct buf *out);

/* Append as a person or a pattern sees it: strings bare, the rest as JSON. */
void value_write_text(const struct value *v, struct buf *out);

#endif
