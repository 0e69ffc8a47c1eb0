/* paths.h - paths for tests, from a notation of one line:
 *
 *     id.orig_h   a bare dotted name, with two readings
 *     /id.orig_h  the same steps, with the nested reading only
 *     a[0].b  a[-1]  a[*]  @ts
 */
#ifndef TESTS_EVENT_PATHS_H
#define TESTS_EVENT_PATHS_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/arena.h"
#include "event/pathset.h"
#include "event/value.h"

static inline void
path_step(struct path *p, const char **z, struct arena *mem)
{
	struct step *s = &p->steps[p->nsteps++];
	char *end = NULL;

	if (!strncmp(*z, "[*]", 3)) {
		s->kind = STEP_ANY;
		*z += 3;
	} else if (**z == '[') {
		s->kind = STEP_INDEX;
		s->index = (int32_t)strtol(*z + 1, &end, 10);
		*z = end + 1;
	} else {
		*z += **z == '.';
		size_t n = strcspn(*z, ".[");
		s->key = arena_str(mem, (struct str){ *z, n });
		*z += n;
	}
}

static inline struct path
path_of(const char *text, struct arena *mem)
{
	const char *z = text + (*text == '/');
	struct path p = {
		.steps = arena_alloc(mem, PATH_MAX_STEPS * sizeof *p.steps),
	};
	size_t flat = strcspn(z, "[");

	if (*z == '@') {
		p.meta = path_meta_of(str_of(z + 1));
		return p;
	}
	while (*z) {
		const char *beg = z;
		path_step(&p, &z, mem);
		if (*text != '/' && (size_t)(beg - text) < flat)
			p.nflat = p.nsteps;
	}
	p.flat = arena_str(mem, (struct str){ text, flat });
	return p;
}

static inline unsigned
pathset_put(struct pathset *ps, const char *text)
{
	struct arena mem = { 0 };
	struct path p = path_of(text, &mem);
	unsigned slot = 0;
	int err = pathset_add(ps, &p, &slot);

	ck_assert_msg(!err, "%s: %d", text, err);
	arena_fini(&mem);
	return slot;
}

/* What kind of value it is and what it says, as `integer 5` or `null`. */
static inline const char *
value_show(const struct value *v)
{
	static char text[1024];
	char mem[900];
	struct buf b = BUF_FIXED(mem, sizeof mem);

	value_write_text(v, &b);
	snprintf(text, sizeof text, "%s%s%.*s", value_type_name(v->type),
		 v->type == VALUE_NULL ? "" : " ",
		 v->type == VALUE_NULL ? 0 : (int)b.len, mem);
	return text;
}

#endif
