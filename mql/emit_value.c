/* emit_value.c - values. What an event holds and what is constant is read
 * where it is; all else is computed into a register:
 *
 *     a + b * 2                        MUL      r0 b 2
 *                                      ADD      r0 a r0
 *     f(a, b + 1)                      MOVE     r0 a
 *                                      ADD      r1 b 1
 *                                      CALL     r0 f(r0, r1)
 *     case when a then b else c end    EQ       a true
 *                                      JF       else
 *                                      MOVE     r0 b
 *                                      JUMP     end
 *                               else:  MOVE     r0 c
 *                               end: */
#include "mql/emit.h"

#include "event/pathset.h"

static const struct ast null = { .kind = AST_NULL };

static int
arithmetic(struct emit *e, const struct ast *n, uint16_t reg)
{
	static const uint8_t ops[AST_COUNT] = {
		[AST_ADD] = OP_ADD, [AST_SUB] = OP_SUB, [AST_MUL] = OP_MUL,
		[AST_DIV] = OP_DIV, [AST_MOD] = OP_MOD, [AST_NEG] = OP_NEG,
	};
	uint16_t l, r = 0;
	int err;

	if ((err = emit_operand(e, n->item[0], &l)) ||
	    (n->n > 1 && (err = emit_operand(e, n->item[1], &r))))
		return err;
	return emit_insn(e, n->at, ops[n->kind], reg, l, r);
}

/* --- choices ---------------------------------------------------------------- */

/* What follows computes something else before reg is read: keep it. */
static void
hold(struct emit *e, uint16_t reg)
{
	if (e->reg == reg)
		e->reg++;
}

/* case when .. then .. [else ..] end, and if(.., .., ..), which has the same
 * operands. */
static int
choice(struct emit *e, const struct ast *n, uint16_t reg)
{
	unsigned end = NO_JUMP;
	int err;

	hold(e, reg);
	for (unsigned i = 0; i + 1 < n->n; i += 2) {
		unsigned next = NO_JUMP;

		if ((err = emit_condition(e, n->item[i])) ||
		    (err = emit_jump(e, n->at, OP_JF, &next)) ||
		    (err = emit_into(e, n->item[i + 1], reg)) ||
		    (err = emit_jump(e, n->at, OP_JUMP, &end)))
			return err;
		emit_land(e, next);
	}
	if ((err = emit_into(e, n->n % 2 ? n->item[n->n - 1] : &null, reg)))
		return err;
	emit_land(e, end);
	return 0;
}

/* Set the truth: is v something? */
static int
is_something(struct emit *e, struct span at, unsigned v)
{
	uint16_t none;
	int err = pool_constant(&e->pool, &null, &none);

	return err ? err : emit_insn(e, at, OP_NE, v, OPERAND_CONST | none, 0);
}

static int
coalesce(struct emit *e, const struct ast *n, uint16_t reg)
{
	unsigned end = NO_JUMP;
	int err;

	hold(e, reg);
	for (unsigned i = 0; i < n->n; i++) {
		if ((err = emit_into(e, n->item[i], reg)))
			return err;
		if (i + 1 < n->n &&
		    ((err = is_something(e, n->at, OPERAND_REG | reg)) ||
		     (err = emit_jump(e, n->at, OP_JT, &end))))
			return err;
	}
	emit_land(e, end);
	return 0;
}

/* Several items of one name are one column: the last that is not null. */
static int
column(struct emit *e, const struct ast *n, uint16_t reg)
{
	const struct select *s = e->sel;
	unsigned end = NO_JUMP;
	int err;

	hold(e, reg);
	for (unsigned i = s->nitem; i-- > n->column;) {
		if (!str_eq(s->item[i].name, n->of->name))
			continue;
		if ((err = emit_into(e, s->item[i].expr, reg)))
			return err;
		if (i > n->column &&
		    ((err = is_something(e, n->at, OPERAND_REG | reg)) ||
		     (err = emit_jump(e, n->at, OP_JT, &end))))
			return err;
	}
	emit_land(e, end);
	return 0;
}

/* --- calls ------------------------------------------------------------------ */

static int
exists(struct emit *e, const struct ast *n, uint16_t reg)
{
	uint16_t v;
	int err;

	if ((err = emit_operand(e, n->item[0], &v)) ||
	    (err = is_something(e, n->at, v)))
		return err;
	return emit_insn(e, n->at, OP_BOOL, reg, 0, 0);
}

static int
extract(struct emit *e, const struct ast *n, uint16_t reg)
{
	const struct ast *group = n->n > 2 ? n->item[2] : NULL;
	uint16_t v, regex;
	int err;

	if ((err = emit_operand(e, n->item[0], &v)) ||
	    (err = pool_regex(&e->pool, n->item[1], false, &regex)))
		return err;
	struct regex *re = &e->pool.p->regex[regex];
	if (group && (group->i < 0 || group->i > re->ngroup))
		return fail(e->pool.c, MQL_ETYPE, group->at, "the regular "
			    "expression has %u group%s", re->ngroup,
			    re->ngroup == 1 ? "" : "s");
	re->group = group ? (unsigned)group->i : 0;
	return emit_insn(e, n->at, OP_EXTRACT, reg, v, regex);
}

/* A function without arguments asks the time. That of an event is its @ts. */
static int
ask_time(struct emit *e, const struct ast *n)
{
	const struct path ts = { .meta = META_ts };

	if (e->fold)
		return 0;
	return pool_path(&e->pool, &ts, n->at, &e->q->clock);
}

/* The arguments go into registers that follow each other. */
static int
invoke(struct emit *e, const struct ast *n, uint16_t reg)
{
	unsigned first = e->reg;
	uint16_t fn, arg;
	int err = n->n ? 0 : ask_time(e, n);

	for (unsigned i = 0; i < n->n && !err; i++)
		if (!(err = emit_register(e, n->at, &arg)))
			err = emit_into(e, n->item[i], arg);
	if (err || (err = pool_call(&e->pool, n, &fn)))
		return err;
	return emit_insn(e, n->at, OP_CALL, reg, fn, n->n ? first : reg);
}

static int
call(struct emit *e, const struct ast *n, uint16_t reg)
{
	static const struct {
		const char *name;
		int (*emit)(struct emit *e, const struct ast *n, uint16_t reg);
	} own[] = {
		{ "if", choice }, { "coalesce", coalesce },
		{ "exists", exists }, { "regexp_extract", extract },
	};

	for (size_t i = 0; !n->fn->run && i < sizeof own / sizeof *own; i++)
		if (!strcmp(own[i].name, n->fn->name))
			return own[i].emit(e, n, reg);
	return invoke(e, n, reg);
}

/* --- values ----------------------------------------------------------------- */

static int
compute(struct emit *e, const struct ast *n, uint16_t reg)
{
	int err;

	if (n->kind == AST_CALL)
		return call(e, n, reg);
	if (n->kind == AST_CASE)
		return choice(e, n, reg);
	if (n->kind == AST_COLUMN)
		return column(e, n, reg);
	if (!ast_is_condition(n->kind))
		return arithmetic(e, n, reg);
	err = emit_condition(e, n);
	return err ? err : emit_insn(e, n->at, OP_BOOL, reg, 0, 0);
}

/* A column of one item is that item. */
static const struct ast *
behind(const struct emit *e, const struct ast *n)
{
	const struct select *s = e->sel;

	if (n->kind != AST_COLUMN)
		return n;
	for (unsigned i = n->column + 1; i < s->nitem; i++)
		if (str_eq(s->item[i].name, n->of->name))
			return n;
	return n->of->expr;
}

/* Is the value of n there already? Then *v says where. */
static bool
stands(struct emit *e, const struct ast *n, uint16_t *v, int *err)
{
	if (e->fold && emit_folded(e, n, v, err))
		return true;
	if (n->kind == AST_PATH && e->fold) {
		*err = fail(e->pool.c, MQL_ETYPE, n->at, "this is neither an "
			    "aggregate nor in `group by`");
		return true;
	}
	if (n->kind == AST_PATH) {
		*err = pool_path(&e->pool, &n->path, n->at, v);
		*v |= OPERAND_FIELD;
		return true;
	}
	if (ast_is_leaf(n->kind) && n->kind != AST_COLUMN) {
		*err = pool_constant(&e->pool, n, v);
		*v |= OPERAND_CONST;
		return true;
	}
	return false;
}

/* The first register that an operand is computed into may hold the result as
 * well, for operands are read before it is written. */
int
emit_operand(struct emit *e, const struct ast *n, uint16_t *v)
{
	unsigned mark = e->reg;
	uint16_t reg;
	int err = 0;

	n = behind(e, n);
	if (stands(e, n, v, &err))
		return err;
	if ((err = emit_register(e, n->at, &reg)))
		return err;
	e->reg = mark;
	err = compute(e, n, reg);
	e->reg = mark + 1;
	*v = OPERAND_REG | reg;
	return err;
}

int
emit_into(struct emit *e, const struct ast *n, uint16_t reg)
{
	unsigned mark = e->reg;
	uint16_t v;
	int err = 0;

	n = behind(e, n);
	if (stands(e, n, &v, &err))
		return err ? err : emit_insn(e, n->at, OP_MOVE, reg, v, 0);
	err = compute(e, n, reg);
	e->reg = mark;
	return err;
}
