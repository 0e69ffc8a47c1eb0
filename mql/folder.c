/* folder.c - see folder.h. */
#include "mql/folder.h"

#include <stdlib.h>

#include "mql/error.h"
#include "mql/key.h"
#include "mql/time.h"
#include "mql/window.h"

int
folder_init(struct folder *f, const struct mql_query *q)
{
	*f = (struct folder){ .q = q };
	f->value = calloc(q->shape.nagg + 1, sizeof *f->value);
	return f->value ? 0 : MQL_ENOMEM;
}

void
folder_fini(struct folder *f)
{
	free(f->value);
	buf_fini(&f->key);
	*f = (struct folder){ 0 };
}

bool
folder_time(const struct mql_query *q, const struct env *env, int64_t *at)
{
	if (q->shape.on != NO_ENTRY) {
		struct value v = prog_value(env, q->shape.on);

		if (!time_of_value(&v, at))
			return false;
	}
	return *at >= -WINDOW_MAX_TIME && *at <= WINDOW_MAX_TIME;
}

int
folder_find(struct folder *f, const struct env *env, struct groups *g,
	    struct group **of)
{
	const struct shape *shape = &f->q->shape;
	bool made;

	buf_reset(&f->key);
	for (unsigned i = 0; i < shape->ngroup; i++) {
		struct value v = prog_value(env, shape->group[i]);

		key_put(&v, false, &f->key);
	}
	if (f->key.err)
		return f->key.err;
	return groups_get(g, (struct str){ (char *)f->key.data, f->key.len },
			  of, &made);
}

int
folder_update(struct folder *f, const struct env *env, struct groups *g,
	      struct group *of, int64_t at, uint64_t weight)
{
	const struct shape *shape = &f->q->shape;
	/* For count(*) and the like each event is a value. */
	const struct value event = { .type = VALUE_BOOL, .b = true };

	for (unsigned i = 0; i < shape->nagg; i++)
		f->value[i] = shape->arg[i] == NO_ENTRY
				      ? event
				      : prog_value(env, shape->arg[i]);
	return group_update(g, of, f->value, at, weight);
}
