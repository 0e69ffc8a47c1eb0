/* spell.c - a query in its one canonical spelling.
 *
 * The spelling is a contract: equal queries share one run by it, and it is
 * what travels to the agents. Compiled again it gives the same tree, hence
 * the same spelling. It has the fewest parentheses, clauses in one order, and
 * one form for each path and each constant. */
#include "mql/spell.h"

#include "event/json.h"
#include "event/value.h"
#include "mql/word.h"

/* --- constants and names -------------------------------------------------- */

static void
put_str(struct buf *b, struct str s)
{
	buf_put(b, s.ptr, s.len);
}

static void
put_int(int64_t i, struct buf *b)
{
	const struct value v = value_int(i);

	value_write_json(&v, b);
}

/* Single quotes, where only they are doubled; double quotes with escapes when
 * there are control bytes, so that the query stays on one line. */
void
spell_text(struct str s, struct buf *b)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < ' ') {
			json_write_str(s, b);
			return;
		}
	}
	buf_put_u8(b, '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '\'')
			buf_put_u8(b, '\'');
		buf_put_u8(b, (uint8_t)s.ptr[i]);
	}
	buf_put_u8(b, '\'');
}

void
spell_name(struct str s, struct buf *b)
{
	if (word_is_plain(s))
		put_str(b, s);
	else
		spell_text(s, b);
}

/* A slash outside of a pair gets its backslash again. */
void
spell_regex(struct str s, struct buf *b)
{
	buf_put_u8(b, '/');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '/')
			buf_put_u8(b, '\\');
		else if (s.ptr[i] == '\\' && i + 1 < s.len)
			buf_put_u8(b, (uint8_t)s.ptr[i++]);
		buf_put_u8(b, (uint8_t)s.ptr[i]);
	}
	buf_put_u8(b, '/');
}

/* As JSON has it, but a whole number keeps its point: it is no integer. */
static void
put_float(struct buf *b, double f)
{
	const struct value v = { .type = VALUE_FLOAT, .f = f };
	size_t from = b->len;

	value_write_json(&v, b);
	for (size_t i = from; i < b->len; i++)
		if (strchr(".eE", b->data[i]))
			return;
	buf_puts(b, ".0");
}

/* --- paths ---------------------------------------------------------------- */

static void
put_step(struct buf *b, const struct step *s)
{
	switch (s->kind) {
	case STEP_KEY:
		buf_put_u8(b, '[');
		spell_text(s->key, b);
		buf_put_u8(b, ']');
		break;
	case STEP_INDEX:
		buf_put_u8(b, '[');
		put_int(s->index, b);
		buf_put_u8(b, ']');
		break;
	case STEP_ANY:
		buf_puts(b, "[*]");
		break;
	}
}

/* The beginning of p that stands without brackets: how many steps it takes.
 * `e` before a key would be read as the root. */
static unsigned
put_head(struct buf *b, const struct path *p)
{
	const struct step *s = p->steps;

	if (p->nflat > 1) {
		put_str(b, p->flat);
		return p->nflat;
	}
	bool root = str_eq(s->key, STR("e")) && p->nsteps > 1 &&
		    s[1].kind == STEP_KEY;
	if (word_is_plain(s->key) && !memchr(s->key.ptr, '.', s->key.len) &&
	    !root) {
		put_str(b, s->key);
		return 1;
	}
	buf_put_u8(b, 'e');
	return 0;
}

void
spell_path(const struct path *p, struct buf *b)
{
	if (p->meta != META_NONE) {
		path_write(p, b);
		return;
	}
	for (unsigned i = put_head(b, p); i < p->nsteps; i++)
		put_step(b, &p->steps[i]);
}

/* --- expressions ---------------------------------------------------------- */

/* How tightly the outermost operator binds, as in grammar.y. */
enum level { LOOSE, OR, AND, NOT, TEST, SUM, PRODUCT, SIGN, PRIMARY };

static enum level
level_of(const struct ast *n)
{
	if (ast_is_leaf(n->kind) || n->kind == AST_CALL ||
	    n->kind == AST_AGG || n->kind == AST_CASE)
		return PRIMARY;
	if (ast_is_condition(n->kind))
		return n->kind == AST_OR ? OR : n->kind == AST_AND ? AND :
		       n->kind == AST_NOT ? NOT : TEST;
	if (n->kind == AST_NEG)
		return SIGN;
	return n->kind == AST_ADD || n->kind == AST_SUB ? SUM : PRODUCT;
}

static void put_at(struct buf *b, const struct ast *n, enum level least);

/* The largest unit that divides it. */
void
spell_duration(int64_t ms, struct buf *b)
{
	static const struct {
		int64_t     ms;
		const char *name;
	} unit[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
		     { 1000, "s" }, { 1, "ms" } };
	size_t u = 0;

	while (ms % unit[u].ms || (!ms && unit[u].ms > 1))
		u++;
	put_int(ms / unit[u].ms, b);
	buf_puts(b, unit[u].name);
}

void
spell_column(const struct select_item *item, struct buf *b)
{
	if (!item->named) {
		put_at(b, item->expr, LOOSE);
	} else if (word_is_plain(item->name)) {
		put_str(b, item->name);
	} else {
		buf_puts(b, "e[");
		spell_text(item->name, b);
		buf_put_u8(b, ']');
	}
}

static void
put_prefix(struct buf *b, struct str prefix)
{
	if (!prefix.ptr) {
		buf_put_u8(b, '*');
		return;
	}
	buf_puts(b, "e[^");
	spell_text(prefix, b);
	buf_put_u8(b, ']');
}

static void
put_leaf(struct buf *b, const struct ast *n)
{
	if (n->kind == AST_PATH)
		spell_path(&n->path, b);
	else if (n->kind == AST_PREFIX)
		put_prefix(b, n->str);
	else if (n->kind == AST_COLUMN)
		spell_column(n->of, b);
	else if (n->kind == AST_STR)
		spell_text(n->str, b);
	else if (n->kind == AST_REGEX)
		spell_regex(n->str, b);
	else if (n->kind == AST_INT && n->duration)
		spell_duration(n->i, b);
	else if (n->kind == AST_INT)
		put_int(n->i, b);
	else if (n->kind == AST_FLOAT)
		put_float(b, n->f);
	else if (n->kind == AST_BOOL)
		buf_puts(b, n->b ? "true" : "false");
	else
		buf_puts(b, ast_spelling(n->kind));
}

static void
put_list(struct buf *b, struct ast *const *item, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		if (i)
			buf_puts(b, ", ");
		put_at(b, item[i], LOOSE);
	}
}

static void
put_call(struct buf *b, const struct ast *n)
{
	buf_puts(b, n->fn->name);
	buf_put_u8(b, '(');
	put_list(b, n->item, n->n);
	buf_put_u8(b, ')');
}

static void
put_agg(struct buf *b, const struct ast *n)
{
	buf_puts(b, n->agg.fn->name);
	buf_puts(b, n->all ? "(*" : "(");
	buf_puts(b, n->agg.distinct ? "distinct " : "");
	put_list(b, n->item, n->n);
	if (!strcmp(n->agg.fn->name, "top")) {
		buf_puts(b, ", ");
		put_int(n->agg.k, b);
	} else if (!strcmp(n->agg.fn->name, "percentile")) {
		buf_puts(b, ", ");
		put_float(b, n->agg.q);
	}
	buf_put_u8(b, ')');
}

static void
put_case(struct buf *b, const struct ast *n)
{
	buf_puts(b, "case");
	for (unsigned i = 0; i < n->n; i++) {
		buf_puts(b, i + 1 == n->n && n->n % 2 ? " else " :
			    i % 2 ? " then " : " when ");
		put_at(b, n->item[i], LOOSE);
	}
	buf_puts(b, " end");
}

static void
put_primary(struct buf *b, const struct ast *n)
{
	if (n->kind == AST_CALL)
		put_call(b, n);
	else if (n->kind == AST_AGG)
		put_agg(b, n);
	else if (n->kind == AST_CASE)
		put_case(b, n);
	else
		put_leaf(b, n);
}

/* Between blanks. Every query is spelled by every agent: so no printf. */
static void
put_word(struct buf *b, const char *negated, const char *word)
{
	buf_put_u8(b, ' ');
	buf_puts(b, negated);
	buf_puts(b, word);
	buf_put_u8(b, ' ');
}

/* Operands with the operator's spelling between them. The first may bind as
 * the operator does when it groups to the left. */
static void
put_infix(struct buf *b, const struct ast *n, enum level first)
{
	put_at(b, n->item[0], first);
	for (unsigned i = 1; i < n->n; i++) {
		put_word(b, "", ast_spelling(n->kind));
		put_at(b, n->item[i], level_of(n) + 1);
	}
}

static void
put_test(struct buf *b, const struct ast *n, const char *negated)
{
	put_at(b, n->item[0], SUM);
	put_word(b, negated, ast_spelling(n->kind));
	if (n->kind == AST_IN)
		buf_put_u8(b, '(');
	for (unsigned i = 1; i < n->n; i++) {
		if (i > 1)
			buf_puts(b, n->kind == AST_IN ? ", " : " and ");
		put_at(b, n->item[i], SUM);
	}
	if (n->kind == AST_IN)
		buf_put_u8(b, ')');
}

static void
put_not(struct buf *b, const struct ast *n)
{
	const struct ast *item = n->item[0];

	if (item->kind >= AST_LIKE && item->kind <= AST_BETWEEN) {
		put_test(b, item, "not ");
		return;
	}
	buf_puts(b, "not ");
	put_at(b, item, NOT);
}

static void
put_sign(struct buf *b, const struct ast *n)
{
	/* Two dashes would begin a comment. */
	buf_puts(b, n->item[0]->kind == AST_NEG ? "- " : "-");
	put_at(b, n->item[0], SIGN);
}

static void
put_at(struct buf *b, const struct ast *n, enum level least)
{
	enum level level = level_of(n);

	if (level < least)
		buf_put_u8(b, '(');
	if (level == PRIMARY)
		put_primary(b, n);
	else if (level == SIGN)
		put_sign(b, n);
	else if (level == NOT)
		put_not(b, n);
	else if (level == TEST)
		put_test(b, n, "");
	else
		put_infix(b, n, level >= SUM ? level : level + 1);
	if (level < least)
		buf_put_u8(b, ')');
}

void
spell_expr(const struct ast *n, struct buf *b)
{
	put_at(b, n, LOOSE);
}
