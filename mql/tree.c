/* tree.c - what the grammar's actions do, one function each. */
#include "mql/tree.h"

#include "mql/word.h"

/* n, unless memory is out or it is too deep for the recursion of the stages
 * that follow. */
static struct ast *
kept(struct compile *c, struct ast *n)
{
	if (!n) {
		fail_nomem(c);
		return NULL;
	}
	if (n->depth > AST_MAX_DEPTH) {
		fail(c, MQL_ELIMIT, n->at,
		     "the query is nested too deeply: %d levels are allowed",
		     AST_MAX_DEPTH);
		return NULL;
	}
	return n;
}

/* --- values --------------------------------------------------------------- */

struct ast *
tree_leaf(struct compile *c, enum ast_kind kind, struct span at)
{
	return kept(c, ast_new(&c->arena, kind, at));
}

struct ast *
tree_bool(struct compile *c, bool b, struct span at)
{
	struct ast *n = tree_leaf(c, AST_BOOL, at);

	if (n)
		n->b = b;
	return n;
}

struct ast *
tree_negate(struct compile *c, struct span at, struct ast *n)
{
	const double beyond = 0x1p63; /* lexed as a float, for want of room */

	if (n->kind == AST_INT) {
		n->i = -n->i;
	} else if (n->kind == AST_FLOAT && n->f >= beyond && n->f <= beyond) {
		n->kind = AST_INT;
		n->i = INT64_MIN;
	} else if (n->kind == AST_FLOAT) {
		n->f = -n->f;
	} else {
		return tree_op(c, AST_NEG, at, n, NULL);
	}
	n->at = at;
	return n;
}

struct ast *
tree_op(struct compile *c, enum ast_kind kind, struct span at, struct ast *l,
	struct ast *r)
{
	return kept(c, ast_op(&c->arena, kind, at, l, r));
}

struct ast *
tree_push(struct compile *c, struct ast *list, struct ast *item)
{
	if (ast_push(&c->arena, list, item)) {
		fail_nomem(c);
		return NULL;
	}
	return kept(c, list);
}

struct ast *
tree_first(struct compile *c, struct span at, struct ast *l, struct ast *list)
{
	list->item[0] = l;
	list->at = at;
	if (list->depth < l->depth)
		list->depth = l->depth;
	return kept(c, list);
}

struct ast *
tree_unless(struct compile *c, bool negated, struct ast *n)
{
	if (!n || !negated)
		return n;
	return tree_op(c, AST_NOT, n->at, n, NULL);
}

struct ast *
tree_paren(struct compile *c, struct span at, struct ast *n)
{
	n->at = at;
	n->depth++;
	return kept(c, n);
}

/* --- calls ---------------------------------------------------------------- */

static int
refuse_name(struct compile *c, struct span at, struct str name)
{
	const char *near = function_near(name);
	int len = (int)(name.len < 40 ? name.len : 40);

	if (!near)
		near = aggregate_near(name);
	if (near)
		return fail(c, MQL_ESYNTAX, at, "there is no function `%.*s`;"
			    " did you mean `%s`?", len, name.ptr, near);
	return fail(c, MQL_ESYNTAX, at, "there is no function `%.*s`", len,
		    name.ptr);
}

struct ast *
tree_callee(struct compile *c, struct span at, struct str name)
{
	const struct aggregate *agg = aggregate_find(name);
	const struct function *fn = function_find(name);
	struct ast *n;

	if (!agg && !fn) {
		refuse_name(c, at, name);
		return NULL;
	}
	n = tree_leaf(c, agg ? AST_AGG : AST_CALL, at);
	if (n && agg)
		n->agg.fn = agg;
	else if (n)
		n->fn = fn;
	return n;
}

int
tree_of_all(struct compile *c, struct ast *call, struct span at)
{
	if (call->kind != AST_AGG || !strchr(call->agg.fn->args, '*'))
		return fail(c, MQL_ETYPE, at, "only `count` is of `*`");
	call->all = true;
	return 0;
}

int
tree_of_distinct(struct compile *c, struct ast *call, struct span at)
{
	if (call->kind != AST_AGG)
		return fail(c, MQL_ETYPE, at,
			    "`distinct` goes with `count` only");
	call->agg.distinct = true;
	return 0;
}

/* --- paths ---------------------------------------------------------------- */

/* Room for one more step at the end of n's path, or NULL. Sizes are powers
 * of two. */
static struct step *
more(struct compile *c, struct ast *n)
{
	struct path *p = &n->path;
	unsigned size = p->nsteps;

	if (p->nsteps == PATH_MAX_STEPS) {
		fail(c, MQL_ELIMIT, n->at, "a path has at most %d steps",
		     PATH_MAX_STEPS);
		return NULL;
	}
	if (size & (size - 1))
		return &p->steps[p->nsteps++];
	unsigned cap = size; /* full */
	p->steps = ast_room(&c->arena, p->steps, size, &cap, sizeof *p->steps);
	if (!p->steps) {
		fail_nomem(c);
		return NULL;
	}
	return &p->steps[p->nsteps++];
}

static struct ast *
add_key(struct compile *c, struct ast *n, struct str key)
{
	struct step *s = more(c, n);

	if (!s)
		return NULL;
	s->kind = STEP_KEY;
	s->key = key;
	return n;
}

struct ast *
tree_word(struct compile *c, struct span at, struct str word)
{
	struct ast *n = tree_leaf(c, AST_PATH, at);
	struct str rest = word;

	while (n) {
		const char *dot = memchr(rest.ptr, '.', rest.len);
		size_t len = dot ? (size_t)(dot - rest.ptr) : rest.len;

		n = add_key(c, n, (struct str){ rest.ptr, len });
		if (!dot)
			break;
		rest.ptr += len + 1;
		rest.len -= len + 1;
	}
	if (n && n->path.nsteps > 1) {
		n->path.flat = word;
		n->path.nflat = n->path.nsteps;
	}
	return n;
}

struct ast *
tree_meta(struct compile *c, struct span at, struct str word)
{
	struct ast *n = tree_leaf(c, AST_PATH, at);

	if (!n)
		return NULL;
	if (c->within_at)
		return add_key(c, n, (struct str){ word.ptr + 1,
						   word.len - 1 });
	n->path.meta = path_meta_of((struct str){ word.ptr + 1, word.len - 1 });
	if (n->path.meta != META_NONE)
		return n;
#define X(name) " @" #name
	fail(c, MQL_ESYNTAX, at, "there is no meta field `%.*s`; there are"
	     PATH_METAS(X), (int)(word.len < 40 ? word.len : 40), word.ptr);
#undef X
	return NULL;
}

struct ast *
tree_label(struct compile *c, struct span at, struct str meta,
	   struct str name)
{
	struct ast *n = tree_meta(c, at, meta);

	if (n && !c->within_at) {
		fail(c, MQL_ESYNTAX, at, "a meta field has no members");
		return NULL;
	}
	return n ? add_key(c, n, name) : NULL;
}

/* `e` is the whole event when a quoted key follows it: Mantis writes every
 * path so. A field that is called e is e['e'] then. */
static bool
is_root(const struct ast *n)
{
	return n->at.end - n->at.beg == 1 && n->path.nsteps == 1 &&
	       str_eq(n->path.steps[0].key, STR("e"));
}

struct ast *
tree_key(struct compile *c, struct span at, struct ast *n, struct str key)
{
	if (is_root(n))
		n->path.steps[0].key = key;
	else if (!add_key(c, n, key))
		return NULL;
	n->at = at;
	return n;
}

struct ast *
tree_index(struct compile *c, struct span at, struct ast *n,
	   const struct ast *index)
{
	struct step *s = more(c, n);

	if (!s)
		return NULL;
	if (index->i < INT32_MIN || index->i > INT32_MAX) {
		fail(c, MQL_ELIMIT, index->at, "this index is too large");
		return NULL;
	}
	s->kind = STEP_INDEX;
	s->index = (int32_t)index->i;
	n->at = at;
	return n;
}

struct ast *
tree_any(struct compile *c, struct span at, struct ast *n)
{
	struct step *s = more(c, n);

	if (!s)
		return NULL;
	s->kind = STEP_ANY;
	n->at = at;
	return n;
}

struct ast *
tree_prefix(struct compile *c, struct span at, const struct ast *n,
	    struct str prefix)
{
	struct ast *p;

	if (!is_root(n)) {
		fail(c, MQL_ETYPE, at, "only the event's own fields can be "
		     "chosen by how they begin: e[^'...']");
		return NULL;
	}
	p = tree_leaf(c, AST_PREFIX, at);
	if (p)
		p->str = prefix.ptr ? prefix : STR("");
	return p;
}

int
tree_whole(struct compile *c, struct span at)
{
	struct ast *n = tree_leaf(c, AST_PREFIX, at);

	return n ? tree_item(c, n, (struct str){ 0 }) : c->err;
}
