/* prog.h - a compiled query, as emit.c leaves it and eval.c reads it.
 *
 *     struct mql_query
 *       plan       what runs where, canonical text            plan.h
 *       prog       the where clause as a program
 *         code       instructions, which name by index:
 *         konst        constants        set    of `in (...)`
 *         path         fields           regex  compiled expressions
 *       cell       the select list; none for `select *`
 *
 * All but the plan's texts lives in the query's arena and is immutable once
 * verify() has passed it. */
#ifndef MQL_PROG_H
#define MQL_PROG_H

#include "common/arena.h"
#include "event/path.h"
#include "event/value.h"
#include "mql/op.h"
#include "mql/plan.h"
#include "mql/query.h"
#include "mql/regex.h"
#include "mql/set.h"

struct insn {
	uint16_t op, a, b, c;
};

struct prog {
	struct insn  *code;
	struct value *konst;
	struct path  *path; /* of the where clause and of the cells */
	struct regex *regex;
	struct set   *set;
	unsigned      ncode, nkonst, npath, nregex, nset;
};

/* One column of the row. Items of one name share it: its value is the last
 * of theirs that is not null. */
struct cell {
	struct str name;
	struct str key;  /* `"name":`, escaped, ready to be copied */
	uint16_t  *path; /* indexes into prog.path, in order of the text */
	unsigned   npath;
};

struct mql_query {
	struct arena arena;
	struct plan  plan;
	struct prog  prog;
	struct cell *cell;
	unsigned     ncell;
};

/* "vv", "j", "" ...; op < OP_COUNT. */
const char *op_operands(unsigned op);
const char *op_name(unsigned op);

/* Instructions, hence steps at worst; fields read, i < query_paths(). */
size_t prog_length(const struct mql_query *q);
const struct path *prog_path(const struct mql_query *q, size_t i);

/* 0 when eval.c may run q's program without a check of its own, MQL_EBADPROG,
 * or MQL_ENOMEM. */
int verify(const struct mql_query *q);

#endif
