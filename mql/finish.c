/* finish.c - see finish.h. */
#include "mql/finish.h"

#include <stdlib.h>

#include "event/json.h"
#include "mql/key.h"

/* Beside what aggregates give: texts of the group and of functions. */
enum { TEXT_BYTES = 2 * 1024 * 1024 };

int
finish_init(struct finish *f, const struct mql_query *q, struct eval *e)
{
	const struct shape *s = &q->shape;
	const size_t size = TEXT_BYTES +
			    (size_t)s->nagg * 2 * AGGREGATE_MAX_BYTES;
	void *mem = malloc(size);

	*f = (struct finish){ .q = q };
	f->text = (struct buf)BUF_FIXED(mem, mem ? size : 0);
	f->cells = calloc(s->ngroup + s->nagg + 1, sizeof *f->cells);
	f->env = (struct env){
		.p = &q->post, .e = e, .cells = f->cells,
		.scratch = &f->text, .counts = &f->counts,
	};
	return mem && f->cells ? 0 : MQL_ENOMEM;
}

void
finish_fini(struct finish *f)
{
	free(f->text.data);
	free(f->cells);
	buf_fini(&f->key);
	buf_fini(&f->same);
	buf_fini(&f->row);
	*f = (struct finish){ 0 };
}

/* --- keys ----------------------------------------------------------------------- */

void
finish_order(const struct mql_query *q, const struct env *env,
	     struct buf *out)
{
	for (unsigned i = 0; i < q->shape.norder; i++) {
		struct value v = prog_value(env, q->shape.order[i].entry);

		key_put(&v, q->shape.order[i].desc, out);
	}
}

/* What row_write() writes: the last value that is not null. */
static struct value
cell_value(const struct cell *c, const struct env *env)
{
	struct value v = VALUE_NONE;

	for (unsigned i = c->nentry; i-- > 0 && v.type == VALUE_NULL;)
		v = prog_value(env, c->entry[i]);
	return v;
}

void
finish_same(const struct mql_query *q, const struct env *env, struct buf *out)
{
	for (unsigned i = 0; i < q->ncell; i++) {
		struct value v = cell_value(&q->cell[i], env);

		key_put(&v, false, out);
	}
}

/* --- groups --------------------------------------------------------------------- */

/* Make of what follows. */
static void
set_cells(struct finish *f, const struct groups *g, const struct group *of)
{
	const struct shape *s = &f->q->shape;
	struct str key = of->key;

	buf_reset(&f->text);
	for (unsigned i = 0; i < s->ngroup; i++)
		f->cells[i] = key_get(&key, &f->text);
	for (unsigned i = 0; i < s->nagg; i++)
		f->cells[s->ngroup + i] = group_result(g, of, i, f->span_ms,
						       &f->text);
}

/* Whole events are told apart as what they mean. */
static void
put_same(struct finish *f, const struct group *of)
{
	if (f->q->ncell)
		finish_same(f->q, &f->env, &f->same);
	else
		key_json(of->event, &f->same);
}

static int
rank(struct finish *f, const struct groups *g, const struct group *of,
     struct held *out)
{
	const struct mql_query *q = f->q;

	if (!q->ncell && !of->event.ptr)
		return 0; /* there was no room for it */
	set_cells(f, g, of);
	if (q->shape.having != NO_ENTRY && !prog_test(&f->env, q->shape.having))
		return 0;
	buf_reset(&f->key);
	buf_reset(&f->same);
	finish_order(q, &f->env, &f->key);
	buf_put(&f->key, of->key.ptr, of->key.len); /* ties */
	if (q->shape.distinct)
		put_same(f, of);
	if (f->key.err || f->same.err)
		return MQL_ENOMEM;
	const struct str key = { (char *)f->key.data, f->key.len };
	if (!held_wants(out, key))
		return 0;
	const struct held_row row = {
		.key = key, .same = { (char *)f->same.data, f->same.len },
		.row = { (const char *)&of, sizeof of },
	};
	return held_add(out, &row, 0);
}

int
finish_rank(struct finish *f, const struct groups *g, bool only_changed,
	    struct held *out)
{
	const struct group *of = only_changed ? g->changed : g->first;
	int err = 0;

	while (of && !err) {
		err = rank(f, g, of, out);
		of = only_changed ? of->next_changed : of->next;
	}
	return err;
}

struct str
finish_row(struct finish *f, const struct groups *g,
	   const struct held_row *ranked)
{
	const struct group *of;

	memcpy(&of, ranked->row.ptr, sizeof of);
	if (!f->q->ncell)
		return of->event;
	buf_reset(&f->row);
	set_cells(f, g, of);
	row_write(f->q, &f->env, &f->row);
	if (f->row.err)
		return (struct str){ NULL, 0 };
	return (struct str){ (char *)f->row.data, f->row.len };
}
