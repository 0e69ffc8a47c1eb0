/* spell.h - a query in its one canonical spelling. */
#ifndef MQL_SPELL_H
#define MQL_SPELL_H

#include "mql/ast.h"

/* Append the query. It must have passed check(). */
void spell_select(const struct select *s, bool with_limit, struct buf *out);

/* Append a REGEX with its slashes. */
void spell_regex(struct buf *out, struct str pattern);

#endif
