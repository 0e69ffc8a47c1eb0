/* matcher.c - the live queries of a stream, tried one after the other on one
 * reader, so that a field is read once however many queries ask for it. */
#include "mql/matcher.h"

#include <stdlib.h>

#include "mql/prog.h"

struct member {
	struct matcher_query of;
	uint16_t            *slots; /* where its paths stand in the set, */
	uint16_t            *fold_slots; /* and those of its fold */
};

struct matcher {
	struct pathset *paths;
	struct member  *member;
	size_t          n;
	struct pretest  pretest;
};

static void
unlink_query(struct member *me)
{
	free(me->slots);
	free(me->fold_slots);
	*me = (struct member){ 0 };
}

static int
link_paths(struct matcher *m, const struct mql_query *q, uint16_t **slots)
{
	*slots = calloc(query_paths(q) + 1, sizeof **slots);
	return *slots ? query_link(q, m->paths, *slots) : MQL_ENOMEM;
}

/* Give me its slots. Returns 0, MQL_ELIMIT or MQL_ENOMEM. */
static int
link_query(struct matcher *m, struct member *me,
	   const struct matcher_query *of)
{
	int err;

	if (of->q->shape.folded || of->q->shape.ordered)
		return MQL_ELIMIT; /* its rows are not made here */
	me->of = *of;
	err = link_paths(m, of->q, &me->slots);
	if (!err && of->fold)
		err = link_paths(m, of->fold, &me->fold_slots);
	if (err)
		unlink_query(me);
	return err;
}

int
matcher_new(const struct schema *schema, const struct matcher_query *query,
	    size_t n, bool *refused, struct matcher **out)
{
	struct matcher *m = calloc(1, sizeof *m);
	int err = MQL_ENOMEM;

	*out = NULL;
	if (!m)
		goto out;
	m->member = calloc(n + 1, sizeof *m->member);
	if (!m->member || (err = pathset_new(schema, &m->paths)))
		goto out;
	for (size_t i = 0; i < n; i++) {
		err = link_query(m, &m->member[m->n], &query[i]);
		if (err && err != MQL_ELIMIT)
			goto out;
		if (refused)
			refused[i] = err != 0;
		if (!err)
			pretest_add(&m->pretest, m->member[m->n++].of.q);
	}
	err = 0;
	*out = m;
	m = NULL; /* the caller's now */
out:
	matcher_free(m);
	return err;
}

void
matcher_free(struct matcher *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n; i++)
		unlink_query(&m->member[i]);
	free(m->member);
	pathset_free(m->paths);
	free(m);
}

bool
matcher_hide(struct matcher *m, const struct policy *policy)
{
	bool hides = pathset_guard(m->paths, policy);

	if (hides) /* its text tells nothing then */
		m->pretest = (struct pretest){ 0 };
	return hides;
}

size_t
matcher_size(const struct matcher *m)
{
	return m->n;
}

const struct pathset *
matcher_paths(const struct matcher *m)
{
	return m->paths;
}

const struct mql_query *
matcher_query(const struct matcher *m, size_t i)
{
	return m->member[i].of.q;
}

uint16_t
matcher_id(const struct matcher *m, size_t i)
{
	return m->member[i].of.id;
}

const struct mql_query *
matcher_fold(const struct matcher *m, size_t i, const uint16_t **slots)
{
	*slots = m->member[i].fold_slots;
	return m->member[i].of.fold;
}

bool
matcher_may_match(const struct matcher *m, struct luck *luck, struct str text)
{
	return pretest_passes(&m->pretest, luck, text);
}

size_t
matcher_match(const struct matcher *m, struct eval *e, struct reader *r,
	      struct eval_counts *counts, uint16_t *hit)
{
	size_t nhit = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct member *me = &m->member[i];

		if (query_match(me->of.q, me->slots, e, r, &counts[me->of.id]))
			hit[nhit++] = (uint16_t)i;
	}
	return nhit;
}

bool
matcher_sample(const struct matcher *m, size_t i, struct sampler *s,
	       struct reader *r, int64_t now)
{
	const struct member *me = &m->member[i];

	return query_sample(me->of.q, s, r, me->slots, now);
}

void
matcher_write_row(const struct matcher *m, size_t i, struct eval *e,
		  struct reader *r, struct eval_counts *counts,
		  struct buf *out)
{
	const struct member *me = &m->member[i];

	query_write_row(me->of.q, me->slots, e, r, &counts[me->of.id], out);
}

/* The path that an entry gives as it is, or NULL. */
static const uint16_t *
bare_slot(const struct member *me, unsigned at)
{
	const struct insn *in = &me->of.q->prog.code[at];

	if (in->op != OP_GIVE || (in->a & OPERAND_KIND) != OPERAND_FIELD)
		return NULL;
	return &me->slots[in->a];
}

static bool
same_cell(const struct member *x, const struct cell *a,
	  const struct member *y, const struct cell *b)
{
	if (!str_eq(a->name, b->name) || a->nentry != b->nentry)
		return false;
	for (unsigned i = 0; i < a->nentry; i++) {
		const uint16_t *s = bare_slot(x, a->entry[i]);
		const uint16_t *t = bare_slot(y, b->entry[i]);

		if (!s || !t || *s != *t)
			return false;
	}
	return true;
}

static bool
same_spread(const struct spread *a, const struct spread *b)
{
	return a->after == b->after && str_eq(a->prefix, b->prefix);
}

bool
matcher_same_row(const struct matcher *m, size_t i, size_t j)
{
	const struct member *x = &m->member[i], *y = &m->member[j];
	const struct mql_query *a = x->of.q, *b = y->of.q;

	if (i == j)
		return true;
	if (a->ncell != b->ncell || a->nspread != b->nspread)
		return false;
	for (unsigned k = 0; k < a->nspread; k++)
		if (!same_spread(&a->spread[k], &b->spread[k]))
			return false;
	for (unsigned k = 0; k < a->ncell; k++)
		if (!same_cell(x, &a->cell[k], y, &b->cell[k]))
			return false;
	return true;
}
