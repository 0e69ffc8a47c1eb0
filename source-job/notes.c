#include "source-job/notes.h"

#include <stdlib.h>

#include "source-job/agents.h"
#include "source-job/run.h"

/* n agents refuse for this reason. */
static void
refused(struct notes *to, struct str why, uint32_t n)
{
	struct wire_refusal *r = to->refusal;
	size_t i = 0;

	while (i < to->nrefusal && !str_eq(r[i].why, why))
		i++;
	if (i == NOTES_MAX)
		r[--i].why = STR("other reasons");
	else if (i == to->nrefusal)
		r[to->nrefusal++] = (struct wire_refusal){ .why = why };
	r[i].agents += n;
}

/* every: one event in so many is tried; 0: none. */
static void
limited(struct notes *to, struct str why, uint32_t every, uint32_t n)
{
	struct wire_limit *l = to->limit;
	size_t i = 0;

	while (i < to->nlimit &&
	       (!str_eq(l[i].why, why) || !l[i].every != !every))
		i++;
	if (i == NOTES_MAX)
		i--;
	else if (i == to->nlimit)
		l[to->nlimit++] = (struct wire_limit){ .why = why };
	if (every > l[i].every)
		l[i].every = every;
	l[i].agents += n;
}

void
notes_take(const struct agents *agents, unsigned slot, struct notes *n)
{
	const struct agent *a;

	n->nrefusal = n->nlimit = 0;
	LIST_FOREACH(a, &agents->all, entry) {
		const struct run *r = agent_run(a, slot);
		if (r && r->state == RUN_REFUSED)
			refused(n, str_of(r->why), 1);
		if (r && run_is_limited(r))
			limited(n, str_of(r->limit),
				r->suspended ? 0 : r->every, 1);
	}
}

void
notes_add(struct notes *to, const struct notes *from)
{
	for (size_t i = 0; from && i < from->nrefusal; i++)
		refused(to, from->refusal[i].why, from->refusal[i].agents);
	for (size_t i = 0; from && i < from->nlimit; i++)
		limited(to, from->limit[i].why, from->limit[i].every,
			from->limit[i].agents);
}

static size_t
texts(const struct notes *n)
{
	size_t size = 0;

	for (size_t i = 0; i < n->nrefusal; i++)
		size += n->refusal[i].why.len;
	for (size_t i = 0; i < n->nlimit; i++)
		size += n->limit[i].why.len;
	return size;
}

/* *why, which is kept at *to from here on. */
static void
keep(struct str *why, char **to)
{
	if (why->len)
		memcpy(*to, why->ptr, why->len);
	why->ptr = *to;
	*to += why->len;
}

/* The texts stand behind it. */
struct notes *
notes_copy(const struct notes *n)
{
	struct notes *copy = NULL;

	if (n->nrefusal || n->nlimit)
		copy = malloc(sizeof *copy + texts(n));
	if (!copy)
		return NULL;
	*copy = *n;
	char *to = (char *)(copy + 1);
	for (size_t i = 0; i < n->nrefusal; i++)
		keep(&copy->refusal[i].why, &to);
	for (size_t i = 0; i < n->nlimit; i++)
		keep(&copy->limit[i].why, &to);
	return copy;
}

void
notes_free(struct notes *n)
{
	free(n);
}
