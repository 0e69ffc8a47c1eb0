/* spell.h - a query in its one canonical spelling. */
#ifndef MQL_SPELL_H
#define MQL_SPELL_H

#include "mql/ast.h"

/* Append to out. The query must have passed check(). */
void spell_select(const struct select *s, bool with_limit, struct buf *out);

void spell_path(const struct path *p, struct buf *out);
void spell_regex(struct str pattern, struct buf *out); /* with slashes */

#endif
