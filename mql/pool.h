/* pool.h - what a program keeps of the tree, copied into the query's arena.
 *
 * The first half of emitting: emit*.c write the instructions, which name by
 * index what stands here. While a program is written its arrays grow in the
 * compilation's arena; pool_finish() moves them into the query's. Each
 * function returns 0, or an error that it has told fail(). */
#ifndef MQL_POOL_H
#define MQL_POOL_H

#include "mql/compile.h"
#include "mql/prog.h"

struct pool {
	struct compile *c;
	struct arena   *arena; /* the query's */
	struct prog    *p;     /* the program that is written */
	struct {               /* room in its arrays */
		unsigned code, konst, path, regex, set, call;
	} cap;
};

/* MQL_ELIMIT: "the query has too many of these". */
int pool_too_many(struct pool *pl, struct span at, const char *what);

int pool_insn(struct pool *pl, struct span at, struct insn in);

/* The index of n's path; each different path stands in the program once. */
int pool_path(struct pool *pl, const struct path *path, struct span at,
	      uint16_t *index);

/* The index of the constant n. */
int pool_constant(struct pool *pl, const struct ast *n, uint16_t *index);

/* The index of the set of n->item[1..]; n is an IN. */
int pool_set(struct pool *pl, const struct ast *n, uint16_t *index);

/* The index of the expression n, a REGEX, compiled. */
int pool_regex(struct pool *pl, const struct ast *n, bool whole,
	       uint16_t *index);

/* The index of the function that n, a CALL, calls. */
int pool_call(struct pool *pl, const struct ast *n, uint16_t *index);

int pool_str(struct pool *pl, struct str *s);

int pool_finish(struct pool *pl);

#endif
