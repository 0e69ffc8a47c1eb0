/* compile.h - what the stages of one compilation share.
 *
 *     parse()   text -> c->sel           lex.l, grammar.y (see mql.c)
 *     check()   c->sel -> c->sel, sound  check*.c, resolve.c
 *     plan()    c->sel -> struct plan    plan.c
 *     emit()    c->sel -> mql_query      emit.c
 *     verify()  mql_query, trusted       verify.c, see prog.h
 *
 * mql.c calls them in this order; a stage that fails has called fail(). */
#ifndef MQL_COMPILE_H
#define MQL_COMPILE_H

#include <setjmp.h>

#include "mql/ast.h"
#include "mql/mql.h"

enum clause {
	CLAUSE_FROM,
	CLAUSE_WHERE,
	CLAUSE_SAMPLE,
	CLAUSE_LIMIT,
	CLAUSE_GROUP,
	CLAUSE_ORDER,
	CLAUSE_WINDOW,
	CLAUSE_HAVING,
	CLAUSE_AT
};

struct compile {
	struct str       text;  /* borrowed; may hold anything */
	struct arena     arena;
	struct select    sel;
	struct mql_diag *diag;  /* never NULL */
	bool             timed; /* windows without `on` are by @ts */
	int              err;   /* first failure; later ones are echoes of it */

	/* The scanner's and the grammar's own. */
	int         pos;  /* offset into text */
	jmp_buf     oom;  /* where flex goes instead of exit(2) */
	int         last; /* where the last token ended */
	unsigned    seen; /* bit by enum clause */
	bool        within_at; /* @app and @labels.x are names here */
	struct str  strategy;  /* of `sample {...}` */
};

/* Record the first failure with its place and one sentence, without a full
 * stop. Returns the first failure's code, so that callers may pass it on. */
__attribute__((format(printf, 4, 5)))
int fail(struct compile *c, int err, struct span at, const char *fmt, ...);

/* The query's text from at.beg to at.end, at most max bytes of it and no half
 * character. */
struct str span_text(const struct compile *c, struct span at, size_t max);

/* "out of memory", at the beginning. Returns as fail(). */
int fail_nomem(struct compile *c);

struct plan;
int check(struct compile *c);
int plan(struct compile *c, struct plan *out);

/* Give the program of c->sel, with everything copied that it keeps; its plan
 * is still empty: mql.c moves one into it. The syntax of regular expressions
 * is checked here, at the place of the REGEX node. */
int emit(struct compile *c, struct mql_query **out);

#endif
