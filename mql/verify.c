/* verify.c - the proof that eval.c may trust a program, from whichever of its
 * entries it begins.
 *
 * Every opcode is known, every index is in range, every register is written
 * before it is read on every way to the reader, every jump goes forward, no
 * jump leaves the body of an ANY, and the last instruction of the program,
 * as of each body, answers. Hence the evaluator needs no checks and ends
 * after at most ncode steps (a body's steps: once an element).
 *
 * One forward pass is enough because no way leads back: when it comes to an
 * instruction, all ways to it are known. At an entry nothing is written. A
 * jump or an entry into a body is harmless: it ends at the body's RET. */
#include <stdlib.h>

#include "mql/function.h"
#include "mql/prog.h"

struct proof {
	const struct prog *p;
	/* Registers written on every way to an instruction, as bits. All bits
	 * where no way leads. */
	uint64_t *written;
	unsigned  end;  /* of the program, or of the body that we are in */
	bool      lost; /* there is an entry beyond the end */
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
	case OPERAND_CELL:
		return i < p->ncell;
	default:
		return false;
	}
}

/* The arguments of a call stand in a row. */
static bool
arguments_ok(const struct proof *pr, unsigned pc)
{
	const struct insn *in = &pr->p->code[pc];
	unsigned n = pr->p->call[in->b].narg;

	if (in->c >= PROG_MAX_REGS || in->c + n > PROG_MAX_REGS)
		return false;
	for (unsigned i = 0; i < n; i++)
		if (!(pr->written[pc] & bit((uint16_t)(in->c + i))))
			return false;
	return true;
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
	case 'l':
		return v < p->ncall && p->call[v].fn->run &&
		       function_takes(p->call[v].fn, p->call[v].narg);
	case 'r':
		return arguments_ok(pr, pc);
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

static bool
answers(unsigned op)
{
	return op == OP_RET || op == OP_GIVE;
}

/* What is written when `in` is done also holds where it may go next. */
static void
flow(struct proof *pr, unsigned pc, const struct insn *in)
{
	uint64_t now = pr->written[pc];

	if (op_operands(in->op)[0] == 'j')
		pr->written[in->a] &= now;
	if (in->op == OP_ANY) {
		pr->written[in->c] &= now; /* maybe there is no element */
		now |= bit(in->b);
	} else if (op_operands(in->op)[0] == 'w') {
		now |= bit(in->a);
	}
	if (!answers(in->op) && in->op != OP_JUMP)
		pr->written[pc + 1] &= now;
}

static bool
prove(struct proof *pr)
{
	const struct prog *p = pr->p;

	pr->end = p->ncode;
	for (unsigned pc = 0; pc < p->ncode; pc++) {
		const struct insn *in = &p->code[pc];

		if (pc == pr->end)
			pr->end = p->ncode;
		if (in->op >= OP_COUNT || !operands_ok(pr, pc, in))
			return false;
		if (pc + 1 == pr->end && !answers(in->op))
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

/* An entry, noted in the proof of its program. */
static void
enter(void *proof, const struct entry *en)
{
	struct proof *pr = proof;

	if (en->p == pr->p && en->at < pr->p->ncode)
		pr->written[en->at] = 0;
	else if (en->p == pr->p)
		pr->lost = true;
}

static int
verify_program(const struct mql_query *q, const struct prog *p)
{
	struct proof pr = { .p = p };
	int err = MQL_EBADPROG;

	if (p->ncode > PROG_MAX_CODE)
		return err;
	pr.written = malloc((p->ncode + 1) * sizeof *pr.written);
	if (!pr.written)
		return MQL_ENOMEM;
	for (size_t i = 0; i < p->ncode; i++)
		pr.written[i] = UINT64_MAX;
	pr.written[0] = 0; /* where, the entry without a name */
	prog_each_entry(q, enter, &pr);
	if (!pr.lost && prove(&pr))
		err = 0;
	free(pr.written);
	return err;
}

int
verify(const struct mql_query *q)
{
	const struct shape *sh = &q->shape;
	int err;

	if (!q->prog.ncode) /* where to begin? */
		return MQL_EBADPROG;
	if (sh->folded && q->post.ncell != sh->ngroup + sh->nagg)
		return MQL_EBADPROG;
	if ((err = verify_program(q, &q->prog)))
		return err;
	return verify_program(q, &q->post);
}
