/* guard_term.h - the first look of a guard, to be inlined where events are
 * published: no call, so that the publisher is a leaf. See guard.h. */
#ifndef MQL_GUARD_TERM_H
#define MQL_GUARD_TERM_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "mql/agent.h"
#include "mql/guard.h"

enum guard_kind {
	GUARD_NOTHING, /* refuses nothing */
	GUARD_BOOLEAN,
	/* in a range: */
	GUARD_I8, GUARD_I16, GUARD_I32, GUARD_I64,
	GUARD_U8, GUARD_U16, GUARD_U32, GUARD_U64,
	GUARD_F32, GUARD_F64,
	/* equal to a text: */
	GUARD_CHARS, GUARD_CSTR, GUARD_TEXT,
	/* not equal to a text: */
	GUARD_NOT_CHARS, GUARD_NOT_CSTR, GUARD_NOT_TEXT,
	/* a field of a built event: equal to a text, an integer in a range,
	 * or whatever else: */
	GUARD_VALUE_TEXT, GUARD_VALUE_INT, GUARD_VALUE,
};

/* One term; those of all queries follow each other. */
struct guard {
	uint8_t   kind;
	bool      negate; /* numbers: != */
	bool      last;   /* of its query */
	char      first;  /* of the text: most differ there */
	union {
		uint32_t offset; /* in the record */
		uint16_t slot;   /* GUARD_VALUE... */
	};
	union {
		const char *ptr;  /* the query's; GUARD_CHARS and the like */
		uint64_t    head; /* GUARD_VALUE_TEXT: value_head() */
		struct { int64_t low, high; } i;
		struct { double low, high; } f;
	};
	const struct guard *next; /* the next query's first, or NULL */
	uint32_t  size;   /* GUARD_CHARS */
	uint32_t  len;    /* of the text */
	/* GUARD_VALUE...: */
	struct str          key;
	const struct value *konst;
	uint8_t             op;
};

/* The value of type T at an address that need not be aligned for it. */
#define GUARD_AT(T) (*(T *)memcpy(&(T){ 0 }, at, sizeof(T)))

static inline bool
guard_outside(const struct guard *t, int64_t i)
{
	return (i < t->i.low || i > t->i.high) != t->negate;
}

static inline bool
guard_real_outside(const struct guard *t, double f)
{
	return !(f >= t->f.low && f <= t->f.high) != t->negate;
}

/* Two texts that differ in their first byte are told apart here. Of those
 * that end at a NUL an empty one has it for a first byte. */
static inline bool
guard_other_text(const struct guard *t, const char *z)
{
	return !z || *z != t->first;
}

/* Is the term false at first sight? No calls: the caller is a leaf. */
static inline bool
guard_fails(const struct guard *t, const char *at)
{
	if (t->kind == GUARD_CSTR) /* before all: a table costs a jump */
		return guard_other_text(t, GUARD_AT(const char *));
	switch ((enum guard_kind)t->kind) {
	case GUARD_BOOLEAN: return guard_outside(t, GUARD_AT(uint8_t) != 0);
	case GUARD_I8:    return guard_outside(t, GUARD_AT(int8_t));
	case GUARD_I16:   return guard_outside(t, GUARD_AT(int16_t));
	case GUARD_I32:   return guard_outside(t, GUARD_AT(int32_t));
	case GUARD_I64:   return guard_outside(t, GUARD_AT(int64_t));
	case GUARD_U8:    return guard_outside(t, GUARD_AT(uint8_t));
	case GUARD_U16:   return guard_outside(t, GUARD_AT(uint16_t));
	case GUARD_U32:   return guard_outside(t, GUARD_AT(uint32_t));
	case GUARD_U64: /* what is beyond is for the program */
		return GUARD_AT(uint64_t) <= INT64_MAX &&
		       guard_outside(t, GUARD_AT(int64_t));
	case GUARD_F32:   return guard_real_outside(t, (double)GUARD_AT(float));
	case GUARD_F64:   return guard_real_outside(t, GUARD_AT(double));
	case GUARD_CHARS: return guard_other_text(t, at);
	case GUARD_TEXT:  return GUARD_AT(struct mql_text).len != t->len;
	case GUARD_CSTR:  break; /* done */
	case GUARD_NOT_CHARS: case GUARD_NOT_CSTR: case GUARD_NOT_TEXT:
	case GUARD_NOTHING:
	case GUARD_VALUE_TEXT: case GUARD_VALUE_INT: case GUARD_VALUE:
		return false; /* takes more than a look */
	}
	__builtin_unreachable();
}

/* No value of another type or length equals a text, nor does it count. */
static inline bool
guard_value_fails(const struct guard *t, const struct built *b)
{
	unsigned i = b->layout->field[t->slot];
	const struct value *v;

	if (i >= b->same)
		return false;
	v = &b->field[i].value;
	if (t->kind == GUARD_VALUE_TEXT)
		return value_head(v) != t->head || *v->ptr != t->first;
	return t->kind == GUARD_VALUE_INT && v->type == VALUE_INT &&
	       guard_outside(t, v->i);
}

/* As guard_refuses_built(), as far as a look tells. */
static inline bool
guard_refuses_built_at_sight(const struct guard *t, const struct built *b,
			     uint64_t era)
{
	if (b->layout->era != era)
		return false;
	do {
		if (!guard_value_fails(t, b))
			return false;
	} while ((t = t->next));
	return true;
}

/* As guard_refuses(), as far as a look tells. */
static inline bool
guard_refuses_at_sight(const struct guard *t, const void *record)
{
	do {
		if (!guard_fails(t, (const char *)record + t->offset))
			return false;
	} while ((t = t->next));
	return true;
}

#endif
