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
	X(NULL, "null") X(TRUE, "true") X(FALSE, "false") X(CASE, "case")

/* Functions and aggregates of the language that is to come: refused by name,
 * and offered to who mistypes one. */
#define FUNCTIONS(X)                                                       \
	X("lower") X("upper") X("trim") X("length") X("substr")            \
	X("replace") X("split_part") X("concat") X("starts_with")          \
	X("ends_with") X("contains") X("regexp_extract") X("coalesce")     \
	X("nullif") X("if") X("abs") X("floor") X("ceil") X("round")       \
	X("sqrt") X("log") X("exp") X("mod") X("least") X("greatest")      \
	X("int") X("float") X("string") X("bool") X("typeof") X("exists")  \
	X("json") X("hash") X("bucket") X("time_bucket") X("now")          \
	X("tick") X("year") X("month") X("day") X("hour") X("minute")      \
	X("second") X("cidr_match") X("url_path") X("url_host")            \
	X("url_query_param")                                               \
	X("count") X("sum") X("avg") X("average") X("min") X("max")        \
	X("stddev") X("variance") X("p1") X("p5") X("p10") X("p25")        \
	X("p50") X("p75") X("p90") X("p95") X("p99") X("p995")             \
	X("percentile") X("top") X("list") X("first") X("last") X("rate")

/* The token of a keyword, or 0. */
int word_keyword(struct str s);

/* Is s a name that needs no quotes: parts of letters, digits, _ and $ with
 * dots between them, no digit first, no keyword? Letters are ASCII's and every
 * UTF-8 character but Latin-1's signs and the punctuation of Unicode's blocks
 * 2000-206f and 3000-303f. */
bool word_is_plain(struct str s);

/* How many leading bytes of s are whole UTF-8 characters. */
size_t word_utf8(struct str s);

bool word_is_function(struct str s);

/* The function that s is one typo away from, or NULL. */
const char *word_near_function(struct str s);

/* Is a mistyped b: one letter wrong, missing, too many, or two swapped? Case
 * does not matter. Short words must share a letter at least. */
bool word_is_near(struct str a, struct str b);

#endif
