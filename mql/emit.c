/* emit.c - tree to program. `and` and `or` become jumps, so evaluation stops
 * at the first operand that decides; a test on a path with [*] becomes the
 * body of an ANY; each column is an entry of its own:
 *
 *     select lower(d) where a == 1 and (b or c[*] > 2)
 *
 *               0000 EQ       a 1                 column "lower(d)":
 *               0001 JF       0007                0008 MOVE     r0 d
 *               0002 EQ       b true              0009 CALL     r0 lower(r0)
 *               0003 JT       0007                0010 GIVE     r0
 *               0004 ANY      c[*] r0 0007
 *               0005 GT       r0 2
 *               0006 RET
 *               0007 RET
 *
 * What the instructions name by index is in pool.c. */
#include "mql/emit.h"

#include <stdlib.h>

/* --- instructions ---------------------------------------------------------- */

int
emit_insn(struct emit *e, struct span at, enum op op, unsigned a, unsigned b,
	  unsigned c)
{
	return pool_insn(&e->pool, at, (struct insn){
		(uint16_t)op, (uint16_t)a, (uint16_t)b, (uint16_t)c,
	});
}

int
emit_jump(struct emit *e, struct span at, enum op op, unsigned *list)
{
	unsigned before = *list;

	*list = emit_here(e);
	return emit_insn(e, at, op, before, 0, 0);
}

void
emit_land(struct emit *e, unsigned list)
{
	while (list != NO_JUMP) {
		struct insn *in = &e->pool.p->code[list];

		list = in->a;
		in->a = (uint16_t)emit_here(e);
	}
}

int
emit_register(struct emit *e, struct span at, uint16_t *reg)
{
	*reg = (uint16_t)e->reg;
	if (e->reg == PROG_MAX_REGS)
		return pool_too_many(&e->pool, at, "nested operations");
	e->reg++;
	return 0;
}

/* --- entries ---------------------------------------------------------------- */

int
emit_entry_test(struct emit *e, const struct ast *n, uint16_t *entry)
{
	int err;

	*entry = (uint16_t)emit_here(e);
	e->reg = 0;
	if ((err = emit_condition(e, n)))
		return err;
	return emit_insn(e, n->at, OP_RET, 0, 0, 0);
}

int
emit_entry_value(struct emit *e, const struct ast *n, uint16_t *entry)
{
	uint16_t v;
	int err;

	*entry = (uint16_t)emit_here(e);
	e->reg = 0;
	if ((err = emit_operand(e, n, &v)))
		return err;
	return emit_insn(e, n->at, OP_GIVE, v, 0, 0);
}

/* --- the query -------------------------------------------------------------- */

/* The keys of a sample are keys of the event itself, dots and all. */
static int
sticky(struct emit *e)
{
	const struct sample *s = &e->sel->sampling;
	struct mql_query *q = e->q;
	int err;

	if (s->kind != SAMPLE_STICKY)
		return 0;
	q->sticky = arena_alloc(&q->arena, s->nkey * sizeof *q->sticky);
	if (!q->sticky)
		return fail_nomem(e->pool.c);
	for (unsigned i = 0; i < s->nkey; i++) {
		struct step key = { .kind = STEP_KEY, .key = s->key[i] };
		struct path path = { .nsteps = 1, .steps = &key };

		if ((err = pool_path(&e->pool, &path, (struct span){ 0, 0 },
				     &q->sticky[q->nsticky++])))
			return err;
	}
	return 0;
}

int
emit(struct compile *c, struct mql_query **out)
{
	static const struct ast always = { .kind = AST_BOOL, .b = true };
	const struct ast *where = c->sel.where ? c->sel.where : &always;
	struct mql_query *q = calloc(1, sizeof *q);
	struct emit e = { .q = q, .sel = &c->sel };
	uint16_t first;
	int err;

	*out = NULL;
	if (!q)
		return fail_nomem(c);
	q->clock = NO_ENTRY;
	e.pool = (struct pool){ .c = c, .arena = &q->arena, .p = &q->prog };
	if ((err = emit_entry_test(&e, where, &first)) ||
	    (err = sticky(&e)) || (err = emit_shape(&e)) ||
	    (err = pool_finish(&e.pool)))
		goto out;
	*out = q;
	q = NULL; /* the caller's now */
out:
	mql_query_free(q);
	return err;
}
