/* residual.c - see residual.h. On the path of every event. */
#include "mql/residual.h"

#include <stdlib.h>

#include "mql/access.h"
#include "mql/conjunct.h"
#include "mql/mql.h"
#include "mql/probe.h"

enum { FEW = 8 }; /* members that are looked at one by one */

/* --- one test ---------------------------------------------------------------- */

enum outcome { NO, YES, UNKNOWN };

static bool
is_member(const struct residual_term *t, const struct digest *d)
{
	uint32_t lo = 0, hi = t->n;

	while (hi - lo > FEW) {
		uint32_t mid = lo + (hi - lo) / 2;

		if (t->member[mid].eq < d->eq)
			lo = mid + 1;
		else
			hi = mid;
	}
	while (lo < t->n && t->member[lo].eq < d->eq)
		lo++;
	for (; lo < t->n && t->member[lo].eq == d->eq; lo++)
		if (digest_same(&t->member[lo], d))
			return true;
	return false;
}

static enum outcome
begins(const struct residual_term *t, const struct digest *d)
{
	if (digest_class(d->ord) != DIGEST_TEXT) /* digits are a text, too */
		return d->ord ? UNKNOWN : NO;
	if (d->ord < t->is.ord || d->ord > t->is.eq)
		return NO;
	return d->len >= t->is.len &&
	       !memcmp(d->text, t->is.text, t->is.len) ? YES : NO;
}

/* Where a value is of the constant's class and not of its ord, both are in the
 * order of these. */
static inline enum outcome
in_order(const struct residual_term *t, const struct digest *d)
{
	bool less = t->kind <= RESIDUAL_LE;

	if (!d->ord)
		return NO;
	if (digest_class(d->ord) != digest_class(t->is.ord))
		return UNKNOWN; /* that is counted */
	if (d->ord != t->is.ord)
		return (d->ord < t->is.ord) == less ? YES : NO;
	if (!digest_same(d, &t->is))
		return UNKNOWN;
	return t->kind == RESIDUAL_LE || t->kind == RESIDUAL_GE ? YES : NO;
}

static inline enum outcome
holds(const struct residual_term *t, const struct digest *d)
{
	switch ((enum residual_kind)t->kind) {
	case RESIDUAL_EQ:
		return digest_same(d, &t->is) ? YES : NO;
	case RESIDUAL_NE:
		return digest_same(d, &t->is) ? NO : YES;
	case RESIDUAL_IN:
		return is_member(t, d) ? YES : NO;
	case RESIDUAL_PREFIX:
		return begins(t, d);
	case RESIDUAL_LT: case RESIDUAL_LE: case RESIDUAL_GT: case RESIDUAL_GE:
		break;
	}
	return in_order(t, d);
}

bool
residual_match(const struct mql_query *q, const uint16_t *slots,
	       unsigned left, struct probe *p, struct eval *e,
	       struct reader *r, struct eval_counts *c)
{
	const struct residual *res = &q->residual;

	left &= res->all;
	for (unsigned b = left % RESIDUAL_REST; b; b &= b - 1) {
		const struct residual_term *t =
			&res->term[__builtin_ctz(b)];
		unsigned slot = slots[t->path];
		uint64_t eq = probe_eq(p, r, slot);
		enum outcome o;

		if (t->kind == RESIDUAL_EQ && eq != t->is.eq)
			return false;
		o = holds(t, &p->digest[slot]);
		if (o == NO)
			return false;
		if (o == UNKNOWN)
			return query_match_from(q, t->pc, slots, e, r, c);
	}
	return !(left & RESIDUAL_REST) ||
	       query_match_from(q, res->rest, slots, e, r, c);
}

/* --- what is known --------------------------------------------------------------- */

static bool
equals(const struct residual_term *r, const struct access_term *t)
{
	if (r->kind == RESIDUAL_EQ)
		return t->n == 1 && t->eq[0] == r->is.eq &&
		       digest_exact(r->is.eq);
	if (r->kind != RESIDUAL_IN || r->n != t->n)
		return false;
	for (uint32_t i = 0; i < r->n; i++)
		if (t->eq[i] != r->member[i].eq || !digest_exact(t->eq[i]))
			return false;
	return true;
}

static bool
is_within(const struct residual_term *r, const struct access_term *t)
{
	if (r->kind < RESIDUAL_LT ||
	    digest_class(r->is.ord) != digest_class(t->lo))
		return false;
	return r->kind <= RESIDUAL_LE ? t->hi <= r->is.ord :
					t->lo >= r->is.ord;
}

static bool
implied(const struct residual_term *r, const struct access_term *t)
{
	struct str begin = { r->is.text, r->is.len };

	switch (t->kind) {
	case ACCESS_EQ:
		return equals(r, t);
	case ACCESS_PREFIX:
		return r->kind == RESIDUAL_PREFIX &&
		       digest_exact(t->eq[0]) &&
		       digest_length_bytes(t->length) == begin.len &&
		       digest_prefix(begin, t->length) == t->eq[0];
	case ACCESS_RANGE:
		break;
	}
	return is_within(r, t);
}

unsigned
residual_proven(const struct residual *res, const struct access_term *t)
{
	unsigned bits = 0;

	for (unsigned i = 0; i < res->n; i++)
		if (res->term[i].path == t->path &&
		    implied(&res->term[i], t))
			bits |= 1u << i;
	return bits;
}

/* --- from programs -------------------------------------------------------------- */

static int
by_eq(const void *x, const void *y)
{
	const struct digest *a = x, *b = y;

	return (a->eq > b->eq) - (a->eq < b->eq);
}

static int
members(struct mql_query *q, const struct set *s, struct residual_term *t)
{
	t->kind = RESIDUAL_IN;
	t->n = (uint32_t)s->n;
	t->member = arena_alloc(&q->arena, (s->n + 1) * sizeof *t->member);
	if (!t->member)
		return MQL_ENOMEM;
	for (size_t i = 0; i < s->n; i++)
		digest_of(&s->member[i], &t->member[i]);
	qsort(t->member, t->n, sizeof *t->member, by_eq);
	for (uint32_t i = t->n = 0; i < s->n; i++)
		if (!t->n || !digest_same(&t->member[t->n - 1], &t->member[i]))
			t->member[t->n++] = t->member[i];
	return 0;
}

/* A pattern that is a text and a % behind it. */
static bool
prefix(const struct value *v, struct residual_term *t)
{
	struct str s = { v->ptr, v->len - 1 };

	if (v->type != VALUE_STR || v->len < 2 || s.ptr[s.len] != '%' ||
	    memchr(s.ptr, '%', s.len) || memchr(s.ptr, '_', s.len) ||
	    memchr(s.ptr, '\\', s.len))
		return false;
	t->kind = RESIDUAL_PREFIX;
	t->is.text = s.ptr;
	t->is.len = (uint32_t)s.len;
	digest_prefix_range(s, &t->is.ord, &t->is.eq);
	return true;
}

static bool
compared(const struct conjunct *c, struct residual_term *t)
{
	static const uint8_t kind[] = {
		[OP_EQ] = RESIDUAL_EQ, [OP_NE] = RESIDUAL_NE,
		[OP_LT] = RESIDUAL_LT, [OP_LE] = RESIDUAL_LE,
		[OP_GT] = RESIDUAL_GT, [OP_GE] = RESIDUAL_GE,
	};

	if (c->op == OP_LIKE)
		return prefix(c->v, t);
	t->kind = kind[c->op];
	digest_of(c->v, &t->is);
	return c->v->type <= VALUE_STR &&
	       (t->kind < RESIDUAL_LT ||
		digest_class(t->is.ord) != DIGEST_OTHER);
}

static int
add_term(struct mql_query *q, const struct conjunct *c, bool *added)
{
	struct residual *res = &q->residual;
	struct residual_term *t = &res->term[res->n];
	int err = 0;

	*t = (struct residual_term){ .path = c->path, .pc = c->pc };
	*added = true;
	if (c->set)
		err = members(q, c->set, t);
	else
		*added = compared(c, t);
	res->n += *added;
	return err;
}

int
residual_make(struct mql_query *q)
{
	struct residual *res = &q->residual;
	struct residual_term room[RESIDUAL_TERMS];
	struct conjunct c = { .last = false };
	unsigned pc = 0;
	bool added = true;
	int err = 0;

	*res = (struct residual){ .term = room };
	while (!err && !c.last && res->n < RESIDUAL_TERMS &&
	       conjunct_next(&q->prog, &pc, &c)) {
		err = add_term(q, &c, &added);
		if (!added)
			break;
		res->rest = c.last ? NO_ENTRY : (uint16_t)pc;
	}
	res->all = (uint16_t)((1u << res->n) - 1);
	if (res->rest != NO_ENTRY)
		res->all |= RESIDUAL_REST;
	res->term = arena_grow(&q->arena, room, res->n * sizeof *room,
			       res->n * sizeof *room);
	return err || (res->n && !res->term) ? MQL_ENOMEM : 0;
}
