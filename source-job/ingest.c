/* ingest.c - from an agent's batch to the queues of those who asked.
 *
 * The hot path of the daemon: one look-up per query of a batch, then one copy
 * per row and subscription. Rows are not parsed; a row that could break the
 * framing of those behind us (no single line, or no object) is dropped.
 *
 * Groups are decoded once, and then merged into the stage of every
 * subscription. */
#include <string.h>

#include "mql/error.h"
#include "mql/partial.h"
#include "source-job/job.h"
#include "source-job/merge.h"
#include "source-job/run.h"
#include "wire/partials.h"
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

/* --- groups ---------------------------------------------------------------- */

/* Its bytes, in q->partial: 0, MQL_EBADFRAME when they are not what they are
 * said to be, or MQL_ENOMEM. */
static int
read_partial(struct query *q, const struct wire_partial *in)
{
	int err;

	if (!q->partial)
		return MQL_EBADFRAME; /* rows were asked for */
	err = partial_read(q->partial, in->bytes);
	if (!err && partial_events(q->partial) != in->events)
		err = MQL_EBADFRAME;
	return err;
}

static int
take_partial(struct job *j, struct query *q, const struct wire_partial *in)
{
	int err = read_partial(q, in);

	if (err)
		merge_lost(j, q, in->events);
	else
		merge_partial(q, q->partial);
	return err;
}

static int
take_entry(struct job *j, struct agent *a, const struct wire_partial *in)
{
	struct query *q = queries_find(j, in->id);
	struct run *r = q ? a->run[q->slot] : NULL;
	int err = 0, bad;

	j->counters.partials_in += in->events != 0;
	j->counters.folded_in += in->events;
	if (!r || (in->events && !run_rows(j, r, in->first, in->events))) {
		j->counters.rows_stray += in->events;
		return 0;
	}
	if (in->events)
		err = take_partial(j, q, in);
	bad = watermark_say(r, in->upto);
	return err ? err : bad;
}

int
ingest_partials(struct job *j, struct agent *a, struct str body)
{
	struct wire_partials in;
	int err = wire_partials_decode(body, &in), bad = err;

	a->used += body.len;
	for (size_t i = 0; !err && i < in.n; i++) {
		int wrong = take_entry(j, a, &in.item[i]);
		bad = bad ? bad : wrong;
	}
	arena_fini(&in.mem);
	raise_credit(j, a);
	return bad;
}
