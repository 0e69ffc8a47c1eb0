/* verify.c - the proof that eval.c may trust a program.
 *
 * Every opcode is known, every index is in range, every register is written
 * before it is read on every way to the reader, every jump goes forward, no
 * jump leaves the body of an ANY, and the last instruction of the program,
 * as of each body, is a RET. Hence the evaluator needs no checks and ends
 * after at most ncode steps (a body's steps: once an element).
 *
 * One forward pass is enough because no way leads back: when it comes to an
 * instruction, all ways to it are known. A jump into a body from outside is
 * harmless: it ends at the body's RET. */
#include <stdlib.h>

#include "mql/prog.h"

struct proof {
	const struct prog *p;
	/* Registers written on every way to an instruction, as bits. All bits
	 * where no way leads. */
	uint64_t *written;
	unsigned  end; /* of the program, or of the body that we are in */
};

static uint64_t
bit(uint16_t reg)
{
	return (uint64_t)1 << reg;
}

static bool
readable(const struct prog *p, uint16_t v, uint64_t written)
{
	unsigned i = v & OPERAND_INDEX;

	switch (v & OPERAND_KIND) {
	case OPERAND_FIELD:
		return i < p->npath;
	case OPERAND_CONST:
		return i < p->nkonst;
	case OPERAND_REG:
		return i < PROG_MAX_REGS && (written & bit((uint16_t)i));
	default:
		return false;
	}
}

static bool
operand_ok(const struct proof *pr, unsigned pc, char kind, uint16_t v)
{
	const struct prog *p = pr->p;

	switch (kind) {
	case 'v':
		return readable(p, v, pr->written[pc]);
	case 'w':
		return v < PROG_MAX_REGS;
	case 'x':
		return v < p->nregex;
	case 's':
		return v < p->nset;
	case 'f':
		return v < p->npath && path_has_any(&p->path[v]);
	case 'j':
		return v > pc && v < pr->end;
	default:
		return false;
	}
}

static bool
operands_ok(const struct proof *pr, unsigned pc, const struct insn *in)
{
	const uint16_t v[] = { in->a, in->b, in->c };
	const char *kinds = op_operands(in->op);

	for (unsigned i = 0; kinds[i]; i++)
		if (!operand_ok(pr, pc, kinds[i], v[i]))
			return false;
	return true;
}

/* What is written when `in` is done also holds where it may go next. */
static void
flow(struct proof *pr, unsigned pc, const struct insn *in)
{
	uint64_t now = pr->written[pc];

	if (in->op == OP_JT || in->op == OP_JF)
		pr->written[in->a] &= now;
	if (in->op == OP_ANY) {
		pr->written[in->c] &= now; /* maybe there is no element */
		now |= bit(in->b);
	} else if (op_operands(in->op)[0] == 'w') {
		now |= bit(in->a);
	}
	if (in->op != OP_RET)
		pr->written[pc + 1] &= now;
}

static bool
prove(struct proof *pr)
{
	const struct prog *p = pr->p;

	pr->written[0] = 0;
	pr->end = p->ncode;
	for (unsigned pc = 0; pc < p->ncode; pc++) {
		const struct insn *in = &p->code[pc];

		if (pc == pr->end)
			pr->end = p->ncode;
		if (in->op >= OP_COUNT || !operands_ok(pr, pc, in))
			return false;
		if ((in->op == OP_RET) != (pc + 1 == pr->end))
			return false;
		if (in->op == OP_ANY) {
			if (pr->end != p->ncode || in->c == pc + 1)
				return false;
			pr->end = in->c;
		}
		flow(pr, pc, in);
	}
	return true;
}

int
verify(const struct mql_query *q)
{
	struct proof pr = { .p = &q->prog };
	size_t n = pr.p->ncode;
	int err;

	if (!n || n > PROG_MAX_CODE)
		return MQL_EBADPROG;
	pr.written = malloc(n * sizeof *pr.written);
	if (!pr.written)
		return MQL_ENOMEM;
	for (size_t i = 0; i < n; i++)
		pr.written[i] = UINT64_MAX;
	err = prove(&pr) ? 0 : MQL_EBADPROG;
	free(pr.written);
	return err;
}
