/* cut.h - where a row comes from, without a change to the row.
 *
 * The sink asks for three columns in front of a query's own, and cuts them off
 * again: they become the headers and the timestamp of the record, and its
 * value is, byte for byte, the row of the query as it was given.
 *
 *     {"@mql.a":"web-1/42","@mql.h":"web-1","@mql.t":1700000000000,"n":1}
 *      agent           host         time               `-> {"n":1}
 *
 * One owner thread. */
#ifndef SINK_KAFKA_CUT_H
#define SINK_KAFKA_CUT_H

#include "common/buf.h"
#include "common/str.h"

/* In front of the columns of a query. */
#define CUT_COLUMNS "@agent as '@mql.a', @host as '@mql.h', @ts as '@mql.t'"

struct origin {
	struct str agent, host; /* empty: not known */
	int64_t    ts;          /* ms since the epoch; 0: not known */
	struct str digits;      /* the same, as text */
};

struct cut { /* memory, to be used again; zeroed at first */
	struct buf value, agent, host;
	/* How the last row began, up to the end of its host: the next one
	 * begins so too, most often, and need not be read again. */
	struct buf front;
	struct str front_agent, front_host; /* what that says */
};
void cut_fini(struct cut *c);

/* Is there a column of this name in CUT_COLUMNS? */
bool cut_has_name(struct str name);

/* What row says of its origin, and the row without it; both are borrowed from
 * row and c until the next call. 0, or MQL_ENOMEM. Of a row that does not begin
 * so nothing is known, and all of it is the value. */
int cut_row(struct cut *c, struct str row, struct origin *o,
	    struct str *value);

#endif
