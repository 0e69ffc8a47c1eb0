/* json_walk.c - from a container's text along the steps that a forward scan
 * cannot take by itself: [*], and indexes from the end. Recurses along the
 * steps, never along the text. */
#include "event/json_scan.h"

struct walk {
	struct buf *scratch;
	bool      (*fn)(void *arg, const struct value *v);
	void       *arg;
};

static bool follow(struct walk *w, struct str text, const struct step *steps,
		   unsigned nsteps);

static bool
give(struct walk *w, struct str text)
{
	struct buf *b = w->scratch;
	const size_t len = b->len;
	const int err = b->err;
	struct value v = json_value(text, b);
	bool more = w->fn(w->arg, &v);

	b->len = len;
	b->err = err;
	return more;
}

static bool
is_key(struct walk *w, struct str raw, struct str key)
{
	struct buf *b = w->scratch;
	const size_t len = b->len;
	const int err = b->err;
	struct str s = json_unquote(raw, b);
	bool same = s.ptr && str_eq(s, key);

	b->len = len;
	b->err = err;
	return same;
}

static bool
follow_key(struct walk *w, struct str text, const struct step *steps,
	   unsigned nsteps)
{
	struct str key, value;
	size_t at = 0;

	while (json_member_next(text, &at, &key, &value))
		if (key.ptr && is_key(w, key, steps->key))
			return follow(w, value, steps + 1, nsteps - 1);
	return true;
}

static int64_t
count(struct str text)
{
	struct str key, value;
	size_t at = 0;
	int64_t n = 0;

	while (json_member_next(text, &at, &key, &value))
		n++;
	return n;
}

static bool
follow_index(struct walk *w, struct str text, const struct step *steps,
	     unsigned nsteps)
{
	int64_t index = steps->index;
	struct str key, value;
	size_t at = 0;

	if (index < 0)
		index += count(text);
	for (int64_t i = 0; i <= index; i++) {
		if (!json_member_next(text, &at, &key, &value) || key.ptr)
			return true;
		if (i == index)
			return follow(w, value, steps + 1, nsteps - 1);
	}
	return true;
}

static bool
follow_any(struct walk *w, struct str text, const struct step *steps,
	   unsigned nsteps)
{
	struct str key, value;
	size_t at = 0;

	while (json_member_next(text, &at, &key, &value))
		if (!follow(w, value, steps + 1, nsteps - 1))
			return false;
	return true;
}

/* False when fn wants no more. */
static bool
follow(struct walk *w, struct str text, const struct step *steps,
       unsigned nsteps)
{
	if (!nsteps)
		return give(w, text);
	switch (steps->kind) {
	case STEP_KEY:
		return follow_key(w, text, steps, nsteps);
	case STEP_INDEX:
		return follow_index(w, text, steps, nsteps);
	case STEP_ANY:
		break;
	}
	return follow_any(w, text, steps, nsteps);
}

void
json_walk(struct str text, const struct step *steps, unsigned nsteps,
	  struct buf *scratch, bool (*fn)(void *arg, const struct value *v),
	  void *arg)
{
	struct walk w = { .scratch = scratch, .fn = fn, .arg = arg };

	follow(&w, text, steps, nsteps);
}
