/* plan_say.h - the parts of a plan that are for people. Each gives heap text,
 * in lines that end with a newline: 0 or MQL_ENOMEM. */
#ifndef MQL_PLAN_SAY_H
#define MQL_PLAN_SAY_H

#include "mql/ast.h"

/* What the source-job does with the agents' rows, in the order of it. */
int plan_stage(const struct select *s, char **out);

/* What who asks may not have thought of. */
struct plan;
int plan_warn(const struct select *s, const struct plan *p, char **out);

/* Give what b holds as a C string; b is done with. plan.c */
int plan_text(struct buf *b, char **out);

#endif
