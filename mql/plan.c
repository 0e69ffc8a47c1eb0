/* plan.c - what runs where.
 *
 * An agent filters, samples and projects. Of a plain query that is all, and a
 * source-job merges the rows and counts to the limit. Of any other query an
 * agent sends what the source-job needs to finish it: a row for each event that
 * matches, with the fields that groups, aggregates, columns and order are made
 * of. What is left to decide is what both have to be told. */
#include "mql/plan.h"

#include <stdlib.h>

#include "event/pathset.h"
#include "mql/compile.h"
#include "mql/plan_say.h"
#include "mql/spell.h"

int
plan_text(struct buf *b, char **out)
{
	uint8_t *data;
	size_t len;

	buf_put_u8(b, 0);
	int err = buf_detach(b, &data, &len);
	if (!err)
		*out = (char *)data;
	buf_fini(b);
	return err;
}

static int
spell(const struct select *s, bool with_limit, char **out)
{
	struct buf b = BUF_INIT;

	spell_select(s, with_limit, &b);
	return plan_text(&b, out);
}

/* --- what an agent runs --------------------------------------------------- */

static bool
has_prefix(const struct select *s)
{
	for (unsigned i = 0; i < s->nitem; i++)
		if (s->item[i].expr->kind == AST_PREFIX)
			return true;
	return false;
}

/* The first meta field in n, or NULL. */
static const struct ast *
meta_in(const struct ast *n)
{
	const struct ast *found = NULL;

	if (n->kind == AST_PATH)
		return n->path.meta ? n : NULL;
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n && !found; i++)
		found = meta_in(n->item[i]);
	return found;
}

/* A whole event comes as it is, without what its agent knows of it. */
static int
check_whole(struct compile *c)
{
	const struct select *s = &c->sel;
	const struct ast *meta = NULL;

	if (s->nitem && !has_prefix(s))
		return 0;
	for (unsigned i = 0; i < s->nitem && !meta; i++)
		meta = meta_in(s->item[i].expr);
	for (unsigned i = 0; i < s->ngroup && !meta; i++)
		meta = meta_in(s->group[i]);
	if (s->having && !meta)
		meta = meta_in(s->having);
	for (unsigned i = 0; i < s->norder && !meta; i++)
		meta = meta_in(s->order[i].expr);
	if (s->window.on && !meta)
		meta = meta_in(s->window.on);
	return meta ? fail(c, MQL_EUNSUP, meta->at, "beside `*` or `e[^...]` "
			   "a field that begins with @ stands in `where` only, "
			   "in a query with groups, a window, an order or "
			   "`distinct`: name the fields that you need") : 0;
}

/* The columns that an agent sends of a query that is finished elsewhere. */
struct reduced {
	struct compile *c;
	struct select   sel;
	int             err;
};

/* p as far as a row can have it as a column: before the first [*]. */
static struct path
direct(const struct path *p)
{
	struct path d = *p;

	for (unsigned i = 0; i < p->nsteps; i++)
		if (p->steps[i].kind == STEP_ANY && i < d.nsteps)
			d.nsteps = (uint16_t)i;
	return d;
}

/* Several paths have one dotted form, a.b: each path has a spelling of its
 * own, e['a.b']. So that is the column's name. */
static int
name_column(struct compile *c, struct select_item *item)
{
	struct buf spelled = BUF_INIT, dotted = BUF_INIT;
	int err;

	spell_path(&item->expr->path, &spelled);
	path_write(&item->expr->path, &dotted);
	if (!(err = spelled.err ? spelled.err : dotted.err)) {
		const struct str name = { (char *)spelled.data, spelled.len };

		item->name = arena_str(&c->arena, name);
		item->named = !str_eq(name, (struct str){
			(char *)dotted.data, dotted.len });
		err = item->name.ptr ? 0 : MQL_ENOMEM;
	}
	buf_fini(&spelled);
	buf_fini(&dotted);
	return err;
}

static void
add_column(struct reduced *r, const struct path *p)
{
	struct select *s = &r->sel;
	struct ast *n = ast_new(&r->c->arena, AST_PATH, (struct span){ 0, 0 });
	struct select_item *room = ast_room(&r->c->arena, s->item, s->nitem,
					    &s->itemcap, sizeof *room);

	if (!n || !room) {
		r->err = MQL_ENOMEM;
		return;
	}
	n->path = direct(p);
	s->item = room;
	for (unsigned i = 0; i < s->nitem; i++)
		if (path_equal(&room[i].expr->path, &n->path))
			return;
	if (s->nitem == PATHSET_MAX) {
		r->err = MQL_ELIMIT;
		return;
	}
	s->item[s->nitem++] = (struct select_item){ .expr = n };
	if (!r->err) /* the first failure counts */
		r->err = name_column(r->c, &s->item[s->nitem - 1]);
}

static void
add_paths(struct reduced *r, const struct ast *n)
{
	if (r->err)
		return;
	if (n->kind == AST_PATH)
		add_column(r, &n->path);
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		add_paths(r, n->item[i]);
}

static void
add_all_paths(struct reduced *r, const struct select *s)
{
	for (unsigned i = 0; i < s->nitem; i++)
		add_paths(r, s->item[i].expr);
	for (unsigned i = 0; i < s->ngroup; i++)
		add_paths(r, s->group[i]);
	for (unsigned i = 0; i < s->norder; i++)
		add_paths(r, s->order[i].expr);
	if (s->having)
		add_paths(r, s->having);
	if (s->window.on)
		add_paths(r, s->window.on);
}

/* Only the whole event has it all. */
static bool
sends_whole(const struct select *s)
{
	return !s->nitem || has_prefix(s);
}

/* A row of an agent: all that its groups, aggregates, columns and order are
 * made of, and the time of the event. */
static int
spell_reduced(struct compile *c, char **out)
{
	const struct path ts = { .meta = META_ts };
	const struct select *s = &c->sel;
	struct reduced r = { .c = c, .sel = {
		.stream = s->stream, .nstream = s->nstream, .where = s->where,
		.sampling = s->sampling, .at = s->at, .limit = UINT64_MAX,
	} };

	if (!sends_whole(s)) {
		add_all_paths(&r, s);
		add_column(&r, &ts);
	}
	if (r.err == MQL_ELIMIT)
		fail(c, r.err, s->item[0].expr->at,
		     "the query has too many different fields");
	return r.err ? r.err : spell(&r.sel, false, out);
}

/* --- what an agent folds --------------------------------------------------- */

/* Can events go into groups one by one, wherever they are? A count window is
 * made of the events of all agents, and whole events are no aggregates. */
static bool
can_fold(const struct select *s)
{
	return s->folded && s->nitem && s->window.kind != WINDOW_COUNT;
}

static void
add_item(struct reduced *r, struct ast *n)
{
	struct select *s = &r->sel;
	struct select_item *room;

	for (unsigned i = 0; i < s->nitem; i++)
		if (ast_equal(s->item[i].expr, n))
			return;
	room = ast_room(&r->c->arena, s->item, s->nitem, &s->itemcap,
			sizeof *room);
	if (!room) {
		r->err = MQL_ENOMEM;
		return;
	}
	s->item = room;
	s->item[s->nitem++] = (struct select_item){ .expr = n };
}

static void
add_aggregates(struct reduced *r, struct ast *n)
{
	if (n->kind == AST_AGG)
		add_item(r, n);
	else
		for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
			add_aggregates(r, n->item[i]);
}

/* Groups and aggregates, in the order in which emit_shape.c meets them. */
static int
spell_fold(struct compile *c, char **out)
{
	const struct select *s = &c->sel;
	struct reduced r = { .c = c, .sel = {
		.stream = s->stream, .nstream = s->nstream, .where = s->where,
		.group = s->group, .ngroup = s->ngroup, .window = s->window,
		.sampling = s->sampling, .at = s->at, .limit = UINT64_MAX,
	} };

	if (!can_fold(s))
		return 0;
	if (!s->window.on) /* it is for who closes windows */
		r.sel.window.grace_ms = -1;
	for (unsigned i = 0; i < s->nitem; i++)
		add_aggregates(&r, s->item[i].expr);
	if (s->having)
		add_aggregates(&r, s->having);
	for (unsigned i = 0; i < s->norder; i++)
		add_aggregates(&r, s->order[i].expr);
	for (unsigned i = 0; i < s->ngroup && !r.sel.nitem; i++)
		add_item(&r, s->group[i]);
	return r.err ? r.err : spell(&r.sel, false, out);
}

static bool
is_plain(const struct select *s)
{
	return !s->folded && !s->distinct && !s->norder &&
	       s->window.kind == WINDOW_NONE;
}

/* `at` as a query on what an agent says of itself. */
static int
spell_at(const struct select *s, char **out)
{
	struct buf b = BUF_INIT;

	if (s->at) {
		buf_puts(&b, "select * where ");
		spell_expr(s->at, &b);
	}
	return plan_text(&b, out);
}

/* --- the plan ------------------------------------------------------------- */

/* Names into the block at *to. */
static void
copy_names(struct str *out, const struct str *names, size_t n, char **to)
{
	for (size_t i = 0; i < n; i++) {
		memcpy(*to, names[i].ptr, names[i].len);
		out[i] = (struct str){ *to, names[i].len };
		*to += names[i].len;
	}
}

/* One block: the slices of streams and sample keys, then what they show. */
static int
copy_lists(const struct select *s, struct plan *p)
{
	const struct sample *keys = &s->sampling;
	size_t slices = s->nstream + keys->nkey;
	size_t size = slices * sizeof *p->stream + 1;

	for (unsigned i = 0; i < s->nstream; i++)
		size += s->stream[i].len;
	for (unsigned i = 0; i < keys->nkey; i++)
		size += keys->key[i].len;
	p->stream = malloc(size);
	if (!p->stream)
		return MQL_ENOMEM;
	char *to = (char *)(p->stream + slices);
	copy_names(p->stream, s->stream, s->nstream, &to);
	p->sample.key = p->stream + s->nstream;
	copy_names(p->sample.key, keys->key, keys->nkey, &to);
	p->nstream = s->nstream;
	return 0;
}

/* Of rows without a limit an agent runs the whole query. */
static int
plan_agent(struct compile *c, struct plan *p)
{
	if (!p->plain)
		return spell_reduced(c, &p->agent_text);
	if (p->limit != UINT64_MAX)
		return spell(&c->sel, false, &p->agent_text);
	p->agent_text = p->text;
	return 0;
}

int
plan(struct compile *c, struct plan *out)
{
	const struct select *s = &c->sel;

	out->filters = s->where != NULL;
	out->plain = is_plain(s);
	out->whole = !out->plain && sends_whole(s);
	if (!out->plain && check_whole(c))
		return c->err;
	out->sample = s->sampling;
	out->limit = s->limit;
	if (!spell(s, true, &out->text) &&
	    !plan_agent(c, out) && !spell_fold(c, &out->fold_text) &&
	    !spell_at(s, &out->at_text) && !plan_stage(s, &out->stage_text) &&
	    !plan_warn(s, out, &out->warnings) && !copy_lists(s, out))
		return 0;
	plan_fini(out);
	return fail_nomem(c);
}

void
plan_fini(struct plan *p)
{
	if (!p)
		return;
	if (p->agent_text != p->text)
		free(p->agent_text);
	free(p->text);
	free(p->fold_text);
	free(p->at_text);
	free(p->stage_text);
	free(p->stream);
	free(p->warnings);
	*p = (struct plan){ 0 };
}
