/* check.c - what the grammar cannot say: what is a condition and what a
 * value, where [*] and aggregates may stand, which name is a column.
 *
 * Afterwards the tree has these properties, on which plan.c and emit.c rely:
 *   - where, having, at, each operand of and, or, not, `when`, and the first
 *     argument of if() is a condition or a BOOL: a bare path, column, call or
 *     case has become EQ(it, true);
 *   - operands of arithmetic and comparisons are values;
 *   - selected items, groups, order keys, arguments of v and b, an aggregate's
 *     argument and what follows `then` and `else` are either: a condition is
 *     a boolean there;
 *   - a path with [*] is an operand of one of the conditions between EQ and
 *     BETWEEN, the only such operand of it;
 *   - calls have as many arguments as they take, an aggregate one or none,
 *     with the constants after it in its agg;
 *   - each selected item has a name;
 *   - a query with groups or aggregates is folded: see resolve_fold(). Another
 *     one has no having: it went into where. */
#include "mql/check.h"

#include <string.h>

#include "common/buf.h"
#include "mql/spell.h"
#include "mql/word.h"

/* --- items and their names ------------------------------------------------ */

/* What a column is called without an alias: a path's dotted form, a text
 * itself, anything else as it is spelled. */
static int
default_name(struct compile *c, const struct ast *n, struct str *name)
{
	struct buf b = BUF_INIT;

	if (n->kind == AST_PATH)
		path_write(&n->path, &b);
	else if (n->kind == AST_STR)
		buf_put(&b, n->str.ptr, n->str.len);
	else
		spell_expr(n, &b);
	*name = arena_str(&c->arena, (struct str){ (char *)b.data, b.len });
	int err = b.err || !name->ptr ? fail_nomem(c) : 0;
	buf_fini(&b);
	return err;
}

/* Fields chosen by prefix have their own names. What the item is called is
 * nobody else's name, so that no column is taken for it. */
static int
check_prefix(struct compile *c, struct select_item *item)
{
	const struct select *s = &c->sel;
	const struct ast *n = item->expr;

	if (item->named)
		return fail(c, MQL_ETYPE, n->at, "`e[^...]` stands for any "
			    "number of fields, which keep their names");
	if (s->folded)
		return fail(c, MQL_ETYPE, n->at, "a row is made of many "
			    "events here: name the fields that it needs");
	int err = default_name(c, n, &item->name);
	for (unsigned i = 0; i < s->nitem && !err; i++)
		if (s->item[i].expr->kind != AST_PREFIX &&
		    str_eq(s->item[i].name, item->name))
			err = fail(c, MQL_ETYPE, s->item[i].expr->at, "a "
				   "column cannot have this name here");
	return err;
}

/* ... and in place of the spelling the words of who asked. */
static int
check_item(struct compile *c, struct select_item *item)
{
	struct ast *n = item->expr;

	if (n->kind == AST_PREFIX)
		return check_prefix(c, item);
	if (item->named)
		return check_either(c, &item->expr, NULL);
	if (n->kind == AST_PATH || n->kind == AST_STR) {
		int err = default_name(c, n, &item->name);
		if (err)
			return err;
	} else {
		item->name = span_text(c, n->at, SIZE_MAX);
	}
	return check_either(c, &item->expr, NULL);
}

/* Is the name one that has to be said? `a as a` says nothing. */
static int
settle_name(struct compile *c, struct select_item *item)
{
	struct str name;
	int err = default_name(c, item->expr, &name);

	if (!err)
		item->named = !str_eq(item->name, name);
	return err;
}

/* --- clauses -------------------------------------------------------------- */

static bool
has_aggregate(const struct select *s)
{
	bool has = s->having && ast_has(s->having, AST_AGG);

	for (unsigned i = 0; i < s->nitem; i++)
		has = has || ast_has(s->item[i].expr, AST_AGG);
	for (unsigned i = 0; i < s->norder; i++)
		has = has || ast_has(s->order[i].expr, AST_AGG);
	return has;
}

static int
check_group(struct compile *c, struct ast **n)
{
	int err = resolve_group(c, n);

	if (!err && ast_is_constant((*n)->kind))
		err = fail(c, MQL_ETYPE, (*n)->at, "all events have this in "
			   "common: name a field to group by");
	return err ? err : check_either(c, n, "an aggregate is of a group: "
					"events cannot be grouped by it");
}

/* What is put into n must still be spelled within the limit. An expression
 * that nothing is put into may be as deep as any: the canonical text is one. */
static int
check_room(struct compile *c, const struct ast *n)
{
	enum { ADDED = 4 };

	if (n->depth > AST_MAX_DEPTH - ADDED)
		return fail(c, MQL_ELIMIT, n->at,
			    "the query is nested too deeply");
	return 0;
}

static int
fold(struct compile *c, struct ast **n, bool strict)
{
	int err = is_loose(&c->sel, *n) ? check_room(c, *n) : 0;

	return err ? err : resolve_fold(c, n, strict);
}

/* Of rows that are alike one stays: what else its event held is chance. */
static int
check_selected(struct compile *c, const struct ast *n)
{
	const struct select *s = &c->sel;
	int err = 0;

	for (unsigned i = 0; i < s->nitem; i++)
		if (ast_equal(s->item[i].expr, n))
			return 0;
	if (n->kind == AST_PATH || n->kind == AST_AGG)
		return fail(c, MQL_ETYPE, n->at, "`distinct` rows can be "
			    "ordered only by what they hold: select this, too");
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n && !err; i++)
		err = check_selected(c, n->item[i]);
	return err;
}

static int
check_order_key(struct compile *c, struct order_key *key)
{
	if (ast_is_constant(key->expr->kind) && key->expr->kind != AST_STR)
		return fail(c, MQL_ETYPE, key->expr->at, "all rows have this "
			    "in common: name a column to order by");
	int err = resolve(c, &key->expr, false);
	if (!err)
		err = check_either(c, &key->expr, NULL);
	if (!err && c->sel.distinct && c->sel.nitem)
		err = check_selected(c, key->expr);
	if (!err && c->sel.folded)
		err = fold(c, &key->expr, c->sel.nitem > 0);
	return err;
}

/* Without groups it is one more condition on events. */
static int
merge_having(struct compile *c)
{
	struct select *s = &c->sel;
	int err = resolve(c, &s->having, true);
	if (!err)
		err = check_condition(c, &s->having, NULL);
	if (err)
		return err;
	s->where = !s->where ? s->having :
		   ast_op(&c->arena, AST_AND, s->where->at, s->where,
			  s->having);
	s->having = NULL;
	return s->where ? 0 : fail_nomem(c);
}

static int
check_having(struct compile *c)
{
	struct select *s = &c->sel;
	int err;

	if (!s->having)
		return 0;
	if (!s->folded)
		return merge_having(c);
	if ((err = resolve(c, &s->having, false)) ||
	    (err = check_condition(c, &s->having, NULL)) ||
	    (err = fold(c, &s->having, s->nitem > 0)))
		return err;
	return ast_is_condition(s->having->kind) ? 0 :
						   check_wrap(c, &s->having);
}

/* --- at ------------------------------------------------------------------- */

/* The path of an agent's label: labels['name']. */
static int
name_label(struct compile *c, struct ast *n, struct str label)
{
	struct step *s = arena_alloc(&c->arena, 2 * sizeof *s);

	label = arena_str(&c->arena, label);
	if (!s || !label.ptr)
		return fail_nomem(c);
	s[0] = (struct step){ .kind = STEP_KEY, .key = STR("labels") };
	s[1] = (struct step){ .kind = STEP_KEY, .key = label };
	n->path = (struct path){ .steps = s, .nsteps = 2 };
	return 0;
}

static int
check_at_path(struct compile *c, struct ast *n)
{
	static const char *const known[] = { "app", "host", "zone", "version" };
	static const char labels[] = "labels.";
	struct buf b = BUF_INIT;
	int err = 0;

	path_write(&n->path, &b);
	struct str name = { (const char *)b.data, b.len };
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (str_eq(name, str_of(known[i])))
			goto out;
		if (word_is_near(name, str_of(known[i]))) {
			err = fail(c, MQL_ESYNTAX, n->at, "an agent has no "
				   "such name; did you mean `%s`?", known[i]);
			goto out;
		}
	}
	if (name.len >= sizeof labels &&
	    !memcmp(name.ptr, labels, sizeof labels - 1)) {
		name.ptr += sizeof labels - 1;
		name.len -= sizeof labels - 1;
	}
	err = b.err ? fail_nomem(c) : name_label(c, n, name);
out:
	buf_fini(&b);
	return err;
}

static int
check_at_names(struct compile *c, struct ast *n)
{
	int err = 0;

	if (n->kind == AST_PATH)
		return is_star(n) ? refuse_star(c, n) : check_at_path(c, n);
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n && !err; i++)
		err = check_at_names(c, n->item[i]);
	return err;
}

/* --- sample {..., 'extrapolate': true} ------------------------------------ */

static uint64_t
divisor(uint64_t a, uint64_t b)
{
	while (b) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

static int
scale_by(struct compile *c, struct ast **n, enum ast_kind kind, uint64_t by)
{
	struct ast *number = ast_new(&c->arena, AST_INT, (*n)->at);

	if (by == 1)
		return 0;
	if (!number)
		return fail_nomem(c);
	number->i = (int64_t)by;
	*n = ast_op(&c->arena, kind, (*n)->at, *n, number);
	return *n ? 0 : fail_nomem(c);
}

/* What count and sum would be of all events. */
static int
extrapolate_in(struct compile *c, struct ast **slot)
{
	const struct sample *s = &c->sel.sampling;
	struct ast *n = *slot;
	int err = 0;

	if (n->kind == AST_AGG &&
	    (!strcmp(n->agg.fn->name, "count") ||
	     !strcmp(n->agg.fn->name, "sum")) && !n->agg.distinct) {
		uint64_t d = divisor(s->factor, s->sticky_threshold);

		err = scale_by(c, slot, AST_MUL, s->factor / d);
		return err ? err : scale_by(c, slot, AST_DIV,
					    s->sticky_threshold / d);
	}
	if (ast_is_leaf(n->kind) || n->kind == AST_AGG)
		return 0;
	for (unsigned i = 0; i < n->n && !err; i++)
		err = extrapolate_in(c, &n->item[i]);
	return err;
}

static int
extrapolate(struct compile *c, struct ast **n)
{
	int err = ast_has(*n, AST_AGG) ? check_room(c, *n) : 0;

	return err ? err : extrapolate_in(c, n);
}

/* --- the whole query ------------------------------------------------------ */

static int
check_events(struct compile *c)
{
	struct select *s = &c->sel;
	int err = 0;

	if (s->where)
		err = check_condition(c, &s->where, "`where` sees one event "
				      "at a time: ask of aggregates in "
				      "`having`");
	if (!err && s->window.on)
		err = check_either(c, &s->window.on, "a window is chosen for "
				   "each event, before there is an aggregate");
	if (!err && s->at)
		err = check_at_names(c, s->at);
	if (!err && s->at)
		err = check_condition(c, &s->at, "`at` says which agents are "
				      "asked: no aggregate is known yet");
	return err;
}

static int
check_rows(struct compile *c)
{
	struct select *s = &c->sel;
	int err = 0;

	for (unsigned i = 0; i < s->nitem && !err; i++)
		err = check_item(c, &s->item[i]);
	for (unsigned i = 0; i < s->ngroup && !err; i++)
		err = check_group(c, &s->group[i]);
	if (!err)
		err = check_having(c);
	for (unsigned i = 0; i < s->norder && !err; i++)
		err = check_order_key(c, &s->order[i]);
	for (unsigned i = 0; i < s->nitem && !err && s->folded; i++)
		err = fold(c, &s->item[i].expr, false);
	if (s->sampling.extrapolate && (s->sampling.kind == SAMPLE_PERCENT ||
					s->sampling.kind == SAMPLE_STICKY))
		for (unsigned i = 0; i < s->nitem && !err; i++)
			err = extrapolate(c, &s->item[i].expr);
	for (unsigned i = 0; i < s->nitem && !err; i++)
		err = settle_name(c, &s->item[i]);
	return err;
}

int
check(struct compile *c)
{
	c->sel.folded = c->sel.ngroup || has_aggregate(&c->sel);

	int err = check_events(c);
	return err ? err : check_rows(c);
}
