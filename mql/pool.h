/* pool.h - what a program keeps of the tree, copied into the query's arena.
 *
 * The first half of emitting: emit.c writes the instructions, which name by
 * index what stands here. Each function returns 0, or an error that it has
 * told fail(). */
#ifndef MQL_POOL_H
#define MQL_POOL_H

#include "mql/compile.h"
#include "mql/prog.h"

struct pool {
	struct compile   *c;
	struct mql_query *q;
};

/* MQL_ELIMIT: "the query has too many of these". */
int pool_too_many(struct pool *pl, struct span at, const char *what);

/* Room in the query for all that the tree can need, code included. */
int pool_init(struct pool *pl);

/* The index of n's path; each different path stands in the query once. */
int pool_path(struct pool *pl, const struct ast *n, uint16_t *index);

/* The index of the constant n. */
int pool_constant(struct pool *pl, const struct ast *n, uint16_t *index);

/* The index of the set of n->item[1..]; n is an IN. */
int pool_set(struct pool *pl, const struct ast *n, unsigned *index);

/* The index of the expression n, a REGEX, compiled. */
int pool_regex(struct pool *pl, const struct ast *n, bool whole,
	       unsigned *index);

/* The columns of the row. */
int pool_cells(struct pool *pl);

#endif
