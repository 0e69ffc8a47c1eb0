/* plan.h - what runs where, and the query in its one canonical spelling.
 *
 * Part of every compiled query: prog.h embeds one (`struct plan plan;`) and
 * mql_query_free() ends it with plan_fini(). plan.c fills it before the code
 * is emitted, mql.c moves it into the query and answers from it what
 * mql/query.h asks (text, agent text, streams, sample, limit). */
#ifndef MQL_PLAN_H
#define MQL_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mql/ast.h"

struct plan {
	char *text;       /* canonical; NUL-terminated, heap */
	char *agent_text; /* what an agent runs, see query_agent_text(); text
			     itself, if it is the same */
	char *fold_text;  /* see query_fold_text(); NULL: none */
	char *at_text;    /* see query_at_text(); "" : everywhere */
	char *stage_text; /* what the source-job does, for explain; or "" */
	char *warnings;   /* lines for explain, each with its newline; or "" */

	struct str *stream; /* heap, one block with the names */
	size_t      nstream; /* 0: every stream */
	bool        filters; /* there is a where clause */
	bool        plain;   /* each event makes its row: query_is_plain() */
	bool        whole;   /* not plain, and agents send whole events */

	struct sample sample; /* its keys are in the heap block, too */
	uint64_t limit;  /* UINT64_MAX: none */
};

void plan_fini(struct plan *p); /* NULL and a zeroed plan are allowed */

#endif
