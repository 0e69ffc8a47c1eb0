/* guard.c - see guard.h.
 *
 * Terms stand one after the other, query by query. A comparison of numbers is
 * a range: x < 5 is INT64_MIN .. 4, x != 5 is not 5 .. 5. What a term cannot
 * decide exactly as the program would, it lets by. */
#include "mql/guard_term.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "mql/conjunct.h"

/* --- the test ------------------------------------------------------------------ */

/* Is the text that has not failed at first sight another one all the same? */
static bool
differs(const struct guard *t, const char *at)
{
	bool negate = t->kind >= GUARD_NOT_CHARS;
	int kind = t->kind - (negate ? GUARD_NOT_CHARS - GUARD_CHARS : 0);
	const char *z = kind == GUARD_CHARS ? at : GUARD_AT(const char *);
	bool same = z != NULL;

	if (same && kind == GUARD_TEXT)
		same = GUARD_AT(struct mql_text).len == t->len &&
		       !memcmp(z, t->ptr, t->len);
	else if (same && kind == GUARD_CHARS)
		same = t->len <= t->size && !strncmp(z, t->ptr, t->len) &&
		       (t->len == t->size || !z[t->len]);
	else if (same)
		same = !strncmp(z, t->ptr, t->len) && !z[t->len];
	return same == negate;
}

bool
guard_refuses(const struct guard *t, const void *record)
{
	while (t) {
		const char *at = (const char *)record + t->offset;

		if (guard_fails(t, at) ||
		    (t->kind >= GUARD_CHARS && differs(t, at)))
			t = t->next;
		else if (t->last)
			return false;
		else
			t++;
	}
	return true;
}

/* --- built events ---------------------------------------------------------------- */

static bool
in_order(enum op op, int cmp)
{
	switch ((int)op) {
	case OP_LT:
		return cmp < 0;
	case OP_LE:
		return cmp <= 0;
	case OP_GT:
		return cmp > 0;
	default:
		return cmp >= 0;
	}
}

/* What has no order is counted: the program has to see it. */
static bool
is_counted(const struct guard *t, const struct value *v)
{
	int cmp;

	return t->op != OP_EQ && t->op != OP_NE && v &&
	       v->type != VALUE_NULL && v->type != t->konst->type &&
	       !value_order(v, t->konst, &cmp);
}

static bool
is_false(const struct guard *t, const struct value *v)
{
	const struct value *c = t->konst;
	int cmp;

	if (!v || v->type == VALUE_NULL)
		return !t->negate;
	if (v->type == VALUE_INT && c->type == VALUE_INT)
		return guard_outside(t, v->i);
	if (v->type == VALUE_STR && c->type == VALUE_STR &&
	    (t->op == OP_EQ || t->op == OP_NE))
		return (v->len == c->len && (!v->len || (*v->ptr == *c->ptr &&
			!memcmp(v->ptr, c->ptr, v->len)))) == t->negate;
	if (t->op == OP_EQ || t->op == OP_NE)
		return value_equal(v, c) == t->negate;
	return value_order(v, c, &cmp) && !in_order((enum op)t->op, cmp);
}

bool
guard_refuses_built(const struct guard *t, const struct built *b, uint64_t era)
{
	if (t->kind < GUARD_VALUE_TEXT)
		return false;
	while (t) {
		const struct value *v = built_find(b, era, t->slot, t->key);

		if (is_counted(t, v))
			return false;
		if (is_false(t, v))
			t = t->next;
		else if (t->last)
			return false;
		else
			t++;
	}
	return true;
}

/* --- from programs -------------------------------------------------------------- */

enum { TERMS = 4 }; /* a query: more are seldom looked at */

static bool
integer_range(struct guard *t, enum op op, int64_t i)
{
	t->i.low = op == OP_LT || op == OP_LE ? INT64_MIN : i;
	t->i.high = op == OP_GT || op == OP_GE ? INT64_MAX : i;
	if ((op == OP_LT && i == INT64_MIN) || (op == OP_GT && i == INT64_MAX))
		return false;
	t->i.high -= op == OP_LT;
	t->i.low += op == OP_GT;
	return true;
}

static bool
real_range(struct guard *t, enum op op, const struct value *v)
{
	const int64_t exact = INT64_C(1) << 53;
	const double most = DBL_MAX; /* beyond is null */
	double f;

	if (v->type == VALUE_INT && (v->i > exact || v->i < -exact))
		return false;
	f = value_number(v);
	t->f.low = op == OP_LT || op == OP_LE ? -most : f;
	t->f.high = op == OP_GT || op == OP_GE ? most : f;
	if (op == OP_LT)
		t->f.high = nextafter(f, -HUGE_VAL);
	if (op == OP_GT)
		t->f.low = nextafter(f, HUGE_VAL);
	return isfinite(f);
}

static bool
text_term(struct guard *t, enum op op, const struct value *v)
{
	if (v->type != VALUE_STR || (op != OP_EQ && op != OP_NE) ||
	    (v->len && memchr(v->ptr, '\0', v->len)))
		return false;
	if (op == OP_NE)
		t->kind += GUARD_NOT_CHARS - GUARD_CHARS;
	t->ptr = v->len ? v->ptr : "";
	t->len = v->len;
	t->first = *t->ptr; /* of an empty text the NUL */
	return true;
}

/* The slot of a path, which is one plain key. */
static bool
find_slot(const struct pathset *ps, const struct path *p, struct guard *t)
{
	if (p->meta || p->nsteps != 1 || p->steps[0].kind != STEP_KEY)
		return false;
	for (unsigned i = 0; i < pathset_size(ps); i++) {
		const struct path *at = pathset_path(ps, i);

		if (!path_equal(at, p))
			continue;
		t->key = at->steps[0].key;
		t->slot = (uint16_t)i;
		return true;
	}
	return false;
}

static bool
resolve_built(const struct pathset *ps, const struct path *path,
	      const struct conjunct *test, struct guard *t)
{
	const struct value *v = test->v;

	t->kind = GUARD_VALUE;
	t->konst = v;
	t->op = (uint8_t)test->op;
	t->negate = test->op == OP_NE;
	if (v->type == VALUE_INT) {
		t->kind = GUARD_VALUE_INT;
		if (!integer_range(t, test->op, v->i))
			return false;
	} else if (v->type == VALUE_STR && v->len && test->op == OP_EQ) {
		t->kind = GUARD_VALUE_TEXT;
		t->head = value_head(v);
		t->first = *v->ptr;
	}
	if (v->type == VALUE_BOOL && test->op != OP_EQ && test->op != OP_NE)
		return false;
	return v->type >= VALUE_BOOL && v->type <= VALUE_STR &&
	       find_slot(ps, path, t);
}

/* The term of a test, where there can be one. */
static bool
resolve(const struct schema *schema, const struct path *path,
	const struct conjunct *test, struct guard *t)
{
	static const uint8_t kind_of[] = {
		[MQL_T_BOOL] = GUARD_BOOLEAN,
		[MQL_T_I8] = GUARD_I8, [MQL_T_I16] = GUARD_I16,
		[MQL_T_I32] = GUARD_I32, [MQL_T_I64] = GUARD_I64,
		[MQL_T_U8] = GUARD_U8, [MQL_T_U16] = GUARD_U16,
		[MQL_T_U32] = GUARD_U32, [MQL_T_U64] = GUARD_U64,
		[MQL_T_F32] = GUARD_F32, [MQL_T_F64] = GUARD_F64,
		[MQL_T_CHARS] = GUARD_CHARS, [MQL_T_CSTR] = GUARD_CSTR,
		[MQL_T_TEXT] = GUARD_TEXT,
		[MQL_T_JSON] = 0, [MQL_T_STRUCT] = 0,
	};
	const struct value *v = test->v;
	struct schema_ref ref = schema_resolve(schema, path);

	if (!ref.found || ref.walked != path->nsteps ||
	    ref.offset > UINT32_MAX)
		return false;
	t->kind = kind_of[ref.field->type];
	t->offset = (uint32_t)ref.offset;
	t->size = (uint32_t)ref.field->size;
	t->negate = test->op == OP_NE;
	switch (ref.field->type) {
	case MQL_T_BOOL:
		return v->type == VALUE_BOOL &&
		       (test->op == OP_EQ || test->op == OP_NE) &&
		       integer_range(t, test->op, v->b);
	case MQL_T_I8: case MQL_T_I16: case MQL_T_I32: case MQL_T_I64:
	case MQL_T_U8: case MQL_T_U16: case MQL_T_U32: case MQL_T_U64:
		return v->type == VALUE_INT &&
		       integer_range(t, test->op, v->i);
	case MQL_T_F32: case MQL_T_F64:
		return value_is_number(v) && real_range(t, test->op, v);
	case MQL_T_CHARS: case MQL_T_CSTR: case MQL_T_TEXT:
		return text_term(t, test->op, v);
	case MQL_T_JSON: case MQL_T_STRUCT:
		break;
	}
	return false;
}

/* The terms of one query; returns how many. */
static unsigned
guard_query(const struct schema *schema, const struct pathset *ps,
	    const struct mql_query *q, struct guard *t)
{
	const struct prog *p = &q->prog;
	struct conjunct test = { .last = false };
	unsigned n = 0, pc = 0;

	while (n < TERMS && !test.last && conjunct_next(p, &pc, &test)) {
		const struct path *path = &p->path[test.path];

		if (test.op < OP_EQ || test.op > OP_GE ||
		    !(schema ? resolve(schema, path, &test, &t[n]) :
			       resolve_built(ps, path, &test, &t[n])))
			break;
		n++;
	}
	if (n)
		t[n - 1].last = true;
	return n;
}

int
guard_new(const struct schema *schema, const struct pathset *ps,
	  const struct mql_query *const *q, size_t n, struct guard **out)
{
	static const struct guard nothing = { .kind = GUARD_NOTHING,
					      .last = true };
	struct guard *t = calloc(1 + n * TERMS, sizeof *t);

	*out = t;
	if (!t)
		return MQL_ENOMEM;
	for (size_t i = 0; i < n; i++) {
		unsigned more = guard_query(schema, ps, q[i], t);

		if (!more)
			break; /* it wants to see every event */
		for (struct guard *end = t + more; t < end; t++)
			t->next = i + 1 < n ? end : NULL;
		if (i + 1 == n)
			return 0;
	}
	**out = nothing;
	return 0;
}

void
guard_free(struct guard *g)
{
	free(g);
}
