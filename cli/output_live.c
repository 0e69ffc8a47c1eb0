/* output_live.c - a running total on a terminal: a table that is drawn anew,
 * over itself, each time that some of it has changed.
 *
 *     rows of a ranking, or under `having`:
 *                         all of it each time, in order  -> the next table
 *     other rows:         those that changed, by group   -> into the table
 *
 * The lines that were drawn are taken back by moving up; so nothing may have
 * come below them but the status line, which notes.c takes back itself. When
 * a note was said the table is drawn once more below it. */
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cli/output_form.h"
#include "event/json.h"
#include "mql/error.h"
#include "mql/key.h"
#include "mql/pace.h"

enum {
	SPARE_LINES = 2,  /* the status line and the one below it */
	GAP = 2,          /* between columns */
	MAX_ROWS = 1000,  /* of no screen */
};

struct live_row {
	struct buf key; /* of its groups: the order without another one */
	struct buf text;
};

struct live_list {
	struct live_row row[MAX_ROWS];
	size_t          n;
};

struct live {
	struct live_list *now, *next; /* next: a ranking that is coming */
	bool     ranking;
	bool     is_group[COLUMNS_MAX];
	bool     changed;
	unsigned drawn;  /* lines */
	unsigned said;   /* notes, when they were drawn */
};

bool
output_can_update(int fd, const struct mql_query *q)
{
	const char *term = getenv("TERM");

	return query_pace(q) == PACE_TOTAL && query_columns(q) &&
	       (query_is_ranking(q) || query_shows_groups(q)) &&
	       isatty(fd) && term && strcmp(term, "dumb");
}

static void
list_reset(struct live_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		buf_fini(&l->row[i].key);
		buf_fini(&l->row[i].text);
	}
	l->n = 0;
}

void
live_free(struct live *l)
{
	if (!l)
		return;
	if (l->now)
		list_reset(l->now);
	if (l->next)
		list_reset(l->next);
	free(l->now);
	free(l->next);
	free(l);
}

int
output_update(struct output *o, const struct mql_query *q)
{
	struct live *l = calloc(1, sizeof *l);

	if (!l)
		return MQL_ENOMEM;
	o->live = l;
	l->now = calloc(1, sizeof *l->now);
	l->next = calloc(1, sizeof *l->next);
	if (!l->now || !l->next)
		return MQL_ENOMEM;
	l->ranking = query_is_ranking(q);
	for (size_t i = 0; i < query_columns(q) && i < COLUMNS_MAX; i++)
		l->is_group[i] = query_column_is_group(q, i);
	o->form = &output_live;
	return 0;
}

/* --- rows ------------------------------------------------------------------ */

static void
put_key(struct output *o, struct str row, struct buf *key)
{
	struct columns *c = &o->columns;

	columns_take(c, row);
	for (size_t i = 0; i < c->ncol; i++) {
		struct str cell = c->col[i].cell;
		struct value v = VALUE_NONE;

		if (!o->live->is_group[i])
			continue;
		buf_reset(&c->scratch);
		if (cell.len && buf_room(&c->scratch, cell.len))
			v = json_value(cell, &c->scratch);
		key_put(&v, false, key);
	}
}

static int
compare(const struct buf *a, const struct buf *b)
{
	size_t n = a->len < b->len ? a->len : b->len;
	int by = n ? memcmp(a->data, b->data, n) : 0;

	return by ? by : (a->len > b->len) - (a->len < b->len);
}

/* Where a row of this key stands, or would. */
static size_t
place(const struct live_list *l, const struct buf *key, bool *there)
{
	size_t from = 0, to = l->n;

	while (from < to) {
		size_t mid = (from + to) / 2;
		int by = compare(&l->row[mid].key, key);

		if (!by) {
			*there = true;
			return mid;
		}
		if (by < 0)
			from = mid + 1;
		else
			to = mid;
	}
	*there = false;
	return from;
}

/* Make room at i. The list is not full. */
static struct live_row *
insert(struct live_list *l, size_t i)
{
	memmove(&l->row[i + 1], &l->row[i], (l->n - i) * sizeof *l->row);
	l->row[i] = (struct live_row){ BUF_INIT, BUF_INIT };
	l->n++;
	return &l->row[i];
}

/* From now on it is a table like others. */
static void
give_up(struct output *o)
{
	struct live_list *l = o->live->now;

	o->form = &output_table;
	for (size_t i = 0; i < l->n; i++)
		o->form->row(o, (struct str){ (char *)l->row[i].text.data,
					      l->row[i].text.len });
	list_reset(l);
}

static void
keep(struct output *o, struct live_list *l, struct str row)
{
	struct buf key = BUF_INIT;
	struct live_row *to;
	bool there = false;
	size_t i = l->n;

	if (!o->live->ranking) {
		put_key(o, row, &key);
		i = place(l, &key, &there);
	}
	if (there) {
		to = &l->row[i];
		buf_fini(&key);
	} else {
		to = insert(l, i);
		to->key = key;
	}
	buf_reset(&to->text);
	buf_put(&to->text, row.ptr, row.len);
	if (to->key.err || to->text.err)
		o->text.err = MQL_ENOMEM;
}

static void
row_live(struct output *o, struct str row)
{
	struct live *l = o->live;
	struct live_list *to = l->ranking ? l->next : l->now;

	if (to->n == MAX_ROWS) {
		give_up(o);
		o->form->row(o, row);
		return;
	}
	keep(o, to, row);
	l->changed = true;
}

static void
close_live(struct output *o, const struct output_window *w)
{
	struct live *l = o->live;
	struct live_list *old = l->now;

	(void)w;
	if (!l->ranking)
		return;
	l->changed = l->changed || old->n;
	list_reset(old);
	l->now = l->next;
	l->next = old;
}

/* --- the screen -------------------------------------------------------------- */

/* Does the table fit, with room for the status line below? Sets the widths. */
static bool
fits(struct output *o)
{
	const struct live_list *l = o->live->now;
	struct columns *c = &o->columns;
	struct winsize w;
	size_t width = 0;

	if (ioctl(o->fd, TIOCGWINSZ, &w) ||
	    l->n + 1 + SPARE_LINES > w.ws_row)
		return false;
	for (size_t i = 0; i < c->ncol; i++)
		c->col[i].width = 0;
	for (size_t i = 0; i < l->n; i++)
		table_measure(o, (struct str){ (char *)l->row[i].text.data,
					       l->row[i].text.len });
	for (size_t i = 0; i < c->ncol; i++)
		width += c->col[i].width + GAP;
	return width < w.ws_col;
}

static void
take_back(struct output *o)
{
	struct live *l = o->live;

	if (l->drawn && (!o->notes || o->notes->said == l->said))
		buf_printf(&o->text, "\033[%uA\r\033[J", l->drawn);
	l->drawn = 0;
}

static void
draw(struct output *o)
{
	struct live *l = o->live;

	if (!l->changed || (!l->now->n && !l->drawn))
		return;
	l->changed = false;
	take_back(o);
	if (!fits(o)) {
		give_up(o);
		o->form->release(o);
		return;
	}
	table_put_header(o);
	for (size_t i = 0; i < l->now->n; i++)
		table_put_row(o, (struct str){
			(char *)l->now->row[i].text.data,
			l->now->row[i].text.len });
	l->drawn = (unsigned)l->now->n + 1;
	l->said = o->notes ? o->notes->said : 0;
}

const struct output_form output_live = {
	.row = row_live,
	.release = draw,
	.close = close_live,
};
