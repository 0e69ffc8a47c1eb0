/* output.h - rows on standard output, in the form that was asked for.
 *
 *     json    each row as it came, byte for byte; on a terminal with colours
 *     table   columns that adapt to the first rows
 *     csv     RFC 4180 with a header
 *
 * Rows are collected and written by output_flush(), or when much has
 * come together. After a failure rows are taken and forgotten, so a caller
 * looks at output_ok() once in a while. One owner. */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "cli/notes.h"
#include "common/buf.h"
#include "common/str.h"
#include "mql/mql.h"

enum output_kind { OUTPUT_JSON, OUTPUT_TABLE, OUTPUT_CSV };
#define OUTPUT_KINDS "json|table|csv"

enum output_color { OUTPUT_AUTO, OUTPUT_ALWAYS, OUTPUT_NEVER };
#define OUTPUT_COLORS "auto|always|never"

struct output; /* opaque */

/* q (may be NULL) names the columns. notes (may be NULL) is hidden before
 * rows are written to a terminal; it is the caller's to show again. Both are
 * borrowed, q for this call only. 0 or MQL_ENOMEM. */
int output_new(enum output_kind kind, enum output_color color, int fd,
	       const struct mql_query *q, struct notes *notes,
	       struct output **out);
void output_free(struct output *o); /* NULL is allowed */

/* Can the rows of a running total replace one another on this terminal, and
 * does q tell which one replaces which? */
bool output_can_update(int fd, const struct mql_query *q);

/* Do so: a table that is updated in place. Once it does not fit on the screen
 * it is a table like others, whose rows follow each other. After output_new()
 * with OUTPUT_TABLE. 0 or MQL_ENOMEM. */
int output_update(struct output *o, const struct mql_query *q);

void output_row(struct output *o, struct str row);

/* The rows since the last call are those of a window which is closed, or a
 * running total's of one moment. */
struct output_window {
	int64_t  start, end; /* ms since the epoch */
	uint64_t events;
	uint32_t agents, live; /* agents that contributed; that were live */
	bool     of_files;     /* there are no agents */
};
void output_close(struct output *o, const struct output_window *w);

/* Write what was collected, and look whether anybody still reads. Call it
 * before waiting for more rows. */
void output_flush(struct output *o);

/* Flush, and say what has to be said at the end. 0, or MQL_EOS or MQL_ENOMEM
 * after a sentence. A reader that went away is no error. */
int output_end(struct output *o);

/* False when the reader has gone away (as head(1) does) or writing failed. */
bool output_ok(const struct output *o);

#endif
