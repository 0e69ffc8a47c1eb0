/* ingest.c - from an agent's batch to the queues of those who asked.
 *
 * The hot path of the daemon: one look-up per query of a batch, then one copy
 * per row and subscription. Rows are not parsed; a row that could break the
 * framing of those behind us (no single line, or no object) is dropped. */
#include <string.h>

#include "mql/error.h"
#include "source-job/job.h"
#include "source-job/merge.h"
#include "source-job/run.h"
#include "wire/rows.h"

static bool
is_line(struct str row)
{
	return row.len >= 2 && row.ptr[0] == '{' &&
	       row.ptr[row.len - 1] == '}' &&
	       !memchr(row.ptr, '\n', row.len);
}

/* Where the rows of each entry of the batch's table go; NULL: nowhere. */
static void
find_routes(struct job *j, struct agent *a, const struct rows_reader *in)
{
	for (unsigned i = 0; i < in->nqueries; i++) {
		struct rows_query e = rows_reader_query(in, i);
		struct query *q = queries_find(j, e.id);
		struct run *r = q ? a->run[q->slot] : NULL;
		bool fits = r && e.count && e.first &&
			    run_rows(j, r, e.first, e.count);
		if (!fits)
			j->counters.rows_stray += e.count;
		j->agents.route[i] = fits ? q : NULL;
	}
}

static void
route(struct job *j, struct rows_reader *in)
{
	const uint8_t *index;
	struct str row;
	uint16_t n;

	while (rows_reader_next(in, &row, &index, &n)) {
		bool good = is_line(row);
		j->counters.rows_bad += !good;
		for (unsigned i = 0; i < n; i++) {
			struct query *q =
				j->agents.route[rows_index(index, i)];
			if (q && good)
				merge_row(j, q, row);
			else if (q)
				merge_lost(j, q, 1);
		}
	}
}

/* Half of the window is used: give it back. */
static void
raise_credit(struct job *j, struct agent *a)
{
	uint64_t window = j->config.agent_credit;

	if (a->used + window - a->granted < window / 2)
		return;
	a->granted = a->used + window;
	agents_send_credit(j, a);
}

int
ingest_rows(struct job *j, struct agent *a, struct str body)
{
	struct rows_reader in;

	a->used += body.len;
	int err = rows_reader_init(&in, body);
	if (!err) {
		a->rows += in.nrows;
		j->counters.rows_in += in.nrows;
		find_routes(j, a, &in);
		route(j, &in);
	}
	raise_credit(j, a);
	return err;
}
