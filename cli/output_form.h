/* output_form.h - what output.c and the forms share. Private to them.
 *
 * A form appends to o->text. What it keeps for itself between rows is in
 * o->columns and o->held. */
#ifndef CLI_OUTPUT_FORM_H
#define CLI_OUTPUT_FORM_H

#include "cli/columns.h"
#include "cli/output.h"

struct live;

struct output_form {
	/* One row, borrowed for the call. */
	void (*row)(struct output *o, struct str row);
	/* What is held back must go out now. NULL: nothing ever is. */
	void (*release)(struct output *o);
	/* What was given since the last call is a window, closed now, or all
	 * that a running total has to say for now. NULL: nothing to do. */
	void (*close)(struct output *o, const struct output_window *w);
	/* A sentence about what does not fit is wanted. */
	const char *left_over;
};

extern const struct output_form output_json, output_terminal, output_table,
	output_csv, output_live;

struct output {
	const struct output_form *form;
	int            fd;
	bool           color, terminal;
	bool           gone;    /* the reader */
	int            oserr;   /* errno of a failed write */
	struct buf     text;    /* to be written */
	struct notes  *notes;
	struct columns columns; /* table, csv */
	bool           started; /* the header is out */
	bool           begun;   /* table: the first one is */
	struct buf     held;    /* table: first rows, a line each */
	size_t         nheld;   /* csv: rows before there is a column */
	bool           by_window; /* table: one for each window */
	struct live   *live;    /* output_live.c */
};

/* What a table is made of; output_live.c uses it, too. Lay a row over the
 * columns (true: it brought a new one), and write header or row. */
bool table_measure(struct output *o, struct str row);
void table_put_header(struct output *o);
void table_put_row(struct output *o, struct str row);

void live_free(struct live *l); /* NULL is allowed */

#endif
