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
