/* matcher.c - the live queries of a stream, tried one after the other on one
 * reader, so that a field is read once however many queries ask for it. */
#include "mql/matcher.h"

#include <stdlib.h>

#include "mql/prog.h"

struct entry {
	struct matcher_query of;
	uint16_t            *slots; /* where its paths stand in the set */
};

struct matcher {
	struct pathset *paths;
	struct entry   *entry;
	size_t          n;
};

/* Give e its slots. Returns 0, MQL_ELIMIT or MQL_ENOMEM. */
static int
link_query(struct matcher *m, struct entry *e, const struct matcher_query *of)
{
	int err;

	e->of = *of;
	e->slots = calloc(query_paths(of->q) + 1, sizeof *e->slots);
	if (!e->slots)
		return MQL_ENOMEM;
	if ((err = query_link(of->q, m->paths, e->slots))) {
		free(e->slots);
		e->slots = NULL;
	}
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
	m->entry = calloc(n + 1, sizeof *m->entry);
	if (!m->entry || (err = pathset_new(schema, &m->paths)))
		goto out;
	for (size_t i = 0; i < n; i++) {
		err = link_query(m, &m->entry[m->n], &query[i]);
		if (err && err != MQL_ELIMIT)
			goto out;
		if (refused)
			refused[i] = err != 0;
		m->n += err == 0;
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
		free(m->entry[i].slots);
	free(m->entry);
	pathset_free(m->paths);
	free(m);
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
	return m->entry[i].of.q;
}

uint16_t
matcher_id(const struct matcher *m, size_t i)
{
	return m->entry[i].of.id;
}

size_t
matcher_match(const struct matcher *m, struct eval *e, struct reader *r,
	      struct eval_counts *counts, uint16_t *hit)
{
	size_t nhit = 0;

	for (size_t i = 0; i < m->n; i++) {
		const struct entry *en = &m->entry[i];

		if (query_match(en->of.q, en->slots, e, r, &counts[en->of.id]))
			hit[nhit++] = (uint16_t)i;
	}
	return nhit;
}

void
matcher_write_row(const struct matcher *m, size_t i, struct reader *r,
		  struct buf *out)
{
	query_write_row(m->entry[i].of.q, m->entry[i].slots, r, out);
}

static bool
same_cell(const struct entry *x, const struct cell *a, const struct entry *y,
	  const struct cell *b)
{
	if (!str_eq(a->name, b->name) || a->npath != b->npath)
		return false;
	for (unsigned i = 0; i < a->npath; i++)
		if (x->slots[a->path[i]] != y->slots[b->path[i]])
			return false;
	return true;
}

bool
matcher_same_row(const struct matcher *m, size_t i, size_t j)
{
	const struct entry *x = &m->entry[i], *y = &m->entry[j];
	const struct mql_query *a = x->of.q, *b = y->of.q;

	if (a->ncell != b->ncell)
		return false;
	for (unsigned k = 0; k < a->ncell; k++)
		if (!same_cell(x, &a->cell[k], y, &b->cell[k]))
			return false;
	return true;
}
