/* agg_value.c - which values count, and one of them kept. */
#include "mql/agg.h"

#include <math.h>
#include <stdlib.h>

enum { FIRST_TEXT = 32 };

void
agg_add(uint64_t *to, uint64_t n)
{
	const uint64_t max = INT64_MAX;

	*to = n > max - *to ? max : *to + n;
}

bool
agg_is_finite(const struct value *v)
{
	return v->type != VALUE_NULL &&
	       (v->type != VALUE_FLOAT || isfinite(v->f));
}

bool
agg_is_number(const struct value *v)
{
	return value_is_number(v) && agg_is_finite(v);
}

bool
agg_is_big(const struct value *v)
{
	if (v->type != VALUE_FLOAT || !v->raw)
		return false;
	for (uint32_t i = v->nraw && *v->raw == '-'; i < v->nraw; i++)
		if (v->raw[i] < '0' || v->raw[i] > '9')
			return false;
	return true;
}

/* --- a value kept --------------------------------------------------------- */

/* The text that a value cannot do without. */
static struct str
text_of(const struct value *v)
{
	if (v->type >= VALUE_STR)
		return value_str(v);
	if (agg_is_big(v))
		return (struct str){ v->raw, v->nraw };
	return (struct str){ NULL, 0 };
}

/* v with its text elsewhere. */
static struct value
moved(const struct value *v, const char *to)
{
	const bool big = agg_is_big(v);
	struct value w = *v;

	if (w.type >= VALUE_STR)
		w.ptr = to;
	w.raw = big ? to : NULL;
	w.nraw = big ? w.nraw : 0;
	return w;
}

static int
reserve(struct agg_cell *cell, size_t need)
{
	size_t cap = cell->cap ? cell->cap : FIRST_TEXT;
	char *text;

	if (need > AGG_MAX_TEXT)
		return MQL_ELIMIT;
	if (need <= cell->cap)
		return 0;
	while (cap < need)
		cap *= 2;
	text = realloc(cell->text, cap);
	if (!text)
		return MQL_ENOMEM;
	cell->text = text;
	cell->cap = cap;
	return 0;
}

int
agg_cell_set(struct agg_cell *cell, const struct value *v)
{
	struct str s = text_of(v);
	int err = reserve(cell, s.len);

	if (err)
		return err;
	if (s.len)
		memcpy(cell->text, s.ptr, s.len);
	cell->v = moved(v, cell->text);
	return 0;
}

void
agg_cell_fini(struct agg_cell *cell)
{
	free(cell->text);
	*cell = (struct agg_cell){ 0 };
}

struct value
agg_cell_value(const struct agg_cell *cell, struct buf *scratch)
{
	struct str s = text_of(&cell->v);
	uint8_t *to;

	if (!s.len)
		return cell->v;
	to = buf_room(scratch, s.len);
	if (!to)
		return VALUE_NONE;
	memcpy(to, s.ptr, s.len);
	scratch->len += s.len;
	return moved(&cell->v, (char *)to);
}

int
agg_cell_get(struct agg_cell *cell, struct str *in)
{
	struct buf tmp = BUF_INIT;
	struct value v;
	int err = agg_get_value(in, &tmp, &v);

	if (!err)
		err = agg_cell_set(cell, &v);
	buf_fini(&tmp);
	return err == MQL_ELIMIT ? MQL_EBADFRAME : err;
}

/* --- shared slots of the table -------------------------------------------- */

void
agg_init(const struct aggregate_call *c, void *state)
{
	memset(state, 0, c->fn->size);
}

void
agg_no_fini(const struct aggregate_call *c, void *state)
{
	agg_init(c, state);
}

size_t
agg_no_heap(const struct aggregate_call *c, const void *state)
{
	(void)c;
	(void)state;
	return 0;
}
