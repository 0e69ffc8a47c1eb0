/* ast.c - nodes and what can be said of their kinds. */
#include "mql/ast.h"

#include "mql/error.h"

static const struct {
	int         operands;
	const char *spelling;
} kinds[AST_COUNT] = {
#define X(kind, operands, spelling) { operands, spelling },
	AST_KINDS(X)
#undef X
};

const char *
ast_spelling(enum ast_kind kind)
{
	return kinds[kind].spelling;
}

bool
ast_is_leaf(enum ast_kind kind)
{
	return kinds[kind].operands == 0;
}

bool
ast_is_constant(enum ast_kind kind)
{
	return ast_is_leaf(kind) && kind != AST_PATH && kind != AST_REGEX &&
	       kind != AST_PREFIX && kind != AST_COLUMN;
}

bool
ast_is_condition(enum ast_kind kind)
{
	return kind >= AST_EQ;
}

static bool
equal_agg(const struct ast *a, const struct ast *b)
{
	return a->agg.fn == b->agg.fn && a->all == b->all &&
	       a->agg.distinct == b->agg.distinct && a->agg.k == b->agg.k &&
	       memcmp(&a->agg.q, &b->agg.q, sizeof a->agg.q) == 0;
}

static bool
equal_leaf(const struct ast *a, const struct ast *b)
{
	switch ((int)a->kind) {
	case AST_BOOL:
		return a->b == b->b;
	case AST_INT:
		return a->i == b->i;
	case AST_FLOAT: /* 0.0 and -0.0 are spelled differently */
		return memcmp(&a->f, &b->f, sizeof a->f) == 0;
	case AST_STR:
	case AST_REGEX:
		return str_eq(a->str, b->str);
	case AST_PREFIX:
		return !a->str.ptr == !b->str.ptr && str_eq(a->str, b->str);
	case AST_PATH:
		return path_equal(&a->path, &b->path);
	case AST_COLUMN:
		return a->column == b->column;
	default:
		return true;
	}
}

bool
ast_equal(const struct ast *a, const struct ast *b)
{
	if (a == b)
		return true;
	if (a->kind != b->kind)
		return false;
	if (ast_is_leaf(a->kind))
		return equal_leaf(a, b);
	if (a->n != b->n || (a->kind == AST_CALL && a->fn != b->fn) ||
	    (a->kind == AST_AGG && !equal_agg(a, b)))
		return false;
	for (unsigned i = 0; i < a->n; i++)
		if (!ast_equal(a->item[i], b->item[i]))
			return false;
	return true;
}

bool
ast_has(const struct ast *n, enum ast_kind kind)
{
	if (n->kind == kind)
		return true;
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		if (ast_has(n->item[i], kind))
			return true;
	return false;
}

/* Comparisons do not nest, so they add nothing: a bare path stays as deep as
 * it is when check.c compares it with true. */
static unsigned
weight(enum ast_kind kind)
{
	return kind < AST_EQ || kind >= AST_NOT;
}

struct ast *
ast_new(struct arena *a, enum ast_kind kind, struct span at)
{
	struct ast *n = arena_alloc(a, sizeof *n);

	if (!n)
		return NULL;
	n->kind = kind;
	n->depth = 1;
	n->at = at;
	return n;
}

void *
ast_room(struct arena *a, void *items, unsigned n, unsigned *cap, size_t size)
{
	if (n < *cap)
		return items;
	unsigned more = *cap ? *cap * 2 : 2;
	void *grown = arena_grow(a, items, n * size, more * size);

	if (grown)
		*cap = more;
	return grown;
}

int
ast_push(struct arena *a, struct ast *n, struct ast *item)
{
	struct ast **room = ast_room(a, n->item, n->n, &n->cap, sizeof *room);

	if (!room)
		return MQL_ENOMEM;
	n->item = room;
	n->item[n->n++] = item;
	if (n->depth < item->depth + weight(n->kind))
		n->depth = item->depth + weight(n->kind);
	return 0;
}

/* Push n, or in its place what it joins when it is a chain of this kind. */
static int
absorb(struct arena *a, struct ast *chain, struct ast *n)
{
	int err = 0;

	if (n->kind != chain->kind)
		return ast_push(a, chain, n);
	for (unsigned i = 0; i < n->n && !err; i++)
		err = ast_push(a, chain, n->item[i]);
	return err;
}

struct ast *
ast_op(struct arena *a, enum ast_kind kind, struct span at, struct ast *l,
       struct ast *r)
{
	bool chain = kind == AST_AND || kind == AST_OR;

	if (chain && l->kind == kind) {
		l->at = at;
		return absorb(a, l, r) ? NULL : l;
	}
	struct ast *n = ast_new(a, kind, at);
	if (!n)
		return NULL;
	if (chain)
		return absorb(a, n, l) || absorb(a, n, r) ? NULL : n;
	if (ast_push(a, n, l) || (r && ast_push(a, n, r)))
		return NULL;
	return n;
}

struct ast *
ast_star(const struct ast *n)
{
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		if (n->item[i]->kind == AST_PATH &&
		    path_has_any(&n->item[i]->path))
			return n->item[i];
	return NULL;
}
