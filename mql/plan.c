/* plan.c - what runs where.
 *
 * In this cut of the language the split is always the same: an agent filters,
 * samples and projects, a source-job merges and counts to the limit. What is
 * left to decide is what both have to be told. */
#include "mql/plan.h"

#include <stdlib.h>

#include "mql/compile.h"
#include "mql/spell.h"

/* Give what b holds as a C string; b is done with. */
static int
finish(struct buf *b, char **out)
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
	return finish(&b, out);
}

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

static int
warn(const struct select *s, char **out)
{
	struct buf b = BUF_INIT;

	if (!s->where)
		buf_puts(&b, "without `where` every event makes a row\n");
	if (!s->nitem)
		buf_puts(&b, "`select *` sends whole events: name the fields "
			     "that you need\n");
	if (s->where)
		warn_regexes(&b, s->where);
	return finish(&b, out);
}

/* One block: the slices, then what they show. */
static int
copy_streams(const struct select *s, struct plan *p)
{
	size_t size = s->nstream * sizeof *p->stream;
	size_t used = size;

	for (unsigned i = 0; i < s->nstream; i++)
		size += s->stream[i].len;
	p->stream = malloc(size + 1);
	if (!p->stream)
		return MQL_ENOMEM;
	for (unsigned i = 0; i < s->nstream; i++) {
		char *to = (char *)p->stream + used;

		memcpy(to, s->stream[i].ptr, s->stream[i].len);
		p->stream[i] = (struct str){ to, s->stream[i].len };
		used += s->stream[i].len;
	}
	p->nstream = s->nstream;
	return 0;
}

int
plan(struct compile *c, struct plan *out)
{
	const struct select *s = &c->sel;

	out->filters = s->where != NULL;
	out->sample = s->sample;
	out->percent = s->percent;
	out->limit = s->limit;
	if (!spell(s, true, &out->text) && !spell(s, false, &out->agent_text) &&
	    !warn(s, &out->warnings) && !copy_streams(s, out))
		return 0;
	plan_fini(out);
	return fail_nomem(c);
}

void
plan_fini(struct plan *p)
{
	if (!p)
		return;
	free(p->text);
	free(p->agent_text);
	free(p->stream);
	free(p->warnings);
	*p = (struct plan){ 0 };
}
