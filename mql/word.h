/* word.h - the words that mean something, and guessing what a typo meant. */
#ifndef MQL_WORD_H
#define MQL_WORD_H

#include <stdbool.h>

#include "common/str.h"

/* Keywords in any case, except `group by` and `order by`, which are lexed as
 * one token each: `group` and `order` alone are names. X(token, spelling) */
#define KEYWORDS(X)                                                        \
	X(SELECT, "select") X(DISTINCT, "distinct") X(FROM, "from")        \
	X(WHERE, "where") X(WINDOW, "window") X(HAVING, "having")          \
	X(LIMIT, "limit") X(SAMPLE, "sample") X(SINCE, "since")            \
	X(AT, "at") X(JOIN, "join") X(ANOMALY, "anomaly") X(AS, "as")      \
	X(AND, "and") X(OR, "or") X(NOT, "not") X(LIKE, "like")            \
	X(ILIKE, "ilike") X(IN, "in") X(BETWEEN, "between") X(IS, "is")    \
	X(NULL, "null") X(TRUE, "true") X(FALSE, "false") X(CASE, "case")  \
	X(WHEN, "when") X(THEN, "then") X(ELSE, "else") X(FINISH, "end")   \
	X(EVERY, "every") X(ON, "on") X(GRACE, "grace") X(ASC, "asc")      \
	X(DESC, "desc")

/* The token of a keyword, or 0. */
int word_keyword(struct str s);

/* Is s a name that needs no quotes: parts of letters, digits, _ and $ with
 * dots between them, no digit first, no keyword? Letters are ASCII's and every
 * UTF-8 character but Latin-1's signs and the punctuation of Unicode's blocks
 * 2000-206f and 3000-303f. */
bool word_is_plain(struct str s);

/* The same word, A to Z in any case? */
bool word_is_same(struct str a, struct str b);

/* Is a mistyped b: one letter wrong, missing, too many, or two swapped? Case
 * does not matter. Short words must share a letter at least. */
bool word_is_near(struct str a, struct str b);

#endif
