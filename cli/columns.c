/* columns.c - find each member's column, mostly where the last row had it. */
#include "cli/columns.h"

#include <stdlib.h>

#include "event/json.h"
#include "mql/error.h"
#include "mql/query.h"

static bool
add(struct columns *c, const char *name, size_t len)
{
	if (c->ncol == COLUMNS_MAX)
		return false;
	char *copy = malloc(len + 1);
	if (!copy) {
		c->err = MQL_ENOMEM;
		return false;
	}
	if (len)
		memcpy(copy, name, len);
	copy[len] = '\0';
	c->col[c->ncol++] = (struct column){ .name = copy, .nname = len };
	return true;
}

void
columns_init(struct columns *c, const struct mql_query *q, bool grow)
{
	size_t n = q ? mql_query_columns(q) : 0, len;

	memset(c, 0, sizeof *c);
	c->vary = !q || query_columns_vary(q);
	c->grow = grow && c->vary;
	for (size_t i = 0; i < n; i++) {
		const char *name = mql_query_column(q, i, &len);
		add(c, name, len);
	}
}

void
columns_fini(struct columns *c)
{
	for (size_t i = 0; i < c->ncol; i++)
		free(c->col[i].name);
	free(c->first);
	buf_fini(&c->scratch);
}

/* The value of a raw text; its string, if it is one, lives in scratch. */
static struct value
value_of(struct columns *c, struct str raw)
{
	buf_reset(&c->scratch);
	if (!buf_room(&c->scratch, raw.len)) {
		c->err = MQL_ENOMEM;
		return VALUE_NONE;
	}
	return json_value(raw, &c->scratch);
}

static struct column *
find(struct columns *c, struct str name, size_t guess)
{
	for (size_t i = 0; i < c->ncol; i++) {
		struct column *col = &c->col[(guess + i) % c->ncol];
		if (str_eq((struct str){ col->name, col->nname }, name))
			return col;
	}
	return NULL;
}

static void
leave_over(struct columns *c, struct str name)
{
	if (!c->left_over++ && name.len &&
	    !(c->first = strndup(name.ptr, name.len)))
		c->err = MQL_ENOMEM;
}

bool
columns_take(struct columns *c, struct str row)
{
	bool first = c->vary, added = false;
	struct str key, raw;
	size_t at = 0, guess = 0;

	for (size_t i = 0; i < c->ncol; i++)
		c->col[i].cell.len = 0;
	while (json_member_next(row, &at, &key, &raw)) {
		struct value v = value_of(c, key);
		struct str name = value_str(&v);
		struct column *col = find(c, name, guess);
		if (!col && (first || c->grow) && add(c, name.ptr, name.len)) {
			col = &c->col[c->ncol - 1];
			added = true;
		}
		if (!col) {
			leave_over(c, name);
			continue;
		}
		guess = (size_t)(col - c->col) + 1;
		if (!col->cell.len) /* of duplicate keys the first counts */
			col->cell = raw;
	}
	c->vary = first && !added;
	return added;
}

void
columns_value(struct columns *c, struct str cell, struct buf *out)
{
	if (!cell.len || str_eq(cell, STR("null")))
		return;
	if (*cell.ptr != '"') {
		buf_put(out, cell.ptr, cell.len);
		return;
	}
	struct value v = value_of(c, cell);
	buf_put(out, v.ptr, v.len);
}
