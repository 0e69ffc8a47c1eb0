/* tree.h - what the grammar's actions do, one function each.
 *
 * Each returns NULL, or a negative error, after it has called fail(): the
 * parse is given up then. Spans are those of the text that makes the node. */
#ifndef MQL_TREE_H
#define MQL_TREE_H

#include "mql/compile.h"

/* --- values --------------------------------------------------------------- */

struct ast *tree_leaf(struct compile *c, enum ast_kind kind, struct span at);
struct ast *tree_bool(struct compile *c, bool b, struct span at);

/* n with a minus before it; a number is negated on the spot. */
struct ast *tree_negate(struct compile *c, struct span at, struct ast *n);

/* An operator over l and r (NULL when unary). */
struct ast *tree_op(struct compile *c, enum ast_kind kind, struct span at,
		    struct ast *l, struct ast *r);

/* Append item to an operator's operands. */
struct ast *tree_push(struct compile *c, struct ast *list, struct ast *item);

/* Put l where list, an operator, has kept room for its first operand. */
struct ast *tree_first(struct compile *c, struct span at, struct ast *l,
		       struct ast *list);

/* n, or not n. NULL is passed on. */
struct ast *tree_unless(struct compile *c, bool negated, struct ast *n);

/* n in parentheses: the same node, one deeper. */
struct ast *tree_paren(struct compile *c, struct span at, struct ast *n);

/* --- calls ---------------------------------------------------------------- */

/* A call without arguments yet, of the function or aggregate of this name. */
struct ast *tree_callee(struct compile *c, struct span at, struct str name);

/* The call is of `*`, or of `distinct` its argument. at: that word. */
int tree_of_all(struct compile *c, struct ast *call, struct span at);
int tree_of_distinct(struct compile *c, struct ast *call, struct span at);

/* --- paths ---------------------------------------------------------------- */

/* A bare word with or without dots, or a meta field with its @. */
struct ast *tree_word(struct compile *c, struct span at, struct str word);
struct ast *tree_meta(struct compile *c, struct span at, struct str word);

/* @labels.name, after `at` only. */
struct ast *tree_label(struct compile *c, struct span at, struct str meta,
		       struct str name);

/* n followed by one more step. `e['a']` is `a`: Mantis's root. */
struct ast *tree_key(struct compile *c, struct span at, struct ast *n,
		     struct str key);
struct ast *tree_index(struct compile *c, struct span at, struct ast *n,
		       const struct ast *index);
struct ast *tree_any(struct compile *c, struct span at, struct ast *n);

/* The fields of n, which is the event itself, whose names begin so. */
struct ast *tree_prefix(struct compile *c, struct span at,
			const struct ast *n, struct str prefix);

/* `*` behind other columns: the whole event. */
int tree_whole(struct compile *c, struct span at);

/* --- clauses -------------------------------------------------------------- */

/* Each clause stands once: at is the keyword's place. */
int tree_once(struct compile *c, enum clause clause, struct span at,
	      const char *name);
int tree_item(struct compile *c, struct ast *expr, struct str name);
int tree_stream(struct compile *c, struct str name);
int tree_group(struct compile *c, struct ast *expr);
int tree_order(struct compile *c, struct ast *expr, bool desc);

/* n, a number of seconds, as one of milliseconds. */
struct ast *tree_seconds(struct compile *c, struct ast *n);
int tree_window(struct compile *c, const struct ast *size,
		const struct ast *every);
int tree_window_count(struct compile *c, const struct ast *n);
int tree_window_on(struct compile *c, struct span at, struct ast *expr);
int tree_window_grace(struct compile *c, struct span at,
		      const struct ast *grace);

/* sample n%, n/s, {...}: tree_sample.c */
int tree_sample(struct compile *c, const struct ast *n);
int tree_sample_rate(struct compile *c, const struct ast *n, struct span at,
		     struct str unit);
int tree_sample_member(struct compile *c, const struct ast *key,
		       const struct ast *value);
int tree_sample_done(struct compile *c, struct span at);

/* Refuse what is not there yet, by name. */
int tree_refuse(struct compile *c, struct span at, const char *what);

#endif
