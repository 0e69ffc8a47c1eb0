/* json.h - JSON text, read forward and never made into a tree.
 *
 * RFC 8259 to the letter: what json_check() accepts is valid, so that a row
 * passed on unparsed is valid too. Depth is bounded (JSON_MAX_DEPTH), and so
 * is time: every function is linear in the text. Of duplicate keys the first
 * counts. Any thread; no allocation. */
#ifndef EVENT_JSON_H
#define EVENT_JSON_H

#include "common/buf.h"
#include "event/path.h"
#include "event/value.h"

enum { JSON_MAX_DEPTH = 128 };

/* Is text one valid JSON value, with white space around it at most? 0 or
 * MQL_EBADEVENT, and then *at (may be NULL) is the offset of the error. */
int json_check(struct str text, size_t *at);

/* The value of one JSON text that is known to be valid. */
struct value json_value(struct str text, struct buf *scratch);

/* Walk from a valid container text along steps; calls fn for each value
 * reached (many when a step is [*]: elements of an array, members of an
 * object, duplicates too) until fn returns false. Strings are undone into
 * scratch, for the time of the call. */
void json_walk(struct str text, const struct step *steps, unsigned nsteps,
	       struct buf *scratch,
	       bool (*fn)(void *arg, const struct value *v), void *arg);

/* The one value at the end of steps without [*], from a value of any type:
 * null when the steps lead through a scalar or past an end. Its text lives as
 * long as that of from, and scratch. */
struct value json_at(const struct value *from, const struct step *steps,
		     unsigned nsteps, struct buf *scratch);

/* The members of a valid container text in order, each call the next: start
 * with *at = 0. key is the raw text of the name, quotes and escapes included
 * (ptr NULL in an array), value the raw text of the value; json_value() undoes
 * either. False at the end. */
bool json_member_next(struct str text, size_t *at, struct str *key,
		      struct str *value);

/* What the first text among the members of this name is, in a valid object;
 * ptr NULL: there is none. quoted is the name as it stands there, with its
 * quotes. room, which may grow, is for a text with escapes. */
struct str json_member_text(struct str object, struct str quoted,
			    struct buf *room);

/* Do two valid texts mean the same? Numbers by value, objects whatever the
 * order of keys. Bounded by the product of their sizes; deeper than
 * JSON_MAX_DEPTH is never equal. */
bool json_same(struct str a, struct str b);

/* Which members of an object to write. Of duplicates the first counts, and
 * null is left out. */
struct json_fields {
	bool      (*wants)(void *arg, struct str name); /* escapes undone */
	void       *arg;
	struct buf *memory; /* fixed, aligned as malloc(3) does, and three
			       times as large as the text; overwritten */
};

/* Append the members of a valid object that are wanted, in their order, each
 * with its name and value as they stand there, on one line. *comma: does one
 * come before the first? On return: would one before the next? Sets out->err
 * to MQL_ELIMIT when the memory is too small. */
void json_write_fields(struct str text, const struct json_fields *f,
		       bool *comma, struct buf *out);

/* Append s as a JSON string with its quotes. */
void json_write_str(struct str s, struct buf *out);

/* Append valid text on one line: newlines between tokens become spaces. */
void json_write_line(struct str text, struct buf *out);

#endif
