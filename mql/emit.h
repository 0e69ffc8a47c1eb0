/* emit.h - what the parts of the code generator share.
 *
 *     emit.c        instructions, and the query as a whole
 *     emit_test.c   conditions: jumps and tests
 *     emit_value.c  values: into registers, or where they are already
 *     emit_shape.c  columns, groups, aggregates, order; what a tree means
 *                   once events have become groups
 *
 * Each function returns 0, or an error that it has told fail(). */
#ifndef MQL_EMIT_H
#define MQL_EMIT_H

#include "mql/compile.h"
#include "mql/pool.h"
#include "mql/prog.h"

struct fold;

struct emit {
	struct pool         pool; /* of the program that is written */
	struct mql_query   *q;
	const struct select *sel;
	unsigned            reg;  /* registers in use */
	struct fold        *fold; /* not NULL: the program is for groups */
};

/* --- emit.c ----------------------------------------------------------------- */

int emit_insn(struct emit *e, struct span at, enum op op, unsigned a,
	      unsigned b, unsigned c);

/* Jumps to one place that is not known yet form a list: each holds the place
 * of the one before it, and *list is the last. emit_land() sends them all to
 * where the next instruction will stand. */
enum { NO_JUMP = PROG_MAX_CODE };
int emit_jump(struct emit *e, struct span at, enum op op, unsigned *list);
void emit_land(struct emit *e, unsigned list);

int emit_register(struct emit *e, struct span at, uint16_t *reg);

/* The number of instructions so far: where the next one will stand. */
static inline unsigned
emit_here(const struct emit *e)
{
	return e->pool.p->ncode;
}

/* A way into the program that answers n, as a condition or as a value. */
int emit_entry_test(struct emit *e, const struct ast *n, uint16_t *entry);
int emit_entry_value(struct emit *e, const struct ast *n, uint16_t *entry);

/* --- emit_test.c ------------------------------------------------------------ */

/* The truth of n into the truth register. */
int emit_condition(struct emit *e, const struct ast *n);

/* --- emit_value.c ----------------------------------------------------------- */

/* Where the value of n is; what is computed goes into a register first, the
 * next one, and no other stays in use. */
int emit_operand(struct emit *e, const struct ast *n, uint16_t *v);

/* The value of n into a register that is in use. */
int emit_into(struct emit *e, const struct ast *n, uint16_t reg);

/* --- emit_shape.c ----------------------------------------------------------- */

/* Is n, in a program for groups, one of a group's cells? Then *v is its
 * operand. An aggregate that is new is added, which may fail: *err. */
bool emit_folded(struct emit *e, const struct ast *n, uint16_t *v, int *err);

/* The columns, and all that happens behind the filter. */
int emit_shape(struct emit *e);

#endif
