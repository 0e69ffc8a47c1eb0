/* output_form.h - what output.c and the forms share. Private to them.
 *
 * A form appends to o->text. What it keeps for itself between rows is in
 * o->columns and o->held. */
#ifndef CLI_OUTPUT_FORM_H
#define CLI_OUTPUT_FORM_H

#include "cli/columns.h"
#include "cli/output.h"

struct output_form {
	/* One row, borrowed for the call. */
	void (*row)(struct output *o, struct str row);
	/* What is held back must go out now. NULL: nothing ever is. */
	void (*release)(struct output *o);
	/* A sentence about what does not fit is wanted. */
	const char *left_over;
};

extern const struct output_form output_json, output_terminal, output_table,
	output_csv;

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
	struct buf     held;    /* table: first rows, a line each */
	size_t         nheld;
};

#endif
