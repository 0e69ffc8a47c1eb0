/* spell.h - a query in its one canonical spelling. */
#ifndef MQL_SPELL_H
#define MQL_SPELL_H

#include "mql/ast.h"

/* Append to out. The query must have passed check(). */
void spell_select(const struct select *s, bool with_limit, struct buf *out);

/* --- its parts ------------------------------------------------------------- */

/* A text in the quotes that it needs; a name without them when it can be. */
void spell_text(struct str s, struct buf *out);
void spell_name(struct str s, struct buf *out);

/* A column by its alias, else by what it is. */
void spell_column(const struct select_item *item, struct buf *out);

/* A value or a condition, as it stands in a select list. */
void spell_expr(const struct ast *n, struct buf *out);
void spell_duration(int64_t ms, struct buf *out); /* 90s, 1m */

void spell_path(const struct path *p, struct buf *out);
void spell_regex(struct str pattern, struct buf *out); /* with slashes */

#endif
