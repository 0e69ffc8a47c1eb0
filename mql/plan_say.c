/* plan_say.c - the plan in words, for explain: what the source-job does, and
 * what to think of before asking. */
#include "mql/plan_say.h"

#include "mql/plan.h"
#include "mql/spell.h"

/* --- what the source-job does --------------------------------------------- */

enum { TOLD_MAX = 64 }; /* more may be told twice */

struct told {
	struct buf *b;
	const struct ast *agg[TOLD_MAX];
	unsigned n;
};

static bool
is_told(const struct told *t, const struct ast *n)
{
	for (unsigned i = 0; i < t->n && i < TOLD_MAX; i++)
		if (ast_equal(t->agg[i], n))
			return true;
	return false;
}

static void
put_aggregates(struct told *t, const struct ast *n)
{
	if (n->kind == AST_AGG && !is_told(t, n)) {
		buf_puts(t->b, t->n ? ", " : "aggregates ");
		spell_expr(n, t->b);
		t->agg[t->n++ % TOLD_MAX] = n;
	}
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		put_aggregates(t, n->item[i]);
}

static void
say_groups(struct buf *b, const struct select *s)
{
	struct told t = { .b = b };

	for (unsigned i = 0; i < s->ngroup; i++) {
		buf_puts(b, i ? ", " : "groups by ");
		spell_expr(s->group[i], b);
	}
	if (s->ngroup)
		buf_puts(b, "\n");
	for (unsigned i = 0; i < s->nitem; i++)
		put_aggregates(&t, s->item[i].expr);
	if (s->having)
		put_aggregates(&t, s->having);
	for (unsigned i = 0; i < s->norder; i++)
		put_aggregates(&t, s->order[i].expr);
	if (t.n)
		buf_puts(b, "\n");
}

static void
say_window(struct buf *b, const struct window *w)
{
	if (w->kind == WINDOW_COUNT)
		buf_printf(b, "windows of %llu events\n",
			   (unsigned long long)w->count);
	if (w->kind != WINDOW_TIME)
		return;
	buf_puts(b, "windows of ");
	spell_duration(w->size_ms, b);
	if (w->every_ms != w->size_ms) {
		buf_puts(b, " every ");
		spell_duration(w->every_ms, b);
	}
	buf_puts(b, ", by the time ");
	if (w->on)
		spell_expr(w->on, b);
	else
		buf_puts(b, "@ts");
	if (w->grace_ms >= 0) {
		buf_puts(b, ", held open for ");
		spell_duration(w->grace_ms, b);
	}
	buf_puts(b, "\n");
}

int
plan_stage(const struct select *s, char **out)
{
	struct buf b = BUF_INIT;

	say_window(&b, &s->window);
	say_groups(&b, s);
	if (s->having) {
		buf_puts(&b, "having ");
		spell_expr(s->having, &b);
		buf_puts(&b, "\n");
	}
	if (s->distinct)
		buf_puts(&b, "distinct rows\n");
	for (unsigned i = 0; i < s->norder; i++) {
		buf_puts(&b, i ? ", " : "order by ");
		spell_expr(s->order[i].expr, &b);
		if (s->order[i].desc)
			buf_puts(&b, " desc");
	}
	if (s->norder)
		buf_puts(&b, "\n");
	if (s->limit != UINT64_MAX)
		buf_printf(&b, "limit of %llu%s\n",
			   (unsigned long long)s->limit,
			   s->window.kind ? " in each window" : "");
	return plan_text(&b, out);
}

/* --- warnings ------------------------------------------------------------- */

/* Does every match begin with the same byte at least? Then most values are
 * dismissed at once. */
static bool
has_prefix(struct str re)
{
	size_t i = re.len && re.ptr[0] == '^';

	if (i >= re.len || memchr(re.ptr, '|', re.len) ||
	    strchr(".[(\\*+?{$)", re.ptr[i]))
		return false;
	return i + 1 == re.len || !strchr("*?{", re.ptr[i + 1]);
}

static void
warn_regexes(struct buf *b, const struct ast *n)
{
	if (n->kind == AST_REGEX && !has_prefix(n->str)) {
		spell_regex(n->str, b);
		buf_puts(b, " begins with no fixed text, so it is tried at "
			    "length on every value\n");
	}
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		warn_regexes(b, n->item[i]);
}

/* What tells one event from another makes as many groups as events. */
static void
warn_groups(struct buf *b, const struct select *s)
{
	static const char *const unique[] = { "id", "uuid", "guid", "ts",
					      "timestamp", "created_at",
					      "request_id", "trace_id" };

	for (unsigned i = 0; i < s->ngroup; i++) {
		const struct ast *n = s->group[i];
		const struct step *last =
			n->kind == AST_PATH && n->path.nsteps ?
				&n->path.steps[n->path.nsteps - 1] : NULL;
		bool warned = n->kind == AST_PATH &&
			      (n->path.meta == META_ts ||
			       n->path.meta == META_seq);

		for (size_t j = 0; last && j < sizeof unique / sizeof *unique;
		     j++)
			warned = warned || str_eq(last->key,
						  str_of(unique[j]));
		if (!warned)
			continue;
		spell_expr(n, b);
		buf_puts(b, " looks as if each event had its own: groups "
			    "beyond the memory bound are counted and left "
			    "out\n");
	}
}

static void
warn_counts(struct buf *b, const struct ast *n)
{
	if (n->kind == AST_AGG && !strcmp(n->agg.fn->name, "count") && n->n &&
	    ast_is_condition(n->item[0]->kind) && !n->agg.distinct) {
		spell_expr(n, b);
		buf_puts(b, " counts events, whether it is true of them or "
			    "not: sum(if(.., 1, 0)) counts the true\n");
	}
	for (unsigned i = 0; !ast_is_leaf(n->kind) && i < n->n; i++)
		warn_counts(b, n->item[i]);
}

int
plan_warn(const struct select *s, const struct plan *p, char **out)
{
	struct buf b = BUF_INIT;

	if (!s->where && s->sampling.kind == SAMPLE_ALL && !p->fold_text)
		buf_printf(&b, "without `where` every event makes a row%s\n",
			   p->plain ? "" : " for the source-job");
	if (!s->nitem)
		buf_puts(&b, "`select *` sends whole events: name the fields "
			     "that you need\n");
	if (s->where)
		warn_regexes(&b, s->where);
	for (unsigned i = 0; i < s->nitem; i++) {
		if (s->item[i].expr->kind == AST_PREFIX && !p->plain)
			buf_puts(&b, "`e[^...]` with a window, an order or "
				     "`distinct` sends whole events: name "
				     "the fields that you need\n");
		warn_regexes(&b, s->item[i].expr);
		warn_counts(&b, s->item[i].expr);
	}
	warn_groups(&b, s);
	return plan_text(&b, out);
}
