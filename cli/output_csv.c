/* output_csv.c - RFC 4180: a header, commas, CRLF, quotes where needed.
 *
 * Null is an empty field and the empty string a quoted one, so that the two
 * can be told apart. Arrays and objects are their JSON text. */
#include "cli/output_form.h"

static bool
needs_quotes(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] && strchr("\",\r\n", s.ptr[i]))
			return true;
	return !s.len;
}

static void
put_field(struct str s, struct buf *out)
{
	if (!needs_quotes(s)) {
		buf_put(out, s.ptr, s.len);
		return;
	}
	buf_put_u8(out, '"');
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] == '"')
			buf_put_u8(out, '"');
		buf_put_u8(out, (uint8_t)s.ptr[i]);
	}
	buf_put_u8(out, '"');
}

static void
separator(size_t i, size_t n, struct buf *out)
{
	buf_puts(out, i + 1 < n ? "," : "\r\n");
}

static void
put_header(struct output *o)
{
	const struct columns *c = &o->columns;

	for (size_t i = 0; i < c->ncol; i++) {
		put_field((struct str){ c->col[i].name, c->col[i].nname },
			  &o->text);
		separator(i, c->ncol, &o->text);
	}
	o->started = true;
}

static void
put_cell(struct output *o, struct str cell)
{
	if (!cell.len || str_eq(cell, STR("null")))
		return;
	buf_reset(&o->held);
	columns_value(&o->columns, cell, &o->held);
	put_field((struct str){ (char *)o->held.data, o->held.len }, &o->text);
}

/* The header needs no row where the projection names the columns: an answer
 * without rows is a table all the same. */
static void
release(struct output *o)
{
	if (!o->started && o->columns.ncol && !o->columns.vary)
		put_header(o);
}

/* Rows without any column come before the header can be known: they are
 * counted, and follow it as rows of empty fields. */
static void
begin(struct output *o)
{
	struct columns *c = &o->columns;

	c->vary = false;
	release(o);
	for (; o->nheld; o->nheld--)
		for (size_t i = 0; i < c->ncol; i++)
			separator(i, c->ncol, &o->text);
}

static void
row_csv(struct output *o, struct str row)
{
	struct columns *c = &o->columns;

	columns_take(c, row);
	if (!c->ncol) {
		o->nheld++;
		return;
	}
	if (!o->started)
		begin(o);
	for (size_t i = 0; i < c->ncol; i++) {
		put_cell(o, c->col[i].cell);
		separator(i, c->ncol, &o->text);
	}
}

const struct output_form output_csv = {
	.row = row_csv,
	.release = release,
	.left_over = "the header has no column for them",
};
