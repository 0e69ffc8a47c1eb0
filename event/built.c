/* built.c - see built.h. Fields are few, so a key is found by looking at each
 * in turn; of two with one key the first counts, as in JSON text. */
#include "event/built.h"

#include <math.h>

#include "event/json.h"

void
built_begin(struct built *b)
{
	b->nfield = 0;
	b->same = 0;
	b->open = -1;
	b->bad = false;
	if (b->layout)
		b->layout->events++;
}

void
built_add(struct built *b, struct str key, struct value v)
{
	struct built_field *f;

	if (v.type == VALUE_FLOAT && !isfinite(v.f))
		v = VALUE_NONE; /* no number to JSON, so none to a query */
	if (b->nfield == BUILT_MAX_FIELDS) {
		b->bad = true;
		return;
	}
	f = &b->field[b->nfield++];
	f->key = key;
	f->value = v;
	f->parent = b->open;
}

void
built_object(struct built *b, struct str key)
{
	int16_t index = (int16_t)b->nfield;
	int depth = 2; /* this object, and the event */

	for (int16_t i = b->open; i >= 0; i = b->field[i].parent)
		depth++;
	if (depth > JSON_MAX_DEPTH)
		b->bad = true;
	built_add(b, key, (struct value){ .type = VALUE_OBJECT });
	if (!b->bad)
		b->open = index;
}

void
built_end(struct built *b)
{
	if (b->open < 0)
		b->bad = true;
	else
		b->open = b->field[b->open].parent;
}

/* An object whose members are fields of this event. */
static bool
is_open_object(const struct value *v)
{
	return v->type == VALUE_OBJECT && !v->ptr;
}

/* Members of an object follow it at once, and those of their objects in
 * turn, so that one pass in order, with the present parent at hand, will do:
 * what does not belong to it closes it. */
static int
close_until(const struct built *b, int open, int parent, struct buf *out)
{
	while (open != parent) {
		buf_put_u8(out, '}');
		open = b->field[open].parent;
	}
	return open;
}

/* Is field i inside the object `top`? (-1: everything is.) */
static bool
inside(const struct built *b, int i, int top)
{
	while (i >= 0 && i != top)
		i = b->field[i].parent;
	return i == top;
}

static void
write_object(const struct built *b, int top, struct buf *out)
{
	int open = top;
	bool comma = false;

	buf_put_u8(out, '{');
	for (int i = top + 1; i < b->nfield && inside(b, i, top); i++) {
		const struct built_field *f = &b->field[i];
		if (open != f->parent)
			comma = true;
		open = close_until(b, open, f->parent, out);
		if (f->value.type == VALUE_NULL)
			continue;
		if (comma)
			buf_put_u8(out, ',');
		json_write_str(f->key, out);
		buf_put_u8(out, ':');
		comma = !is_open_object(&f->value);
		if (comma) {
			value_write_json(&f->value, out);
		} else {
			buf_put_u8(out, '{');
			open = i;
		}
	}
	close_until(b, open, top, out);
	buf_put_u8(out, '}');
}

void
built_write_json(const struct built *b, struct buf *out)
{
	write_object(b, -1, out);
}

static int
find_from(const struct built *b, int i, int parent, struct str key)
{
	for (; i < b->nfield; i++)
		if (b->field[i].parent == parent &&
		    str_eq(b->field[i].key, key))
			return i;
	return -1;
}

static int
find(const struct built *b, int parent, struct str key)
{
	return find_from(b, parent + 1, parent, key);
}

/* What the layout does not have is not among the fields that are the same. */
const struct value *
built_search(const struct built *b, uint64_t era, unsigned slot,
	     struct str key)
{
	int i = 0;

	if (b->layout && era) {
		i = layout_find(b->layout, era, slot, key);
		if (i < b->same)
			return &b->field[i].value;
		i = b->same;
	}
	i = find_from(b, i, -1, key);
	return i < 0 ? NULL : &b->field[i].value;
}

void
built_write_fields(const struct built *b,
		   bool (*wants)(void *arg, struct str name), void *arg,
		   bool *comma, struct buf *out)
{
	for (int i = 0; i < b->nfield; i++) {
		const struct built_field *f = &b->field[i];

		if (f->parent >= 0 || f->value.type == VALUE_NULL ||
		    !wants(arg, f->key) || find(b, -1, f->key) != i)
			continue;
		buf_puts(out, *comma ? "," : "");
		json_write_str(f->key, out);
		buf_put_u8(out, ':');
		if (is_open_object(&f->value))
			write_object(b, i, out);
		else
			value_write_json(&f->value, out);
		*comma = true;
	}
}

static struct value
object_text(const struct built *b, int top, struct buf *scratch)
{
	size_t at = scratch->len;

	write_object(b, top, scratch);
	if (scratch->err) { /* larger than any row could be */
		scratch->len = at;
		scratch->err = 0;
		return VALUE_NONE;
	}
	const char *text = (const char *)scratch->data + at;
	uint32_t len = (uint32_t)(scratch->len - at);
	return (struct value){ .type = VALUE_OBJECT, .ptr = text, .len = len,
			       .raw = text, .nraw = len };
}

/* Walk steps[0..n) from field i, which the steps before have reached. */
static struct value
descend(const struct built *b, int i, const struct step *steps, unsigned n,
	struct buf *scratch)
{
	while (n && i >= 0 && is_open_object(&b->field[i].value)) {
		if (steps->kind != STEP_KEY)
			return VALUE_NONE;
		i = find(b, i, steps->key);
		steps++;
		n--;
	}
	if (i < 0)
		return VALUE_NONE;
	if (is_open_object(&b->field[i].value))
		return object_text(b, i, scratch);
	return json_at(&b->field[i].value, steps, n, scratch);
}

struct value
built_read(const struct built *b, const struct path *p, struct buf *scratch)
{
	unsigned n = path_direct_steps(p);
	struct value v = VALUE_NONE;

	if (!n || p->steps[0].kind != STEP_KEY)
		return v;
	if (p->nflat > 1)
		v = descend(b, find(b, -1, p->flat), p->steps + p->nflat,
			    n - p->nflat, scratch);
	if (v.type == VALUE_NULL)
		v = descend(b, find(b, -1, p->steps[0].key), p->steps + 1,
			    n - 1, scratch);
	return v;
}
