/* conjunct.c - see conjunct.h. */
#include "mql/conjunct.h"

/* Does the program, its truth being false, end where this jump leads? */
static bool
gives_up(const struct prog *p, unsigned pc)
{
	if (p->code[pc].op != OP_JF)
		return false;
	while (p->code[pc].op == OP_JF)
		pc = p->code[pc].a;
	return p->code[pc].op == OP_RET;
}

static enum op
turned(enum op op) /* constant op field */
{
	switch ((int)op) {
	case OP_LT:
		return OP_GT;
	case OP_LE:
		return OP_GE;
	case OP_GT:
		return OP_LT;
	case OP_GE:
		return OP_LE;
	default:
		return op;
	}
}

static bool
is(uint16_t operand, enum operand kind)
{
	return (operand & OPERAND_KIND) == kind;
}

static bool
compares(const struct prog *p, const struct insn *in, struct conjunct *out)
{
	if (is(in->a, OPERAND_FIELD) && is(in->b, OPERAND_CONST)) {
		out->path = in->a & OPERAND_INDEX;
		out->v = &p->konst[in->b & OPERAND_INDEX];
		return true;
	}
	if (in->op == OP_LIKE || !is(in->a, OPERAND_CONST) ||
	    !is(in->b, OPERAND_FIELD))
		return false;
	out->op = turned(out->op);
	out->path = in->b & OPERAND_INDEX;
	out->v = &p->konst[in->a & OPERAND_INDEX];
	return true;
}

static bool
test_at(const struct prog *p, unsigned pc, struct conjunct *out)
{
	static const struct value yes = { .type = VALUE_BOOL, .b = true };
	const struct insn *in = &p->code[pc];

	*out = (struct conjunct){ .op = (enum op)in->op, .pc = (uint16_t)pc };
	switch ((int)in->op) {
	case OP_TRUTH:
		out->op = OP_EQ;
		out->v = &yes;
		out->path = in->a & OPERAND_INDEX;
		return is(in->a, OPERAND_FIELD);
	case OP_IN:
		out->set = &p->set[in->b];
		out->path = in->a & OPERAND_INDEX;
		return is(in->a, OPERAND_FIELD);
	case OP_EQ: case OP_NE: case OP_LT: case OP_LE: case OP_GT: case OP_GE:
	case OP_LIKE:
		return compares(p, in, out);
	default:
		return false;
	}
}

bool
conjunct_next(const struct prog *p, unsigned *pc, struct conjunct *out)
{
	if (!test_at(p, *pc, out))
		return false;
	out->last = p->code[*pc + 1].op == OP_RET;
	if (!out->last && !gives_up(p, *pc + 1))
		return false;
	*pc += 2;
	return true;
}
