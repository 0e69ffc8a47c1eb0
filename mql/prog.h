/* prog.h - a compiled query, as emit.c leaves it and eval.c reads it.
 *
 *     struct mql_query
 *       plan       what runs where, canonical text            plan.h
 *       prog       what runs on events: where, columns, groups ...
 *         code       instructions, which name by index:
 *         konst        constants        set    of `in (...)`
 *         path         fields           regex  compiled expressions
 *         call         functions
 *       post       the same for finished groups
 *       shape      windows, groups, aggregates, order
 *       cell       the select list, but for
 *       spread     fields chosen by prefix; neither: `select *`
 *       access     how an index finds it                 access.h
 *       residual   where, on digests                     residual.h
 *
 * All but the plan's texts lives in the query's arena and is immutable once
 * verify() has passed it. */
#ifndef MQL_PROG_H
#define MQL_PROG_H

#include "common/arena.h"
#include "event/path.h"
#include "event/value.h"
#include "mql/access.h"
#include "mql/ast.h"
#include "mql/op.h"
#include "mql/plan.h"
#include "mql/query.h"
#include "mql/regex.h"
#include "mql/residual.h"
#include "mql/set.h"

struct insn {
	uint16_t op, a, b, c;
};

struct call {
	const struct function *fn;
	unsigned               narg;
};

struct prog {
	struct insn  *code;
	struct value *konst;
	struct path  *path; /* every field that is read; none in `post` */
	struct regex *regex;
	struct set   *set;
	struct call  *call;
	unsigned      ncode, nkonst, npath, nregex, nset, ncall;
	unsigned      ncell; /* what a group has; 0 but in `post` */
};

/* One column of the row. Items of one name share it: its value is the last
 * of theirs that is not null. Entries are into `prog`, or into `post` when the
 * query is folded. */
struct cell {
	struct str name;
	struct str key;  /* `"name":`, escaped, ready to be copied */
	uint16_t  *entry;
	unsigned   nentry;
};

/* All fields of the event whose names begin so, behind the first `after`
 * cells: e[^'prefix']. A prefix of NULL is the event as it came, behind all
 * cells: `a, *`. Never in a folded query. */
struct spread {
	struct str prefix;
	unsigned   after;
};

enum { NO_ENTRY = UINT16_MAX };

/* What happens to an event behind the filter and the sample.
 *
 *   plain    a row at once                        (neither of the below)
 *   ordered  rows are held until their window, or the input, ends
 *            (window, order by or distinct, without groups)
 *   folded   groups of events become rows         (group by, or aggregates)
 *
 * A folded query evaluates group and argument entries of `prog` on each event;
 * cells, having and order are entries of `post`, which reads no paths but the
 * cells of a group: its values [0, ngroup), then the aggregates' results. A
 * COLUMN in having or order by is the column's expression again. A selected
 * value that is neither aggregate nor group is first(value) (Mantis: the
 * group's first event). */
struct shape {
	bool      folded, ordered, distinct;
	enum window_kind window;
	int64_t   size_ms, every_ms, grace_ms;
	uint64_t  count;
	uint16_t  on;     /* entry of prog; NO_ENTRY: @ts */
	uint16_t *group;  /* entries of prog */
	uint16_t *shown;  /* of each group, the cell that is it and nothing
			     else; ncell: none */
	unsigned  ngroup;
	struct aggregate_call *agg;
	uint16_t *arg;    /* of each aggregate; NO_ENTRY: `*` or none */
	unsigned  nagg;
	uint16_t  having; /* a condition on groups; NO_ENTRY: none. Without
			     groups check.c has made it a part of where */
	struct shape_order {
		uint16_t entry;
		bool     desc;
	} *order;
	unsigned  norder;
};

struct mql_query {
	struct arena arena;
	struct plan  plan;
	struct prog  prog;  /* on events; where is at instruction 0 */
	struct prog  post;  /* on finished groups; none unless folded */
	struct shape shape;
	struct cell *cell;
	unsigned     ncell;
	struct spread *spread;
	unsigned     nspread;
	uint16_t     clock;  /* the path @ts, when a function of prog asks
				the time; else NO_ENTRY */
	struct access_list access;
	struct residual residual;
	uint16_t    *sticky; /* paths of the keys of a sample */
	unsigned     nsticky;
};

/* What a program runs on: an event (r and slots), or a finished group (cells,
 * then r and slots are NULL). Texts that are made go to scratch. */
struct env {
	const struct prog  *p;
	struct eval        *e;
	struct reader      *r;
	const uint16_t     *slots;
	const struct value *cells;
	struct buf         *scratch;
	int64_t             now;  /* ms since the epoch, for now() and tick() */
	struct eval_counts *counts;
};

/* Run from an entry: a condition, or a value (which lives as long as the
 * event, the cells and the scratch). eval.c */
bool prog_test(const struct env *env, unsigned entry);
bool query_match_from(const struct mql_query *q, unsigned entry,
		      const uint16_t *slots, struct eval *e, struct reader *r,
		      struct eval_counts *c);
struct value prog_value(const struct env *env, unsigned entry);

/* As prog_value(), where the value stands; until the next run of env->e. */
const struct value *prog_peek(const struct env *env, unsigned entry);

/* Append the row that the cells make on env; what row.c does for plain and
 * finish.c for folded queries. */
void row_write(const struct mql_query *q, const struct env *env,
	       struct buf *out);

/* Each entry of q but where's: its program, its place, what begins there
 * ("column", "group" ...), and which of those it is. */
struct entry {
	const struct prog *p;
	unsigned           at;
	const char        *what;
	struct str         name;   /* of a column */
	int                number; /* of a group, an argument, an order; -1 */
};
void prog_each_entry(const struct mql_query *q,
		     void (*fn)(void *arg, const struct entry *en), void *arg);

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
