/* access.c - see access.h. Runs once a query, at the end of its compilation. */
#include "mql/access.h"

#include <stdlib.h>

#define XXH_INLINE_ALL
#include <xxhash.h>

#include "mql/prog.h"
#include "mql/spell.h"

enum {
	MAX_TERMS  = 256,  /* of one access: arms of an `or` */
	MAX_VALUES = 4096, /* of one `in` */
};

struct find {
	struct mql_query *q;
	bool              oom;
	struct access_term *room;
	unsigned            n, cap;
	const struct ast   *best; /* what the best access so far is of */
};

/* --- one test ---------------------------------------------------------------- */

/* A field that one value stands for? */
static bool
field(struct find *f, const struct ast *n, uint16_t *path)
{
	const struct prog *p = &f->q->prog;

	if (n->kind != AST_PATH || path_has_any(&n->path))
		return false;
	for (unsigned i = 0; i < p->npath; i++)
		if (path_equal(&p->path[i], &n->path)) {
			*path = (uint16_t)i;
			return true;
		}
	return false;
}

static bool
constant(const struct ast *n, struct value *v)
{
	*v = VALUE_NONE;
	switch ((int)n->kind) {
	case AST_NULL:
		return true;
	case AST_BOOL:
		*v = (struct value){ .type = VALUE_BOOL, .b = n->b };
		return true;
	case AST_INT:
		*v = (struct value){ .type = VALUE_INT, .i = n->i };
		return true;
	case AST_FLOAT:
		*v = (struct value){ .type = VALUE_FLOAT, .f = n->f };
		return true;
	case AST_STR:
		*v = (struct value){ .type = VALUE_STR, .ptr = n->str.ptr,
				     .len = (uint32_t)n->str.len };
		return true;
	default:
		return false;
	}
}

static struct digest
digest(const struct value *v)
{
	struct digest d;

	digest_of(v, &d);
	return d;
}

/* Room for one term more with n values. */
static struct access_term *
add(struct find *f, enum access_kind kind, uint16_t path, unsigned n)
{
	struct access_term *t = &f->room[f->n];

	if (f->n == f->cap || n > MAX_VALUES)
		return NULL;
	*t = (struct access_term){ .kind = kind, .path = path, .n = n };
	if (n && !(t->eq = arena_alloc(&f->q->arena, n * sizeof *t->eq))) {
		f->oom = true;
		return NULL;
	}
	f->n++;
	return t;
}

static bool
prefix(struct find *f, uint16_t path, struct str s)
{
	struct access_term *t = s.len ? add(f, ACCESS_PREFIX, path, 1) : NULL;

	if (!t)
		return false;
	t->length = (uint8_t)digest_length(s.len);
	t->eq[0] = digest_prefix(s, t->length);
	digest_prefix_range(s, &t->lo, &t->hi);
	return true;
}

/* starts_with(path, 'text') */
static bool
starts_with(struct find *f, const struct ast *n)
{
	uint16_t path;

	return n->kind == AST_CALL && n->n == 2 &&
	       !strcmp(n->fn->name, "starts_with") &&
	       n->item[1]->kind == AST_STR && field(f, n->item[0], &path) &&
	       prefix(f, path, n->item[1]->str);
}

static bool
equal(struct find *f, const struct ast *n)
{
	const struct ast *l = n->item[0], *r = n->item[1];
	struct access_term *t;
	struct value v;
	uint16_t path;

	if (ast_is_constant(l->kind)) {
		l = n->item[1];
		r = n->item[0];
	}
	if (!constant(r, &v))
		return false;
	if (v.type == VALUE_BOOL && v.b && starts_with(f, l))
		return true;
	if (!field(f, l, &path) || !(t = add(f, ACCESS_EQ, path, 1)))
		return false;
	t->eq[0] = digest(&v).eq;
	return true;
}

static int
by_value(const void *x, const void *y)
{
	const uint64_t *a = x, *b = y;

	return (*a > *b) - (*a < *b);
}

/* Nulls are no members; and each value once, for it leads here once. */
static bool
in(struct find *f, const struct ast *n)
{
	struct access_term *t;
	unsigned k = 0;
	uint16_t path;
	struct value v;

	if (!field(f, n->item[0], &path) ||
	    !(t = add(f, ACCESS_EQ, path, n->n - 1)))
		return false;
	for (unsigned i = 1; i < n->n; i++)
		if (constant(n->item[i], &v) && v.type != VALUE_NULL)
			t->eq[k++] = digest(&v).eq;
	qsort(t->eq, k, sizeof *t->eq, by_value);
	t->n = k ? 1 : 0;
	for (unsigned i = 1; i < k; i++)
		if (t->eq[i] != t->eq[t->n - 1])
			t->eq[t->n++] = t->eq[i];
	return true;
}

/* lo or hi may be NULL. Constants without order make the test false; that
 * find may find more. */
static bool
range(struct find *f, uint16_t path, const struct ast *lo,
      const struct ast *hi)
{
	struct access_term *t;
	struct value v;
	uint64_t least = 0, most = 0;

	if (lo && constant(lo, &v))
		least = digest(&v).ord;
	if (hi && constant(hi, &v))
		most = digest(&v).ord;
	if (least <= 1 && most <= 1)
		return false;
	if (least > 1 && most > 1 && digest_class(least) != digest_class(most))
		most = 0;
	if (least > 1 && most > 1 && most < least)
		most = least; /* nothing is between them */
	if (!(t = add(f, ACCESS_RANGE, path, 0)))
		return false;
	t->lo = least > 1 ? least : digest_least(digest_class(most));
	t->hi = most > 1 ? most : digest_greatest(digest_class(least));
	return true;
}

static bool
ordered(struct find *f, const struct ast *n)
{
	const struct ast *l = n->item[0], *r = n->item[1];
	bool less = n->kind == AST_LT || n->kind == AST_LE;
	uint16_t path;

	if (ast_is_constant(l->kind)) {
		l = n->item[1];
		r = n->item[0];
		less = !less;
	}
	if (!ast_is_constant(r->kind) || !field(f, l, &path))
		return false;
	return range(f, path, less ? NULL : r, less ? r : NULL);
}

static bool
between(struct find *f, const struct ast *n)
{
	uint16_t path;

	return field(f, n->item[0], &path) &&
	       range(f, path, n->item[1], n->item[2]);
}

/* `like` up to its first %, _ or \. */
static bool
like(struct find *f, const struct ast *n)
{
	struct str s = n->item[1]->str;
	uint16_t path;
	size_t k = 0;

	if (n->item[1]->kind != AST_STR || !field(f, n->item[0], &path))
		return false;
	while (k < s.len && !strchr("%_\\", s.ptr[k]))
		k++;
	return prefix(f, path, (struct str){ s.ptr, k });
}

/* --- what is necessary ------------------------------------------------------- */

static bool find_terms(struct find *f, const struct ast *n);

/* Every arm must give terms, for it may be the one that holds. */
static bool
any(struct find *f, const struct ast *n)
{
	for (unsigned i = 0; i < n->n; i++)
		if (!find_terms(f, n->item[i]))
			return false;
	return true;
}

/* Within an arm one conjunct will do: the one that finds the least. What is
 * best so far stands at `begun`, the next one is tried behind it. */
static bool
least(struct find *f, const struct ast *n)
{
	struct access best = { .term = f->room + f->n };
	unsigned begun = f->n;
	bool any = false;

	for (unsigned i = 0; i < n->n; i++) {
		struct access a = { .term = f->room + begun + best.n };

		f->n = begun + best.n;
		if (!find_terms(f, n->item[i]))
			continue;
		a.n = f->n - begun - best.n;
		if (any && access_guess(&a) >= access_guess(&best))
			continue;
		memmove(best.term, a.term, a.n * sizeof *a.term);
		best.n = a.n;
		any = true;
	}
	f->n = begun + best.n;
	return any;
}

/* Append terms one of which holds where n does. */
static bool
find_terms(struct find *f, const struct ast *n)
{
	if (f->oom)
		return false;
	switch ((int)n->kind) {
	case AST_EQ:
		return equal(f, n);
	case AST_IN:
		return in(f, n);
	case AST_LT:
	case AST_LE:
	case AST_GT:
	case AST_GE:
		return ordered(f, n);
	case AST_BETWEEN:
		return between(f, n);
	case AST_LIKE:
		return like(f, n);
	case AST_AND:
		return least(f, n);
	case AST_OR:
		return any(f, n);
	default:
		return false;
	}
}

static void
add_access(struct find *f, const struct ast *n)
{
	struct access_list *l = &f->q->access;
	struct access *a = &l->at[l->n];

	f->n = 0;
	if (!find_terms(f, n))
		return;
	a->n = f->n;
	a->term = arena_grow(&f->q->arena, f->room, f->n * sizeof *f->room,
			     f->n * sizeof *f->room);
	if (!a->term) {
		f->oom = true;
		return;
	}
	if (a->n == 1)
		a->proves = (uint16_t)residual_proven(&f->q->residual,
						      a->term);
	l->n++;
	if (access_best(l) == a)
		f->best = n;
}

static int
keep_text(struct mql_query *q, const struct ast *n, struct str *to)
{
	struct buf text = BUF_INIT;

	if (n)
		spell_expr(n, &text);
	*to = arena_str(&q->arena, (struct str){ (char *)text.data, text.len });
	int err = text.err || !to->ptr ? MQL_ENOMEM : 0;
	buf_fini(&text);
	return err;
}

static int
keep_texts(struct mql_query *q, const struct ast *where,
	   const struct ast *best)
{
	struct access_list *l = &q->access;
	int err = keep_text(q, where, &l->where);

	if (err)
		return err;
	l->hash = XXH3_64bits(l->where.ptr, l->where.len);
	l->best = l->where;
	return best == where ? 0 : keep_text(q, best, &l->best);
}

/* How many terms n may give: one of each test. */
static unsigned
tests(const struct ast *n)
{
	unsigned sum = 0;

	if (n->kind != AST_AND && n->kind != AST_OR)
		return 1;
	for (unsigned i = 0; i < n->n && sum < MAX_TERMS; i++)
		sum += tests(n->item[i]);
	return sum < MAX_TERMS ? sum : MAX_TERMS;
}

int
access_find(struct mql_query *q, const struct ast *where)
{
	struct find f = { .q = q };
	unsigned most = where && where->kind == AST_AND ? where->n : 1;

	q->access.hash = 1; /* all that have none are alike */
	if (!where)
		return 0;
	q->access.at = arena_alloc(&q->arena, most * sizeof *q->access.at);
	f.cap = tests(where);
	f.room = malloc(f.cap * sizeof *f.room);
	f.oom = !q->access.at || !f.room;
	for (unsigned i = 0; i < most && !f.oom; i++)
		add_access(&f, where->kind == AST_AND ? where->item[i] :
							where);
	free(f.room);
	return f.oom ? MQL_ENOMEM : keep_texts(q, where, f.best);
}

/* --- which one ---------------------------------------------------------------- */

static double
guess(const struct access_term *t)
{
	if (t->kind == ACCESS_EQ)
		return 0.01 * t->n;
	if (t->kind == ACCESS_PREFIX)
		return t->length > 2 ? 0.05 : 0.1;
	return t->lo == digest_least(digest_class(t->lo)) ||
	       t->hi == digest_greatest(digest_class(t->lo)) ? 0.4 : 0.2;
}

double
access_guess(const struct access *a)
{
	double sum = 0;

	for (unsigned i = 0; i < a->n; i++)
		sum += guess(&a->term[i]);
	return sum < 1 ? sum : 1;
}

const struct access *
access_best(const struct access_list *l)
{
	const struct access *best = NULL;

	for (unsigned i = 0; i < l->n; i++)
		if (!best || access_guess(&l->at[i]) < access_guess(best))
			best = &l->at[i];
	return best;
}

const char *
access_name(const struct access *a)
{
	static const char *const name[] = { "hash", "prefix", "range" };

	for (unsigned i = 1; i < a->n; i++)
		if (a->term[i].kind != a->term[0].kind)
			return "several";
	return a->n ? name[a->term[0].kind] : "never";
}
