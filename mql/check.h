/* check.h - what check.c, check_expr.c, check_call.c and resolve.c share. */
#ifndef MQL_CHECK_H
#define MQL_CHECK_H

#include "mql/compile.h"

/* --- check_expr.c ---------------------------------------------------------- */

/* What is known of a value before there is an event. */
enum type { TYPE_ANY, TYPE_NUMBER, TYPE_STRING, TYPE_BOOLEAN };
enum type type_of(const struct ast *n);

bool is_star(const struct ast *n); /* a path with [*] */
int refuse_star(struct compile *c, const struct ast *n);

/* Check what stands at *n: a value, a condition, or either of them. A bare
 * path in a condition's place becomes EQ(path, true). no_agg: the sentence
 * that refuses an aggregate; NULL: they may stand here. */
int check_value(struct compile *c, struct ast **n, const char *no_agg);
int check_condition(struct compile *c, struct ast **n, const char *no_agg);
int check_either(struct compile *c, struct ast **n, const char *no_agg);

/* EQ(*n, true) in place of *n. */
int check_wrap(struct compile *c, struct ast **n);

/* --- check_call.c ---------------------------------------------------------- */

/* n, a CALL or an AGG. */
int check_call(struct compile *c, struct ast *n, const char *no_agg);
int check_agg(struct compile *c, struct ast *n, const char *no_agg);

/* --- resolve.c ------------------------------------------------------------- */

/* The columns that the paths in *n name, as COLUMN; when as_exprs what they
 * are instead. Arguments of aggregates are fields, always. */
int resolve(struct compile *c, struct ast **n, bool as_exprs);

/* The value that `group by *n` means when *n is an alias. */
int resolve_group(struct compile *c, struct ast **n);

/* Is there something in n for resolve_fold() to do? */
bool is_loose(const struct select *s, const struct ast *n);

/* Leave nothing in *n but groups, aggregates, constants and what is computed
 * from them: any other value becomes first(value), or is refused when strict.
 * A condition stays one when it has to be. */
int resolve_fold(struct compile *c, struct ast **n, bool strict);

#endif
