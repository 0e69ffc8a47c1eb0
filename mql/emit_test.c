/* emit_test.c - conditions: chains of jumps, and tests at their ends. */
#include "mql/emit.h"

/* --- tests ------------------------------------------------------------------ */

enum { TEST_OPERANDS = 3 };

/* How many of n's items are operands of its instructions. */
static unsigned
operands(const struct ast *n)
{
	switch ((int)n->kind) {
	case AST_IN:
	case AST_MATCH:
	case AST_SEARCH:
	case AST_NSEARCH:
		return 1;
	case AST_BETWEEN:
		return 3;
	default:
		return 2;
	}
}

static int
comparison(struct emit *e, const struct ast *n, const uint16_t *v)
{
	static const uint8_t ops[AST_COUNT] = {
		[AST_EQ] = OP_EQ, [AST_NE] = OP_NE, [AST_LT] = OP_LT,
		[AST_LE] = OP_LE, [AST_GT] = OP_GT, [AST_GE] = OP_GE,
		[AST_CONTAINS] = OP_CONTAINS,
		[AST_LIKE] = OP_LIKE, [AST_ILIKE] = OP_ILIKE,
	};

	return emit_insn(e, n->at, ops[n->kind], v[0], v[1], 0);
}

static int
between(struct emit *e, const struct ast *n, const uint16_t *v)
{
	unsigned end = NO_JUMP;
	int err;

	if ((err = emit_insn(e, n->at, OP_GE, v[0], v[1], 0)) ||
	    (err = emit_jump(e, n->at, OP_JF, &end)) ||
	    (err = emit_insn(e, n->at, OP_LE, v[0], v[2], 0)))
		return err;
	emit_land(e, end);
	return 0;
}

static int
in_set(struct emit *e, const struct ast *n, const uint16_t *v)
{
	uint16_t set;
	int err = pool_set(&e->pool, n, &set);

	return err ? err : emit_insn(e, n->at, OP_IN, v[0], set, 0);
}

static int
match(struct emit *e, const struct ast *n, const uint16_t *v)
{
	enum op op = n->kind == AST_NSEARCH ? OP_NOMATCH : OP_MATCH;
	uint16_t regex;
	int err = pool_regex(&e->pool, n->item[1], n->kind == AST_MATCH,
			     &regex);

	return err ? err : emit_insn(e, n->at, op, v[0], regex, 0);
}

/* The test itself, once its operands are where v says. */
static int
test_of(struct emit *e, const struct ast *n, const uint16_t *v)
{
	switch ((int)n->kind) {
	case AST_IN:
		return in_set(e, n, v);
	case AST_BETWEEN:
		return between(e, n, v);
	case AST_MATCH:
	case AST_SEARCH:
	case AST_NSEARCH:
		return match(e, n, v);
	default:
		return comparison(e, n, v);
	}
}

/* The test as the body of an ANY: for each element that star reaches, which
 * is to be found in register reg. */
static int
any(struct emit *e, const struct ast *n, const struct ast *star, uint16_t reg,
    const uint16_t *v)
{
	unsigned start;
	uint16_t path;
	int err;

	if (e->fold)
		return fail(e->pool.c, MQL_ETYPE, star->at, "a path with `[*]` "
			    "cannot be compared with an aggregate or a group");
	if ((err = pool_path(&e->pool, &star->path, star->at, &path)))
		return err;
	start = emit_here(e);
	if ((err = emit_insn(e, n->at, OP_ANY, path, reg, 0)) ||
	    (err = test_of(e, n, v)) ||
	    (err = emit_insn(e, n->at, OP_RET, 0, 0, 0)))
		return err;
	e->pool.p->code[start].c = (uint16_t)emit_here(e);
	return 0;
}

/* The operands come first: those beside a [*] are computed but once. */
static int
test(struct emit *e, const struct ast *n)
{
	const struct ast *star = ast_star(n);
	unsigned mark = e->reg;
	uint16_t v[TEST_OPERANDS], reg = 0;
	int err = 0;

	for (unsigned i = 0; i < operands(n) && !err; i++) {
		if (n->item[i] != star) {
			err = emit_operand(e, n->item[i], &v[i]);
			continue;
		}
		err = emit_register(e, star->at, &reg);
		v[i] = OPERAND_REG | reg;
	}
	if (err)
		return err;
	e->reg = mark;
	return star ? any(e, n, star, reg, v) : test_of(e, n, v);
}

/* --- conditions ------------------------------------------------------------- */

static int
chain(struct emit *e, const struct ast *n, enum op jump)
{
	unsigned end = NO_JUMP;
	int err;

	for (unsigned i = 0; i < n->n; i++) {
		if ((err = emit_condition(e, n->item[i])))
			return err;
		if (i + 1 < n->n && (err = emit_jump(e, n->at, jump, &end)))
			return err;
	}
	emit_land(e, end);
	return 0;
}

/* A value: true when it is the boolean true. */
static int
truth(struct emit *e, const struct ast *n)
{
	unsigned mark = e->reg;
	uint16_t v;
	int err = emit_operand(e, n, &v);

	e->reg = mark;
	return err ? err : emit_insn(e, n->at, OP_TRUTH, v, 0, 0);
}

int
emit_condition(struct emit *e, const struct ast *n)
{
	uint16_t v;
	int err = 0;

	if (!ast_is_condition(n->kind))
		return truth(e, n);
	if (e->fold && emit_folded(e, n, &v, &err))
		return err ? err : emit_insn(e, n->at, OP_TRUTH, v, 0, 0);
	switch ((int)n->kind) {
	case AST_AND:
		return chain(e, n, OP_JF);
	case AST_OR:
		return chain(e, n, OP_JT);
	case AST_NOT:
		err = emit_condition(e, n->item[0]);
		return err ? err : emit_insn(e, n->at, OP_NOT, 0, 0, 0);
	default:
		return test(e, n);
	}
}
