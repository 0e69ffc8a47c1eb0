/* row.c - what a matching event answers: the whole of it, or the columns that
 * the query selects, by their names or by how those begin. Null columns are
 * left out. */
#include <ctype.h>

#include "event/json.h"
#include "mql/prog.h"

size_t
query_columns(const struct mql_query *q)
{
	return q->ncell;
}

struct str
query_column(const struct mql_query *q, size_t i)
{
	return q->cell[i].name;
}

bool
query_group(const struct mql_query *q, size_t i, struct str *column)
{
	if (!q->shape.folded || i >= q->shape.ngroup)
		return false;
	*column = q->shape.shown[i] < q->ncell ?
		q->cell[q->shape.shown[i]].name : (struct str){ 0 };
	return true;
}

bool
query_is_star(const struct mql_query *q)
{
	return !q->ncell && !q->nspread;
}

bool
query_columns_vary(const struct mql_query *q)
{
	return !q->ncell || q->nspread;
}

/* The last value of the cell that is not null, or NULL. */
static const struct value *
cell_value(const struct cell *c, const struct env *env)
{
	for (unsigned i = c->nentry; i-- > 0;) {
		const struct value *v = prog_peek(env, c->entry[i]);

		if (v->type != VALUE_NULL)
			return v;
	}
	return NULL;
}

/* A row is one line, and a container may span several in the event. */
static void
write_value(const struct value *v, struct buf *out)
{
	if (v->type == VALUE_ARRAY || v->type == VALUE_OBJECT)
		json_write_line(value_str(v), out);
	else
		value_write_json(v, out);
}

static void
write_cell(const struct cell *c, const struct env *env, bool *comma,
	   struct buf *out)
{
	const struct value *v = cell_value(c, env);

	if (!v)
		return;
	if (*comma)
		buf_put_u8(out, ',');
	buf_put(out, c->key.ptr, c->key.len);
	write_value(v, out);
	*comma = true;
}

/* --- fields chosen by prefix ------------------------------------------------- */

static bool
begins_with(struct str name, struct str prefix)
{
	return name.len >= prefix.len &&
	       !memcmp(name.ptr, prefix.ptr, prefix.len);
}

struct choice {
	const struct mql_query *q;
	const struct spread    *of;
	const struct env       *env;
};

/* A row has each name once: what another column holds, or the fields of an
 * earlier prefix, is not said again. */
static bool
wants(void *arg, struct str name)
{
	const struct choice *w = arg;
	const struct mql_query *q = w->q;

	if (!begins_with(name, w->of->prefix))
		return false;
	for (const struct spread *s = q->spread; s < w->of; s++)
		if (begins_with(name, s->prefix))
			return false;
	for (unsigned i = 0; i < q->ncell; i++)
		if (str_eq(q->cell[i].name, name))
			return !cell_value(&q->cell[i], w->env);
	return true;
}

static void
write_fields(const struct mql_query *q, const struct spread *of,
	     const struct env *env, bool *comma, struct buf *out)
{
	struct choice w = { .q = q, .of = of, .env = env };

	reader_write_fields(env->r, wants, &w, comma, out);
}

/* The event as it came, behind what is already in the row from `from` on: its
 * brace becomes a comma. A name that is there twice counts where it is first,
 * as in any event. */
static void
write_whole(const struct env *env, size_t from, bool comma, struct buf *out)
{
	size_t at = out->len, end;

	if (!comma)
		out->len = at = from;
	reader_write_event(env->r, out);
	if (!comma || out->err)
		return;
	while (at < out->len && out->data[at] != '{')
		at++;
	for (end = at + 1; end < out->len && isspace(out->data[end]);)
		end++;
	if (end < out->len)
		out->data[at] = out->data[end] == '}' ? ' ' : ',';
}

void
row_write(const struct mql_query *q, const struct env *env, struct buf *out)
{
	const size_t from = out->len;
	bool comma = false;

	if (query_is_star(q) && env->r) {
		reader_write_event(env->r, out);
		return;
	}
	buf_put_u8(out, '{');
	for (unsigned i = 0, s = 0; i <= q->ncell; i++) {
		for (; s < q->nspread && q->spread[s].after == i; s++) {
			if (!q->spread[s].prefix.ptr) { /* the last */
				write_whole(env, from, comma, out);
				return;
			}
			write_fields(q, &q->spread[s], env, &comma, out);
		}
		if (i < q->ncell)
			write_cell(&q->cell[i], env, &comma, out);
	}
	buf_put_u8(out, '}');
}
