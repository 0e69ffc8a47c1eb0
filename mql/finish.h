/* finish.h - from what was collected to rows.
 *
 *     group --> values, results --> having --> order key --> row
 *
 * The values of a group are those of its key, then the aggregates' results:
 * the cells on which the `post` program runs. One owner. */
#ifndef MQL_FINISH_H
#define MQL_FINISH_H

#include "mql/held.h"
#include "mql/group.h"
#include "mql/prog.h"

struct finish {
	struct env    env;   /* of `post`, on cells */
	struct value *cells;
	struct buf    text;  /* behind env.scratch; fixed */
	struct buf    key, same, row;
	struct eval_counts counts;
	int64_t       span_ms; /* of the window, for rate(); 0: none */
	const struct mql_query *q;
};

/* q is borrowed. 0 or MQL_ENOMEM; end it all the same. */
int finish_init(struct finish *f, const struct mql_query *q, struct eval *e);
void finish_fini(struct finish *f);

/* Put the groups that pass `having` into out, each as its own address, under
 * its order key. 0, MQL_ELIMIT or MQL_ENOMEM. */
int finish_rank(struct finish *f, const struct groups *g, bool only_changed,
		struct held *out);

/* The row of a group that was ranked; borrowed until the next call. */
struct str finish_row(struct finish *f, const struct groups *g,
		      const struct held_row *ranked);

/* Append the order keys of env (a group, or an event). */
void finish_order(const struct mql_query *q, const struct env *env,
		  struct buf *out);

/* Append the values of the columns of env: rows of equal values are one row
 * under `distinct`. */
void finish_same(const struct mql_query *q, const struct env *env,
		 struct buf *out);

#endif
