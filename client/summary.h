/* summary.h - what events are made of: rows in, a field a path out.
 *
 *     {"ms":12,"device":{"os":"tv"},"tags":["a","b"]}
 *     {"ms":7}
 *
 *     ms         integer   in 2 of 2 rows   7 ... 12
 *     device.os  string    in 1             "tv" once
 *     tags       array     in 1
 *     tags[*]    string    in 1             "a" once, "b" once
 *
 * Null is as good as missing. An object is told by what is in it. All is
 * bounded whatever the rows are: paths, depth, different values of each, the
 * text of each; what was beyond that is said. One owner. */
#ifndef CLIENT_SUMMARY_H
#define CLIENT_SUMMARY_H

#include "event/value.h"

enum {
	SUMMARY_FIELDS = 500,
	SUMMARY_DEPTH  = 8,   /* keys and [*] of a path */
	SUMMARY_VALUES = 100, /* different values that are counted of a field */
	SUMMARY_TOP    = 10,  /* of which so many are told */
	SUMMARY_TEXT   = 120, /* bytes of a value that is counted */
};

struct summary; /* opaque */

struct summary_value {
	struct value v;
	uint64_t     n; /* how often */
};

struct summary_field {
	struct str path;   /* as a query would name it */
	uint64_t   rows;   /* that have it, and not null */
	uint64_t   type[VALUE_OBJECT + 1]; /* how often each, by value_type */
	size_t     distinct; /* different values, of those that are counted */
	bool       more;     /* there are more of them than that */
	size_t     ntop;     /* most frequent first */
	struct summary_value top[SUMMARY_TOP];
	/* Of the numbers, or of the strings where these are more; null when
	 * there are none, or one has too much text to be compared. */
	struct value min, max;
};

struct summary *summary_new(void); /* NULL: out of memory */
void summary_free(struct summary *s); /* NULL is allowed */

/* Count a row. 0; MQL_EBADEVENT when it is no JSON object, MQL_ENOMEM. */
int summary_add(struct summary *s, struct str row);

uint64_t summary_rows(const struct summary *s);
bool summary_left(const struct summary *s); /* is there a path not listed? */

/* The fields that were seen, ordered by path; borrowed until the next call.
 * False: there are no more. Start with *at = 0. */
bool summary_next(struct summary *s, size_t *at, struct summary_field *f);

/* The names of a field's types, most frequent first, with sep between. */
void summary_write_types(const struct summary_field *f, const char *sep,
			 struct buf *out);

/* {"path":...,"types":[...],"rows":N,"presence":99.5,...} */
void summary_write_field(const struct summary *s,
			 const struct summary_field *f, struct buf *out);

/* 1000 times the share of n in all, rounded; 0 only for 0. */
unsigned summary_permille(uint64_t n, uint64_t all);

#endif
