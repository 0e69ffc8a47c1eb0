/* output_table.c - columns for people, while rows keep coming.
 *
 * The first rows are held until there are enough of them, or until nothing
 * more comes for now; they set the widths. Later a wider value widens its
 * column from there on, and a new key adds a column and a new header. On a
 * terminal a long value is cut with an ellipsis; in a pipe nothing is. */
#include "cli/output_form.h"
#include "cli/text.h"

#include <time.h>

enum {
	HOLD_ROWS  = 50,
	HOLD_BYTES = 256 * 1024,
	CUT_AT     = 48, /* columns of a cell on a terminal */
	PAD_TO     = 48, /* no column is made wider than this */
	GAP        = 2,  /* between columns */
};

static void
pad(size_t n, struct buf *out)
{
	uint8_t *room = buf_room(out, n);

	if (room) {
		memset(room, ' ', n);
		out->len += n;
	}
}

/* Append the cell's text for people; returns its width. */
static size_t
put_text(struct output *o, struct str cell, struct buf *out)
{
	struct buf value = BUF_INIT;

	columns_value(&o->columns, cell, &value);
	size_t width = text_put_safe(
		(struct str){ (char *)value.data, value.len },
		o->terminal ? CUT_AT : SIZE_MAX, out);
	if (value.err)
		out->err = value.err;
	buf_fini(&value);
	return width;
}

static bool
is_number(struct str cell)
{
	return cell.len && strchr("-0123456789", *cell.ptr);
}

static void
widen(struct column *col, size_t width)
{
	if (width > col->width)
		col->width = width < PAD_TO ? width : PAD_TO;
}

/* Read a row into the cells and let it have its say about the widths. True
 * when it brought a new column. */
bool
table_measure(struct output *o, struct str row)
{
	struct columns *c = &o->columns;
	bool added = columns_take(c, row);
	struct buf text = BUF_INIT;

	for (size_t i = 0; i < c->ncol; i++) {
		struct column *col = &c->col[i];
		bool fresh = !col->width;

		buf_reset(&text);
		if (fresh)
			widen(col, text_put_safe((struct str){
				col->name, col->nname }, SIZE_MAX, &text));
		widen(col, put_text(o, col->cell, &text));
		if (fresh || !col->number)
			col->number = is_number(col->cell);
	}
	buf_fini(&text);
	return added;
}

/* `width` columns of text stand at the end of out, from `at`: put them to
 * the side where they belong. */
static void
align(struct buf *out, size_t at, size_t width, const struct column *col,
      bool right, bool last)
{
	size_t room = col->width > width ? col->width - width : 0;

	if (right) {
		size_t len = out->len - at;
		pad(room, out);
		if (!out->err) {
			memmove(out->data + at + room, out->data + at, len);
			memset(out->data + at, ' ', room);
		}
	} else if (!last) {
		pad(room, out);
	}
	if (!last)
		pad(GAP, out);
}

void
table_put_header(struct output *o)
{
	const struct columns *c = &o->columns;
	struct buf *out = &o->text;

	buf_puts(out, o->color ? "\033[1m" : "");
	for (size_t i = 0; i < c->ncol; i++) {
		const struct column *col = &c->col[i];
		size_t at = out->len;
		size_t width = text_put_safe((struct str){
			col->name, col->nname }, SIZE_MAX, out);
		align(out, at, width, col, col->number, i + 1 == c->ncol);
	}
	buf_puts(out, o->color ? "\033[0m\n" : "\n");
}

void
table_put_row(struct output *o, struct str row)
{
	struct columns *c = &o->columns;

	columns_take(c, row);
	for (size_t i = 0; i < c->ncol; i++) {
		const struct column *col = &c->col[i];
		size_t at = o->text.len;
		size_t width = put_text(o, col->cell, &o->text);
		align(&o->text, at, width, col, is_number(col->cell),
		      i + 1 == c->ncol);
	}
	buf_put_u8(&o->text, '\n');
}

/* A header in the middle has an empty line above it. */
static void
begin(struct output *o)
{
	if (o->begun)
		buf_put_u8(&o->text, '\n');
	table_put_header(o);
	o->started = o->begun = true;
}

static void
release(struct output *o)
{
	struct str rest = { (char *)o->held.data, o->held.len };

	if (!o->nheld || o->held.err)
		return;
	begin(o);
	while (rest.len) {
		const char *nl = memchr(rest.ptr, '\n', rest.len);
		struct str row = { rest.ptr, (size_t)(nl - rest.ptr) };
		table_put_row(o, row);
		rest.ptr = nl + 1;
		rest.len -= row.len + 1;
	}
	buf_fini(&o->held);
	o->nheld = 0;
}

static void
row_table(struct output *o, struct str row)
{
	bool added = table_measure(o, row);

	if (o->started) {
		if (added)
			begin(o);
		table_put_row(o, row);
		return;
	}
	buf_put(&o->held, row.ptr, row.len);
	buf_put_u8(&o->held, '\n');
	o->nheld++;
	if ((o->nheld == HOLD_ROWS && !o->by_window) ||
	    o->held.len > HOLD_BYTES)
		release(o);
}

/* `3 agents live`, or, when some had not told all of it, `2 of 3 agents` */
static void
put_agents(struct output *o, const struct output_window *w)
{
	struct text_short live = text_count(w->live, "agent", "agents");

	if (w->agents < w->live)
		buf_printf(&o->text, "; %s of %s", text_number(w->agents).z,
			   live.z);
	else
		buf_printf(&o->text, "; %s live", live.z);
}

/* `2026-11-21 12:00:10 UTC, 10s: 1,204 events; 3 agents live` */
static void
put_title(struct output *o, const struct output_window *w)
{
	time_t at = (time_t)(w->start / 1000);
	char when[32] = "";
	struct tm tm;

	if (gmtime_r(&at, &tm))
		strftime(when, sizeof when, "%F %T", &tm);
	buf_printf(&o->text, "%s%s UTC, %gs: %s", o->begun ? "\n" : "", when,
		   (double)(w->end - w->start) / 1000,
		   text_count(w->events, "event", "events").z);
	if (!w->of_files)
		put_agents(o, w);
	buf_put_u8(&o->text, '\n');
	o->begun = false; /* no empty line in front of the header */
}

/* The next window has a table of its own. What it was is known now; so it is
 * told, unless rows had to be shown before. */
static void
close_table(struct output *o, const struct output_window *w)
{
	if (!o->by_window)
		return;
	if (o->nheld && !o->held.err)
		put_title(o, w);
	release(o);
	o->started = false;
}

const struct output_form output_table = {
	.row = row_table,
	.release = release,
	.close = close_table,
	.left_over = "a table takes 256 columns",
};
