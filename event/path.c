/* path.c - see path.h. */
#include "event/path.h"

static const struct str meta_name[META_COUNT] = {
#define X(name) [META_##name] = { #name, sizeof #name - 1 },
	PATH_METAS(X)
#undef X
};

enum path_meta
path_meta_of(struct str name)
{
	for (unsigned m = META_NONE + 1; m < META_COUNT; m++)
		if (str_eq(meta_name[m], name))
			return (enum path_meta)m;
	return META_NONE;
}

static bool
step_equal(const struct step *a, const struct step *b)
{
	if (a->kind != b->kind)
		return false;
	return a->kind == STEP_KEY ? str_eq(a->key, b->key)
	     : a->kind == STEP_INDEX ? a->index == b->index : true;
}

/* The flat reading is made of the first nflat steps: no need to compare it. */
bool
path_equal(const struct path *a, const struct path *b)
{
	if (a->meta != b->meta)
		return false;
	if (a->meta)
		return true;
	if (a->nsteps != b->nsteps ||
	    (a->nflat > 1 ? a->nflat : 0) != (b->nflat > 1 ? b->nflat : 0))
		return false;
	for (unsigned i = 0; i < a->nsteps; i++)
		if (!step_equal(&a->steps[i], &b->steps[i]))
			return false;
	return true;
}

unsigned
path_direct_steps(const struct path *p)
{
	unsigned i = 0;

	while (i < p->nsteps &&
	       (p->steps[i].kind == STEP_KEY ||
		(p->steps[i].kind == STEP_INDEX && p->steps[i].index >= 0)))
		i++;
	return i;
}

bool
path_has_any(const struct path *p)
{
	for (unsigned i = 0; i < p->nsteps; i++)
		if (p->steps[i].kind == STEP_ANY)
			return true;
	return false;
}

void
path_write(const struct path *p, struct buf *out)
{
	if (p->meta) {
		buf_put_u8(out, '@');
		buf_put(out, meta_name[p->meta].ptr, meta_name[p->meta].len);
		return;
	}
	for (unsigned i = 0; i < p->nsteps; i++) {
		const struct step *s = &p->steps[i];

		if (s->kind == STEP_ANY) {
			buf_puts(out, "[*]");
		} else if (s->kind == STEP_INDEX) {
			buf_printf(out, "[%d]", (int)s->index);
		} else {
			if (i)
				buf_put_u8(out, '.');
			buf_put(out, s->key.ptr, s->key.len);
		}
	}
}
