/* regex.h - regular expressions with a bounded cost: PCRE2 behind one door.
 *
 * No JIT: it maps executable memory, which is not ours to do in a guest
 * process. A match that needs more than its share of steps or of memory is
 * given up, and the caller is told. */
#ifndef MQL_REGEX_H
#define MQL_REGEX_H

#include <stdbool.h>

#include "common/arena.h"
#include "common/str.h"

struct regex {
	struct str text;  /* the pattern, without slashes */
	bool       whole; /* ==~: the whole value, dot matches newlines too */
	unsigned   ngroup;
	unsigned   group; /* what regex_find() finds: 0 is the whole match */
	void      *code;  /* PCRE2's */
};

/* Where and why a pattern was refused. */
struct regex_error {
	size_t at; /* byte offset into the pattern */
	char   text[160];
};

/* Compile text, which is UTF-8 and borrowed as long as a lives; all else lives
 * in a. Returns 0, MQL_ESYNTAX (*why is set) or MQL_ENOMEM. Any thread. */
int regex_compile(struct arena *a, struct str text, bool whole,
		  struct regex *out, struct regex_error *why);

/* What one thread needs to match any regex. Returns 0 or MQL_ENOMEM. */
struct regex_match; /* opaque */
int regex_match_new(struct regex_match **out);
void regex_match_free(struct regex_match *m); /* NULL is allowed */

/* Does re match subject? Returns 1, 0, or MQL_ELIMIT when it would cost too
 * much. Owner thread of m. Allocates nothing but PCRE2's frames at a first
 * deep match: bounded, kept and reused. */
int regex_matches(const struct regex *re, struct regex_match *m,
		  struct str subject);

/* The first match's group, a part of subject. Returns 1; 0 when nothing
 * matches or the group has no part in it; or MQL_ELIMIT. As above. */
int regex_find(const struct regex *re, struct regex_match *m,
	       struct str subject, struct str *out);

#endif
