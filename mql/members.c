/* members.c - see members.h. */
#include "mql/members.h"

#include <stdlib.h>
#include <string.h>

/* --- slots -------------------------------------------------------------------- */

struct slots *
slots_new(size_t n)
{
	struct slots *l = calloc(1, sizeof *l + (n + 1) * sizeof *l->at);

	if (l)
		l->refs = 1;
	return l;
}

void
slots_drop(struct slots *l)
{
	if (l && !--l->refs)
		free(l);
}

/* --- chunks ------------------------------------------------------------------- */

static void
chunk_drop(struct chunk *c)
{
	if (!c || --c->refs)
		return;
	for (unsigned i = 0; i < c->n; i++)
		slots_drop(c->at[i].slots);
	free(c);
}

static struct chunk *
chunk_copy(const struct chunk *old)
{
	struct chunk *c = malloc(sizeof *c);

	if (!c)
		return NULL;
	c->refs = 1;
	c->n = old->n;
	memcpy(c->at, old->at, c->n * sizeof *c->at);
	for (unsigned i = 0; i < c->n; i++)
		if (c->at[i].slots)
			c->at[i].slots->refs++;
	return c;
}

/* --- the table ------------------------------------------------------------------ */

static size_t
chunks(size_t n)
{
	return (n + MEMBERS_CHUNK - 1) / MEMBERS_CHUNK;
}

int
members_init(struct members *ms, const struct members *old, size_t more)
{
	*ms = (struct members){ 0 };
	if (more > MEMBERS_MAX - old->n)
		return MQL_ELIMIT;
	ms->cap = (unsigned)chunks(old->n + more);
	ms->chunk = calloc(ms->cap + 1, sizeof(struct chunk *));
	if (!ms->chunk)
		return MQL_ENOMEM;
	for (size_t i = 0; i < chunks(old->n); i++) {
		ms->chunk[i] = old->chunk[i];
		ms->chunk[i]->refs++;
	}
	ms->n = old->n;
	return 0;
}

void
members_fini(struct members *ms)
{
	for (unsigned i = 0; ms->chunk && i < ms->cap; i++)
		chunk_drop(ms->chunk[i]);
	free(ms->chunk);
	*ms = (struct members){ 0 };
}

struct member *
members_own(struct members *ms, size_t i)
{
	struct chunk **at = &ms->chunk[i / MEMBERS_CHUNK];

	if ((*at)->refs > 1) {
		struct chunk *c = chunk_copy(*at);

		if (!c)
			return NULL;
		chunk_drop(*at);
		*at = c;
	}
	return &(*at)->at[i % MEMBERS_CHUNK];
}

struct member *
members_push(struct members *ms)
{
	struct chunk **at = &ms->chunk[ms->n / MEMBERS_CHUNK];
	struct member *me;

	if (!*at) {
		*at = malloc(sizeof **at);
		if (!*at)
			return NULL;
		(*at)->refs = 1;
		(*at)->n = 0;
	}
	me = members_own(ms, ms->n);
	if (!me)
		return NULL;
	*me = (struct member){ 0 };
	(*at)->n = (unsigned)(++ms->n - 1) % MEMBERS_CHUNK + 1;
	return me;
}
