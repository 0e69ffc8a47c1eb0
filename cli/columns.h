/* columns.h - rows of JSON laid over a fixed or growing list of columns.
 *
 * Names come from the query's projection and, where that leaves them open
 * (`*`, e[^'prefix']), from the first row that has others. What a later row has
 * besides is added (`grow`) or counted as left over. Values stay
 * raw JSON text, so that digits survive. One owner. */
#ifndef CLI_COLUMNS_H
#define CLI_COLUMNS_H

#include <stdint.h>

#include "common/buf.h"
#include "common/str.h"
#include "mql/mql.h"

enum { COLUMNS_MAX = 256 };

struct columns {
	struct column {
		char      *name;
		size_t     nname;
		size_t     width;  /* for a table */
		bool       number; /* its first value was one */
		struct str cell;   /* this row's raw value; len 0: none */
	} col[COLUMNS_MAX];
	size_t     ncol;
	bool       vary;      /* the first row that has more adds it */
	bool       grow;      /* and each later one */
	uint64_t   left_over; /* values that have no column */
	char      *first;     /* name of the first one */
	struct buf scratch;
	int        err;       /* MQL_ENOMEM */
};

/* q may be NULL. */
void columns_init(struct columns *c, const struct mql_query *q, bool grow);
void columns_fini(struct columns *c);

/* Fill the cells from a row, which is borrowed until the next call. True when
 * columns were added; the first row adds all of its own. */
bool columns_take(struct columns *c, struct str row);

/* Append a cell's value as a person reads it: strings bare, null as nothing,
 * the rest as JSON. */
void columns_value(struct columns *c, struct str cell, struct buf *out);

#endif
