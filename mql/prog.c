/* prog.c - the life of a compiled query, and the opcode tables. */
#include "mql/prog.h"

#include <stdlib.h>

static const struct {
	const char *name, *operands;
} ops[] = {
#define X(name, operands, effect) { #name, operands },
	MQL_OPS(X)
#undef X
};

const char *
op_name(unsigned op)
{
	return ops[op].name;
}

const char *
op_operands(unsigned op)
{
	return ops[op].operands;
}

void
mql_query_free(struct mql_query *q)
{
	if (!q)
		return;
	plan_fini(&q->plan);
	arena_fini(&q->arena);
	free(q);
}

/* --- entries ----------------------------------------------------------------- */

typedef void entry_fn(void *arg, const struct entry *en);

static void
each_column(const struct mql_query *q, const struct prog *p, entry_fn *fn,
	    void *arg)
{
	struct entry en = { .p = p, .what = "column", .number = -1 };

	for (unsigned i = 0; i < q->ncell; i++) {
		for (unsigned k = 0; k < q->cell[i].nentry; k++) {
			en.at = q->cell[i].entry[k];
			en.name = q->cell[i].name;
			fn(arg, &en);
		}
	}
}

void
prog_each_entry(const struct mql_query *q, entry_fn *fn, void *arg)
{
	const struct shape *sh = &q->shape;
	const struct prog *p = &q->prog, *last = sh->folded ? &q->post : p;

#define ENTRY(prog, pc, name, i)                                           \
	fn(arg, &(struct entry){ .p = (prog), .at = (pc), .what = (name),  \
				 .number = (int)(i) })
	if (sh->on != NO_ENTRY)
		ENTRY(p, sh->on, "on", -1);
	for (unsigned i = 0; i < sh->ngroup; i++)
		ENTRY(p, sh->group[i], "group", i);
	for (unsigned i = 0; i < sh->nagg; i++)
		if (sh->arg[i] != NO_ENTRY)
			ENTRY(p, sh->arg[i], "argument", i);
	each_column(q, last, fn, arg);
	if (sh->having != NO_ENTRY)
		ENTRY(last, sh->having, "having", -1);
	for (unsigned i = 0; i < sh->norder; i++)
		ENTRY(last, sh->order[i].entry, "order", i);
#undef ENTRY
}

size_t
prog_length(const struct mql_query *q)
{
	return q->prog.ncode;
}

size_t
query_paths(const struct mql_query *q)
{
	return q->prog.npath;
}

const struct path *
prog_path(const struct mql_query *q, size_t i)
{
	return &q->prog.path[i];
}

int
query_link(const struct mql_query *q, struct pathset *ps, uint16_t *slots)
{
	for (unsigned i = 0; i < q->prog.npath; i++) {
		unsigned slot;
		int err = pathset_add(ps, &q->prog.path[i], &slot);

		if (err)
			return err;
		slots[i] = (uint16_t)slot;
	}
	return 0;
}
