/* spell_query.c - the clauses of a query in their one order. */
#include "event/value.h"
#include "mql/spell.h"

static void
put_items(struct buf *b, const struct select *s)
{
	if (!s->nitem)
		buf_puts(b, " *");
	for (unsigned i = 0; i < s->nitem; i++) {
		buf_puts(b, i ? ", " : " ");
		spell_expr(s->item[i].expr, b);
		if (s->item[i].named) {
			buf_puts(b, " as ");
			spell_name(s->item[i].name, b);
		}
	}
}

/* A group that is a column under an alias of its own is named so: for the
 * event's field of that name it would be taken otherwise, see resolve.c. */
static const struct select_item *
column_of(const struct select *s, const struct ast *group)
{
	const struct select_item *found = NULL;
	unsigned namesakes = 0;

	for (unsigned i = 0; i < s->nitem; i++)
		if (!found && s->item[i].named &&
		    ast_equal(s->item[i].expr, group))
			found = &s->item[i];
	for (unsigned i = 0; found && i < s->nitem; i++)
		namesakes += str_eq(s->item[i].name, found->name);
	return namesakes == 1 ? found : NULL;
}

static void
put_groups(struct buf *b, const struct select *s)
{
	for (unsigned i = 0; i < s->ngroup; i++) {
		const struct select_item *item = column_of(s, s->group[i]);

		buf_puts(b, i ? ", " : " group by ");
		if (item)
			spell_column(item, b);
		else
			spell_expr(s->group[i], b);
	}
}

static void
put_window(struct buf *b, const struct window *w)
{
	if (w->kind == WINDOW_COUNT)
		buf_printf(b, " window |%llu|", (unsigned long long)w->count);
	if (w->kind != WINDOW_TIME)
		return;
	buf_puts(b, " window ");
	spell_duration(w->size_ms, b);
	if (w->every_ms != w->size_ms) {
		buf_puts(b, " every ");
		spell_duration(w->every_ms, b);
	}
	if (w->on) {
		buf_puts(b, " on ");
		spell_expr(w->on, b);
	}
	if (w->grace_ms >= 0) {
		buf_puts(b, " grace ");
		spell_duration(w->grace_ms, b);
	}
}

static void
put_order(struct buf *b, const struct select *s)
{
	for (unsigned i = 0; i < s->norder; i++) {
		buf_puts(b, i ? ", " : " order by ");
		spell_expr(s->order[i].expr, b);
		if (s->order[i].desc)
			buf_puts(b, " desc");
	}
}

static void
put_percent(struct buf *b, double percent)
{
	const struct value v = { .type = VALUE_FLOAT, .f = percent };

	if (percent >= 1 && percent <= (double)(int)percent)
		buf_printf(b, "%d", (int)percent);
	else
		value_write_json(&v, b);
	buf_puts(b, "%");
}

static void
put_sticky(struct buf *b, const struct sample *s)
{
	buf_puts(b, "{'strategy': 'STICKY', 'keys': [");
	for (unsigned i = 0; i < s->nkey; i++) {
		buf_puts(b, i ? ", " : "");
		spell_text(s->key[i], b);
	}
	buf_printf(b, "], 'threshold': %llu, 'factor': %llu",
		   (unsigned long long)s->sticky_threshold,
		   (unsigned long long)s->factor);
	if (s->salted)
		buf_printf(b, ", 'salt': %lld", (long long)s->salt);
	buf_put_u8(b, '}');
}

static void
put_sample(struct buf *b, const struct sample *s)
{
	if (s->kind == SAMPLE_ALL)
		return;
	buf_puts(b, " sample ");
	if (s->kind == SAMPLE_PERCENT)
		put_percent(b, s->percent);
	else if (s->kind == SAMPLE_RATE)
		buf_printf(b, "%llu/s", (unsigned long long)s->per_second);
	else
		put_sticky(b, s);
}

static void
put_clause(struct buf *b, const char *name, const struct ast *n)
{
	if (!n)
		return;
	buf_puts(b, name);
	spell_expr(n, b);
}

void
spell_select(const struct select *s, bool with_limit, struct buf *b)
{
	buf_puts(b, s->distinct ? "select distinct" : "select");
	put_items(b, s);
	for (unsigned i = 0; i < s->nstream; i++) {
		buf_puts(b, i ? ", " : " from ");
		spell_name(s->stream[i], b);
	}
	put_clause(b, " where ", s->where);
	put_groups(b, s);
	put_window(b, &s->window);
	put_clause(b, " having ", s->having);
	put_order(b, s);
	put_sample(b, &s->sampling);
	if (s->limit != UINT64_MAX && with_limit)
		buf_printf(b, " limit %llu", (unsigned long long)s->limit);
	put_clause(b, " at ", s->at);
}
