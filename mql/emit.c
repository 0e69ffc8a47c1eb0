/* emit.c - tree to program. `and` and `or` become jumps, so evaluation stops
 * at the first operand that decides, and a test on a path with [*] becomes
 * the body of an ANY:
 *
 *     a == 1 and (b or c[*] > 2)      0000 EQ       a 1
 *                                     0001 JF       0007
 *                                     0002 EQ       b true
 *                                     0003 JT       0007
 *                                     0004 ANY      c[*] r0 0007
 *                                     0005 GT       r0 2
 *                                     0006 RET
 *                                     0007 RET
 *
 * What the instructions name by index is in pool.c. */
#include <stdlib.h>

#include "mql/compile.h"
#include "mql/pool.h"
#include "mql/prog.h"

struct emit {
	struct pool  pool;
	struct prog *p;   /* the query's */
	unsigned     reg; /* registers in use */

	/* Within a test on a path with [*]: the path, and what stands for
	 * the element under test. */
	const struct ast *star;
	uint16_t          element;
};

/* --- instructions ---------------------------------------------------------- */

static int
put(struct emit *e, struct span at, enum op op, unsigned a, unsigned b,
    unsigned c)
{
	if (e->p->ncode == PROG_MAX_CODE)
		return pool_too_many(&e->pool, at, "conditions");
	e->p->code[e->p->ncode++] = (struct insn){
		(uint16_t)op, (uint16_t)a, (uint16_t)b, (uint16_t)c,
	};
	return 0;
}

static int
take_register(struct emit *e, struct span at, uint16_t *reg)
{
	*reg = (uint16_t)e->reg;
	if (e->reg == PROG_MAX_REGS)
		return pool_too_many(&e->pool, at, "nested operations");
	e->reg++;
	return 0;
}

static int operand(struct emit *e, const struct ast *n, uint16_t *v);

static int
arithmetic(struct emit *e, const struct ast *n, uint16_t *v)
{
	static const uint8_t ops[AST_COUNT] = {
		[AST_ADD] = OP_ADD, [AST_SUB] = OP_SUB, [AST_MUL] = OP_MUL,
		[AST_DIV] = OP_DIV, [AST_MOD] = OP_MOD, [AST_NEG] = OP_NEG,
	};
	unsigned mark = e->reg;
	uint16_t to, l, r = 0;
	int err;

	if ((err = operand(e, n->item[0], &l)))
		return err;
	if (n->n > 1 && (err = operand(e, n->item[1], &r)))
		return err;
	e->reg = mark; /* the operands are read before the result is written */
	if ((err = take_register(e, n->at, &to)))
		return err;
	*v = OPERAND_REG | to;
	return put(e, n->at, ops[n->kind], to, l, r);
}

/* Where the value of n is; arithmetic is computed into a register first. */
static int
operand(struct emit *e, const struct ast *n, uint16_t *v)
{
	int err;

	if (n == e->star) {
		*v = e->element;
		return 0;
	}
	if (n->kind == AST_PATH) {
		err = pool_path(&e->pool, n, v);
		*v |= OPERAND_FIELD;
		return err;
	}
	if (ast_is_leaf(n->kind)) {
		err = pool_constant(&e->pool, n, v);
		*v |= OPERAND_CONST;
		return err;
	}
	return arithmetic(e, n, v);
}

/* --- tests ----------------------------------------------------------------- */

static int
comparison(struct emit *e, const struct ast *n)
{
	static const uint8_t ops[AST_COUNT] = {
		[AST_EQ] = OP_EQ, [AST_NE] = OP_NE, [AST_LT] = OP_LT,
		[AST_LE] = OP_LE, [AST_GT] = OP_GT, [AST_GE] = OP_GE,
		[AST_CONTAINS] = OP_CONTAINS,
		[AST_LIKE] = OP_LIKE, [AST_ILIKE] = OP_ILIKE,
	};
	uint16_t l, r;
	int err;

	if ((err = operand(e, n->item[0], &l)))
		return err;
	if ((err = operand(e, n->item[1], &r)))
		return err;
	return put(e, n->at, ops[n->kind], l, r, 0);
}

static int
between(struct emit *e, const struct ast *n)
{
	uint16_t v, lo, hi;
	unsigned jump;
	int err;

	if ((err = operand(e, n->item[0], &v)) ||
	    (err = operand(e, n->item[1], &lo)) ||
	    (err = operand(e, n->item[2], &hi)))
		return err;
	if ((err = put(e, n->at, OP_GE, v, lo, 0)))
		return err;
	jump = e->p->ncode;
	if ((err = put(e, n->at, OP_JF, 0, 0, 0)) ||
	    (err = put(e, n->at, OP_LE, v, hi, 0)))
		return err;
	e->p->code[jump].a = (uint16_t)e->p->ncode;
	return 0;
}

static int
in_set(struct emit *e, const struct ast *n)
{
	unsigned set = 0;
	uint16_t v;
	int err;

	if ((err = operand(e, n->item[0], &v)) ||
	    (err = pool_set(&e->pool, n, &set)))
		return err;
	return put(e, n->at, OP_IN, v, set, 0);
}

static int
match(struct emit *e, const struct ast *n)
{
	enum op op = n->kind == AST_NSEARCH ? OP_NOMATCH : OP_MATCH;
	unsigned regex = 0;
	uint16_t v;
	int err;

	if ((err = operand(e, n->item[0], &v)) ||
	    (err = pool_regex(&e->pool, n->item[1], n->kind == AST_MATCH,
			      &regex)))
		return err;
	return put(e, n->at, op, v, regex, 0);
}

static int
plain_test(struct emit *e, const struct ast *n)
{
	unsigned mark = e->reg;
	int err;

	switch ((int)n->kind) {
	case AST_IN:
		err = in_set(e, n);
		break;
	case AST_BETWEEN:
		err = between(e, n);
		break;
	case AST_MATCH:
	case AST_SEARCH:
	case AST_NSEARCH:
		err = match(e, n);
		break;
	default:
		err = comparison(e, n);
	}
	e->reg = mark;
	return err;
}

/* A test on a path with [*]: the test as the body of an ANY. */
static int
any_test(struct emit *e, const struct ast *n, const struct ast *star)
{
	unsigned any = e->p->ncode;
	uint16_t path, reg;
	int err;

	if ((err = pool_path(&e->pool, star, &path)) ||
	    (err = take_register(e, n->at, &reg)) ||
	    (err = put(e, n->at, OP_ANY, path, reg, 0)))
		return err;
	e->star = star;
	e->element = OPERAND_REG | reg;
	if ((err = plain_test(e, n)) || (err = put(e, n->at, OP_RET, 0, 0, 0)))
		return err;
	e->star = NULL;
	e->reg--;
	e->p->code[any].c = (uint16_t)e->p->ncode;
	return 0;
}

/* --- conditions ------------------------------------------------------------ */

static int condition(struct emit *e, const struct ast *n);

/* All jumps of the chain go to its end; until that is known, each holds the
 * place of the one before it. The first instruction is never a jump, so 0
 * ends the list. */
static int
chain(struct emit *e, const struct ast *n, enum op jump)
{
	unsigned last = 0;
	int err;

	for (unsigned i = 0; i < n->n; i++) {
		if ((err = condition(e, n->item[i])))
			return err;
		if (i + 1 == n->n)
			break;
		if ((err = put(e, n->at, jump, last, 0, 0)))
			return err;
		last = e->p->ncode - 1;
	}
	while (last) {
		struct insn *in = &e->p->code[last];

		last = in->a;
		in->a = (uint16_t)e->p->ncode;
	}
	return 0;
}

/* The truth of n into the truth register. */
static int
condition(struct emit *e, const struct ast *n)
{
	const struct ast *star;
	uint16_t v;
	int err;

	switch ((int)n->kind) {
	case AST_AND:
		return chain(e, n, OP_JF);
	case AST_OR:
		return chain(e, n, OP_JT);
	case AST_NOT:
		err = condition(e, n->item[0]);
		return err ? err : put(e, n->at, OP_NOT, 0, 0, 0);
	case AST_BOOL:
		err = operand(e, n, &v);
		return err ? err : put(e, n->at, OP_TRUTH, v, 0, 0);
	default:
		star = ast_star(n);
		return star ? any_test(e, n, star) : plain_test(e, n);
	}
}

int
emit(struct compile *c, struct mql_query **out)
{
	const struct ast always = { .kind = AST_BOOL, .b = true };
	const struct ast *where = c->sel.where ? c->sel.where : &always;
	struct mql_query *q = calloc(1, sizeof *q);
	int err;

	*out = NULL;
	if (!q)
		return fail_nomem(c);
	struct emit e = { .pool = { c, q }, .p = &q->prog };
	if ((err = pool_init(&e.pool)) || (err = condition(&e, where)) ||
	    (err = put(&e, where->at, OP_RET, 0, 0, 0)) ||
	    (err = pool_cells(&e.pool)))
		goto out;
	*out = q;
	q = NULL; /* the caller's now */
out:
	mql_query_free(q);
	return err;
}
