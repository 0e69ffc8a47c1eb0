/* fields.h - a message as a table, and JSON written and read by it.
 *
 *     struct wire_credit          static const struct field credit[] = {
 *             uint32_t id;   ->           U32(MAY, wire_credit, id),
 *             uint64_t bytes;             U64(MAY, wire_credit, bytes, MAX),
 *                                         FIELD_END };
 *
 * One row says what a member is called, where it is and how far it may go; the
 * writer and the reader both walk the rows, so they cannot drift apart. A MAY
 * field that is zero or empty is left out; a MUST field is always written, and
 * a message without it is refused. Private to wire/. */
#ifndef WIRE_FIELDS_H
#define WIRE_FIELDS_H

#include "common/arena.h"
#include "wire/frame.h"

enum field_kind {
	FIELD_TEXT,   /* struct str for people and names: made printable if
			 it is not UTF-8, cut if it is over the limit */
	FIELD_EXACT,  /* struct str that must arrive as it is, or not at all */
	FIELD_BOOL,   /* bool */
	FIELD_U32,    /* uint32_t */
	FIELD_U64,    /* uint64_t up to max */
	FIELD_COUNT,  /* uint64_t modulo 2^64: a difference may be below zero */
	FIELD_INT,    /* int */
	FIELD_CHOICE, /* an enum from 0, written as a word */
	FIELD_OBJECT, /* a struct inside */
	FIELD_LIST,   /* a pointer to elements, and their number */
};

enum field_need { MAY, MUST };

struct field { /* 64 to a table at most */
	struct str      name; /* ptr NULL ends a table */
	enum field_kind kind;
	enum field_need need;
	size_t          at;     /* offset of the member */
	uint64_t        max;    /* bytes of text, or the largest U64 */
	size_t          count;  /* LIST: offset of the number of elements */
	size_t          size;   /* LIST: bytes of an element */
	const struct field       *sub;  /* OBJECT: its table; LIST: what an
					   element is, one row */
	const char *const        *word; /* CHOICE: up to a NULL */
};

#define FIELD(must, T, member, what)                       \
	.name = { #member, sizeof #member - 1 },           \
	.kind = (what), .need = (must),                    \
	.at = offsetof(struct T, member)

#define TEXT(must, T, member, limit) \
	{ FIELD(must, T, member, FIELD_TEXT), .max = (limit) }
#define EXACT(must, T, member, limit) \
	{ FIELD(must, T, member, FIELD_EXACT), .max = (limit) }
#define BOOL(must, T, member)  { FIELD(must, T, member, FIELD_BOOL) }
#define U32(must, T, member)   { FIELD(must, T, member, FIELD_U32) }
#define U64(must, T, member, limit) \
	{ FIELD(must, T, member, FIELD_U64), .max = (limit) }
#define COUNT(must, T, member) { FIELD(must, T, member, FIELD_COUNT) }
#define INT(must, T, member)   { FIELD(must, T, member, FIELD_INT) }
#define CHOICE(must, T, member, words) \
	{ FIELD(must, T, member, FIELD_CHOICE), .word = (words) }
#define OBJECT(must, T, member, table) \
	{ FIELD(must, T, member, FIELD_OBJECT), .sub = (table) }
/* The list `member` of n`member` elements. */
#define LIST(must, T, member, element)                       \
	{ FIELD(must, T, member, FIELD_LIST),                \
	  .count = offsetof(struct T, n##member),            \
	  .size = sizeof *((struct T *)0)->member, .sub = (element) }
#define FIELD_END { .name = { NULL, 0 } }

/* Append a frame of this kind. b->err: MQL_ELIMIT for a number, list, exact
 * text or message over its limit, MQL_EINVAL for exact text that is not UTF-8
 * (or holds a NUL), MQL_ENOMEM. */
void fields_encode(enum wire_kind kind, const struct field *table,
		   const void *message, struct buf *b);

/* Fill a zeroed message. Text and lists go to mem. 0, MQL_EBADFRAME or
 * MQL_ENOMEM; then the message is filled in part. What the table does not name
 * is skipped: it must be JSON, and nothing more is asked of it. */
int fields_decode(const struct field *table, struct str body, void *message,
		  struct arena *mem);

#endif
