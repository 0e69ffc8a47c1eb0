/* row.c - what a matching event answers: the whole of it, or the columns that
 * the query selects. Null columns are left out. */
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

void
row_write(const struct mql_query *q, const struct env *env, struct buf *out)
{
	uint8_t before = '{';

	if (!q->ncell && env->r) {
		reader_write_event(env->r, out);
		return;
	}
	for (unsigned i = 0; i < q->ncell; i++) {
		const struct cell *c = &q->cell[i];
		const struct value *v = cell_value(c, env);

		if (!v)
			continue;
		buf_put_u8(out, before);
		buf_put(out, c->key.ptr, c->key.len);
		write_value(v, out);
		before = ',';
	}
	if (before == '{')
		buf_put_u8(out, '{');
	buf_put_u8(out, '}');
}
