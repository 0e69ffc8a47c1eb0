/* query.h - a compiled query as the rest of the product sees it.
 *
 *   text -- lex.l ----> tokens
 *        -- grammar.y -> tree        ast.h     nodes in an arena
 *        -- check.c --> checked tree           names, types, limits
 *        -- plan.c ---> plan                   what runs where, canonical text
 *        -- emit.c ---> program      prog.h    bytecode, op.h lists it
 *        -- verify.c -> trusted                bounds, forward jumps
 *   eval.c runs it, dis.c prints it, row.c writes the columns.
 *
 * Immutable once compiled; any thread. */
#ifndef MQL_QUERY_H
#define MQL_QUERY_H

#include "common/buf.h"
#include "common/str.h"
#include "event/reader.h"
#include "mql/mql.h"

/* As mql_query_compile(), for text that is not NUL-terminated (a NUL inside
 * is a syntax error). At most QUERY_MAX_TEXT bytes. */
enum { QUERY_MAX_TEXT = 256 * 1024 };
int query_compile(struct str text, struct mql_query **out,
		  struct mql_diag *diag);

/* Likewise, where windows of time that do not say `on` have `on @ts`: of events
 * that were before now. */
int query_compile_timed(struct str text, struct mql_query **out,
			struct mql_diag *diag);

/* The part that an agent runs, in canonical spelling and without limit. Of a
 * plain query it is the whole; of another one `select` names the fields that
 * groups, aggregates, columns and order are made of, each as a column under
 * its canonical spelling, and @ts: rows for stage_row(). When only the whole
 * event has them all it is `select *`. Two queries with the same agent text
 * share one run. */
struct str query_agent_text(const struct mql_query *q);

/* The part that an agent which folds runs behind its filter: groups and
 * aggregates, in canonical spelling, without what comes after them; NULL where
 * events cannot be folded one by one (rows, count windows, `select *` of
 * groups). Its partials (partial.h) are for stage_partial(). Agents that do
 * not fold, or have no room, send rows of query_agent_text(). */
const char *query_fold_text(const struct mql_query *q);

/* Does q aggregate windows by count? Those are of so many events that were
 * tried: where a throttled agent tries some only, the aggregates are of
 * these. */
bool query_is_unweighed(const struct mql_query *q);

/* Is fold, a compiled query_fold_text(), made of the groups and aggregates
 * that q has, in their order? */
bool query_folds_as(const struct mql_query *q, const struct mql_query *fold);

/* Which agents are asked: a query to be tried on {"app":..,"host":..,
 * "zone":..,"version":..,"labels":{..}}; empty: all of them. */
struct str query_at_text(const struct mql_query *q);

/* Is the stream of this name asked? (No `from`: every stream.) */
bool query_wants_stream(const struct mql_query *q, struct str name);

/* The i-th stream that `from` names; false behind the last. */
bool query_stream(const struct mql_query *q, size_t i, struct str *name);

/* Memory that q holds, but for what its regular expressions take. */
size_t query_bytes(const struct mql_query *q);

uint64_t query_limit(const struct mql_query *q); /* UINT64_MAX: none */

/* The share of matching events to keep, as a threshold on 32 random bits:
 * keep when random < threshold. 1 << 32 keeps all. */
uint64_t query_sample_threshold(const struct mql_query *q);

/* Is it `select *`? */
bool query_is_star(const struct mql_query *q);

/* Does a row have columns that only the row can tell: `select *`, or one with
 * fields that are chosen by prefix? */
bool query_columns_vary(const struct mql_query *q);

/* Names, in order, of the columns that the projection names. */
size_t query_columns(const struct mql_query *q);
struct str query_column(const struct mql_query *q, size_t i);

/* The column that shows the i-th group; ptr NULL: none does. False behind the
 * last. */
bool query_group(const struct mql_query *q, size_t i, struct str *column);

/* --- running it: one publishing thread ------------------------------------ */

/* Counted while evaluating, per query; see the books. Atomic, because an
 * agent reports them while publishers count. */
struct eval_counts {
	_Atomic uint64_t mismatches; /* string against number: false */
	_Atomic uint64_t regex_limited; /* match limit: false */
	_Atomic uint64_t ns; /* that it took, of what was timed: gauge.h */
};

/* Registers and match data of one thread, for programs of any query. Nothing
 * below eval_new() allocates, except PCRE2's own frames at a thread's first
 * regular expression (bounded by its heap limit, kept and reused). */
struct eval; /* opaque */
struct probe; /* mql/probe.h */
int eval_new(struct eval **out); /* 0 or MQL_ENOMEM */
void eval_free(struct eval *e);  /* NULL is allowed */
struct probe *eval_probe(struct eval *e); /* the thread's, for a matcher */

/* Add what q reads to ps; slots[i] is where q's i-th path stands. slots has
 * room for query_paths(q). Returns 0, MQL_ELIMIT or MQL_ENOMEM. */
size_t query_paths(const struct mql_query *q);
int query_link(const struct mql_query *q, struct pathset *ps,
	       uint16_t *slots);

/* Does the event that r has begun match the where clause? */
bool query_match(const struct mql_query *q, const uint16_t *slots,
		 struct eval *e, struct reader *r, struct eval_counts *c);

/* Append the row as one line of JSON without a newline. out->err tells when
 * it did not fit. */
void query_write_row(const struct mql_query *q, const uint16_t *slots,
		     struct eval *e, struct reader *r, struct eval_counts *c,
		     struct buf *out);

/* Lots for one run of a query: by one thread, or by several at once. */
struct sampler {
	_Atomic uint64_t random;
	_Atomic int64_t  due; /* n/s: when the next is, ns since the epoch */
};
void sampler_init(struct sampler *s, uint64_t seed);

/* Does query_sample() look at now? (n/s) */
bool query_sample_is_timed(const struct mql_query *q);

/* Is the event that r has begun, which matches, to be kept? now: ms since the
 * epoch, looked at for n/s only. Any thread. */
bool query_sample(const struct mql_query *q, struct sampler *s,
		  struct reader *r, const uint16_t *slots, int64_t now);

#endif
