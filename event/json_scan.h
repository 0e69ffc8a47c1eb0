/* json_scan.h - the one scanner under everything here that reads JSON text.
 *
 * It walks forward and checks as it goes; a function that returns false has
 * met an error, and p stands at it. Nothing recurses: how deep the text is
 * nested is a number and one bit a level. For event/, and for wire/, which
 * walks messages with it. */
#ifndef EVENT_JSON_SCAN_H
#define EVENT_JSON_SCAN_H

#include "event/json.h"

struct scan {
	const char *p, *end;
	unsigned    depth;                       /* of open containers */
	uint64_t    object[JSON_MAX_DEPTH / 64]; /* a bit each: is it {}? */
};

static inline struct scan
scan_of(struct str text)
{
	const char *end = text.len ? text.ptr + text.len : text.ptr;

	return (struct scan){ .p = text.ptr, .end = end };
}

/* The byte at p; 0, which is valid nowhere, at the end. */
static inline unsigned char
scan_peek(const struct scan *s)
{
	return s->p < s->end ? (unsigned char)*s->p : 0;
}

static inline bool
scan_take(struct scan *s, char c)
{
	bool is = s->p < s->end && *s->p == c;

	s->p += is;
	return is;
}

static inline void
scan_space(struct scan *s)
{
	while (s->p < s->end && (*s->p == ' ' || *s->p == '\n' ||
				 *s->p == '\r' || *s->p == '\t'))
		s->p++;
}

/* Over a string, from quote to quote. */
bool scan_string(struct scan *s);

/* Over what a backslash begins; over what is neither string nor container. */
bool scan_escape(struct scan *s);
bool scan_scalar(struct scan *s);

/* Over any value, however nested, without space around it. */
bool scan_skip(struct scan *s);

/* To walk a container:
 *     if (!scan_open(s)) -> error
 *     if (scan_close(s)) -> it is empty
 *     do { in an object scan_name(s); then scan_skip(s) or the like }
 *     while (scan_comma(s));
 *     if (!scan_close(s)) -> error
 * name is the raw text with its quotes. */
bool scan_open(struct scan *s);
bool scan_name(struct scan *s, struct str *name);
bool scan_comma(struct scan *s);
bool scan_close(struct scan *s);

/* --- texts of tokens, known to be valid ------------------------------------- */

/* The value of a number. */
struct value json_number(struct str raw);

/* Undo the escape at *p (a backslash): 1 to 4 bytes of UTF-8 go to out. */
size_t json_unescape(const char **p, const char *end, char *out);

/* The bytes that a string with its quotes means: a slice of raw itself, or
 * undone into scratch. ptr is NULL when scratch is full. */
struct str json_unquote(struct str raw, struct buf *scratch);

#endif
